"""Look at the input before anything expensive: every finding is a line, no model and no torch is loaded.

A bad file is a finding here and a recorded state in a run; it never ends one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from vbench.benchmarks.base import DimensionSpec, Unit
from vbench.benchmarks.long import VBENCH_LONG
from vbench.benchmarks.registry import spec_of
from vbench.benchmarks.t2v import T2V
from vbench.errors import Unavailable, UsageError, VideoError
from vbench.files.digest import content_of, digest
from vbench.media.apart import Apart
from vbench.media.decode import Health, VideoFacts, decode, is_picture, probe
from vbench.media.repeats import Glances
from vbench.prompts.suite import Prompt
from vbench.runs.discover import Discovery, discover, shown
from vbench.runs.plan import STANDARD, Plan
from vbench.runs.score_video import described
from vbench.sampling.manifest import read_manifest

LONG_FROM = 5.0
"""Seconds from which on a video is for VBench-Long."""

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        severity: ``"error"`` (it will not be scored, or the score is not the protocol's) or ``"warning"``.
        kind: ``missing``, ``count``, ``few_static``, ``unexpected``, ``not_read``, ``unreadable``, ``unavailable``,
            ``damaged``, ``repeats``, ``length``, ``one_frame``, ``pictures``, ``odd_format``, ``duplicate``,
            ``changed``, ``flaw``, ``not_as_asked`` or ``not_listed``.
        video: path of the video, or name of the prompt.
        message: what was found and what to do.
    """

    severity: str
    kind: str
    video: str
    message: str


def check(plan: Plan, there: Discovery | None = None, facts: dict[str, VideoFacts] | None = None) -> Iterator[Finding]:
    """Findings about the videos of a plan; decodes each video once and reads it once for its digest.

    Args:
        plan: the videos.
        there: what lies where they were looked for; all of the plan's folder by default.
        facts: is filled with what is known of those that can be read.
    """
    facts = {} if facts is None else facts
    yield from _missing(plan)
    yield from _counts(plan)
    yield from _not_read(plan, there or discover(plan.root))
    for video in plan.unexpected:
        yield Finding(WARNING, "unexpected", video, "belongs to no prompt of the suite; it is ignored")
    paths = {task.video: task.path for task in plan.tasks}
    yield from unsound(plan, facts)
    yield from _one_frame(facts, paths)
    yield from _odd_formats(facts)
    yield from _lengths(plan, facts)
    yield from _duplicates(paths)
    yield from _manifest(plan, paths)


def unsound(plan: Plan, facts: dict[str, VideoFacts] | None = None) -> Iterator[Finding]:
    """Videos that cannot be read, or that are damaged and decode all the same.

    Args:
        plan: the videos.
        facts: is filled with what is known of those that can be read.
    """
    facts = {} if facts is None else facts
    with Apart() as apart:
        yield from _unsound({task.video: task.path for task in plan.tasks}, facts, apart)


def _unsound(paths: Mapping[str, Path], facts: dict[str, VideoFacts], apart: Apart) -> Iterator[Finding]:
    for video, path in paths.items():
        try:
            facts[video], damage, repeats = apart(_looked_through, path)
        except Unavailable as error:
            yield Finding(ERROR, "unavailable", video, f"{error}; a run tries again")
        except VideoError as error:
            yield Finding(ERROR, "unreadable", video, str(error))
        except Exception as error:  # one file ends nothing; whatever it is, it is a finding of this file
            yield Finding(ERROR, "unavailable", video, described(error))
        else:
            if damage:
                yield Finding(WARNING, "damaged", video, f"{damage}; it is scored as it decodes")
            for line in repeats:
                yield Finding(WARNING, "repeats", video, line)


def refuse_unsound(plan: Plan, only: Collection[Path]) -> None:
    """Let nothing be scored of a plan with a video that is damaged or cannot be read.

    Args:
        plan: of videos.
        only: those that are looked at.

    Raises:
        UsageError: there is one.
    """
    if found := list(unsound(replace(plan, tasks=tuple(task for task in plan.tasks if task.path in only)))):
        more = f" ({len(found)} in all)" if len(found) > 1 else ""
        raise UsageError(f"{found[0].video}: {found[0].kind}: {found[0].message}{more}. --strict scores nothing then.")


def _looked_through(path: Path) -> tuple[VideoFacts, str, list[str]]:
    """Facts, damage, and what a long video shows twice; the decoder conceals, so that only a whole pass tells."""
    health, facts, glances = Health(), probe(path), Glances()
    for frame in decode(path, health=health):
        glances.add(frame)
    facts = replace(facts, frames=health.frames)
    return facts, health.damage(), glances.said(facts.fps) if is_long(facts) else []


def is_long(facts: VideoFacts) -> bool:
    """Whether a video is for VBench-Long."""
    return facts.frames / facts.fps >= LONG_FROM


