"""A run: every video of a plan is looked at once, and each unit is on disk before anybody is told that it is done.

Kill it at any moment and call it again with the same folder: it continues. A file that cannot be read, a video
that is too short or a dimension whose weights are missing is recorded with its reason, and the rest goes on.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vbench import device as devices
from vbench import provenance
from vbench.errors import MissingExtra, NothingToScore, PluginError, UsageError, VBenchError
from vbench.files import ours
from vbench.files.digest import content_of
from vbench.files.lock import alone_in
from vbench.media.decode import VERSION as DECODING
from vbench.media.video import DEFAULT_BUDGET
from vbench.progress import Progress
from vbench.prompts.suite import Prompt
from vbench.runs import choose_static
from vbench.runs.choose_static import NOT_NEEDED, candidates
from vbench.runs.evaluators import Evaluators
from vbench.runs.executor import Job, score_all
from vbench.runs.long_video import LongVideo, long_videos
from vbench.runs.plan import Cutting, Plan, VideoTask, why_nothing
from vbench.runs.record import FINISHED, INTERRUPTED, RECORD, STORE, RunRecord, read_record, write_record
from vbench.runs.results import read_rows
from vbench.runs.room import AT_ONCE
from vbench.runs.score_video import GROUP, NOT_EVALUATED, failed_row
from vbench.runs.store import NOT_STATIC, SCORED, Row, RunStore
from vbench.sampling.manifest import NAME as MANIFEST
from vbench.sampling.manifest import manifest_text, read_manifest

PATIENCE = 0.05
"""Seconds after a commit within which rows wait for the next one."""


@dataclass
class Outcome:
    """How a run ended.

    Attributes:
        folder: the run's folder.
        computed: units that this call computed.
        reused: units that were stored before.
        scored: units that have a score, computed or stored.
        failures: computed or stored units that should have a score and have none, by status.
        not_evaluated: dimension -> reason, where it has no score at all for want of a backbone.
    """

    folder: Path
    computed: int = 0
    reused: int = 0
    scored: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    not_evaluated: dict[str, str] = field(default_factory=dict)

    def count(self, row: Row) -> None:
        """Take a row into the sums."""
        if row.status == SCORED:
            self.scored += 1
        elif row.status != NOT_STATIC:
            self.failures[row.status] = self.failures.get(row.status, 0) + 1


def evaluate(
    plan: Plan,
    evaluators: Evaluators,
    folder: Path,
    progress: Progress | None = None,
    budget: int = DEFAULT_BUDGET,
    processes: int = 1,
    may_join: bool = False,
) -> Outcome:
    """Score every unit of a plan that has no score yet.

    Args:
        plan: what to look at.
        evaluators: who looks.
        folder: the run's folder; made if it is not there, continued if it is.
        progress: told of every unit.
        budget: bytes of decoded frames to keep per video.
        processes: how many look at videos at the same time; the scores do not depend on it.
        may_join: whether other videos than the run's may bring the scores of dimensions that it has not judged yet.

    Raises:
        UsageError: the folder holds a run of something else, or another process works in it.
        StorageError: the disk is in the way.
        NothingToScore: no video of the plan can be scored by what was asked.
    """
    if not plan.units:
        raise NothingToScore(why_nothing(plan))
    if evaluators.filtered != plan.filtered:
        evaluators = replace(evaluators, filtered=plan.filtered)
    with alone_in(folder):
        if found := conflicts(folder, plan, evaluators, may_join):
            raise UsageError(f"{folder} holds another run: {'; '.join(found)}. Choose another folder for this one.")
        return _evaluated(plan, evaluators, folder, progress or Progress(), budget, processes)


def _evaluated(
    plan: Plan, evaluators: Evaluators, folder: Path, progress: Progress, budget: int, processes: int
) -> Outcome:
    record = _open_record(folder, plan, evaluators)
    _keep_manifest(plan.root, folder)
    store = RunStore(folder / STORE)
    if (folder / RECORD).exists() and not (folder / RECORD).stat().st_size:
        progress.note(f"{folder / RECORD} was empty; it is written anew from the scores that are stored")
        dimensions = sorted({*record.dimensions, *(row.dimension for row in store.rows())})
        record = replace(record, dimensions=dimensions, dimension_versions=_versions(dimensions, evaluators))
    obstacles = {name: why for name in plan.dimensions if (why := evaluators.obstacle(name))}
    outcome = Outcome(folder, not_evaluated=obstacles)
    writer = _Writer(store, outcome, progress)
    try:
        todo, untouchable = _outstanding(plan, evaluators, store, outcome)
        _forget_removed(store, plan)
        left_out = sum(len(outcome.not_evaluated.keys() & set(task.dimensions)) for task in plan.tasks)
        progress.start(plan.units - left_out, outcome.reused)
        if sharing := devices.told_of_sharing(evaluators.device, processes):
            progress.note(sharing)
        for reason in dict.fromkeys(outcome.not_evaluated.values()):
            names = [name for name, why in outcome.not_evaluated.items() if why == reason]
            progress.note(f"not evaluated: {', '.join(names)}: {reason}")
        evaluated = [name for name in plan.dimensions if name not in outcome.not_evaluated]
        read = provenance.checkpoint_records(file for name in evaluated for file in evaluators.checkpoints(name))
        record = replace(record, checkpoints=read, not_evaluated={**record.not_evaluated, **obstacles})
        write_record(folder, record)
        for row in untouchable:
            writer.take(row)
        for row in score_all(todo, evaluators, budget, processes):
            writer.take(row)
        writer.commit()
        record = _gone_through(record, plan, outcome, list(store.rows()) if plan.filtered else [], progress)
        if writer.at_once:
            record = replace(record, machine={**record.machine, AT_ONCE: writer.at_once})
        write_record(folder, record)
    except BaseException:
        progress.finish()
        with suppress(OSError, VBenchError):  # the disk may be what ended it
            writer.commit()
            write_record(folder, replace(record, status=INTERRUPTED, ended=provenance.now()))
        progress.note(f"{outcome.reused + outcome.computed} of {plan.units} units are stored in {folder}")
        raise
    finally:
        progress.finish()
        store.close()
    return outcome


def _gone_through(
    record: RunRecord, plan: Plan, outcome: Outcome, rows: Sequence[Row], progress: Progress
) -> RunRecord:
    """The record of a run after a call that came to its end; finished once every dimension was in such a call."""
    counts = dict(record.planned)
    for name in plan.filtered:
        if name not in outcome.not_evaluated:
            counts[name], short = choose_static.planned(plan, name, rows)
            if short:
                progress.note(f"{name}: {short} prompts have fewer than {plan.samples} static videos")
    unfinished = [name for name in record.unfinished if name not in plan.dimensions]
    earlier = {name: why for name, why in record.not_evaluated.items() if name not in plan.dimensions}
    return replace(
        record,
        status=INTERRUPTED if unfinished else FINISHED,
        unfinished=unfinished,
        planned=counts,
        ended=provenance.now(),
        not_evaluated={**earlier, **outcome.not_evaluated},
    )


class _Writer:
    """Rows on their way to the store; whoever watches is told of a row once it is on disk.

    A commit waits for the disk, which takes as long as a small video: rows that come within :data:`PATIENCE` of the
    last commit go with the next one, so that a kill loses no more work than that.
    """

    def __init__(self, store: RunStore, outcome: Outcome, progress: Progress) -> None:
        self.store, self.outcome, self.progress = store, outcome, progress
        self.at_once: dict[str, int] = {}
        self.waiting: list[Row] = []
        self.committed = 0.0

    def take(self, row: Row) -> None:
        """Keep a row; or what else a job says."""
        if row.status == NOT_NEEDED:
            self.store.drop([(row.video, row.prompt, row.dimension)])
            self.progress.skipped(1)
            return
        if row.status == NOT_EVALUATED:
            if row.dimension not in self.outcome.not_evaluated:
                self.outcome.not_evaluated[row.dimension] = row.reason
                self.progress.note(f"not evaluated: {row.dimension}: {row.reason}")
            self.progress.skipped(1)
            return
        self._note_less_at_once(row.details.get(AT_ONCE, {}))
        self.waiting.append(row)
        if time.monotonic() - self.committed >= PATIENCE:
            self.commit()

    def _note_less_at_once(self, reduced: Mapping[str, int]) -> None:
        for backbone, count in reduced.items():
            if count < self.at_once.get(backbone, count + 1):
                self.at_once[backbone] = count
                self.progress.note(f"{backbone} takes {count} at once, as the device has no room for more")

    def commit(self) -> None:
        """Put on disk what waits, and tell of it."""
        rows, self.waiting = self.waiting, []
        self.store.put_all(row for row in rows if row.sha256)
        for row in rows:
            if not row.sha256:
                self.store.put_failed(row)
            self.outcome.computed += 1
            self.outcome.count(row)
            told = f"{row.video}: no {row.dimension} ({row.status}): {row.reason}" if row.reason else ""
            self.progress.unit(row.dimension, told)
        self.committed = time.monotonic()


def _outstanding(plan: Plan, evaluators: Evaluators, store: RunStore, outcome: Outcome) -> tuple[list[Job], list[Row]]:
    """What is left to do, grouped by the dimensions that it needs, and rows of the videos that cannot be read now."""
    signatures = {name: evaluators.signature(name) for name in plan.dimensions if name not in outcome.not_evaluated}
    todo: list[VideoTask] = []
    renamed, untouchable = [], []
    choices: dict[str, list[VideoTask]] = {name: [] for name in plan.filtered}
    looked_at: dict[str, dict[str, str]] = {name: {} for name in plan.filtered}
    for task in plan.tasks:
        outstanding: dict[str, str] = {}
        try:
            sha256 = content_of(task.path)
        except OSError as error:
            untouchable += [failed_row(task, name, error) for name in task.dimensions if name in signatures]
            continue
        for name in task.dimensions:
            if name not in signatures:
                continue
            key = cache_key(sha256, task.prompt, signatures[name] | clips_of(task, plan.cutting))
            if name in choices:
                choices[name].append(replace(task, sha256=sha256, cache_keys={name: key}))
            if (stored := store.finished(key)) is None:
                if name not in choices:
                    outstanding[name] = key
                continue
            group = {GROUP: task.group} if task.spans else {}
            details = {**stored.details, **group}
            row = replace(stored, video=task.video, category=task.prompt.category, details=details)
            if row != stored:
                renamed.append(row)
            if name in choices:
                looked_at[name][task.video] = row.status
            outcome.reused += 1
            outcome.count(row)
        if outstanding:
            todo.append(replace(task, sha256=sha256, cache_keys=outstanding))
    store.put_all(renamed)
    reencode = bool(plan.cutting and plan.cutting.reencode)
    of_prompts = [one for name, tasks in choices.items()
                  for one in candidates(tasks, name, plan.samples, reencode, looked_at[name])]  # fmt: skip
    jobs: list[VideoTask | LongVideo] = [task for task in todo if not task.spans]
    jobs += long_videos((task for task in todo if task.spans), reencode)
    return [*of_prompts, *sorted(jobs, key=lambda job: job.evaluated)], untouchable


def clips_of(task: VideoTask, cutting: Cutting | None) -> dict[str, Any]:
    """What identifies a clip, or several, beside the content of their video."""
    if not task.spans or not cutting:
        return {}
    return {"clips": [[span.start, span.end] for span in task.spans], "cutting": cutting.plain()}


def cache_key(sha256: str, prompt: Prompt, signature: Mapping[str, Any]) -> str:
    """Digest of everything that can change a unit's value.

    Args:
        sha256: of the video.
        prompt: what it is judged against.
        signature: of the dimension, as :meth:`vbench.runs.evaluators.Evaluators.signature` gives it.
    """
    parts = {"content": sha256, "decoding": DECODING, "prompt": prompt.text, "facts": prompt.facts, **signature}
    if signature.get("picture") and prompt.image:
        parts["picture"] = content_of(prompt.image)
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _keep_manifest(videos: Path, folder: Path) -> None:
    """A copy of the samples' manifest stays with the run: which text was fed, which seed, which settings."""
    if (videos / MANIFEST).exists():
        here = read_manifest(videos)
        files = {record.file for record in here}
        others = [record for record in read_manifest(folder) if record.file not in files]
        content = manifest_text([*others, *here]).encode() if others else (videos / MANIFEST).read_bytes()
        ours.write(folder / MANIFEST, content)


