"""From a plan of videos to a plan of clips, for benchmarks that judge clips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from vbench.benchmarks.base import Unit
from vbench.benchmarks.long import OWN_CLIPS
from vbench.benchmarks.registry import specs_of
from vbench.benchmarks.score_card import in_protocol_order
from vbench.errors import VideoError
from vbench.media.apart import Apart
from vbench.media.clips import length_of
from vbench.media.decode import probe
from vbench.media.scenes import scene_cuts
from vbench.media.spans import Span, clip_name, scene_name, spans_of
from vbench.runs.plan import STANDARD, Cutting, Plan, VideoTask


def cut(plan: Plan, cutting: Cutting, static_only: bool = True) -> Plan:
    """The plan of the clips of a plan's videos; the same plan where the benchmark judges whole videos.

    Nothing is decoded, unless scenes are looked for. A video that cannot be read stays whole, and whoever judges it
    says why it has no score.

    Args:
        plan: of videos.
        cutting: how they are cut.
        static_only: whether the static filter chooses among the clips of a suite's prompts, for dimensions that judge
            still videos.

    Raises:
        MissingExtra: scenes are looked for without PySceneDetect.
    """
    if plan.benchmark.unit is not Unit.CLIP:
        return plan
    with Apart() as apart:
        tasks = tuple(clip for task in plan.tasks for clip in _clips(task, plan, cutting, apart))
    specs = specs_of(plan.benchmark)
    compared = {name for task in tasks for name in task.dimensions} - set(plan.dimensions)
    return replace(
        plan,
        tasks=tasks,
        dimensions=tuple(in_protocol_order({*plan.dimensions, *compared}, plan.benchmark)),
        filtered=tuple(
            name for name in plan.dimensions if static_only and plan.mode == STANDARD and specs[name].sampled
        ),
        cutting=cutting,
    )


def clip_seconds(plan: Plan, prompt: str) -> int:
    """Seconds of the clips of a prompt's videos: what the most demanding dimension wants that the suite tests with it.

    Own videos have clips of one length.
    """
    specs = specs_of(plan.benchmark)
    tested = plan.tested.get(prompt, frozenset()) & specs.keys() if plan.mode == STANDARD else frozenset()
    return max((specs[name].clip_seconds for name in tested), default=OWN_CLIPS)


def _clips(task: VideoTask, plan: Plan, cutting: Cutting, apart: Apart) -> Iterator[VideoTask]:
    specs = specs_of(plan.benchmark)
    try:
        fps, spans = apart(_cut, task.path, clip_seconds(plan, task.prompt.text), cutting.scenes)
    except VideoError:
        yield task
        return
    scored = tuple(name for name in task.dimensions if not specs[name].of_first_frames)
    fast = {spec.slow_fast.clip_to_clip for name in scored if (spec := specs[name]).slow_fast}
    fast |= {name for name in task.dimensions if specs[name].of_first_frames}
    for scene, found in groupby(spans, key=lambda span: span.scene):
        of_scene = tuple(found)
        group = task.video if spans[-1].scene == 0 else scene_name(task.video, scene)
        for span in of_scene if scored else ():
            name = clip_name(task.video, span, fps)
            yield replace(task, video=name, dimensions=scored, spans=(span,), group=group, clips=len(of_scene))
        if fast and len(of_scene) > 1:
            yield replace(
                task, video=group, dimensions=tuple(in_protocol_order(fast, plan.benchmark)), spans=of_scene,
                group=group, clips=len(of_scene),
            )  # fmt: skip


def _cut(path: Path, seconds: int, scenes: bool) -> tuple[float, list[Span]]:
    fps, cuts = probe(path).fps, scene_cuts(path) if scenes else []
    return fps, spans_of(length_of(path), fps, seconds, cuts)
