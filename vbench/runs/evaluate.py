"""A run: every video of a plan is looked at once, and each unit is on disk before anybody is told that it is done.

Kill it at any moment and call it again with the same folder: it continues. A file that cannot be read, a video
that is too short or a dimension whose weights are missing is recorded with its reason, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench import device as devices
from vbench import provenance
from vbench.errors import NothingToScore, UsageError, VBenchError
from vbench.files.lock import alone_in
from vbench.media.video import DEFAULT_BUDGET
from vbench.progress import Progress
from vbench.runs import choose_static
from vbench.runs.at_work import AtWork
from vbench.runs.continued import conflicts, keep_manifest, made_where, made_with, open_record, record_before
from vbench.runs.evaluators import Evaluators
from vbench.runs.executor import score_all
from vbench.runs.jobs import ENDED, told, unit_of
from vbench.runs.lost_record import rebuilt
from vbench.runs.outstanding import Wanted, by_risk, forget_removed, jobs_of, outstanding_of, takers_of
from vbench.runs.plan import Plan, why_nothing
from vbench.runs.record import FINISHED, INTERRUPTED, RECORD, STORE, RunRecord, write_record
from vbench.runs.room import AT_ONCE
from vbench.runs.row_writer import Outcome, RowWriter
from vbench.runs.store import Row, RunStore
from vbench.runs.workers import threads_each

if TYPE_CHECKING:
    from vbench.runs.cluster import Cluster


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
    asked = [_settled(one) for one in asked]
    with ExitStack() as alone:
        for one in asked:
            alone.enter_context(alone_in(one.folder))
            if found := conflicts(one.folder, one.plan, one.evaluators, may_join):
                raise UsageError(
                    f"{one.folder} holds another run: {'; '.join(found)}. Choose another folder for this one."
                )
        runs: list[_Run] = []
        try:
            runs += (_opened(one, progress, threads_each(1 if cluster else processes)) for one in asked)
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


def _settled(one: Asked) -> Asked:
    """The same wherever this process works later: whoever is told of progress may change the working directory."""
    filtering = replace(one.evaluators, filtered=one.plan.filtered)
    return replace(one, evaluators=filtering, folder=one.folder.absolute())


def _evaluated(runs: Sequence[_Run], progress: Progress, budget: int, processes: int, cluster: Cluster | None) -> None:
    wanted = [run.wanted() for run in runs]
    progress.start(sum(run.units for run in runs), sum(run.outcome.reused for run in runs))
    for run in runs:
        run.begin()
    first, *others = (run.asked.evaluators for run in runs)
    if not cluster and (sharing := devices.told_of_sharing(first.device, processes)):
        progress.note(sharing)
    evaluators = replace(first, others=tuple(others))
    takers = takers_of(wanted) if others else {}
    at_work = AtWork([run.asked.folder for run in runs])
    jobs, risky, lost = by_risk(jobs_of(wanted), {} if cluster else at_work.left(), _ended_over(runs))
    at_work.leave_alone(row.sha256 for row in lost)
    if risky and not cluster:
        progress.note(f"{told(*risky)}: looked at last, in a process of its own, as one ended while at it")
        at_work.later(risky)
    try:
        for row in chain(lost, score_all(jobs, evaluators, budget, at_work, progress.note, processes, cluster, risky)):
            for place in takers.pop(unit_of(row), ()) if others else (0,):
                runs[place].writer.take(row)
    finally:
        at_work.end()
    for run in runs:
        run.end(cluster.machines if cluster else ())


def _ended_over(runs: Sequence[_Run]) -> set[str]:
    """Contents of the videos over which a process ended in an earlier call."""
    return {row.sha256 for run in runs for row in run.store.failed() if ENDED in row.details}


class _Run:
    """A run that is going on.

    Args:
        asked: what for.
        record: what it is of, and with what earlier calls made their scores.
        store: its rows.
        obstacles: dimension -> why this call cannot judge it.
        machine: that computes now.
        progress: told of what happens.
    """

    def __init__(
        self,
        asked: Asked,
        record: RunRecord,
        store: RunStore,
        obstacles: Mapping[str, str],
        machine: Mapping[str, Any],
        progress: Progress,
    ) -> None:
        self.asked, self.opened, self.record, self.store = asked, record, record, store
        self.machine, self.progress = machine, progress
        self.untouchable: list[Row] = []
        self.begun = False
        self.outcome = Outcome(asked.folder, not_evaluated=dict(obstacles))
        self.writer = RowWriter(store, self.outcome, progress)

    @property
    def units(self) -> int:
        """How many scores it can have, of the dimensions that can be evaluated."""
        left_out = self.outcome.not_evaluated.keys()
        return self.asked.plan.units - sum(len(left_out & set(task.dimensions)) for task in self.asked.plan.tasks)

    def wanted(self) -> Wanted:
        """What is left to do."""
        plan, others = self.asked.plan, set(self.opened.dimensions) - set(self._judged())
        beside = [name for name in others if self.opened.folder_of(name) == plan.root.resolve()]
        wanted, self.untouchable = outstanding_of(plan, self.asked.evaluators, self.store, self.outcome, beside)
        forget_removed(self.store, plan)
        if count := self.outcome.set_aside:
            self.progress.note(
                f"{count} stored scores count no more: they are of other content, or were made with another version, "
                "checkpoint, option or kind of device. Until one is made anew, the call that made it brings it back"
            )
        return wanted

    def begin(self) -> None:
        """Say what cannot be evaluated, and write down with what the rest is."""
        obstacles = dict(self.outcome.not_evaluated)
        for reason in dict.fromkeys(obstacles.values()):
            names = [name for name, why in obstacles.items() if why == reason]
            self.progress.note(f"not evaluated: {', '.join(names)}: {reason}")
        not_evaluated = {**self.record.not_evaluated, **obstacles}
        made = made_with(self.opened, self._judged(), self.asked.evaluators)
        self.record = replace(made, not_evaluated=not_evaluated, **self._made_where([self.machine]))
        write_record(self.asked.folder, self.record)
        self.begun = True
        for row in self.untouchable:
            self.writer.take(row)

    def _made_where(self, machines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return made_where(self.opened, self._judged(), bool(self.outcome.reused), machines)

    def _judged(self) -> list[str]:
        """The dimensions that this call can judge."""
        return [name for name in self.asked.plan.dimensions if name not in self.outcome.not_evaluated]

    def end(self, machines: Sequence[Mapping[str, Any]] = ()) -> None:
        """Write down that every unit was gone through, and on which machines of a cluster."""
        self.writer.commit()
        plan = self.asked.plan
        rows = list(self.store.rows()) if plan.filtered else []
        self.record = _gone_through(self._as_made(machines), plan, self.outcome, rows, self.progress)
        if self.writer.at_once:
            self.record = replace(self.record, machine={**self.record.machine, AT_ONCE: self.writer.at_once})
        write_record(self.asked.folder, self.record)

    def _as_made(self, machines: Sequence[Mapping[str, Any]] = ()) -> RunRecord:
        """The record with the machines and packages of the calls that computed something."""
        return replace(self.record, **self._made_where((machines or [self.machine]) if self.outcome.computed else []))

    def interrupt(self) -> None:
        """Put on disk what is known, and write down that it is not all."""
        folder, done = self.asked.folder, self.outcome.reused + self.outcome.computed
        with suppress(OSError, VBenchError):  # the disk may be what ended it
            self.writer.commit()
            if self.begun or not (folder / RECORD).exists():  # otherwise what an earlier call says still holds
                write_record(folder, replace(self._as_made(), status=INTERRUPTED, ended=provenance.now()))
        self.progress.note(f"{done} of {self.asked.plan.units} units are stored in {folder}")


def _opened(asked: Asked, progress: Progress, threads: int) -> _Run:
    """A run with its record and its store, those of an earlier call where there are any."""
    plan, evaluators, folder = asked.plan, asked.evaluators, asked.folder
    machine = provenance.machine(evaluators.device, evaluators.profile.arithmetic, threads)
    obstacles = {name: why for name in plan.dimensions if (why := evaluators.obstacle(name))}
    judged = [name for name in plan.dimensions if name not in obstacles]
    record = open_record(folder, plan, judged, evaluators, machine)
    keep_manifest(plan.root, folder)
    store = RunStore(folder / STORE)
    if not record_before(folder):
        record = rebuilt(record, store, judged, progress)
    return _Run(asked, record, store, obstacles, machine, progress)


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