def _forget_removed(store: RunStore, plan: Plan) -> None:
    """Drop rows of the plan's dimensions whose video or prompt is no longer there."""
    there = {(task.video, task.prompt.text, name) for task in plan.tasks for name in task.dimensions}
    stored = [(row.video, row.prompt, row.dimension) for row in store.rows() if row.dimension in plan.dimensions]
    store.drop(unit for unit in stored if unit not in there)


def conflicts(folder: Path, plan: Plan, evaluators: Evaluators, may_join: bool = False) -> list[str]:
    """Why a folder's run cannot be continued with this plan; empty where it can, or where there is none.

    Args:
        folder: the run's folder.
        plan: what would be looked at.
        evaluators: who would look.
        may_join: whether other videos may bring the scores of dimensions that the run has not judged yet.
    """
    if not (before := _before(folder)):
        return []
    now = _looked_at(plan, evaluators)
    found = [
        f"{name} was {getattr(before, name)!r} and is now {now[name]!r}"
        for name in now
        if getattr(before, name) != now[name]
    ]
    return found or list(_other_videos(folder, before, plan, may_join))


def _other_videos(folder: Path, before: RunRecord, plan: Plan, may_join: bool) -> Iterator[str]:
    """Whether the videos of another folder are others; where they lie does not matter, what they are does."""
    judged = [name for name in plan.dimensions if name in before.dimensions]
    if all(before.folder_of(name) == plan.root.resolve() for name in judged or before.dimensions):
        return
    of = judged if may_join else before.dimensions
    stored = (
        {row.sha256: row.video for row in read_rows(folder) if row.dimension in of} if (folder / STORE).exists() else {}
    )
    if stored and not any(_content(task.path) in stored for task in plan.tasks):
        yield f"its scores are of other videos: none of those in {plan.root} is among the {len(stored)} that it judged"
    samplers = [{record.generator for record in read_manifest(place)} for place in (folder, plan.root)]
    if all(samplers) and samplers[0] != samplers[1]:
        yield "its videos were sampled by {} and these by {}".format(*(", ".join(sorted(names)) for names in samplers))


