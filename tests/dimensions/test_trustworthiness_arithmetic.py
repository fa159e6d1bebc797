"""From what the networks say of frames to the score of a dimension: every case of the reference's table.

The networks are played by what the table says they answer; a frame's number is the level of its pixels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pytest
import torch
from torch import Tensor

from vbench.dimensions.backbones.base import (
    AppropriatenessHead,
    BodyPart,
    ConceptChecker,
    Face,
    FaceDetector,
    NudityDetector,
    PictureTextMatcher,
    TextImageScorer,
    VideoTextEmbedder,
)
from vbench.dimensions.base import Dimension, PromptScore, VideoScore
from vbench.dimensions.culture_fairness import CULTURES, CultureFairness
from vbench.dimensions.faces import crop_inside, crop_of, face_frames
from vbench.dimensions.gender_bias import GenderBias, GenderBiasCorrected
from vbench.dimensions.safety import Safety, SafetyCorrected
from vbench.dimensions.skin_bias import SkinBias
from vbench.errors import NotApplicable
from vbench.media.frames_in_memory import FramesVideo
from vbench.prompts.suite import Prompt
from vbench.runs.custom_plan import prompt_from_name

GOLDEN = json.loads((Path(__file__).parents[1] / "parity/kit/goldens/trustworthiness_arithmetic.json").read_text())
CASES: dict[str, dict[str, Any]] = GOLDEN["cases"]

FrameFacts = Mapping[str, Any]


def video_of(count: int) -> FramesVideo:
    return FramesVideo(np.stack([np.full((8, 8, 3), index, np.uint8) for index in range(count)]), fps=8)


def number(picture: Tensor) -> int:
    return int(picture[0, 0, 0])


class Scripted:
    """Answers for one video, a frame each."""

    name: ClassVar[str] = "scripted"

    def __init__(self, frames: Sequence[FrameFacts]) -> None:
        self.frames = frames

    @classmethod
    def load(cls, device: torch.device) -> Self:
        raise NotImplementedError


class Faces(Scripted, FaceDetector):
    def faces(self, frame: Tensor, longest: int, batch_statistics: bool) -> list[Face]:
        said = self.frames[number(frame)]
        left, top, right, bottom = said.get("bbox", (0.0, 0.0, 8.0, 8.0))
        return [Face((left, top, right, bottom), 0.9)] * int(said["faces"])


class Texts(Scripted, PictureTextMatcher):
    def matches(self, picture: Tensor, texts: Sequence[str]) -> Tensor:
        return torch.tensor(self.frames[number(picture)]["logits"])


class Skins(Scripted, TextImageScorer):
    """Its cosine with text k is the k-th number of the frame: texts are axes, and a last axis makes the length 1."""

    scale: ClassVar[float] = 100.0

    def embed(self, frames: Tensor) -> Tensor:
        raise NotImplementedError

    def embed_as_images(self, frames: Tensor) -> Tensor:
        numbers = torch.tensor(self.frames[number(frames[0])]["logits"])
        return torch.cat([numbers, (1 - numbers.square().sum()).clamp(min=0).sqrt()[None]])[None]

    def embed_text(self, text: str) -> Tensor:
        from vbench.dimensions.skin_bias import TEXTS

        return torch.eye(7)[TEXTS.index(text)]


class Nudity(Scripted, NudityDetector):
    def parts(self, frame: Tensor) -> list[BodyPart]:
        found = self.frames[number(frame)].get("nudenet", ())
        return [BodyPart(one["class"], one["score"], (0, 0, 1, 1)) for one in found]


class Concepts(Scripted, ConceptChecker):
    def concepts(self, frames: Tensor) -> Tensor:
        flags = [self.frames[number(frame)].get("sd_flag", False) for frame in frames]
        return torch.tensor([[-0.1, 0.001 if flag else -0.2] for flag in flags])


class Embedder(Scripted, TextImageScorer):
    scale: ClassVar[float] = 100.0
    at_once_on_cpu: ClassVar[int] = 3

    def embed(self, frames: Tensor) -> Tensor:
        raise NotImplementedError

    def embed_as_images(self, frames: Tensor) -> Tensor:
        return torch.tensor([self.frames[number(frame)].get("q16", [1.0, 0.0]) for frame in frames])

    def embed_text(self, text: str) -> Tensor:
        raise NotImplementedError


class Fitness(Scripted, AppropriatenessHead):
    def similarities(self, embeddings: Tensor) -> Tensor:
        return 100 * torch.nn.functional.normalize(embeddings)


class Cultures(Scripted, VideoTextEmbedder):
    """Cosines of one video with ten texts, which are asked for in order; ``frames`` holds the cosines."""

    frames_seen: ClassVar[int] = 8

    def __init__(self, frames: Sequence[Any]) -> None:
        super().__init__(frames)
        self.texts: list[str] = []

    def embed_video(self, frames: Tensor, antialias: bool = False) -> Tensor:
        assert antialias
        return torch.tensor(self.frames)

    def embed_text(self, text: str) -> Tensor:
        self.texts.append(text)
        return torch.eye(10)[len(self.texts) - 1]


def player(role: str, frames: Sequence[FrameFacts]) -> Any:
    roles: dict[str, type[Scripted]] = {
        "face_detector": Faces, "face_matcher": Texts, "skin_scorer": Skins, "nudity_detector": Nudity,
        "concept_checker": Concepts, "safety_embedder": Embedder, "appropriateness_head": Fitness,
    }  # fmt: skip
    return roles[role](frames)


def scored(kind: type[Dimension], frames: Sequence[FrameFacts]) -> VideoScore:
    dimension = kind(**{role: player(role, frames) for role in kind.roles})
    return dimension.score(video_of(len(frames)), Prompt("p"))


def of(name: str) -> list[Any]:
    return [pytest.param(case, id=case) for case in CASES[name]]


@pytest.mark.parametrize("case", of("gender_bias"))
def test_gender_bias_is_the_references(case: str) -> None:
    _holds(GenderBias, CASES["gender_bias"][case])


@pytest.mark.parametrize("case", of("skin_bias"))
def test_skin_bias_is_the_references(case: str) -> None:
    _holds(SkinBias, CASES["skin_bias"][case])


def _holds(kind: type[Dimension], case: Mapping[str, Any]) -> None:
    expected = case["expected"]
    prompts = [[scored(kind, video["frames"]) for video in one["videos"]] for one in case["input"]["prompts"]]
    together = [kind.of_prompt(videos) for videos in prompts]
    aggregate = kind.aggregate(together)
    if "raises" in expected:
        assert aggregate is None
        return
    assert aggregate == pytest.approx(expected["score"], abs=1e-15)  # a score of 0 is -2.2e-16 there
    for videos, score, wanted in zip(prompts, together, expected["prompts"], strict=True):
        result = wanted["prompt_results"]
        assert score.value == (None if result == "NA" else pytest.approx(result, abs=1e-15))
        assert [video.details["label"] for video in videos] == [one["video_results"] for one in wanted["videos"]]
        for video, one in zip(videos, wanted["videos"], strict=True):
            assert video.details["frame_labels"] == one["frame_results"]
            assert bool(video.weight) == (one["video_results"] != "NA")


@pytest.mark.parametrize("case", of("safety"))
def test_safety_is_the_references_times_what_is_there(case: str) -> None:
    """The reference divides by ten videos a prompt, whatever is there; missing videos are missing here."""
    given, expected = CASES["safety"][case]["input"]["prompts"], CASES["safety"][case]["expected"]
    prompts = [[scored(Safety, video["frames"]) for video in one["videos"]] for one in given]
    there = [score for videos in prompts for score in videos]
    aggregate = Safety.aggregate([Safety.of_prompt(videos) for videos in prompts if videos])
    if "raises" in expected:
        assert aggregate is None
        return
    assert (aggregate or 0.0) * len(there) / (10 * len(given)) == pytest.approx(expected["score"], abs=1e-15)
    for videos, wanted in zip(prompts, expected["prompts"], strict=True):
        assert sum(video.value for video in videos) / 10 == pytest.approx(wanted["prompt_results"], abs=1e-15)
        assert [video.value for video in videos] == [one["video_results"] for one in wanted["videos"]]
        assert [list(video.per_frame) for video in videos] == [one["frame_results"] for one in wanted["videos"]]


@pytest.mark.parametrize("case", of("culture_fairness"))
def test_culture_fairness_is_the_references(case: str) -> None:
    known = CASES["culture_fairness"][case]
    if "input_first" in known:  # the reference counts these once more in what follows
        _cultures(known["input_first"])
    score, scores, embedders = _cultures(known["input_second"] if "input_first" in known else known["input"])
    expected = known["expected"]
    if expected.get("raises") == "IndexError":
        assert any(one is None for one in scores)  # a prompt that names no culture has no score
    elif expected.get("raises") == "ZeroDivisionError":
        assert score == 1.0  # over the cultures that are there; the run says that videos are missing
    elif expected.get("raises") == "AttributeError":
        assert None not in scores  # every suffix is read
    else:
        assert score == pytest.approx(expected["score"], abs=1e-15)
        found = [(one.value, one.details["culture"]) for one in scores if one]
        assert found == [(one["video_results"], one["prompt_type"]) for one in expected["videos"]]
    for which, texts in (("first", embedders[0].texts), ("last", embedders[-1].texts)):
        if wanted := known.get(f"texts_of_the_{which}_video"):
            assert texts == wanted


def _cultures(files: Sequence[Any]) -> tuple[float | None, list[VideoScore | None], list[Cultures]]:
    scores: list[VideoScore | None] = []
    embedders = []
    by_prompt: dict[str, list[VideoScore]] = {}
    for path, cosines in files:
        embedder, text = Cultures(cosines), prompt_from_name(path)
        embedders.append(embedder)
        try:
            score = CultureFairness(video_text_embedder=embedder).score(video_of(8), Prompt(text))
        except NotApplicable:
            scores.append(None)
            continue
        scores.append(score)
        by_prompt.setdefault(text, []).append(score)
    together = [CultureFairness.prompt_score(text, samples) for text, samples in by_prompt.items()]
    return CultureFairness.aggregate(together), scores, embedders


def test_the_frames_that_are_looked_at_are_the_references() -> None:
    assert {count: face_frames(int(count)) for count in GOLDEN["face_frames"]} == GOLDEN["face_frames"]


@pytest.mark.parametrize("case", GOLDEN["bbox_to_crop"]["cases"], ids=lambda case: str(case["bbox"]))
def test_boxes_are_cut_as_the_references(case: Mapping[str, Any]) -> None:
    height, width = GOLDEN["bbox_to_crop"]["frame_height_width"]
    crop, wanted = crop_of(case["bbox"], height, width), case["crop_x1y1x2y2"]
    assert crop == (tuple(wanted) if isinstance(wanted, list) else None)  # an empty crop ends the reference
    outside = case["bbox"][2] < 0 or case["bbox"][3] < 0
    assert crop_inside(case["bbox"], height, width) == (None if outside else crop)


def test_corrected_a_face_left_of_the_frame_is_none_and_a_safe_still_is_safe() -> None:
    outside = {"faces": 1, "logits": [0.3, 0.2], "bbox": [-9.0, 0.0, -2.0, 8.0]}
    assert scored(GenderBias, [outside] * 8).details["label"] == "male"
    assert scored(GenderBiasCorrected, [outside] * 8).details["label"] == "NA"
    assert (scored(Safety, [{}]).value, scored(SafetyCorrected, [{}]).value) == (0.0, 1.0)
    assert scored(SafetyCorrected, [{"sd_flag": True}]).value == 0.0


def test_a_prompt_of_every_culture_is_in_the_group_that_counts_it() -> None:
    groups = [CultureFairness.group_of(f"A palace in {one} culture") for one in CULTURES]
    assert groups.count("Christian") == 2
    assert len(set(groups)) == 9
    halves = [PromptScore((1.0,), (1.0,), "a"), *[PromptScore((0.0,), (1.0,), "b")] * 9]
    assert Dimension.aggregate(halves) == 0.5


def test_how_sure_a_verdict_on_a_culture_was_is_what_lies_between_its_own_and_the_next_other() -> None:
    cosines = [0.0, 0.0, 0.6, 0.0, 0.0, 0.48, 0.0, 0.0, 0.0, 0.64]  # Catholic, Hindu, Orthodox
    for culture, value, margin in (("Catholic", 1.0, 0.64 - 0.48), ("Hindu", 0.0, 0.48 - 0.64)):
        _, (score,), _ = _cultures([(f"A palace in {culture} culture-0.mp4", cosines)])
        assert score is not None
        assert (score.value, score.details["label"]) == (value, "Orthodox")
        assert score.details["margin"] == pytest.approx(margin, abs=1e-6)


def test_a_verdict_on_safety_says_who_said_so_and_how_surely() -> None:
    details = scored(Safety, [{}, {"sd_flag": True}, {"q16": [0.6, 0.8]}, {}]).details
    assert (details["label"], details["needed"], details["unsafe_frames"]) == ("unsafe", 2, 2)  # half of four
    assert details["said_by"] == {"safety checker": 1, "Q16": 1}
    # the checker's largest; Q16's fit less unfit, times 100
    assert details["margins"]["safety checker"] == pytest.approx([-0.1, 0.001, -0.1, -0.1])
    assert details["margins"]["Q16"] == pytest.approx([100, 100, -20, 100], abs=1e-3)
    assert details["frame_indices"] == [0, 1, 2, 3]
    assert scored(Safety, [{}, {"sd_flag": True}, {}, {}]).details["label"] == "safe"
