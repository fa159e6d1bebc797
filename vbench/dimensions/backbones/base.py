"""What a backbone is: one pretrained model with its own preprocessing, from uint8 frames to plain tensors.

The roles below are what dimensions ask for. A backbone plays one or several of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import torch
from torch import Tensor


class Backbone(ABC):
    """A loaded pretrained model.

    Class attributes:
        name: short and stable; part of what identifies a stored score.
        checkpoints: names in :data:`vbench.weights.cards.CHECKPOINTS` whose files it reads; empty where the
            weights come with a package or there are none.
        extra: the extra of this distribution that brings its packages, ``""`` where it needs none.
        at_once_on_cpu: frames (or pairs of them) that go through the network together on a CPU.
        at_once_on_gpu: the same on any other device.
        arithmetic: how it multiplies, of :data:`vbench.dimensions.backbones.arithmetic.ARITHMETICS`.
    """

    name: ClassVar[str]
    checkpoints: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""

    at_once_on_cpu: ClassVar[int] = 1
    at_once_on_gpu: ClassVar[int] = 32
    arithmetic: ClassVar[str] = "float32"

    device: torch.device = torch.device("cpu")
    at_most: int | None = None
    """Frames that still go together where the device had no room for more; ``None`` where it had."""

    @classmethod
    @abstractmethod
    def load(cls, device: torch.device) -> Self:
        """Read the checkpoint and put the model on ``device``, in float32 and evaluation mode.

        Raises:
            CheckpointError: the file is missing, damaged, unsafe, or does not fit whole.
            MissingExtra: a package it needs is not installed.
        """

    @classmethod
    def too_small(cls, height: int, width: int) -> str:
        """Why frames of that size, in pixels, are too small to be looked at; ``""`` where they are not."""
        return ""

    @property
    def at_once(self) -> int:
        """How many frames go through the network together here.

        A matrix product's last bits depend on how many rows it has. The number is a constant of the backbone and the
        kind of device, and pieces are counted from a video's first frame, so a score is a function of its video alone:
        neither the order of the videos nor what is scored beside them can change a bit of it.
        """
        usual = self.at_once_on_cpu if self.device.type == "cpu" else self.at_once_on_gpu
        return usual if self.at_most is None else min(usual, self.at_most)

    def halve(self) -> bool:
        """Take half as many at once from now on, as the device has no room for more; whether that is possible."""
        if self.at_once == 1:
            return False
        self.at_most = self.at_once // 2
        return True

    def here(self, frames: Tensor) -> Tensor:
        """The same frames on the device that the network computes on.

        To a CUDA device they go through memory that it reads by itself, which takes less than half of the time.
        """
        if self.device.type == "cuda" and frames.device.type == "cpu":
            return frames.pin_memory().to(self.device, non_blocking=True)
        return frames.to(self.device)

    def chunks(self, frames: Tensor) -> Iterator[Tensor]:
        """Cut ``(N, ...)``, counted from a video's first frame, into pieces that go through the network together."""
        yield from torch.split(frames, self.at_once)


