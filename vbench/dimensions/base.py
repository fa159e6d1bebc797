"""What a dimension is: it looks at one video and its prompt and returns one score.

A dimension opens no files and knows nothing of devices, runs or JSON. Its pretrained models arrive as
*backbones* that play the *roles* it names; which backbone plays a role is the profile's choice.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, final

from vbench.errors import NotApplicable

if TYPE_CHECKING:
    from vbench.dimensions.backbones.base import Backbone
    from vbench.media.video import Video
    from vbench.prompts.suite import Prompt


class Family(str, Enum):
    """The side of the score card that a dimension counts on."""

    QUALITY = "quality"
    SEMANTIC = "semantic"


@dataclass(frozen=True)
class VideoScore:
    """What one dimension says of one video.

    Attributes:
        value: the video's score in the dimension's own unit.
        weight: what the video counts in the aggregate: 1, the number of frames, or 0 where it does not count.
        frames: one number per frame or pair, in the order of time; empty where the score has no course.
        details: whatever else explains the score; JSON types only.
    """

    value: float
    weight: float = 1.0
    frames: Sequence[float] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"a score is a number or a reason, never {self.value}")


class Dimension(ABC):
    """One evaluated ability.

    Class attributes:
        name: as in the prompt suite and the result files.
        title: for people.
        meaning: one sentence that says what a high score means.
        family: the side of the score card.
        roles: names of the backbones it needs; each arrives as a keyword of the constructor.
        version: raised whenever the numbers change, so that stored scores of the old version are not reused.
        needs: the kind of auxiliary facts that the prompt must bring, ``""`` for none.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    meaning: ClassVar[str]
    family: ClassVar[Family]
    roles: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1
    needs: ClassVar[str] = ""

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

    @final
    def judged(self, video: Video, prompt: Prompt) -> VideoScore:
        """The score, once it is known that the prompt brings what the dimension needs.

        Raises:
            TooShort: the video has too few frames.
            NotApplicable: the prompt brings no facts for it, or this video or prompt cannot be judged.
        """
        if self.needs and self.needs not in prompt.facts:
            raise NotApplicable(f"the prompt {prompt.text!r} brings no facts for {self.needs}")
        return self.score(video, prompt)

    @final
    @staticmethod
    def aggregate(scores: Sequence[VideoScore]) -> float | None:
        """One number of all videos: the weighted mean, ``None`` where nothing counts.

        The same for every dimension; what a video counts is the dimension's choice of weight.
        Sums are exact (``math.fsum``), so neither the order of the videos nor the number of workers matters.
        """
        weight = math.fsum(score.weight for score in scores)
        if not weight:
            return None
        return math.fsum(score.value * score.weight for score in scores) / weight
