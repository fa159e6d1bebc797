"""Why two runs of "the same" model differ: everything that could explain it, most likely first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.registry import benchmark_named
from vbench.runs.record import RunRecord, read_record
from vbench.runs.results import prompt_scores, read_rows
from vbench.runs.score_video import PICTURE, PICTURE_CONTENT
from vbench.runs.store import Row
from vbench.sampling.manifest import SampleRecord, read_manifest

SHOWN = 5
"""Examples that a difference names, and prompts listed as moved most."""

PICTURES = "pictures"
"""What a difference is called where the videos of a prompt start from others."""

FILTER = "static filter"
"""What a difference is called where it chose the videos of one run alone."""


@dataclass(frozen=True)
class Difference:
    """One thing in which two runs differ.

    Attributes:
        what: ``benchmark``, ``suite``, ``prompts``, ``extension``, ``seeds``, ``settings of sampling``, ``samples``,
            ``formats``, ``videos``, ``pictures``, ``static filter``, ``profile``, ``checkpoints``, ``options``,
            ``machine`` or ``packages``.
        first: how it is in the first run.
        second: how it is in the second.
    """

    what: str
    first: str
    second: str


@dataclass(frozen=True)
class Moved:
    """A prompt whose score changed: what a dimension says of its samples.

    Attributes:
        prompt: its text.
        dimension: that says so.
        first: its score in the first run, in the dimension's unit.
        second: in the second.
    """

    prompt: str
    dimension: str
    first: float
    second: float

    @property
    def change(self) -> float:
        """Second minus first."""
        return self.second - self.first


@dataclass(frozen=True)
class ReadRun:
    """A run as it was read, once for all that it is held against.

    Attributes:
        record: its provenance.
        rows: its scores.
        samples: the record of its sampling; empty where there is none.
    """

    record: RunRecord
    rows: Sequence[Row]
    samples: Sequence[SampleRecord]


def read_run(folder: Path) -> ReadRun:
    """Everything in which a run may differ from another.

    Raises:
        UsageError: the folder holds no run.
    """
    return ReadRun(read_record(folder), read_rows(folder), read_manifest(folder))


def differences(first: Path, second: Path) -> list[Difference]:
    """What differs between two runs, in the order of its likely effect on the scores.

    Raises:
        UsageError: a folder holds no run.
    """
    return differences_of(read_run(first), read_run(second))


def differences_of(first: ReadRun, second: ReadRun) -> list[Difference]:
    """The same of runs that are read."""
    records, rows = (first.record.plain(), second.record.plain()), (first.rows, second.rows)
    return [
        *_named("benchmark", *({"benchmark": record["benchmark"]} for record in records)),
        *_named("suite", *(record["suite"] for record in records)),
        *_named("mode", *({"mode": record["mode"]} for record in records)),
        *_prompts(*rows),
        *_sampling(first.samples, second.samples),
        *_counted("samples", "prompts with {} samples", [Counter(_samples(part).values()) for part in rows]),
        *_counted("formats", "videos of {}", [Counter(_formats(part).values()) for part in rows]),
        *_videos(*rows),
        *_pictures(*rows),
        *_named(FILTER, *_filtered(*records)),
        *_named("profile", *({"profile": record["profile"]} for record in records)),
        *_named("checkpoints", *(_digests(record) for record in records)),
        *_named("options", *(record["options"] for record in records)),
        *_named("dimension versions", *(record["dimension_versions"] for record in records)),
        *_named("decoding versions", *(record["decoding_versions"] for record in records)),
        *_named("filter versions", *(record["filter_versions"] for record in records)),
        *_named("cutting", *(record["cutting"] for record in records)),
        *_named("machine", *(record["machine"] for record in records)),
        *_named("packages", *(record["packages"] for record in records)),
    ]


def moved(first: Path, second: Path, most: int = SHOWN) -> list[Moved]:
    """The prompts whose scores changed most, largest change first, over the dimensions that both runs have.

    Raises:
        UsageError: a folder holds no run.
    """
    before, after = (
        prompt_values(read_rows(run), benchmark_named(read_record(run).benchmark)) for run in (first, second)
    )
    return most_moved(before, after, most)


def prompt_values(rows: Iterable[Row], benchmark: Benchmark) -> dict[tuple[str, str], float]:
    """The score of each prompt, by prompt and dimension, as far as it has one."""
    return {key: value for key, score in prompt_scores(rows, benchmark).items() if (value := score.value) is not None}


def most_moved(
    before: Mapping[tuple[str, str], float], after: Mapping[tuple[str, str], float], most: int = SHOWN
) -> list[Moved]:
    """The same, from the scores of the prompts."""
    changes = [Moved(prompt, dimension, before[prompt, dimension], after[prompt, dimension])
               for prompt, dimension in before.keys() & after.keys()]  # fmt: skip
    changed = [move for move in changes if move.change]
    return sorted(changed, key=lambda move: (-abs(move.change), move.dimension, move.prompt))[:most]


def _filtered(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Of two records, the dimensions of both whose videos the static filter chose."""
    shared = {*first["dimensions"]} & {*second["dimensions"]}
    for record in (first, second):
        chosen = sorted(shared & {*record["filtered"], *record["filter_versions"]})
        yield {FILTER: f"chose the videos of {', '.join(chosen)}"} if chosen else {}