def _content(path: Path) -> str:
    try:
        return content_of(path)
    except OSError:
        return ""


def _before(folder: Path) -> RunRecord | None:
    """The record of an earlier call; none where there is none, or where it was lost and only the store is left."""
    path = folder / RECORD
    return read_record(folder) if path.exists() and path.stat().st_size else None


def _looked_at(plan: Plan, evaluators: Evaluators) -> dict[str, Any]:
    return {
        "benchmark": plan.benchmark.name,
        "mode": plan.mode,
        "suite": {"name": plan.suite, "sha256": plan.suite_digest},
        "profile": evaluators.profile.name,
        "cutting": plan.cutting.plain() if plan.cutting else {},
    }


def _open_record(folder: Path, plan: Plan, evaluators: Evaluators) -> RunRecord:
    """The provenance to write, with what earlier calls said of the dimensions that are not judged now."""
    before = _before(folder) or RunRecord("", "", "", {}, "", provenance.now())
    others = set(before.dimensions) - set(plan.dimensions)
    root = str(plan.root.resolve())
    dimensions = sorted({*before.dimensions, *plan.dimensions})
    kept = {name: settings for name, settings in before.options.items() if name in others}
    options = kept | {name: dict(settings) for name, settings in evaluators.options.items()}
    there = {Path(task.video).stem for task in plan.tasks}
    missing = [name for name in before.missing_videos if others and name not in there]
    return RunRecord(
        **_looked_at(plan, evaluators),
        videos=root,
        folders={**{name: str(before.folder_of(name)) for name in others}, **dict.fromkeys(plan.dimensions, root)},
        filtered=sorted({*(set(before.filtered) & others), *plan.filtered}),
        started=before.started,
        comparable=evaluators.profile.comparable and not options and plan.cutting in (None, Cutting(reencode=True)),
        planned={**{name: count for name, count in before.planned.items() if name in others}, **plan.planned},
        samples=plan.samples,
        unfinished=sorted({*(set(before.unfinished) & others), *plan.dimensions}),
        dimensions=dimensions,
        dimension_versions=_versions(dimensions, evaluators),
        options=options,
        missing_videos=list(dict.fromkeys([*missing, *plan.missing])),
        unexpected_videos=plan.unexpected,
        not_evaluated={name: why for name, why in before.not_evaluated.items() if name in others},
        checkpoints=before.checkpoints,
        arguments=provenance.command_line(),
        machine=provenance.machine(evaluators.device),
        packages=provenance.packages(),
    )


def _versions(dimensions: Sequence[str], evaluators: Evaluators) -> dict[str, int]:
    """Of the implementations that can be imported; why another cannot is among the run's reasons."""
    versions = {}
    for name in dimensions:
        with suppress(MissingExtra, PluginError):
            versions[name] = evaluators.implementation(name).version
    return versions
