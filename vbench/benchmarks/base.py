"""What a benchmark is, and everything that is known of one of its dimensions: a row of plain facts, no code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from vbench.benchmarks.slow_fast import SlowFast


def titled(name: str) -> str:
    """The name of a dimension, a part or the Total for people.

    >>> titled("subject_consistency"), titled("i2v_subject"), titled("i2v")
    ('Subject consistency', 'I2V subject', 'I2V')
    """
    words = name.replace("_", " ")
    return re.sub(
        r"\b[a-z]+\d\w*", lambda word: word[0].upper(), words[:1].upper() + words[1:].lower(), flags=re.IGNORECASE
    )


class Values(StrEnum):
    """What a score of one video can be."""

    SHARE = "share"  # 0..1
    HITS = "hits"  # a number of frames with a hit over those that are looked at, 0..1
    COSINE = "cosine"  # -1..1
    BOOLEAN = "boolean"  # 0 or 1
    LABEL = "label"  # the place of a label among all, 0..1; the video's details say it in words
    NUMBER = "number"  # on a scale that only the chosen measure knows


class Counts(StrEnum):
    """What one video counts in the score of its dimension."""

    VIDEOS = "videos"  # 1
    FRAMES = "frames"  # its number of frames
    PAIRS = "pairs"  # its number of pairs of frames
    LOOKED_AT = "frames looked at"  # the number of frames that are looked at, whatever its length
    FOUND = "found"  # 1, or 0 where what is judged cannot be seen


class Unit(StrEnum):
    """What one score is of."""

    VIDEO = "video"
    CLIP = "clip of a video"
    VIDEO_WITH_IMAGE = "video with its image"


@dataclass(frozen=True)
class DimensionSpec:
    """One dimension in one benchmark.

    Attributes:
        name: as in the prompt suite, the rows and the result files.
        implementation: its class, as ``"module:Class"``; imported when it is needed.
        version: of its numbers: raised whenever they change, so that stored scores of the old version are not reused,
            and no board ranks them beside those of the new one.
        part: the part of the score card that it counts in; ``""`` where the card has no parts, or it is not on it.
        minimum: raw score that becomes 0 on the card.
        maximum: raw score that becomes 1.
        weight: what it counts in its part.
        values: what a video's score can be.
        counts: what a video counts in the raw score.
        prompts: how many prompts of the benchmark's own suite test it; 0 where it has none.
        folder: of its videos, where every list of prompts has a folder; its own name by default.
        needs: the kind of facts that a prompt must bring, ``""`` for none.
        needs_picture: whether it judges a video beside the picture that it starts from.
        asked_in_words: whether a prompt asks in words alone for what it judges, so that a model without text is not
            sampled for it.
        free_prompts: whether prompts that nobody chose for it may be judged without being asked to.
        judges: of a dimension outside the score card, the one whose prompts and videos it judges, perhaps its own
            name; it is never evaluated unless it is named. ``""`` for the others.
        samples: videos a prompt that are judged, where that is not the benchmark's number; 0 for the benchmark's.
        sensitive: whether its videos show faces, or what may not be fit to be shown: pictures of them are blurred.
        sampled: videos a prompt that are sampled before the static filter keeps some; 0 where nothing is filtered.
        dial: what of the synthetic generator turns what it measures; each lowers its score.
        traded_for: the dimension that a model can sell to gain this one; reports show both against each other.
        checkpoints: names of the weights that it reads in the official profile, sorted.
        clip_seconds: how long the clips of a video are that it judges, where the benchmark judges clips.
        slow_fast: how a clip's score and its video's clip-to-clip score make one, ``None`` where there is one score.
        of_first_frames: whether it judges the first frames of a video's clips, one after the other, and not the clips.
        together: whether it judges a prompt's samples together, and not each by itself, or averages groups of prompts;
            its module is imported to read scores, too, so without PyTorch.
        of_motion: whether it judges what changes between frames, so that a picture has none of it.
        of_several_things: whether its prompts ask for several things in one picture.
        result_columns: what stands beside a video's result in the reference's files.
        result_by: detail of a video by whose values the reference's file gives means, too; ``""`` for none.
        result_groups: all of these values.
        result_scale: what a video's result is multiplied with there.
        package: that brings it, ``""`` for this one.
    """

    name: str
    implementation: str
    version: int = 1
    part: str = ""
    minimum: float = 0.0
    maximum: float = 1.0
    weight: float = 1.0
    values: Values = Values.SHARE
    counts: Counts = Counts.VIDEOS
    prompts: int = 0
    folder: str = ""
    needs: str = ""
    needs_picture: bool = False
    asked_in_words: bool = False
    free_prompts: bool = True
    judges: str = ""
    samples: int = 0
    sensitive: bool = False
    sampled: int = 0
    dial: str = ""
    traded_for: str = ""
    checkpoints: tuple[str, ...] = ()
    clip_seconds: int = 0
    slow_fast: SlowFast | None = None
    of_first_frames: bool = False
    together: bool = False
    of_motion: bool = False
    of_several_things: bool = False
    result_columns: tuple[str, ...] = ()
    result_by: str = ""
    result_groups: tuple[str, ...] = ()
    result_scale: float = 1.0
    package: str = ""

    def normalised(self, score: float) -> float:
        """The raw score on the card's scale; outside 0..1 where the raw score is outside the bounds.

        >>> DimensionSpec("scene", "", maximum=0.8222).normalised(0.4111)
        0.5
        """
        return (score - self.minimum) / (self.maximum - self.minimum)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Between which the score of a video lies, and so each mean of them; ``None`` where nobody can say."""
        if self.values is Values.NUMBER:
            return None
        return (-1.0, 1.0) if self.values is Values.COSINE else (0.0, 1.0)

    @property
    def is_continuous(self) -> bool:
        """Whether two videos are not alike by chance, as counts of frames and truth values are."""
        counted = self.counts in (Counts.LOOKED_AT, Counts.FOUND)
        return self.values in (Values.SHARE, Values.COSINE, Values.NUMBER) and not counted

    @property
    def stored_in(self) -> str:
        """Folder of its videos, where every list of prompts has one."""
        return self.folder or self.name

    @property
    def tested_by(self) -> str:
        """The dimension that prompts must name to be judged: itself, or the one that it judges beside."""
        return self.judges or self.name