def _named(what: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Difference]:
    """One difference per key whose value differs."""
    for name in sorted({*first, *second}):
        if first.get(name) != second.get(name):
            label = what if name == what else f"{what}: {name}"
            yield Difference(label, str(first.get(name, "-")), str(second.get(name, "-")))


def _prompts(first: Sequence[Row], second: Sequence[Row]) -> Iterator[Difference]:
    before, after = {row.prompt for row in first}, {row.prompt for row in second}
    if before != after:
        yield Difference("prompts", _listed(before - after, "only here"), _listed(after - before, "only here"))


def _sampling(first: Sequence[SampleRecord], second: Sequence[SampleRecord]) -> Iterator[Difference]:
    before = {(record.prompt, record.index): record for record in first}
    after = {(record.prompt, record.index): record for record in second}
    if bool(before) != bool(after):
        yield Difference("manifest", *("there" if records else "none" for records in (before, after)))
    shared = sorted(before.keys() & after.keys())
    for what, field in (("extension", "text"), ("extender", "extender"), ("seeds", "seed"), ("generator", "generator"),
                        ("settings of sampling", "settings")):  # fmt: skip
        changed = [key for key in shared if getattr(before[key], field) != getattr(after[key], field)]
        if changed:
            values = (getattr(records[changed[0]], field) for records in (before, after))
            count = f"{len(changed)} of {len(shared)} samples, as of {changed[0][0]!r}-{changed[0][1]}: "
            yield Difference(what, *(count + repr(value) for value in values))


def _videos(first: Sequence[Row], second: Sequence[Row]) -> Iterator[Difference]:
    before, after = ({row.video: row.sha256 for row in part} for part in (first, second))
    changed = sorted(video for video in before.keys() & after.keys() if before[video] != after[video])
    if changed:
        shared = len(before.keys() & after.keys())
        yield Difference("videos", f"{len(changed)} of {shared} have other content", ", ".join(changed[:SHOWN]))


def _pictures(first: Sequence[Row], second: Sequence[Row]) -> Iterator[Difference]:
    before, after = ({row.prompt: row for row in part if PICTURE_CONTENT in row.details} for part in (first, second))
    shared = sorted(before.keys() & after.keys())
    changed = [one for one in shared if _picture(before[one]) != _picture(after[one])]
    if changed:
        told = f"{len(changed)} of {len(shared)} prompts, as of {changed[0]!r}: "
        files = ("/".join(Path(found[changed[0]].details[PICTURE]).parts[-2:]) for found in (before, after))
        yield Difference(PICTURES, *(told + file for file in files))


def _picture(row: Row) -> str:
    return str(row.details[PICTURE_CONTENT])


def _counted(what: str, unit: str, counts: Sequence[Counter[Any]]) -> Iterator[Difference]:
    if counts[0] != counts[1]:
        first, second = (
            "; ".join(f"{count} {unit.format(key)}" for key, count in part.most_common(SHOWN)) for part in counts
        )
        yield Difference(what, first, second)


def _samples(rows: Sequence[Row]) -> Counter[str]:
    return Counter(prompt for prompt, _ in {(row.prompt, row.video) for row in rows})


def _formats(rows: Sequence[Row]) -> dict[str, str]:
    return {row.video: row.format for row in rows if row.format}


def _digests(record: Mapping[str, Any]) -> dict[str, str]:
    return {name: entry["sha256"] for name, entry in record["checkpoints"].items()}


def _listed(prompts: set[str], label: str) -> str:
    names = ", ".join(repr(prompt) for prompt in sorted(prompts)[:SHOWN])
    return f"{len(prompts)} {label}: {names}" if prompts else "none that the other lacks"
