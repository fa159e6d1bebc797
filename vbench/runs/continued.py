"""What an earlier call left in a run's folder, and what this one makes of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from vbench import provenance
from vbench.benchmarks.registry import specs_of
from vbench.benchmarks.t2v import FILTER_VERSION
from vbench.dimensions.profiles import profiles
from vbench.errors import MissingCheckpoint, MissingExtra, PluginError, UsageError
from vbench.files import ours
from vbench.files.digest import content_of
from vbench.media.decode import VERSION as DECODING
from vbench.runs.evaluators import Evaluators
from vbench.runs.filtered_folder import STATIC_FILTER, chosen_by
from vbench.runs.plan import PUBLISHED_CUTTING, Plan
from vbench.runs.record import RECORD, STORE, RunRecord, read_record
from vbench.runs.results import read_rows
from vbench.runs.shard import digest_of
from vbench.sampling.manifest import NAME as MANIFEST
from vbench.sampling.manifest import manifest_text, read_manifest
from vbench.weights import cards

T = TypeVar("T")


def conflicts(folder: Path, plan: Plan, evaluators: Evaluators, may_join: bool = False) -> list[str]:
    """Why a folder's run cannot be continued with this plan; empty where it can, or where there is none.

    Args:
        folder: the run's folder.
        plan: what would be looked at.
        evaluators: who would look.
        may_join: whether other videos may bring the scores of dimensions that the run has not judged yet.
    """
    if not (before := record_before(folder)):
        return []
    if (shard := _shard_before(before)) != plan.shard:
        return [f"shard was {shard or 'all of it'} and is now {plan.shard or 'all of it'}"]
    now = _looked_at(plan, evaluators)
    found = [
        f"{name} was {getattr(before, name)!r} and is now {now[name]!r}"
        for name in now
        if getattr(before, name) != now[name]
    ]
    return found or [*_other_videos(folder, before, plan, may_join), *_other_checkpoints(before, plan, evaluators)]


def _other_videos(folder: Path, before: RunRecord, plan: Plan, may_join: bool) -> Iterator[str]:
    """Whether the videos are others than the run's; where they lie does not matter, what they are does."""
    judged = [name for name in plan.dimensions if name in before.dimensions]
    of = judged if may_join else before.dimensions
    moved = any(before.folder_of(name) != plan.root.resolve() for name in judged or before.dimensions)
    rows = read_rows(folder) if moved and (folder / STORE).exists() else []
    stored = {row.sha256 for row in rows if row.dimension in of}
    if stored and not any(_content(task.path) in stored for task in plan.tasks):
        yield f"its scores are of other videos: none of those in {plan.root} is among the {len(stored)} that it judged"
    samplers = [{record.generator for record in read_manifest(place)} for place in (folder, plan.root)]
    if (moved or _kept(before, plan)) and all(samplers) and samplers[0] != samplers[1]:
        yield "its videos were sampled by {} and these by {}".format(*(", ".join(sorted(names)) for names in samplers))


def _kept(before: RunRecord, plan: Plan) -> list[str]:
    """The dimensions whose scores a call leaves as they are."""
    return [name for name in before.dimensions if name not in plan.dimensions and name not in before.not_evaluated]


def _other_checkpoints(before: RunRecord, plan: Plan, evaluators: Evaluators) -> Iterator[str]:
    """Which files changed since others than the plan's dimensions were judged with them: a run has one of each."""
    read = _files_of(plan.dimensions, evaluators) & before.checkpoints.keys()
    for name in _kept(before, plan):
        for file in sorted(read & _files_of([name], evaluators)):
            with suppress(MissingCheckpoint):
                if content_of(cards.locate(file)) != before.checkpoints[file]["sha256"]:
                    yield f"{name} was judged with another file of {file}; name it, too, to judge it anew"


