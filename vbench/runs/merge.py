"""Shards put together: the runs that several machines made of one plan become the run that one machine makes."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vbench import provenance
from vbench.errors import UsageError
from vbench.files import lock, ours
from vbench.files.lock import alone_in
from vbench.provenance import NOT_RECORDED
from vbench.runs.record import FINISHED, INTERRUPTED, RECORD, STORE, RunRecord, read_record, write_record
from vbench.runs.store import Row, RunStore
from vbench.sampling.manifest import NAME as MANIFEST

SAME = (
    "benchmark", "mode", "suite", "profile", "cutting", "options", "samples", "dimensions", "dimension_versions",
    "decoding_versions", "filter_versions", "filtered", "folders", "checkpoints", "packages",
)  # fmt: skip
"""Fields of the record in which shards of one run are alike."""

ARITHMETIC = ("dtype", "device")
"""What of the machines has to be alike; of the device its kind."""

SCRATCH = ".merging"
"""Where a run grows before it is there: a hidden folder of this name and a number."""

MOVED = (STORE, MANIFEST)
"""What leaves the scratch before the record does, which comes last."""


@dataclass(frozen=True)
class Merged:
    """What was put together.

    Attributes:
        folder: of the new run.
        missing: shards that were not given, as ``4/16``.
        unfinished: shards that no call has gone through to its end.
    """

    folder: Path
    missing: tuple[str, ...]
    unfinished: tuple[str, ...]


def merge(runs: Sequence[Path], output: Path) -> Merged:
    """Make one run of shards; without all of them it is not whole, and the same plan without a shard continues it.

    Args:
        runs: folders of the shards' runs, in any order.
        output: folder of the new run; it must not be there yet, or be empty.

    Raises:
        UsageError: a folder holds no run or no shard, two are the same shard, they do not belong together, or the new
            folder is not empty.
        StorageError: the disk is in the way.
    """
    records = {run: read_record(run) for run in runs}
    shards = _by_number(records)
    first, *others = shards.values()
    for other in others:
        if found := list(_strangers(first, other, records)):
            raise UsageError(f"{other} and {first} are no shards of one run: {'; '.join(found)}.")
    of = records[first].shard["of"]
    missing = tuple(f"{number}/{of}" for number in range(1, of + 1) if number not in shards)
    unfinished = tuple(f"{number}/{of}" for number, run in shards.items() if records[run].status != FINISHED)
    with alone_in(output):
        _refuse_full(output)
        made = output / f"{SCRATCH}-{secrets.token_hex(8)}"
        ours.claim(made)
        try:
            with closing(RunStore(made / STORE)) as store:
                for rows in _apart(shards.values()):
                    store.put_all(rows)
            if (first / MANIFEST).exists():
                ours.write(made / MANIFEST, (first / MANIFEST).read_bytes())
            write_record(made, _record([records[run] for run in shards.values()], bool(missing)))
            for name in MOVED:
                if (made / name).exists():
                    (made / name).rename(output / name)
            shutil.copyfile(made / ours.LIST, output / ours.LIST)  # the one here says whose the scratch is
            (made / RECORD).rename(output / RECORD)  # a run is there once its record is
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return Merged(output, missing, unfinished)


def _refuse_full(output: Path) -> None:
    """Only what a killed merge left may be in the new folder, and goes; the folder's lock says that none is at work."""
    there = [path for path in output.iterdir() if not path.name.startswith(lock.NAME)]
    scratch = [path for path in there if path.name.startswith(SCRATCH) and not path.is_symlink()]
    killed = [path for path in scratch if (path / ours.LIST).is_file()]
    moved = [path for path in there if killed and path.name in (*MOVED, ours.LIST)]
    if len(killed) + len(moved) < len(there):
        raise UsageError(f"{output} is not empty: choose a new folder for the merged run.")
    for path in moved:
        path.unlink()
    for path in killed:  # last, as they say whose the others are
        shutil.rmtree(path)


