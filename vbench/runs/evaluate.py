"""A run: every video of a plan is looked at once, and each unit is on disk before the next one starts.

Kill it at any moment and call it again with the same folder: it continues. A file that cannot be read, a video
that is too short or a dimension whose weights are missing is recorded with its reason, and the rest goes on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vbench import provenance
from vbench.errors import MissingExtra, NothingToScore, PluginError, UsageError
from vbench.files import ours
from vbench.files.digest import content_of
from vbench.files.lock import alone_in
from vbench.media.decode import VERSION as DECODING
from vbench.media.video import DEFAULT_BUDGET
from vbench.progress import Progress
from vbench.prompts.suite import Prompt
from vbench.runs.evaluators import Evaluators
from vbench.runs.executor import score_all
from vbench.runs.plan import Plan, VideoTask, why_nothing
from vbench.runs.record import RECORD, STORE, RunRecord, read_record, write_record
from vbench.runs.score_video import NOT_EVALUATED, failed_row
from vbench.runs.store import SCORED, Row, RunStore
from vbench.sampling.manifest import NAME as MANIFEST


@dataclass
class Outcome:
    """How a run ended.

    Attributes:
        folder: the run's folder.
        computed: units that this call computed.
        reused: units that were stored before.
        scored: units that have a score, computed or stored.
        failures: computed or stored units without a score, by status.
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
        else:
            self.failures[row.status] = self.failures.get(row.status, 0) + 1


def evaluate(
    plan: Plan,
    evaluators: Evaluators,
    folder: Path,
    progress: Progress | None = None,
    budget: int = DEFAULT_BUDGET,
    processes: int = 1,
) -> Outcome:
    """Score every unit of a plan that has no score yet.

    Args:
        plan: what to look at.
        evaluators: who looks.
        folder: the run's folder; made if it is not there, continued if it is.
        progress: told of every unit.
        budget: bytes of decoded frames to keep per video.
        processes: how many look at videos at the same time; the scores do not depend on it.

    Raises:
        UsageError: the folder holds a run of something else, or another process works in it.
        StorageError: the disk is in the way.
        NothingToScore: no video of the plan can be scored by what was asked.
    """
    if not plan.units:
        raise NothingToScore(why_nothing(plan))
    with alone_in(folder):
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
    outcome = Outcome(
        folder, not_evaluated={name: why for name in plan.dimensions if (why := evaluators.obstacle(name))}
    )
    try:
        todo, untouchable = _outstanding(plan, evaluators, store, outcome)
        _forget_removed(store, plan)
        progress.start(plan.units, outcome.reused)
        for reason in dict.fromkeys(outcome.not_evaluated.values()):
            names = [name for name, why in outcome.not_evaluated.items() if why == reason]
            progress.note(f"not evaluated: {', '.join(names)}: {reason}")
            progress.skipped(sum(len(set(names) & set(task.dimensions)) for task in plan.tasks))
        evaluated = [name for name in plan.dimensions if name not in outcome.not_evaluated]
        read = provenance.checkpoint_records(file for name in evaluated for file in evaluators.checkpoints(name))
        record = replace(record, checkpoints=read)
        write_record(folder, record)
        for row in untouchable:
            _take(row, store, outcome, progress)
        for row in score_all(todo, evaluators, budget, processes):
            _take(row, store, outcome, progress)
        record = replace(record, status="finished", ended=provenance.now(), not_evaluated=outcome.not_evaluated)
        write_record(folder, record)
    finally:
        progress.finish()
        store.close()
    return outcome


def _take(row: Row, store: RunStore, outcome: Outcome, progress: Progress) -> None:
    if row.status == NOT_EVALUATED:
        if row.dimension not in outcome.not_evaluated:
            outcome.not_evaluated[row.dimension] = row.reason
            progress.note(f"not evaluated: {row.dimension}: {row.reason}")
        progress.skipped(1)
        return
    (store.put if row.sha256 else store.put_failed)(row)
    outcome.computed += 1
    outcome.count(row)
    progress.unit(row.dimension, f"{row.video}: no {row.dimension} ({row.status}): {row.reason}" if row.reason else "")


def _outstanding(
    plan: Plan, evaluators: Evaluators, store: RunStore, outcome: Outcome
) -> tuple[list[VideoTask], list[Row]]:
    """What is left to do, grouped by the dimensions that it needs, and rows of the videos that cannot be read now."""
    signatures = {name: evaluators.signature(name) for name in plan.dimensions if name not in outcome.not_evaluated}
    todo, renamed, untouchable = [], [], []
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
            key = cache_key(sha256, task.prompt, signatures[name])
            if (stored := store.finished(key)) is None:
                outstanding[name] = key
                continue
            row = replace(stored, video=task.video, category=task.prompt.category)
            if row != stored:
                renamed.append(row)
            outcome.reused += 1
            outcome.count(row)
        if outstanding:
            todo.append(replace(task, sha256=sha256, cache_keys=outstanding))
    store.put_all(renamed)
    return sorted(todo, key=lambda task: tuple(task.cache_keys)), untouchable


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
        ours.write(folder / MANIFEST, (videos / MANIFEST).read_bytes())


def _forget_removed(store: RunStore, plan: Plan) -> None:
    """Drop rows of the plan's dimensions whose video or prompt is no longer there."""
    there = {(task.video, task.prompt.text, name) for task in plan.tasks for name in task.dimensions}
    for row in list(store.rows()):
        key = (row.video, row.prompt, row.dimension)
        if row.dimension in plan.dimensions and key not in there:
            store.drop(*key)


def conflicts(folder: Path, plan: Plan, evaluators: Evaluators) -> list[str]:
    """Why a folder's run cannot be continued with this plan; empty where it can, or where there is none."""
    if not (before := _before(folder)):
        return []
    now = _looked_at(plan, evaluators)
    return [
        f"{name} was {getattr(before, name)!r} and is now {now[name]!r}"
        for name in now
        if getattr(before, name) != now[name]
    ]


def _before(folder: Path) -> RunRecord | None:
    """The record of an earlier call; none where there is none, or where it was lost and only the store is left."""
    path = folder / RECORD
    return read_record(folder) if path.exists() and path.stat().st_size else None


def _looked_at(plan: Plan, evaluators: Evaluators) -> dict[str, Any]:
    return {
        "benchmark": plan.benchmark.name,
        "videos": str(plan.root.resolve()),
        "mode": plan.mode,
        "suite": {"name": plan.suite, "sha256": plan.suite_digest},
        "profile": evaluators.profile.name,
    }


def _open_record(folder: Path, plan: Plan, evaluators: Evaluators) -> RunRecord:
    """The provenance to write; refuses a folder whose run looked at something else."""
    if found := conflicts(folder, plan, evaluators):
        raise UsageError(f"{folder} holds another run: {'; '.join(found)}. Choose another folder for this one.")
    before = _before(folder)
    dimensions = sorted({*(before.dimensions if before else ()), *plan.dimensions})
    earlier = before.options if before else {}
    kept = {name: settings for name, settings in earlier.items() if name not in plan.dimensions}
    options = kept | {name: dict(settings) for name, settings in evaluators.options.items()}
    return RunRecord(
        **_looked_at(plan, evaluators),
        started=before.started if before else provenance.now(),
        comparable=evaluators.profile.comparable and not options,
        dimensions=dimensions,
        dimension_versions=_versions(dimensions, evaluators),
        options=options,
        missing_videos=plan.missing,
        unexpected_videos=plan.unexpected,
        checkpoints=before.checkpoints if before else {},
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
