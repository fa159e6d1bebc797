"""Checkpoints by name: every published file of backbones and generators, and where each lies on this machine.

The cache has the layout of the reference implementation (``$VBENCH_CACHE_DIR``, otherwise ``~/.cache/vbench``), so a
cache that was filled by it works untouched; the generators' files lie in it too. A folder of checkpoints that is given
(``--option checkpoints=FOLDER``) stands for the cache and has its layout.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from vbench.errors import MissingCheckpoint
from vbench.files.cache import cache_dir
from vbench.registry import Registry, unknown
from vbench.weights.backbone_files import BACKBONES
from vbench.weights.card import Checkpoint
from vbench.weights.generator_files import GENERATORS
from vbench.weights.repositories import REPOSITORIES

__all__ = ["CHECKPOINTS", "Checkpoint", "all_checkpoints", "cache_dir", "candidates", "checkpoint", "find", "locate"]

CHECKPOINTS: dict[str, Checkpoint] = {card.name: card for card in (*BACKBONES, *GENERATORS, *REPOSITORIES)}


_BROUGHT: Registry[Checkpoint] = Registry(
    "checkpoint",
    dict.fromkeys(CHECKPOINTS, f"{__name__}:CHECKPOINTS"),
    "vbench.checkpoints",
    f"{__name__}:Checkpoint",
)


def all_checkpoints() -> dict[str, Checkpoint]:
    """Every card by name: ours, then those that other packages bring."""
    return {**CHECKPOINTS, **_brought()}


@cache
def _brought() -> dict[str, Checkpoint]:
    return {name: replace(card, name=name) for name, card in _BROUGHT.brought()}


def of_backbones() -> list[str]:
    """Names of what dimensions are scored with: ours, and all that other packages bring."""
    others = {card.name for card in (*GENERATORS, *REPOSITORIES)}
    return [name for name in all_checkpoints() if name not in others]


def checkpoint(name: str) -> Checkpoint:
    """The card of that name.

    Raises:
        UsageError: no checkpoint has it; the message gives the closest ones.
    """
    if name not in all_checkpoints():
        raise unknown("checkpoint", name, all_checkpoints())
    return all_checkpoints()[name]


def candidates(name: str, checkpoints: str = "") -> list[Path]:
    """Where a checkpoint may lie, best first.

    Args:
        name: of the card.
        checkpoints: a folder that stands for the cache; then it is looked for nowhere else. ``""`` for this cache,
            other libraries' caches and an installed package.
    """
    card = checkpoint(name)
    root = Path(checkpoints).expanduser() if checkpoints else cache_dir()
    places = [root / card.path] if card.path else []
    places += [places[0].with_name(other) for other in card.names if places]
    if checkpoints and card.path:
        return places
    for pattern in card.elsewhere:
        places += sorted((Path.home() / ".cache").glob(pattern))
    if card.repository:
        places.append(_in_hub_cache(card))
    if card.package_file:
        package, _, inside = card.package_file.partition("/")
        spec = find_spec(package)
        if spec and spec.origin:
            places.append(Path(spec.origin).parent / inside)
    return places


def find(name: str, checkpoints: str = "") -> Path | None:
    """The file or folder of a checkpoint; ``None`` where it is not there, or not whole."""
    card = checkpoint(name)
    return next((place for place in candidates(name, checkpoints) if not lacking(card, place)), None)


def locate(name: str, checkpoints: str = "") -> Path:
    """The file or folder of a checkpoint.

    Args:
        name: of the card.
        checkpoints: as :func:`candidates` takes it.

    Raises:
        MissingCheckpoint: it is not there, or a folder is not whole; the message says where it was looked for and what
            gets it.
    """
    found = find(name, checkpoints)
    if found:
        return found
    card, places = checkpoint(name), candidates(name, checkpoints)
    partial = next((place for place in places if card.is_folder and place.is_dir() and any(place.iterdir())), None)
    if partial:
        what = f"{partial} is not the whole of {card.title}: there is no {', no '.join(lacking(card, partial))}."
    else:
        what = f"{card.title} is not there (looked for {' or '.join(map(str, places))})."
    where = f"VBENCH_CACHE_DIR={checkpoints} " if checkpoints else ""
    raise MissingCheckpoint(f"{what} Get it with: {where}vbench weights download {name}")


def lacking(card: Checkpoint, place: Path) -> list[str]:
    """What is not there of a checkpoint: the file itself, or patterns of a folder's files."""
    if not card.is_folder:
        return [] if place.is_file() else [place.name]
    return [pattern for pattern in card.files if not any(place.glob(pattern))]


def is_published(name: str, sha256: str) -> bool | None:
    """Whether a digest is the published one; ``None`` where the publisher gives none."""
    published = checkpoint(name).sha256
    return sha256.startswith(published) if published else None


def _in_hub_cache(card: Checkpoint) -> Path:
    """Where the hub's own cache has a revision, or would have it."""
    repository = hub_cache() / f"models--{card.repository.replace('/', '--')}"
    ref = repository / "refs" / card.read_at
    commit = ref.read_text(encoding="utf-8").strip() if ref.is_file() else card.read_at
    return repository / "snapshots" / commit / card.file


def hub_cache() -> Path:
    """The Hugging Face hub's cache."""
    try:
        from huggingface_hub import constants
    except ImportError:
        return Path.home() / ".cache" / "huggingface" / "hub"
    return Path(constants.HF_HUB_CACHE)