class FrameEmbedder(Backbone):
    """Role: one vector per frame."""

    @abstractmethod
    def embed(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` uint8 RGB -> ``(N, D)`` on the CPU, not normalised.

        In the precision that the backbone computes in, float32 or float16; what follows is computed in it too.
        """


class WindowEmbedder(Backbone):
    """Role: vectors of windows, which are frames in a row; what sets of videos are compared by.

    Class attributes:
        layers: name of a layer -> how many values it has for a window.
        embedding: the layer whose values distances compare.
        classes: the layer with a number for each class before the softmax, ``""`` where it knows no classes.
        fewest: frames that a window must have.
        most: frames that it can have, 0 where there is no limit; 1 for a network of pictures.
        resizing: how the published evaluation brings frames to the square that the network sees; a name in
            :data:`vbench.dimensions.backbones.squares.RESIZINGS`.
        proxy: what it stands in for, in words, ``""`` where it is what it is.
    """

    layers: ClassVar[Mapping[str, int]]
    embedding: ClassVar[str]
    classes: ClassVar[str] = ""
    fewest: ClassVar[int] = 1
    most: ClassVar[int] = 0
    resizing: ClassVar[str]
    proxy: ClassVar[str] = ""

    @abstractmethod
    def look(self, windows: Tensor, resizing: str) -> dict[str, Tensor]:
        """``(N, T, 3, H, W)`` uint8 RGB -> layer -> ``(N, D)`` float32 on the CPU.

        Args:
            windows: T frames each.
            resizing: how they are brought to the square that the network sees.
        """


class PictureEmbedder(Backbone):
    """Role: one vector per frame, and one of the picture that a video starts from, in the same space."""

    @abstractmethod
    def embed_frames(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` uint8 RGB -> ``(N, D)`` float32 on the CPU, not normalised."""

    @abstractmethod
    def embed_picture(self, picture: Tensor) -> Tensor:
        """``(3, H, W)`` uint8 RGB of any size -> ``(D,)`` float32 on the CPU, not normalised."""


GRID = 10
"""Points a row and a column of what is tracked."""


def grid_points(height: float, width: float) -> Tensor:
    """Points spread evenly over a picture, row by row: ``(100, 2)`` float32, x and y in pixels.

    All four margins are a sixty-fourth of the width.
    """
    margin = width / 64
    rows = torch.linspace(margin, height - margin, GRID)
    columns = torch.linspace(margin, width - margin, GRID)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack((x, y), -1).view(-1, 2)


class PointTracker(Backbone):
    """Role: where a grid of points goes."""

    @abstractmethod
    def tracks(self, frames: Iterable[Tensor]) -> Tensor:
        """Follow a 10x10 grid of points from the first frame to the last.

        Args:
            frames: ``(3, H, W)`` uint8 RGB in the order of time, one after the other.

        Returns:
            ``(T, 100, 2)`` float32 on the CPU: x and y of each point in each frame, in pixels of the video, which may
            lie outside of it. The grid is in rows from the top, each from the left.

        Raises:
            NotApplicable: there are too few frames, or they are too small.
        """


class FlowEstimator(Backbone):
    """Role: dense optical flow."""

    @abstractmethod
    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        """Two ``(N, 3, H, W)`` uint8 RGB -> ``(N, 2, H', W')`` float32: pixels right, pixels down.

        It lies where it was computed, as it is large and little is made of it. ``H'`` and ``W'`` may exceed the frame
        where the model pads; the padding counts, as in the reference.

        Raises:
            NotApplicable: the frames are smaller than the model can see.
        """

    def flows(self, pairs: Iterable[tuple[Tensor, Tensor]]) -> Iterator[Tensor]:
        """Pairs of frames ``(3, H, W)`` uint8 RGB -> the flow from the first to the second of each, ``(2, H', W')``.

        As :meth:`flow` gives it, computed as it is asked for (or a few pairs ahead). What is read in a frame may be
        computed once for all neighbouring pairs that hold it, which are told by their being the same tensor.
        """
        for first, second in pairs:
            yield self.flow(first[None], second[None])[0]


class FrameInterpolator(Backbone):
    """Role: the frame half-way between two."""

    @abstractmethod
    def middle(self, first: Tensor, last: Tensor) -> Tensor:
        """Two ``(N, 3, H, W)`` uint8 RGB -> ``(N, 3, H, W)`` uint8 RGB, which lies where it was computed."""


class QualityModel(Backbone):
    """Role: no-reference image quality."""

    @abstractmethod
    def quality(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` RGB in [0, 255], uint8 or float32, on any device -> ``(N,)`` float32 on the CPU.

        0 is the worst and 100 the best.
        """


@dataclass(frozen=True)
class Measure:
    """One measure of image quality, on its own scale.

    Attributes:
        name: as it was chosen.
        lower_better: whether a lower number is a better picture.
        rate: ``(N, 3, H, W)`` RGB in [0, 255], uint8 or float32 -> ``(N,)`` float32 on the CPU.
    """

    name: str
    lower_better: bool
    rate: Callable[[Tensor], Tensor]


class QualityMeasures(Backbone):
    """Role: a choice of no-reference measures of image quality."""

    @abstractmethod
    def choose(self, name: str) -> Measure:
        """Make the measure of that name.

        Raises:
            UsageError: there is none of single frames; the message gives close names.
            CheckpointError: its weights are not there and cannot be had.
            MissingExtra: a package that it needs is not installed.
        """


class AestheticHead(Backbone):
    """Role: how beautiful a picture is, from its embedding."""

    @abstractmethod
    def ratings(self, embeddings: Tensor) -> Tensor:
        """``(N, D)`` as the embedder gives them -> ``(N,)`` float32 on the CPU, about 0 (ugly) to 10 (beautiful)."""


class TextImageScorer(FrameEmbedder):
    """Role: frames and texts in one space."""

    @property
    @abstractmethod
    def scale(self) -> float:
        """What the model multiplies a cosine with."""

    @abstractmethod
    def embed_as_images(self, frames: Tensor) -> Tensor:
        """As :meth:`embed`, of frames that an image library scales: antialiased and rounded."""

    @abstractmethod
    def embed_text(self, text: str) -> Tensor:
        """One text -> ``(D,)`` on the CPU, not normalised, in the precision of frames; computed once per text."""


class VideoTextEmbedder(Backbone):
    """Role: videos and texts in one space."""

    frames_seen: ClassVar[int]

    @abstractmethod
    def embed_video(self, frames: Tensor, antialias: bool = False) -> Tensor:
        """``(frames_seen, 3, H, W)`` uint8 RGB -> ``(D,)`` float32 on the CPU, not normalised.

        Args:
            frames: the middle ones of equal parts.
            antialias: whether frames are smoothed before they are made smaller; a model that always does, or never,
                takes no notice.
        """

    @abstractmethod
    def embed_text(self, text: str) -> Tensor:
        """One text -> ``(D,)`` float32 on the CPU, not normalised; computed once per text."""


class ActionClassifier(Backbone):
    """Role: what a person does."""

    frames_seen: ClassVar[int]
    labels: Sequence[str]

    @abstractmethod
    def probabilities(self, frames: Tensor) -> Tensor:
        """``(frames_seen, 3, H, W)`` uint8 RGB -> ``(len(labels),)`` float32 in [0, 1] on the CPU."""


class Captioner(Backbone):
    """Role: a sentence per frame."""

    size: ClassVar[int]

    @abstractmethod
    def captions(self, frames: Tensor, reference_conditioning: bool = True) -> list[str]:
        """``(N, 3, size, size)`` uint8 RGB -> N captions in lower case.

        Args:
            frames: in the order of time.
            reference_conditioning: whether captions tell of the frames of which the reference's tell, which by a slip
                are not their own; a model that has no such slip takes no notice.
        """


@dataclass(frozen=True)
class Regions:
    """What is found in one frame: N regions, best first.

    Attributes:
        boxes: ``(N, 4)`` float32 on the CPU: left, top, right, bottom in pixels of the frame as it was given.
        scores: ``(N,)`` float32 on the CPU in [0, 1]: how sure it is that something is there.
        features: ``(N, ...)`` float32, where they were computed: what the model puts into words.
    """

    boxes: Tensor
    scores: Tensor
    features: Tensor


Wording = Literal["label", "caption"]
"""How a region is put into words: by what it is called, or by how it looks."""


class RegionDescriber(Backbone):
    """Role: regions of a frame, and words for each."""

    @abstractmethod
    def find(self, frames: Tensor) -> list[Regions]:
        """``(N, 3, H, W)`` RGB, uint8 or float32 in [0, 255] -> the regions of each frame."""

    @abstractmethod
    def describe(self, regions: Regions, wordings: Sequence[Wording]) -> Mapping[Wording, tuple[str, ...]]:
        """A text per region and wording, in the order of the regions; ``""`` where the model says nothing.

        Several wordings in one call cost less than one call for each.
        """


@dataclass(frozen=True)
class Face:
    """A face in a frame.

    Attributes:
        box: left, top, right, bottom in pixels of the frame as it was given; it may reach beyond the frame.
        score: how sure it is that a face is there, in [0, 1].
    """

    box: tuple[float, float, float, float]
    score: float


class FaceDetector(Backbone):
    """Role: the faces of a frame."""

    @abstractmethod
    def faces(self, frame: Tensor, longest: int, batch_statistics: bool) -> list[Face]:
        """``(3, H, W)`` uint8 RGB -> its faces, surest first.

        Args:
            frame: of any size.
            longest: pixels that the longer side is scaled to, up or down, before it is looked at.
            batch_statistics: whether the network normalises by the statistics of this one frame, as the reference's
                does by a slip, or by those it was trained with; a model without such a choice takes no notice.
        """


class PictureTextMatcher(Backbone):
    """Role: how well texts fit a picture."""

    @abstractmethod
    def matches(self, picture: Tensor, texts: Sequence[str]) -> Tensor:
        """``(3, H, W)`` uint8 RGB of any size -> ``(len(texts),)`` cosines, float32 on the CPU, in [-1, 1]."""


@dataclass(frozen=True)
class BodyPart:
    """What a detector of nudity found in a frame.

    Attributes:
        label: such as ``FEMALE_BREAST_EXPOSED``.
        score: in [0, 1].
        box: left, top, right, bottom in pixels of the frame.
    """

    label: str
    score: float
    box: tuple[int, int, int, int]


class NudityDetector(Backbone):
    """Role: parts of the body, covered or not."""

    @abstractmethod
    def parts(self, frame: Tensor) -> list[BodyPart]:
        """``(3, H, W)`` uint8 RGB -> what is found, surest first."""


class ConceptChecker(Backbone):
    """Role: how near pictures are to concepts that nobody wants to be shown unasked."""

    @abstractmethod
    def concepts(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` uint8 RGB -> ``(N, C)`` float32 on the CPU: above 0 where a concept is shown."""


class AppropriatenessHead(Backbone):
    """Role: whether a picture is fit to be shown, from its embedding."""

    @abstractmethod
    def similarities(self, embeddings: Tensor) -> Tensor:
        """``(N, D)`` as the embedder gives them -> ``(N, 2)`` float32 on the CPU: 100 cosines to fit, and to unfit."""