def _by_number(records: Mapping[Path, RunRecord]) -> dict[int, Path]:
    """The runs by the number of their shard, in its order."""
    shards: dict[int, Path] = {}
    for run, record in records.items():
        if not record.shard:
            raise UsageError(f"{run} is no shard: it was made without --shard.")
        number = record.shard["number"]
        if number in shards:
            raise UsageError(f"{shards[number]} and {run} are both shard {number}: leave one out.")
        shards[number] = run
    if not shards:
        raise UsageError("Name the runs of the shards: vbench merge RUN... -o FOLDER")
    return dict(sorted(shards.items()))


def _apart(runs: Iterable[Path]) -> Iterator[list[Row]]:
    """The rows of each run, no unit twice."""
    seen: set[tuple[str, str, str]] = set()
    for run in runs:
        with closing(RunStore(run / STORE, read_only=True)) as part:
            rows = list(part.rows())
        units = {(row.video, row.prompt, row.dimension) for row in rows}
        if twice := sorted(units & seen):
            video, _, dimension = twice[0]
            raise UsageError(f"{run} has {dimension} of {video}, which another shard has, too: leave one out.")
        seen |= units
        yield rows


def _strangers(first: Path, other: Path, records: Mapping[Path, RunRecord]) -> Iterator[str]:
    """In what two shards differ that have to be alike."""
    one, two = records[first], records[other]
    if one.shard["of"] != two.shard["of"]:
        yield f"one is of {one.shard['of']} shards, the other of {two.shard['of']}"
    if lost := [run for run in (first, other) if NOT_RECORDED in " ".join(records[run].packages.values())]:
        yield f"{RECORD} of {lost[0]} was lost, and with it what made its scores; evaluate its shard in a new folder"
        return
    for name in SAME:
        yield from _named(name.replace("_", " "), getattr(one, name), getattr(two, name))
    for name in ARITHMETIC:
        kinds = [str(record.machine.get(name, "")).partition(":")[0] for record in (one, two)]
        yield from _named("precision" if name == "dtype" else name, *kinds)
    plans = [record.shard["plans"] for record in (one, two)]
    if one.dimensions == two.dimensions and plans[0] != plans[1]:
        changed = ", ".join(name for name in plans[0] if plans[0][name] != plans[1].get(name))
        yield f"the videos or prompts of {changed} changed between them; the same commands again bring them together"
    manifests = [(run / MANIFEST).read_bytes() if (run / MANIFEST).exists() else b"" for run in (first, other)]
    if manifests[0] != manifests[1]:
        yield f"their {MANIFEST} differ: the videos were sampled anew between them"


def _named(what: str, one: Any, two: Any) -> Iterator[str]:
    """What differs, in few words: of a mapping only the entries that do."""
    if one == two:
        return
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        for name in sorted({*one, *two}):
            yield from _named(f"{what}: {name}", one.get(name), two.get(name))
    else:
        yield f"{what} is {two!r} and {one!r}"


def _record(records: Sequence[RunRecord], lacking: bool) -> RunRecord:
    """The record that one run of the whole plan has; of machines that differ, all that they are."""
    first = records[0]
    unfinished = {name for record in records for name in record.unfinished} | set(first.dimensions if lacking else ())
    counted = [record.shard["filtered"] for record in records]
    nowhere = set(first.missing_videos).intersection(*(record.missing_videos for record in records))
    planned = dict(first.planned)
    for name in first.filtered:
        if not lacking and all(name in counts for counts in counted):
            planned[name] = sum(counts[name] for counts in counted)
    return replace(
        first,
        started=min(record.started for record in records),
        ended=max(record.ended or record.started for record in records),
        status=INTERRUPTED if unfinished else FINISHED,
        unfinished=sorted(unfinished),
        planned=planned,
        missing_videos=[name for name in first.missing_videos if name in nowhere],
        not_evaluated={name: why for record in reversed(records) for name, why in record.not_evaluated.items()},
        arguments=provenance.command_line(),
        machine=provenance.together([record.machine for record in records]),
        shard={},
    )
