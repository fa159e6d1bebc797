"""What a dimension is: it looks at one video and its prompt and returns one score.

A dimension opens no files and knows nothing of devices, runs or JSON. Its pretrained models arrive as
*backbones* that play the *roles* it names; which backbone plays a role is the profile's choice.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, final

from vbench.notebook import Shown

if TYPE_CHECKING:
    from vbench.dimensions.backbones.base import Backbone
    from vbench.media.video import Video
    from vbench.prompts.suite import Prompt


VERDICT = "static_filter"
"""Among the details of a score: what the static filter said of the video."""


@dataclass(frozen=True)
class VideoScore(Shown):
    """What one dimension says of one video.

    Attributes:
        value: the video's score in the dimension's own unit.
        weight: what the video counts in the aggregate: 1, the number of frames, or 0 where it does not count.
        per_frame: one number per frame or pair, in the order of time; empty where the score has no course. Where only
            some were looked at, ``frame_indices`` in the details says which.
        details: whatever else explains the score; JSON types only.
    """

    value: float
    weight: float = 1.0
    per_frame: Sequence[float] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"a score is a number or a reason, never {self.value}")


@dataclass(frozen=True)
class PromptScore:
    """What one dimension says of all samples of one prompt: the terms of two sums, which are only added up at the end.

    So the sum over prompts is exact, and no grouping of samples changes a bit of it.

    Attributes:
        products: they sum to value times weight.
        weights: they sum to the weight.
        group: its prompts are averaged first, then all groups, each as much as another; ``""`` where there are none.
            It is the prompt's (:meth:`Dimension.group_of`), whatever its samples are.
    """

    products: Sequence[float]
    weights: Sequence[float]
    group: str = ""

    @classmethod
    def of(cls, value: float, weight: float = 1.0) -> PromptScore:
        """A prompt's score that is known as one number.

        Args:
            value: the prompt's score in the dimension's own unit.
            weight: what the prompt counts; 0 where it cannot be judged.
        """
        return cls((value * weight,), (weight,))

    @property
    def product(self) -> float:
        """Value times weight."""
        return math.fsum(self.products)

    @property
    def weight(self) -> float:
        """What the prompt counts in the score."""
        return math.fsum(self.weights)

    @property
    def value(self) -> float | None:
        """The prompt's score, ``None`` where nothing counts.

        >>> PromptScore((0.5, 0.9), (1.0, 1.0)).value
        0.7
        """
        return self.product / self.weight if self.weight else None


class Dimension(ABC):
    """One evaluated ability.

    Class attributes:
        name: as in the prompt suite and the result files.
        title: for people.
        meaning: one sentence that says what a high score means.
        roles: names of the backbones it needs; each arrives as a keyword of the constructor.
        version: of its numbers, and
        needs: the kind of facts that a prompt must bring, both as in a
            :class:`~vbench.benchmarks.base.DimensionSpec`, and only asked of a class that another package registers
            without one.

    Attributes:
        all_pairs: whether a dimension that stops looking once its verdict is sure goes on all the same; others take no
            notice. No score depends on it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    meaning: ClassVar[str]
    roles: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    needs: ClassVar[str] = ""

    all_pairs: bool = False

    def __init__(self, **backbones: Backbone) -> None:
        if set(backbones) != set(self.roles):
            raise TypeError(f"{self.name} needs the backbones {self.roles}, got {tuple(backbones)}")
        self.__dict__.update(backbones)

    @abstractmethod
    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """Score one video.

        Raises:
            TooShort: the video has too few frames.
            NotApplicable: this video or prompt cannot be judged, with the reason.
        """

    @classmethod
    def fewest_frames(cls, fps: float) -> int:
        """How many frames a video must have to be judged.

        Args:
            fps: frames per second of the video.
        """
        return 1

    @classmethod
    def of_prompt(cls, samples: Sequence[VideoScore]) -> PromptScore:
        """What all samples of one prompt say together: by default their weighted sum.

        A dimension that judges samples against each other says so with ``together`` in its specification.
        """
        return PromptScore([one.value * one.weight for one in samples], [one.weight for one in samples])

    @classmethod
    def group_of(cls, prompt: str) -> str:
        """Prompts of one group are averaged first, then all groups, each as much as another; ``""``: there are none.

        A dimension that has groups says so with ``together`` in its specification.
        """
        return ""

    @final
    @classmethod
    def prompt_score(cls, prompt: str, samples: Sequence[VideoScore]) -> PromptScore:
        """What all samples of one prompt say together, in the prompt's group."""
        return replace(cls.of_prompt(samples), group=cls.group_of(prompt))

    @final
    @staticmethod
    def aggregate(prompts: Iterable[PromptScore]) -> float | None:
        """One number of all prompts: the weighted mean, ``None`` where nothing counts.

        Where prompts are in groups it is the mean over the groups of each one's weighted mean. Sums are exact
        (``math.fsum``), so neither the order of the videos nor the number of workers matters.
        """
        groups: dict[str, list[PromptScore]] = defaultdict(list)
        for prompt in prompts:
            groups[prompt.group].append(prompt)
        means = [mean for found in groups.values() if (mean := _mean(found)) is not None]
        return math.fsum(means) / len(means) if means else None


def _mean(prompts: Sequence[PromptScore]) -> float | None:
    weight = math.fsum(one for prompt in prompts for one in prompt.weights)
    return math.fsum(one for prompt in prompts for one in prompt.products) / weight if weight else None