def _looked_at(plan: Plan, evaluators: Evaluators) -> dict[str, Any]:
    return {
        "benchmark": plan.benchmark.name,
        "mode": plan.mode,
        "suite": {"name": plan.suite, "sha256": plan.suite_digest},
        "profile": evaluators.profile.name,
        "cutting": plan.cutting.plain() if plan.cutting else {},
    }


def open_record(
    folder: Path, plan: Plan, judged: Collection[str], evaluators: Evaluators, machine: Mapping[str, Any]
) -> RunRecord:
    """What a run is of, with what earlier calls said of what stays; :func:`made_with` says the rest.

    Args:
        folder: the run's folder.
        plan: what is looked at.
        judged: dimensions of the plan that this call can judge; what others have, they have from earlier calls.
        evaluators: who looks.
        machine: that computes now.
    """
    before = record_before(folder) or RunRecord("", "", "", {}, "", provenance.now())
    others = set(before.dimensions) - set(judged)
    root = str(plan.root.resolve())
    dimensions = sorted({*before.dimensions, *plan.dimensions})
    chosen = {name: _chosen_otherwise(name, plan.root, evaluators) for name in judged}
    options = kept_of(before.options, others) | {
        name: {**evaluators.options.get(name, {}), **chosen[name]}
        for name in judged
        if name in evaluators.options or chosen[name]
    }
    missing = [name for name in before.missing_videos if others and name not in plan.there]
    return RunRecord(
        **_looked_at(plan, evaluators),
        videos=root,
        folders={**dict.fromkeys(plan.dimensions, root), **{name: str(before.folder_of(name)) for name in others}},
        filtered=sorted({*(set(before.filtered) & others), *(set(plan.filtered) - others)}),
        started=before.started,
        comparable=evaluators.profile.comparable and not options and plan.cutting in (None, PUBLISHED_CUTTING),
        planned={**plan.planned, **kept_of(before.planned, others)},
        samples=_samples_now(plan, before) if others else plan.samples,
        unfinished=sorted({*(set(before.unfinished) & others), *plan.dimensions}),
        dimensions=dimensions,
        dimension_versions=before.dimension_versions,
        decoding_versions=before.decoding_versions,
        filter_versions=before.filter_versions,
        options=options,
        missing_videos=list(dict.fromkeys([*missing, *plan.missing])),
        unexpected_videos=plan.unexpected,
        not_evaluated=kept_of(before.not_evaluated, others),
        checkpoints=before.checkpoints,
        arguments=provenance.command_line(),
        machine=before.machine or machine,
        packages=before.packages or provenance.packages(),
        shard=_shard_now(plan, before, others),
    )


def _chosen_otherwise(name: str, videos: Path, evaluators: Evaluators) -> dict[str, str]:
    """The setting of a dimension whose videos were chosen beforehand by what the run's profile would not choose by."""
    by = str(chosen_by(videos).get("profile", "")) if evaluators.spec(name).sampled else ""
    if by in ("", evaluators.profile.name):
        return {}
    filter_of = profiles().get(by)
    alike = filter_of and filter_of.comparable and evaluators.profile.comparable
    return {} if alike else {STATIC_FILTER: by}


def _samples_now(plan: Plan, before: RunRecord) -> int:
    """Videos a prompt that were looked for, over several calls: the fewest, where one looked for too few."""
    specs, benchmark = specs_of(plan.benchmark), plan.benchmark
    calls = (plan.samples, plan.dimensions), (before.samples, before.dimensions)
    too_few = [
        samples
        for samples, names in calls
        if samples < benchmark.most_samples(specs[name] for name in names if name in specs)
    ]
    return min(too_few, default=max(plan.samples, before.samples))


