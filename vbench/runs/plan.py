"""What a run will look at: which video answers which prompt, and which dimensions judge it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.t2v import T2V
from vbench.media import spans
from vbench.media.spans import Span
from vbench.prompts.pictures import (
    Pictures,
)
from vbench.prompts.suite import Prompt

STANDARD, CATEGORY, CUSTOM = "vbench_standard", "vbench_category", "custom_input"

MODES = (STANDARD, CATEGORY, CUSTOM)


@dataclass(frozen=True)
class VideoTask:
    """One video with one prompt, and what is asked of it.

    Attributes:
        path: the file, or the folder of frames.
        video: the same relative to the plan's root, with forward slashes.
        prompt: what the video should show.
        dimensions: what judges it.
        sha256: of the video, once somebody has read it.
        picture: the same of the prompt's picture, where a dimension that is still to do looks at it.
        cache_keys: of the dimensions that are still to do, what identifies their results.
        spans: of a clip its own; of the first frames of a video's clips those of all; none where the whole video is
            looked at.
        group: name of the video, or of the scene, whose clips are compared with each other.
        clips: how many these are.
    """

    path: Path
    video: str
    prompt: Prompt
    dimensions: tuple[str, ...]
    sha256: str = ""
    picture: str = ""
    cache_keys: Mapping[str, str] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    group: str = ""
    clips: int = 0

    @property
    def evaluated(self) -> tuple[str, ...]:
        """The dimensions that are needed for what is still to do."""
        return tuple(self.cache_keys)


@dataclass(frozen=True)
class Cutting:
    """How long videos become clips.

    Attributes:
        reencode: whether a clip's frames are compressed once more, as the reference does.
        scenes: whether the video is cut where a scene ends, before clips are cut.
    """

    reencode: bool = False
    scenes: bool = False

    def plain(self) -> dict[str, Any]:
        """As it stands in a run's record, and in what identifies a score."""
        return {"version": spans.VERSION_OF_SCENES if self.scenes else spans.VERSION, **asdict(self)}

    @classmethod
    def recorded(cls, plain: Mapping[str, Any]) -> Cutting:
        """As a run's record says it."""
        return cls(plain["reencode"], plain["scenes"])


PUBLISHED_CUTTING = Cutting(reencode=True)
"""How the clips became that the published scores are of."""


@dataclass(frozen=True)
class Plan:
    """Everything that a run will look at.

    Attributes:
        root: folder of the videos.
        mode: one of :data:`MODES`.
        suite: name of the prompt suite, ``""`` without one.
        suite_digest: SHA-256 of the suite's file.
        dimensions: what was asked for, in the protocol's order.
        prompts: the prompts that these dimensions use.
        tasks: the videos that are there.
        missing: names of videos that the suite expects and that are not there.
        there: the same of those that are there.
        absent: dimension -> how many of its videos are not there.
        unexpected: videos that belong to no prompt.
        samples: videos a prompt that are judged; 0 where there is no number of them.
        filtered: dimensions whose prompts have more samples than are judged, of which the static filter chooses.
        benchmark: whose dimensions they are.
        tested: prompt -> all that the suite tests with it, whatever was asked for.
        cutting: how the videos were cut into clips; ``None`` where they were not.
        pictures: folder and ratio of the pictures that videos start from, where they are looked at.
        shard: which part of a whole plan this is, such as ``3/16``; ``""`` where it is all of it.
        whole: the plan that this is a shard of.
    """

    root: Path
    mode: str
    dimensions: tuple[str, ...]
    tasks: tuple[VideoTask, ...]
    prompts: tuple[Prompt, ...] = ()
    suite: str = ""
    suite_digest: str = ""
    missing: tuple[str, ...] = ()
    there: frozenset[str] = frozenset()
    absent: Mapping[str, int] = field(default_factory=dict)
    unexpected: tuple[str, ...] = ()
    samples: int = 0
    filtered: tuple[str, ...] = ()
    benchmark: Benchmark = T2V
    tested: Mapping[str, frozenset[str]] = field(default_factory=dict)
    cutting: Cutting | None = None
    pictures: Pictures | None = None
    shard: str = ""
    whole: Plan | None = None

    @property
    def units(self) -> int:
        """Number of scores that the videos which are there can have."""
        return sum(len(task.dimensions) for task in self.tasks)

    @property
    def planned(self) -> dict[str, int]:
        """Dimension -> scores that a whole run has, those of missing videos and of other shards among them."""
        if self.whole:
            return self.whole.planned
        there = Counter(name for task in self.tasks for name in task.dimensions)
        counts = {name: there[name] + self.absent.get(name, 0) for name in self.dimensions}
        for name in self.filtered:  # as many as are judged, once it is known which
            counts[name] = self.samples * counts[name] // self.benchmark.rules[name].sampled
        return counts


def why_nothing(plan: Plan) -> str:
    """Why a plan has not a single score to make: what was asked, which prompts could answer, and what is left."""
    if not plan.dimensions:
        return (
            f"There is nothing to score: every dimension of {plan.benchmark.name} needs facts, and the prompts of "
            f"{plan.mode} bring none. Use a prompt suite (--suite FILE)."
        )
    prompts = ", ".join(repr(prompt.text) for prompt in plan.prompts[:3])
    others = plan.unexpected
    there = f"{len(others)} of other names, such as {others[0]!r}" if others else "no other videos"
    return (
        f"There is nothing to score. Asked: {', '.join(plan.dimensions)}. {_counted(plan.prompts)} it, such as "
        f"{prompts}; of the {len(plan.missing)} videos that they want, such as {plan.missing[0]!r}, none is in "
        f"{plan.root}. Found there: {there}."
    )


def _counted(prompts: Sequence[Prompt]) -> str:
    return "1 prompt tests" if len(prompts) == 1 else f"{len(prompts)} prompts test"


def default_output(videos: Path, profile: str, benchmark: Benchmark = T2V, shard: str = "") -> Path:
    """A folder named after videos, benchmark, profile and shard, so that the same call finds its run again."""
    of = "" if benchmark is T2V else f"-{benchmark.name}"
    part = f"-shard-{shard.replace('/', '-of-')}" if shard else ""
    whole = videos.resolve()
    return Path("vbench-runs") / f"{whole.name if whole.is_dir() else whole.stem}{of}-{profile}{part}"