@dataclass(frozen=True)
class Part:
    """A part of the score card, such as Quality: the weighted mean of its dimensions.

    Attributes:
        name: as in files and conditions, ``quality``.
        weight: what it counts in the Total.
    """

    name: str
    weight: float = 1.0


@dataclass(frozen=True)
class Benchmark:
    """A way to judge a model.

    Attributes:
        name: as given to ``--benchmark``.
        title: for people.
        paper: where it is described.
        specs: its dimensions in the order of its score card; those outside the protocol are among them.
        parts: of its score card; without any, the Total is the weighted mean of the dimensions themselves.
        suite: name or file of its prompts; ``""`` where it judges videos without prompts of its own.
        samples: videos a prompt.
        unit: what one score is of.
        has_total: whether the parts make a Total, their weighted mean.
        passes_at: Total from which on a run passes; ``None`` where the benchmark ranks and lets nobody pass.
    """

    name: str
    title: str
    paper: str
    specs: tuple[DimensionSpec, ...]
    parts: tuple[Part, ...] = ()
    suite: str = ""
    samples: int = 5
    unit: Unit = Unit.VIDEO
    has_total: bool = True
    passes_at: float | None = None

    def __post_init__(self) -> None:
        """Refuse a table that makes no score card."""
        names = [spec.name for spec in self.specs]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the benchmark {self.name} has {', '.join(repeated)} twice")
        if flat := [spec.name for spec in self.specs if not spec.minimum < spec.maximum]:
            raise ValueError(f"the benchmark {self.name} needs a minimum below the maximum of {', '.join(flat)}")
        if self.parts and (lost := {spec.part for spec in self.rules.values()} - {part.name for part in self.parts}):
            raise ValueError(f"the benchmark {self.name} has no part named {' or '.join(map(repr, sorted(lost)))}")

    @cached_property
    def rules(self) -> Mapping[str, DimensionSpec]:
        """The dimensions of the score card by name, in its order."""
        return {spec.name: spec for spec in self.specs if not spec.judges}

    @cached_property
    def by_name(self) -> Mapping[str, DimensionSpec]:
        """The same, and the dimensions that are judged beside them."""
        return {spec.name: spec for spec in self.specs}

    def samples_of(self, spec: DimensionSpec) -> int:
        """Videos a prompt that a dimension judges."""
        return spec.samples or self.samples

    def most_samples(self, specs: Iterable[DimensionSpec]) -> int:
        """Videos a prompt that the most demanding of some dimensions judges."""
        return max((self.samples_of(spec) for spec in specs), default=self.samples)

    def of_part(self, part: str) -> tuple[str, ...]:
        """The dimensions of a part, in the card's order."""
        return tuple(name for name, spec in self.rules.items() if spec.part == part)