def _lengths(plan: Plan, facts: Mapping[str, VideoFacts]) -> Iterator[Finding]:
    """Videos that are too long or too short for the benchmark; the two have rankings of their own."""
    for_long = plan.benchmark.unit is Unit.CLIP
    other = T2V.name if for_long else VBENCH_LONG.name
    strangers = [video for video, found in facts.items() if is_long(found) != for_long]
    for video in strangers if len(strangers) < len(facts) else strangers[:1]:
        seconds = facts[video].frames / facts[video].fps
        which = "the run mixes lengths" if len(strangers) < len(facts) else f"as are all {len(facts)} videos"
        message = (
            f"{seconds:.1f} s long, {which}: those of {LONG_FROM:g} s and more are for "
            f"{VBENCH_LONG.name}, shorter ones for {T2V.name}; score it with --benchmark {other}"
        )
        yield Finding(WARNING, "length", video, message)


def _not_read(plan: Plan, there: Discovery) -> Iterator[Finding]:
    """What looks like a video or picture and is none of the run's; other files are only counted."""
    visited = {task.path for task in plan.tasks}
    for one in there.not_read:
        if one.is_media and one.path not in visited:
            yield Finding(WARNING, "not_read", shown(one.path, plan.root), one.why)


def _missing(plan: Plan) -> Iterator[Finding]:
    for name in plan.missing:
        yield Finding(
            ERROR, "missing", name, "the suite expects this video; sample it, or the score is not the protocol's"
        )


def _counts(plan: Plan) -> Iterator[Finding]:
    """Prompts without the protocol's number of videos; own videos and those of a category have no such number."""
    if plan.mode != STANDARD:
        return
    if plan.samples != (protocol := _protocol_samples(plan)):
        message = f"sampled with {plan.samples} videos a prompt where the protocol wants {protocol}"
        yield Finding(WARNING, "count", plan.suite, message)
    filtered = {spec.name for spec in plan.benchmark.specs if spec.sampled}
    counts = Counter(task.prompt for task in plan.tasks)
    for prompt in plan.prompts:
        found, wanted = counts[prompt], _wanted(plan, prompt)
        if found == wanted:
            continue
        if filtered & set(prompt.dimensions) and found < plan.samples:
            message = (
                f"{found} static videos where the protocol wants {plan.samples}: sample more and filter them again"
            )
            yield Finding(ERROR, "few_static", prompt.text, message)
        else:
            yield Finding(WARNING, "count", prompt.text, f"{found} videos where {wanted} are wanted")


def _protocol_samples(plan: Plan) -> int:
    return plan.benchmark.most_samples(spec_of(name, plan.benchmark) for name in plan.dimensions)


def _wanted(plan: Plan, prompt: Prompt) -> int:
    """Videos of a prompt: as many as the most demanding of its dimensions judges, or has filtered."""

    def of(spec: DimensionSpec) -> int:
        if spec.name in plan.filtered:
            return spec.sampled
        return plan.benchmark.samples_of(spec) if plan.samples == _protocol_samples(plan) else plan.samples

    specs = (spec_of(name, plan.benchmark) for name in plan.dimensions)
    return max((of(spec) for spec in specs if spec.tested_by in prompt.dimensions), default=plan.samples)


def _one_frame(facts: Mapping[str, VideoFacts], paths: Mapping[str, Path]) -> Iterator[Finding]:
    pictures = [video for video in facts if is_picture(paths[video])]
    if pictures:
        message = f"{len(pictures)} of {len(facts)} are pictures: dimensions that judge motion are not applicable"
        yield Finding(WARNING, "pictures", pictures[0], message)
    for video, fact in facts.items():
        if fact.frames == 1 and video not in pictures:
            yield Finding(WARNING, "one_frame", video, "has one frame; dimensions that need motion will say so")


def _odd_formats(facts: Mapping[str, VideoFacts]) -> Iterator[Finding]:
    """Videos unlike most of the set; a model's samples have one size, rate and length."""
    if not facts:
        return
    usual, count = Counter(facts.values()).most_common(1)[0]
    for video, fact in facts.items():
        if fact != usual:
            message = f"is {fact.described()} where {count} of {len(facts)} are {usual.described()}"
            yield Finding(WARNING, "odd_format", video, message)


def _duplicates(paths: Mapping[str, Path]) -> Iterator[Finding]:
    same: dict[str, list[str]] = defaultdict(list)
    for video, path in paths.items():
        with suppress(OSError):
            same[content_of(path)].append(video)
    for first, *others in same.values():
        for video in others:
            yield Finding(
                WARNING, "duplicate", video, f"has the content of {first}; each sample needs noise of its own"
            )


def _differs(path: Path, sha256: str) -> bool:
    try:
        return path.is_file() and digest(path) != sha256
    except OSError:  # which is a finding already
        return False


def _manifest(plan: Plan, paths: Mapping[str, Path]) -> Iterator[Finding]:
    records = {record.file: record for record in read_manifest(plan.root)}
    for file, record in records.items():
        place = plan.root / file
        if not place.exists():
            yield Finding(ERROR, "missing", file, "the manifest lists it and it is not there")
        elif record.sha256 and _differs(place, record.sha256):
            yield Finding(ERROR, "changed", file, "is not the file that the manifest describes: its digest differs")
        for flaw in record.flaws or ():
            yield Finding(WARNING, "flaw", file, f"holds no picture in places; {flaw}")
        for finding in record.findings:
            yield Finding(WARNING, "not_as_asked", file, finding)
    for video in paths if records else ():
        if video not in records:
            yield Finding(
                WARNING, "not_listed", video, "the manifest does not list it; its prompt is taken from its name"
            )
