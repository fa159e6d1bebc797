"""One backbone for every role, small enough to be exact: what it says depends on the level of the pixels alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from tests.dimensions.greyflow import GreyFlow
from vbench.dimensions.backbones.base import (
    ActionClassifier,
    AestheticHead,
    AppropriatenessHead,
    Backbone,
    BodyPart,
    Captioner,
    ConceptChecker,
    Face,
    FaceDetector,
    FrameInterpolator,
    Measure,
    NudityDetector,
    PictureEmbedder,
    PictureTextMatcher,
    PointTracker,
    QualityMeasures,
    QualityModel,
    RegionDescriber,
    Regions,
    TextImageScorer,
    VideoTextEmbedder,
    Wording,
    grid_points,
)


class Mock(Backbone):
    """Needs no file."""

    name: ClassVar[str] = "mock"

    @classmethod
    def load(cls, device: torch.device) -> Self:
        return cls()


def levels(frames: Tensor) -> Tensor:
    """``(N, 3, H, W)`` -> ``(N, 3)``: the mean of each channel, never zero."""
    return frames.float().mean((2, 3)) + 1


class Embedder(Mock, TextImageScorer):
    scale: ClassVar[float] = 100.0

    def embed(self, frames: Tensor) -> Tensor:
        return levels(frames)

    def embed_as_images(self, frames: Tensor) -> Tensor:
        return levels(frames)

    def embed_text(self, text: str) -> Tensor:
        return torch.tensor([1.0, -0.5, len(text) / 100])


class Pictures(Mock, PictureEmbedder):
    def embed_frames(self, frames: Tensor) -> Tensor:
        return levels(frames)

    def embed_picture(self, picture: Tensor) -> Tensor:
        return levels(picture[None])[0]


class Tracker(Mock, PointTracker):
    def tracks(self, frames: Iterable[Tensor]) -> Tensor:
        return torch.stack([grid_points(48, 64) + levels(frame[None])[0, :2] for frame in frames])


class Head(Mock, AestheticHead):
    def ratings(self, embeddings: Tensor) -> Tensor:
        return embeddings.mean(1).clamp(0, 10)


class Interpolator(Mock, FrameInterpolator):
    def middle(self, first: Tensor, last: Tensor) -> Tensor:
        return ((first.int() + last.int()) // 2).to(torch.uint8)


class Rater(Mock, QualityModel):
    def quality(self, frames: Tensor) -> Tensor:
        return levels(frames).mean(1) / 256 * 100


class Raters(Mock, QualityMeasures):
    def choose(self, name: str) -> Measure:
        return Measure(name, False, lambda frames: levels(frames).mean(1))


class Teller(Mock, Captioner):
    size: ClassVar[int] = 32

    def captions(self, frames: Tensor, reference_conditioning: bool = True) -> list[str]:
        return ["a street with a red bus"] * len(frames)


class Describer(Mock, RegionDescriber):
    """Sees two boxes on each frame."""

    def find(self, frames: Tensor) -> list[Regions]:
        boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [4.0, 0.0, 8.0, 4.0]])
        return [Regions(boxes, torch.tensor([0.9, 0.8]), torch.arange(2)) for _ in frames]

    def describe(self, regions: Regions, wordings: Sequence[Wording]) -> Mapping[Wording, tuple[str, ...]]:
        texts: dict[Wording, tuple[str, ...]] = {"label": ("bus", "person"), "caption": ("a red bus", "a person")}
        return {wording: tuple(texts[wording][int(kind)] for kind in regions.features) for wording in wordings}


class Classifier(Mock, ActionClassifier):
    frames_seen: ClassVar[int] = 16
    labels: Sequence[str] = ("riding a bike", "marching", "roller skating", "tasting beer", "clapping", "drawing")

    def probabilities(self, frames: Tensor) -> Tensor:
        assert len(frames) == self.frames_seen
        return torch.tensor([0.9, 0.1, 0.0, 0.0, 0.0, 0.0])


class VideoText(Mock, VideoTextEmbedder):
    frames_seen: ClassVar[int] = 8

    def embed_video(self, frames: Tensor, antialias: bool = False) -> Tensor:
        assert len(frames) == self.frames_seen
        return levels(frames).mean(0)

    def embed_text(self, text: str) -> Tensor:
        return torch.tensor([1.0, -0.5, len(text) / 100])


class FaceFinder(Mock, FaceDetector):
    """Sees one face in each frame that is not dark."""

    def faces(self, frame: Tensor, longest: int, batch_statistics: bool) -> list[Face]:
        return [Face((2.0, 1.0, 20.5, 30.0), 0.9)] * (float(frame.float().mean()) > 60)


class Matcher(Mock, PictureTextMatcher):
    def matches(self, picture: Tensor, texts: Sequence[str]) -> Tensor:
        return torch.tensor([len(text) / 100 for text in texts])


class PartFinder(Mock, NudityDetector):
    def parts(self, frame: Tensor) -> list[BodyPart]:
        return [BodyPart("FEET_EXPOSED", 0.9, (0, 0, 4, 4)), BodyPart("BUTTOCKS_COVERED", 0.6, (4, 0, 8, 4))]


class Checker(Mock, ConceptChecker):
    def concepts(self, frames: Tensor) -> Tensor:
        return levels(frames) / 256 - 0.5


class Fitness(Mock, AppropriatenessHead):
    def similarities(self, embeddings: Tensor) -> Tensor:
        return embeddings[:, :2]


PLAYERS: dict[str, Any] = {
    "subject_embedder": Embedder,
    "background_embedder": Embedder,
    "aesthetic_embedder": Embedder,
    "style_scorer": Embedder,
    "aesthetic_head": Head,
    "interpolator": Interpolator,
    "flow": GreyFlow,
    "quality_model": Rater,
    "quality_measures": Raters,
    "captioner": Teller,
    "describer": Describer,
    "action_classifier": Classifier,
    "video_text_embedder": VideoText,
    "picture_subject_embedder": Pictures,
    "picture_background_embedder": Pictures,
    "subject_clip_embedder": Embedder,
    "background_clip_embedder": Pictures,
    "tracker": Tracker,
    "face_detector": FaceFinder,
    "face_matcher": Matcher,
    "skin_scorer": Embedder,
    "nudity_detector": PartFinder,
    "concept_checker": Checker,
    "safety_embedder": Embedder,
    "appropriateness_head": Fitness,
}
"""Role -> who plays it."""
