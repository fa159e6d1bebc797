"""The provenance of a run: what was asked, with what, on which machine.

A file of an older version is read as what it meant then; writing it again makes it one of this version. Fields are
only ever added with a new version and a reader of the one before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from vbench.benchmarks.t2v import T2V
from vbench.errors import UsageError
from vbench.files.atomic import write_atomically
from vbench.files.json_file import plain_json
from vbench.files.remote import recorded_place
from vbench.malformed import flaw

STORE, RECORD = "run.sqlite", "run.json"

RECORD_VERSION = 6

RUNNING, INTERRUPTED, FINISHED = "running", "interrupted", "finished"


@dataclass(frozen=True)
class RunRecord:
    """What a run was made with.

    Attributes:
        benchmark: name of the benchmark whose dimensions and rules hold.
        videos: folder of the videos that the last call looked at, absolute, or its address without secrets.
        folders: the same by dimension, as a run may judge videos of several folders.
        filtered: dimensions whose videos the static filter chose.
        mode: how prompts and videos were brought together.
        suite: name and sha256 of the prompt suite; both ``""`` without one.
        profile: which backbones looked.
        started: UTC, ISO 8601, of the first call; empty where the record of that call was lost.
        ended: the same of the last call, ``None`` while it runs.
        status: ``running``, ``interrupted`` or ``finished``; finished are only runs that have looked at everything.
        unfinished: dimensions that no call has gone through to its end.
        planned: dimension -> scores that a whole run has, of videos that are there and of those that are missing; empty
            in runs of versions that did not count them.
        samples: videos a prompt that were looked for, of several calls the fewest where one looked for too few; 0 where
            the prompts come from the videos.
        cutting: how long videos were cut into clips; empty where they were not.
        comparable: whether its scores compare with the published leaderboard.
        dimensions: all that was asked for, over all calls.
        dimension_versions: of those that were judged, the version that their scores have.
        decoding_versions: the same of how their videos were read; empty in runs of versions that did not tell.
        filter_versions: the same of the static filter, of those whose videos it chose.
        options: settings by dimension that are not the defaults.
        missing_videos: that the suite expects and that were not there.
        unexpected_videos: that belong to no prompt.
        not_evaluated: dimension -> why it has no score at all.
        checkpoints: name -> file, sha256, and whether that is the published one.
        arguments: of the command line, of the last call.
        machine: system, processor, device, accelerator, dtype, and threads of each process that computes; of calls that
            computed on different ones, all values.
        packages: name -> version, the same.
        shard: of a shard its ``number``, ``of`` how many, by dimension the digest of the whole ``plans``, and of
            ``filtered`` dimensions how many scores the shard has when it is whole; empty where it is no shard.
        version: of this record's form.
    """

    benchmark: str
    videos: str
    mode: str
    suite: Mapping[str, str]
    profile: str
    started: str
    ended: str | None = None
    status: str = RUNNING
    comparable: bool = False
    dimensions: Sequence[str] = ()
    dimension_versions: Mapping[str, int] = field(default_factory=dict)
    decoding_versions: Mapping[str, int] = field(default_factory=dict)
    filter_versions: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unfinished: Sequence[str] = ()
    planned: Mapping[str, int] = field(default_factory=dict)
    samples: int = 0
    folders: Mapping[str, str] = field(default_factory=dict)
    filtered: Sequence[str] = ()
    cutting: Mapping[str, Any] = field(default_factory=dict)
    missing_videos: Sequence[str] = ()
    unexpected_videos: Sequence[str] = ()
    not_evaluated: Mapping[str, str] = field(default_factory=dict)
    checkpoints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    machine: Mapping[str, Any] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    shard: Mapping[str, Any] = field(default_factory=dict)
    version: int = RECORD_VERSION

    def plain(self) -> dict[str, Any]:
        """Everything as JSON types."""
        return {"version": self.version, **asdict(self)}

    def folder_of(self, dimension: str) -> Path:
        """Where the videos of a dimension lay."""
        return recorded_place(self.folders.get(dimension, self.videos))


def _read_1(values: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 knew one benchmark."""
    return {**values, "benchmark": T2V.name, "version": 2}


def _read_2(values: Mapping[str, Any]) -> dict[str, Any]:
    """Version 2 did not count what a whole run has; it and version 1 let frames be batched by an option."""
    kept = {name: value for name, value in values.items() if name != "batch_size"}
    running = values.get("status") == RUNNING
    return {**kept, "version": 3, "unfinished": values.get("dimensions", []) if running else []}


def _read_3(values: Mapping[str, Any]) -> dict[str, Any]:
    """Version 3 cut no videos."""
    return {**values, "version": 4}


def _read_4(values: Mapping[str, Any]) -> dict[str, Any]:
    """Version 4 knew no shards."""
    return {**values, "version": 5}


def _read_5(values: Mapping[str, Any]) -> dict[str, Any]:
    """Version 5 did not tell how videos were read, nor which static filter chose them."""
    return {**values, "version": 6}


_READERS: Mapping[int, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    1: _read_1, 2: _read_2, 3: _read_3, 4: _read_4, 5: _read_5,
}  # fmt: skip
"""Version -> what makes the next one of it."""


def read_record(folder: Path) -> RunRecord:
    """The provenance of a run, whichever version wrote it.

    Raises:
        UsageError: the folder holds no run, one of a newer version, or a damaged one.
    """
    path = folder / RECORD
    try:
        values = plain_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{folder} holds no run ({error}). Make one with: vbench evaluate VIDEOS --output {folder}"
        ) from error
    except ValueError as error:
        if not path.stat().st_size:
            raise UsageError(
                f"{path} is empty, as a crash or a full disk leaves it. The scores are in {STORE}: the command that "
                "made the run writes it anew and scores nothing twice."
            ) from error
        raise UsageError(f"{path} is no record of a run ({error}): choose another folder.") from error
    version = values.get("version") if isinstance(values, dict) else None
    if not isinstance(version, int) or version < 1:
        raise UsageError(f"{path} is no record of a run: expected an object with a version, found {version!r}.")
    if version > RECORD_VERSION:
        raise UsageError(f"{folder} was written by a newer vbench (version {version}).")
    for older in range(version, RECORD_VERSION):
        values = _READERS[older](values)
    known = {part.name for part in fields(RunRecord)}
    if strange := sorted(values.keys() - known):
        raise UsageError(f"{path} has a field {strange[0]!r}, which version {version} does not have.")
    try:
        record = RunRecord(**values)
    except TypeError as error:
        raise UsageError(f"{path} is not whole: {str(error).partition(' ')[2]}.") from error
    if told := flaw(record, [RunRecord]):
        raise UsageError(f"{path} is not as vbench wrote it: {told}.")
    if not {"name", "sha256"} <= record.suite.keys():
        raise UsageError(f"{path} is not as vbench wrote it: suite is {record.suite!r:.60}, expected name and sha256.")
    return record


def write_record(folder: Path, record: RunRecord) -> None:
    """Put a run's provenance into its folder, whole or not at all."""
    text = json.dumps(record.plain(), indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(folder / RECORD, text + "\n")
