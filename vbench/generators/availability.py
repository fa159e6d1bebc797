"""Whether a generator's published files are there and fit, and at which commit: asked of the hub without a download.

A card that names a branch follows it: what is read tomorrow may be other files. :func:`pinned` keeps the commit that
the branch is now, if its files fit.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from vbench.errors import CheckpointError, UsageError
from vbench.generators.catalog import build, parse
from vbench.generators.diffusers.preset import Preset
from vbench.generators.diffusers.presets import ENHANCER_PRESETS, PRESETS
from vbench.weights import hub, revisions
from vbench.weights.card import Checkpoint as Card
from vbench.weights.cards import CHECKPOINTS
from vbench.weights.safetensors_files import SUFFIX, Entry, parts_of

INDEX = "model_index.json"


@dataclass(frozen=True)
class Found:
    """What the hub says of one checkpoint.

    Attributes:
        card: of the checkpoint.
        fits: whether all is there and can be read here.
        told: in words.
        commit: that the card's revision is now, ``""`` where the hub was not asked or does not say.
    """

    card: Card
    fits: bool
    told: str
    commit: str = ""


def availability(name: str) -> Iterator[Found]:
    """What is found, of each repository.

    Args:
        name: of a generator, with its enhancers.

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
            yield _of_pipeline(card, of_cards[card.name]) if card.name in of_cards else _of_card(card)
        except (CheckpointError, UsageError) as error:
            yield Found(card, False, str(error))


def pinned(name: str) -> Iterator[Found]:
    """The same; the commit of every branch whose files fit is read from now on, on this machine.

    What is pinned stays as it is: delete its line in :func:`~vbench.weights.revisions.pins_file` to follow it again.
    Raises as :func:`availability`.
    """
    for found in availability(name):
        if not found.fits or found.card.is_pinned or not found.card.repository:
            yield found
            continue
        revisions.pin(found.card.repository, found.card.revision, found.commit)
        yield replace(found, told=f"{found.told}; {found.card.pinned} from now on")


def _presets(name: str) -> list[Preset]:
    """Those of the generator and the enhancers in a name."""
    asked = parse(name)
    names = [asked.generator, *(enhancer for enhancer, _ in asked.enhancers)]
    return [preset for one in names if (preset := PRESETS.get(one) or ENHANCER_PRESETS.get(one))]


def _of_card(card: Card) -> Found:
    """A file, or the needed files of a folder."""
    if not card.repository:
        return Found(card, True, f"published at {card.address}, which is not asked")
    found = hub.repository(card.repository, card.read_at)
    needed = card.files or (card.file,)
    missing = [pattern for pattern in needed if not any(fnmatch(file, pattern) for file in found.files)]
    if missing:
        raise CheckpointError(f"{card.address} has no {', no '.join(missing)}.")
    there = [size or 0 for file, size in found.files.items() if any(fnmatch(file, pattern) for pattern in needed)]
    note = f" ({card.note})" if card.note else ""
    told = f"every file is there, {sum(there) / 2**30:.2f} GiB, at {found.commit or card.read_at}{note}"
    return Found(card, True, told, found.commit)


def _of_pipeline(card: Card, preset: Preset) -> Found:
    """A whole pipeline: its networks' headers are held against their classes."""
    from vbench.generators.diffusers.checkpoint import Checkpoint, DiffusersOptions

    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        sources = {"": hub.repository(card.repository, card.read_at)}
        _outline(sources[""], root)
        for component, part in preset.parts.items():
            if part.repository:
                sources[component] = hub.repository(part.repository, CHECKPOINTS[part.repository].read_at)
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
    commit = sources[""].commit
    return Found(card, True, f"every file is there and {networks} networks fit, at {commit or card.read_at}", commit)


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
