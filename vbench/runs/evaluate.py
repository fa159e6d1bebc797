"""A run: every video of a plan is looked at once, and each unit is on disk before anybody is told that it is done.

Kill it at any moment and call it again with the same folder: it continues. A file that cannot be read, a video
that is too short or a dimension whose weights are missing is recorded with its reason, and the rest goes on.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench import device as devices
from vbench import provenance
from vbench.dimensions.motion_evidence import is_partial
from vbench.errors import MissingExtra, NothingToScore, PluginError, UsageError, VBenchError
from vbench.files import ours
from vbench.files.digest import content_of
from vbench.files.lock import alone_in
from vbench.media.decode import VERSION as DECODING
from vbench.media.encode import VERSION as ENCODING
from vbench.media.video import DEFAULT_BUDGET
from vbench.progress import Progress
from vbench.prompts.suite import Prompt
from vbench.runs import choose_static
from vbench.runs.at_work import AtWork
from vbench.runs.choose_static import NOT_NEEDED, Candidates, candidates
from vbench.runs.evaluators import Evaluators
from vbench.runs.executor import score_all
from vbench.runs.jobs import (
    ENDED,
    Job,
    Unit,
    contents_of,
    first_of,
    given_up,
    rest_of,
    told,
    unit_of,
    units_of,
    without,
)
from vbench.runs.long_video import LongVideo, long_videos
from vbench.runs.one_video import Part, by_video
from vbench.runs.plan import Cutting, Plan, VideoTask, why_nothing
from vbench.runs.record import FINISHED, INTERRUPTED, RECORD, STORE, RunRecord, read_record, write_record
from vbench.runs.results import read_rows
from vbench.runs.room import AT_ONCE
from vbench.runs.score_video import GROUP, NOT_EVALUATED, failed_row
from vbench.runs.shard import digest_of
from vbench.runs.store import NOT_STATIC, SCORED, Row, RunStore
from vbench.runs.workers import threads_each
from vbench.sampling.manifest import NAME as MANIFEST
from vbench.sampling.manifest import manifest_text, read_manifest

if TYPE_CHECKING:
    from vbench.runs.cluster import Cluster

ENDED_ALONE = "the last call looked at it, and at nothing else, when it was killed or crashed"

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
    cluster: Cluster | None = None,
) -> Outcome:
    """Score every unit of a plan that has no score yet.

    Args:
        plan: what to look at.
        evaluators: who looks.
        folder: the run's folder; made if it is not there, continued if it is.
        progress: told of every unit.
        budget: bytes of decoded frames to keep per video.
        processes: how many look at videos at the same time, each with its part of the threads: the scores do not depend
            on it but for the last bits of sums.
        may_join: whether other videos than the run's may bring the scores of dimensions that it has not judged yet.
        cluster: whose workers look at the videos, instead of processes of this machine.

    Raises:
        UsageError: the folder holds a run of something else, or another process works in it.
        StorageError: the disk is in the way.
        NothingToScore: no video of the plan can be scored by what was asked.
    """
    (outcome,) = evaluate_together([Asked(plan, evaluators, folder)], progress, budget, processes, may_join, cluster)
    return outcome


@dataclass(frozen=True)
class Asked:
    """One of several runs that go together.

    Attributes:
        plan: what to look at.
        evaluators: who looks.
        folder: the run's folder.
    """

    plan: Plan
    evaluators: Evaluators
    folder: Path


def evaluate_together(
    asked: Sequence[Asked],
    progress: Progress | None = None,
    budget: int = DEFAULT_BUDGET,
    processes: int = 1,
    may_join: bool = False,
    cluster: Cluster | None = None,
) -> list[Outcome]:
    """Several runs in one go: what they want of one video is done from one decoding, and what two want once.

    Args:
        asked: the runs, at least one.
        progress: told of every unit of all of them.
        budget: see :func:`evaluate`, as of the rest.
        processes: see there.
        may_join: see there.
        cluster: see there.

    Returns:
        How each of them ended.

    Raises:
        UsageError: see :func:`evaluate`, as of the rest.
        StorageError: see there.
        NothingToScore: see there.
    """
    progress = progress or Progress()
    for one in asked:
        if not one.plan.units:
            raise NothingToScore(why_nothing(one.plan))
    asked = [replace(one, evaluators=replace(one.evaluators, filtered=one.plan.filtered)) for one in asked]
    with ExitStack() as alone:
        for one in asked:
            alone.enter_context(alone_in(one.folder))
            if found := conflicts(one.folder, one.plan, one.evaluators, may_join):
                raise UsageError(
                    f"{one.folder} holds another run: {'; '.join(found)}. Choose another folder for this one."
                )
        runs: list[_Run] = []
        try:
            runs += (_Run(*_opened(one, progress, 1 if cluster else processes)) for one in asked)
            _evaluated(runs, progress, budget, processes, cluster)
        except BaseException:
            progress.finish()
            for run in runs:
                run.interrupt()
            raise
        finally:
            progress.finish()
            for run in runs:
                run.store.close()
    return [run.outcome for run in runs]


def _evaluated(runs: Sequence[_Run], progress: Progress, budget: int, processes: int, cluster: Cluster | None) -> None:
    wanted = [run.wanted() for run in runs]
    progress.start(sum(run.units for run in runs), sum(run.outcome.reused for run in runs))
    for run in runs:
        run.begin()
    first, *others = (run.asked.evaluators for run in runs)
    if not cluster and (sharing := devices.told_of_sharing(first.device, processes)):
        progress.note(sharing)
    evaluators = replace(first, others=tuple(others))
    takers = _takers(wanted) if others else {}
    at_work = AtWork([run.asked.folder for run in runs])
    jobs, risky, lost = _by_risk(_jobs(wanted), {} if cluster else at_work.left(), _ended_over(runs))
    if risky and not cluster:
        progress.note(f"{told(*risky)}: looked at last, in a process of its own, as one ended over it before")
    at_work.later(risky)
    try:
        for row in chain(lost, score_all(jobs, evaluators, budget, at_work, progress.note, processes, cluster, risky)):
            for place in takers.pop(unit_of(row), ()) if others else (0,):
                runs[place].writer.take(row)
    finally:
        at_work.end()
    for run in runs:
        run.end(cluster.machines if cluster else ())


def _by_risk(
    jobs: Sequence[Job], left: Mapping[str, bool], ended_over: Set[str]
) -> tuple[list[Job], list[Job], list[Row]]:
    """The jobs that are safe, those that a process may end over, and rows of what this call leaves alone.

    Args:
        jobs: what to do.
        left: what an earlier call was at when it ended; what it was at alone is left to the next call, so that this one
            comes to its end.
        ended_over: contents of the videos over which a process ended.
    """
    over_it = {content for content, alone in left.items() if alone}
    safe: list[Job] = []
    risky: list[Job] = []
    lost: list[Row] = []
    for job in jobs:
        rest: Job | None = job
        if contents_of(first_of(job)) & over_it:
            found = given_up(job, f"{ENDED_ALONE}; the next call tries it again")
            rest, lost = rest_of(job, found), lost + found
        if rest:
            (risky if contents_of(job) & (left.keys() | ended_over) else safe).append(rest)
    return safe, risky, lost


def _ended_over(runs: Sequence[_Run]) -> set[str]:
    """Contents of the videos over which a process ended in an earlier call."""
    return {row.sha256 for run in runs for row in run.store.failed() if ENDED in row.details}


@dataclass
class _Wanted:
    """What one run still wants.

    Attributes:
        choices: of filtered dimensions, whose samples are chosen from.
        videos: of the others.
    """

    choices: list[Candidates]
    videos: list[VideoTask | LongVideo]

    def units(self) -> Iterator[Unit]:
        """All of it, one by one."""
        tasks = [task for job in self.videos for task in (job.tasks if isinstance(job, LongVideo) else (job,))]
        for task in [*tasks, *(task for choice in self.choices for task in choice.tasks)]:
            yield from units_of(task)


def _takers(wanted: Sequence[_Wanted]) -> dict[Unit, list[int]]:
    """Which runs want a unit."""
    takers: dict[Unit, list[int]] = defaultdict(list)
    for place, one in enumerate(wanted):
        for unit in one.units():
            takers[unit].append(place)
    return takers


def _jobs(wanted: Sequence[_Wanted]) -> list[Job]:
    """What is to be done, so that each video is gone through once, and neighbours need the same dimensions."""
    seen: set[Unit] = set()
    parts: list[Part] = []
    for place, one in enumerate(wanted):
        parts += (Part(place, job) for job in (without(job, seen) for job in one.videos) if job.evaluated)
        seen |= {*one.units()}
    videos = {one.path: one for one in by_video(parts)}
    choices: list[Candidates] = []
    chosen: dict[Unit, Candidates] = {}
    for place, choice in ((place, choice) for place, one in enumerate(wanted) for choice in one.choices):
        (unit,) = units_of(choice.tasks[0])
        if chosen.setdefault(unit, choice) is not choice and chosen[unit] == choice:
            continue  # another run chooses from the same in the same way
        paths = {task.path for task in choice.tasks}
        beside = {path: videos.pop(path) for path in paths & videos.keys()}
        choices.append(replace(choice, run=place, beside=beside))
    return [*choices, *sorted(videos.values(), key=lambda one: one.evaluated)]


class _Run:
    """A run that is going on.

    Args:
        asked: what for.
        record: what it is made with.
        store: its rows.
        progress: told of what happens.
    """

    def __init__(self, asked: Asked, record: RunRecord, store: RunStore, progress: Progress) -> None:
        self.asked, self.record, self.store, self.progress = asked, record, store, progress
        self.untouchable: list[Row] = []
        plan, evaluators = asked.plan, asked.evaluators
        obstacles = {name: why for name in plan.dimensions if (why := evaluators.obstacle(name))}
        self.outcome = Outcome(asked.folder, not_evaluated=obstacles)
        self.writer = _Writer(store, self.outcome, progress)

    @property
    def units(self) -> int:
        """How many scores it can have, of the dimensions that can be evaluated."""
        left_out = self.outcome.not_evaluated.keys()
        return self.asked.plan.units - sum(len(left_out & set(task.dimensions)) for task in self.asked.plan.tasks)

    def wanted(self) -> _Wanted:
        """What is left to do."""
        wanted, self.untouchable = _outstanding(self.asked.plan, self.asked.evaluators, self.store, self.outcome)
        _forget_removed(self.store, self.asked.plan)
        return wanted

    def begin(self) -> None:
        """Say what cannot be evaluated, and write down with what the rest is."""
        obstacles = dict(self.outcome.not_evaluated)
        for reason in dict.fromkeys(obstacles.values()):
            names = [name for name, why in obstacles.items() if why == reason]
            self.progress.note(f"not evaluated: {', '.join(names)}: {reason}")
        evaluated = [name for name in self.asked.plan.dimensions if name not in obstacles]
        files = (file for name in evaluated for file in self.asked.evaluators.checkpoints(name))
        read = provenance.checkpoint_records(files)
        not_evaluated = {**self.record.not_evaluated, **obstacles}
        self.record = replace(self.record, checkpoints=read, not_evaluated=not_evaluated)
        write_record(self.asked.folder, self.record)
        for row in self.untouchable:
            self.writer.take(row)

    def end(self, machines: Sequence[Mapping[str, Any]] = ()) -> None:
        """Write down that every unit was gone through, and on which machines of a cluster."""
        self.writer.commit()
        plan = self.asked.plan
        rows = list(self.store.rows()) if plan.filtered else []
        if machines:
            self.record = replace(self.record, machine=provenance.together(machines))
        self.record = _gone_through(self.record, plan, self.outcome, rows, self.progress)
        if self.writer.at_once:
            self.record = replace(self.record, machine={**self.record.machine, AT_ONCE: self.writer.at_once})
        write_record(self.asked.folder, self.record)

    def interrupt(self) -> None:
        """Put on disk what is known, and write down that it is not all."""
        folder, done = self.asked.folder, self.outcome.reused + self.outcome.computed
        with suppress(OSError, VBenchError):  # the disk may be what ended it
            self.writer.commit()
            write_record(folder, replace(self.record, status=INTERRUPTED, ended=provenance.now()))
        self.progress.note(f"{done} of {self.asked.plan.units} units are stored in {folder}")


def _opened(asked: Asked, progress: Progress, processes: int) -> tuple[Asked, RunRecord, RunStore, Progress]:
    """The record and the store of a run, those of an earlier call where there are any."""
    plan, evaluators, folder = asked.plan, asked.evaluators, asked.folder
    record = _open_record(folder, plan, evaluators, threads_each(processes))
    _keep_manifest(plan.root, folder)
    store = RunStore(folder / STORE)
    if (folder / RECORD).exists() and not (folder / RECORD).stat().st_size:
        progress.note(f"{folder / RECORD} was empty; it is written anew from the scores that are stored")
        dimensions = sorted({*record.dimensions, *(row.dimension for row in store.rows())})
        record = replace(record, dimensions=dimensions, dimension_versions=_versions(dimensions, evaluators))
    return asked, record, store, progress


def _gone_through(
    record: RunRecord, plan: Plan, outcome: Outcome, rows: Sequence[Row], progress: Progress
) -> RunRecord:
    """The record of a run after a call that came to its end; finished once every dimension was in such a call."""
    counts, shard = dict(record.planned), dict(record.shard)
    for name in plan.filtered:
        if name not in outcome.not_evaluated:
            count, short = choose_static.planned(plan, name, rows)
            if plan.whole:  # what the whole run has is known when all shards are
                shard["filtered"] = {**shard["filtered"], name: count}
            else:
                counts[name] = count
            if short:
                progress.note(f"{name}: {short} prompts have fewer than {plan.samples} static videos")
    unfinished = [name for name in record.unfinished if name not in plan.dimensions]
    earlier = {name: why for name, why in record.not_evaluated.items() if name not in plan.dimensions}
    return replace(
        record,
        status=INTERRUPTED if unfinished else FINISHED,
        unfinished=unfinished,
        planned=counts,
        shard=shard,
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


def _outstanding(plan: Plan, evaluators: Evaluators, store: RunStore, outcome: Outcome) -> tuple[_Wanted, list[Row]]:
    """What is left to do, and rows of the videos that cannot be read now."""
    signatures = {name: evaluators.signature(name) for name in plan.dimensions if name not in outcome.not_evaluated}
    todo: list[VideoTask] = []
    renamed, untouchable = [], []
    choices: dict[str, list[VideoTask]] = {name: [] for name in plan.filtered}
    looked_at: dict[str, dict[str, str]] = {name: {} for name in plan.filtered}
    for task in plan.tasks:
        outstanding: dict[str, str] = {}
        try:
            seen = replace(task, sha256=content_of(task.path), picture=_picture(task, signatures))
        except OSError as error:
            untouchable += [failed_row(task, name, error) for name in task.dimensions if name in signatures]
            continue
        for name in task.dimensions:
            if name not in signatures:
                continue
            key = cache_key(seen.sha256, task.prompt, signatures[name] | clips_of(task, plan.cutting))
            if name in choices:
                choices[name].append(replace(seen, cache_keys={name: key}))
            stored = store.finished(key)
            if stored is None or (evaluators.all_pairs and is_partial(stored.details)):
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
            todo.append(replace(seen, cache_keys=outstanding))
    store.put_all(renamed)
    reencode = bool(plan.cutting and plan.cutting.reencode)
    of_prompts = [one for name, tasks in choices.items()
                  for one in candidates(tasks, name, plan.samples, reencode, looked_at[name])]  # fmt: skip
    jobs: list[VideoTask | LongVideo] = [task for task in todo if not task.spans]
    jobs += long_videos((task for task in todo if task.spans), reencode)
    return _Wanted(of_prompts, jobs), untouchable


def _picture(task: VideoTask, signatures: Mapping[str, Mapping[str, Any]]) -> str:
    """Digest of the prompt's picture, where one of the task's dimensions looks at it."""
    looked_at = any(signatures.get(name, {}).get("picture") for name in task.dimensions)
    return content_of(task.prompt.image) if looked_at and task.prompt.image else ""


def clips_of(task: VideoTask, cutting: Cutting | None) -> dict[str, Any]:
    """What identifies a clip, or several, beside the content of their video."""
    if not task.spans or not cutting:
        return {}
    again = {"encoding": ENCODING} if cutting.reencode else {}
    return {"clips": [[span.start, span.end] for span in task.spans], "cutting": cutting.plain(), **again}


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
    if (shard := _shard_before(before)) != plan.shard:
        return [f"shard was {shard or 'all of it'} and is now {plan.shard or 'all of it'}"]
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


def _shard_before(before: RunRecord) -> str:
    return "{number}/{of}".format(**before.shard) if before.shard else ""


def _shard_now(plan: Plan, before: RunRecord, others: Collection[str]) -> dict[str, Any]:
    """What tells which shards make one run, with what earlier calls said of the dimensions that are not judged now."""
    if not plan.whole:
        return {}
    number, of = map(int, plan.shard.split("/"))
    plans = {name: digest for name, digest in before.shard.get("plans", {}).items() if name in others}
    filtered = {name: count for name, count in before.shard.get("filtered", {}).items() if name in others}
    plans |= dict.fromkeys(plan.dimensions, digest_of(plan.whole))
    return {"number": number, "of": of, "plans": plans, "filtered": filtered}


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


def _open_record(folder: Path, plan: Plan, evaluators: Evaluators, threads: int) -> RunRecord:
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
        machine=provenance.machine(evaluators.device, evaluators.profile.arithmetic, threads),
        packages=provenance.packages(),
        shard=_shard_now(plan, before, others),
    )


def _versions(dimensions: Sequence[str], evaluators: Evaluators) -> dict[str, int]:
    """Of the implementations that can be imported; why another cannot is among the run's reasons."""
    versions = {}
    for name in dimensions:
        with suppress(MissingExtra, PluginError):
            versions[name] = evaluators.implementation(name).version
    return versions
