"""Whether a generator's published files are there and fit, asked of the hub without downloading them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from vbench.errors import CheckpointError, UsageError
from vbench.generators.catalog import build, parse
from vbench.generators.diffusers.preset import Preset
from vbench.generators.diffusers.presets import ENHANCER_PRESETS, PRESETS
from vbench.weights import hub
from vbench.weights.card import Checkpoint as Card
from vbench.weights.cards import CHECKPOINTS
from vbench.weights.safetensors_files import SUFFIX, Entry, parts_of

INDEX = "model_index.json"


def availability(name: str) -> Iterator[tuple[str, bool, str]]:
    """What is found, a line for each repository.

    Args:
        name: of a generator, with its enhancers.

    Yields:
        Name of the card, whether all is there and fits, and what was found.

    Raises:
        UsageError: there is no such generator, or nothing of it is published.
        NoConnection: the hub could not be asked.
    """
    cards = [CHECKPOINTS[one] for one in build(name).checkpoints]
    if not cards:
        raise UsageError(f"{name} reads no published files.")
    of_cards = {preset.repository: preset for preset in _presets(name)}
    for card in cards:
        try:
            yield card.name, True, _of_pipeline(card, of_cards[card.name]) if card.name in of_cards else _of_card(card)
        except (CheckpointError, UsageError) as error:
            yield card.name, False, str(error)


def _presets(name: str) -> list[Preset]:
    """Those of the generator and the enhancers in a name."""
    asked = parse(name)
    names = [asked.generator, *(enhancer for enhancer, _ in asked.enhancers)]
    return [preset for one in names if (preset := PRESETS.get(one) or ENHANCER_PRESETS.get(one))]


def _of_card(card: Card) -> str:
    """A file, or the needed files of a folder."""
    if not card.repository:
        return f"published at {card.address}, which is not asked"
    found = hub.repository(card.repository, card.revision)
    needed = card.files or (card.file,)
    missing = [pattern for pattern in needed if not any(fnmatch(file, pattern) for file in found.files)]
    if missing:
        raise CheckpointError(f"{card.address} has no {', no '.join(missing)}.")
    there = [size or 0 for file, size in found.files.items() if any(fnmatch(file, pattern) for pattern in needed)]
    note = f" ({card.note})" if card.note else ""
    return f"every file is there, {sum(there) / 2**30:.2f} GiB, at {found.commit or card.revision}{note}"


def _of_pipeline(card: Card, preset: Preset) -> str:
    """A whole pipeline: its networks' headers are held against their classes."""
    from vbench.generators.diffusers.checkpoint import Checkpoint, DiffusersOptions

    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        sources = {"": hub.repository(card.repository, card.revision)}
        _outline(sources[""], root)
        for component, part in preset.parts.items():
            if part.repository:
                sources[component] = hub.repository(part.repository, CHECKPOINTS[part.repository].revision)
                _outline(sources[component], root / component, part.subfolder)

        def headers(path: Path) -> dict[str, Entry]:
            entries: dict[str, Entry] = {}
            for one in parts_of(path):
                component = one.relative_to(root.resolve()).parts[0]
                source, base = (sources[component], root / component) if component in sources else (sources[""], root)
                inside = one.relative_to(base.resolve()).as_posix()
                folder = preset.parts[component].subfolder if component in sources else ""
                entries |= source.header(f"{folder}/{inside}" if folder else inside)
            return entries

        checkpoint = Checkpoint(str(root), preset, DiffusersOptions(device="cpu"))
        networks = checkpoint.check_components(headers)
    return f"every file is there and {networks} networks fit, at {sources[''].commit or card.revision}"


def _outline(source: hub.Repository, folder: Path, inside: str = "") -> None:
    """The repository's folders with its configurations, and empty files in place of weights."""
    for file in source.files:
        if inside and not file.startswith(f"{inside}/"):
            continue
        path = folder / file.removeprefix(f"{inside}/" if inside else "")
        if path.suffix not in (".json", SUFFIX, ".bin", ".ckpt") or len(path.relative_to(folder).parts) > 2:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.text(file) if path.suffix == ".json" else b"")
