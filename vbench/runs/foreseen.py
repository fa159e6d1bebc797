"""What a run will not score, as far as lengths, sizes and files tell before anything is computed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vbench.dimensions.profiles import BACKBONES
from vbench.media.decode import VideoFacts
from vbench.runs.evaluators import Evaluators
from vbench.runs.plan import Plan


@dataclass(frozen=True)
class Foreseen:
    """Some videos that a dimension will not score.

    Attributes:
        dimension: its name.
        videos: how many of the videos that it is asked about.
        first: one of them.
        why: weights or packages that are not here, or what is wrong with these videos.
    """

    dimension: str
    videos: int
    first: str
    why: str


def foreseen(plan: Plan, evaluators: Evaluators, facts: Mapping[str, VideoFacts]) -> Iterator[Foreseen]:
    """What the dimensions of a plan will not score.

    Args:
        plan: the videos.
        evaluators: who will look at them.
        facts: what is known of the videos that can be read.
    """
    for name in plan.dimensions:
        videos = [task.video for task in plan.tasks if name in task.dimensions]
        if not videos:
            continue
        if obstacle := evaluators.obstacle(name):
            yield Foreseen(name, len(videos), videos[0], obstacle)
            continue
        refused = defaultdict(list)
        for video in videos:
            if video in facts and (why := _refusal(name, evaluators, facts[video])):
                refused[why].append(video)
        for why, found in refused.items():
            yield Foreseen(name, len(found), found[0], why)


def _refusal(name: str, evaluators: Evaluators, facts: VideoFacts) -> str:
    fewest = evaluators.implementation(name).fewest_frames(facts.fps)
    if facts.frames < fewest:
        return f"too short: {facts.frames} frames, {fewest} are the fewest at {facts.fps:g} per second"
    backbones = (BACKBONES.get(backbone) for backbone in evaluators.roles(name).values())
    return next((told for one in backbones if (told := one.too_small(facts.height, facts.width))), "")