def made_with(record: RunRecord, judged: Collection[str], evaluators: Evaluators) -> RunRecord:
    """The record with what its scores are made with: those of this call, and those that stay from earlier ones.

    Args:
        record: as of :func:`open_record`, which tells of the earlier calls.
        judged: dimensions that this call can judge.
        evaluators: who judges.
    """
    standing = set(record.dimensions) - set(judged)
    files = provenance.checkpoint_records(_files_of(judged, evaluators))
    versions = {name: evaluators.spec(name).version for name in judged}
    read_by = dict.fromkeys(judged, DECODING)
    here = dict.fromkeys({*judged} & {*evaluators.filtered}, FILTER_VERSION)
    sampled = [name for name in judged if evaluators.spec(name).sampled]
    found = {name: chosen_by(record.folder_of(name)).get("filter_version") for name in sampled}
    beforehand = {name: version for name, version in found.items() if version}
    return replace(
        record,
        dimension_versions=_sorted(kept_of(record.dimension_versions, standing) | versions),
        decoding_versions=_sorted(kept_of(record.decoding_versions, standing) | read_by),
        filter_versions=_sorted(kept_of(record.filter_versions, standing) | beforehand | here),
        checkpoints=_sorted(kept_of(record.checkpoints, _files_of(standing, evaluators)) | files),
    )


def made_where(
    opened: RunRecord, judged: Collection[str], reused: bool, machines: Collection[Mapping[str, Any]]
) -> dict[str, Any]:
    """The machines and packages, as fields of a record, of all calls whose scores it keeps.

    Args:
        opened: as of :func:`open_record`, which tells of the earlier calls.
        judged: dimensions that this call can judge.
        reused: whether scores of these stay, too.
        machines: that compute now; none where nothing is left to compute.
    """
    stay = reused or bool(set(opened.dimensions) - set(judged))
    earlier = [opened] if stay or not machines else []
    packages = [provenance.packages()] if machines else []
    return {
        "machine": provenance.together([*(one.machine for one in earlier), *machines]),
        "packages": provenance.together([*(one.packages for one in earlier), *packages]),
    }


def _sorted(said: Mapping[str, T]) -> dict[str, T]:
    return dict(sorted(said.items()))


def kept_of(said: Mapping[str, T], names: Collection[str]) -> dict[str, T]:
    """What is said of these names."""
    return {name: one for name, one in said.items() if name in names}


def _files_of(dimensions: Iterable[str], evaluators: Evaluators) -> set[str]:
    """Names of the checkpoints that dimensions read, as far as they are known here."""
    files: set[str] = set()
    for name in dimensions:
        with suppress(MissingExtra, PluginError, UsageError):
            files |= {*evaluators.checkpoints(name)}
    return files


def _shard_before(before: RunRecord) -> str:
    return "{number}/{of}".format(**before.shard) if before.shard else ""


def _shard_now(plan: Plan, before: RunRecord, others: Collection[str]) -> dict[str, Any]:
    """What tells which shards make one run, with what earlier calls said of the dimensions that are not judged now."""
    if not plan.whole:
        return {}
    number, of = map(int, plan.shard.split("/"))
    plans = dict.fromkeys(plan.dimensions, digest_of(plan.whole)) | kept_of(before.shard.get("plans", {}), others)
    return {"number": number, "of": of, "plans": plans, "filtered": kept_of(before.shard.get("filtered", {}), others)}


def record_before(folder: Path) -> RunRecord | None:
    """The record of an earlier call; none where there is none, or where it was lost and only the store is left."""
    path = folder / RECORD
    return read_record(folder) if path.exists() and path.stat().st_size else None


def _content(path: Path) -> str:
    try:
        return content_of(path)
    except OSError:
        return ""


def keep_manifest(videos: Path, folder: Path) -> None:
    """A copy of the samples' manifest stays with the run: which text was fed, which seed, which settings."""
    if (videos / MANIFEST).exists():
        here = read_manifest(videos)
        files = {record.file for record in here}
        others = [record for record in read_manifest(folder) if record.file not in files]
        content = manifest_text([*others, *here]).encode() if others else (videos / MANIFEST).read_bytes()
        ours.write(folder / MANIFEST, content)
