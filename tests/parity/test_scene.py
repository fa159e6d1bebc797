"""Scene against the reference's figures."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import torch

from tests.parity.conftest import clip, tolerance
from tests.parity.figures import reference, seeded
from vbench.dimensions.backbones.tag2text import Tag2Text
from vbench.dimensions.backbones.tag2text.beam_search import Hypothesis
from vbench.dimensions.base import VideoScore
from vbench.dimensions.scene import Scene
from vbench.media.video import Video, middle_indices
from vbench.prompts.suite import Prompt

pytestmark = pytest.mark.parity

GOLDEN = reference("scene")
CLIPS = GOLDEN["clips"]

SCORED = ("fast_square_rgb.mp4", "large_yuv.mp4")
"""One without loss, and one that is scaled down; each takes half a minute."""

CLOSE = 2e-4
"""Beams whose sums differ by less may change places with another machine's rounding, as the golden's notes say."""


class Remembering(Tag2Text):
    """Keeps the ids of the captions of each video."""

    found: list[Hypothesis]

    def hypotheses(self, frames: torch.Tensor) -> list[Hypothesis]:
        self.found = super().hypotheses(frames)
        return self.found


@pytest.fixture(scope="module")
def captioner() -> Remembering:
    return seeded(Remembering)


@pytest.fixture(scope="module")
def scored(captioner: Remembering) -> dict[str, tuple[VideoScore, list[Hypothesis]]]:
    """A clip's score, and the ids of the six captions behind it."""
    dimension, scores = Scene(captioner=captioner), {}
    for name in SCORED:
        figures = CLIPS[name]
        prompt = Prompt(figures["prompt"], facts={"scene": {"scene": figures["auxiliary_info"]}})
        score = dimension.score(Video(clip(name)), prompt)
        scores[name] = score, captioner.found
    return scores


Scored = dict[str, tuple[VideoScore, list[Hypothesis]]]


@pytest.mark.parametrize("name", SCORED)
def test_each_clip_scores_as_the_reference(scored: Scored, name: str) -> None:
    score, probe = scored[name][0], CLIPS[name]["probe"]
    assert score.value == pytest.approx(CLIPS[name]["score"], abs=1e-9)
    assert list(score.per_frame) == probe["hit_per_caption"]
    assert score.details["success_frame_count"] == probe["success_frame_count"]
    assert score.details["frame_count"] == probe["frame_count"] == score.weight


@pytest.mark.parametrize("name", SCORED)
def test_captions_are_the_references_word_for_word(scored: Scored, name: str) -> None:
    score, found = scored[name]
    frames = CLIPS[name]["probe"]["frames"]
    assert len(score.details["captions"]) == 16
    for index, caption in enumerate(score.details["captions"]):
        frame, sentence = frames[index // 3], found[index // 3]
        assert sentence.score == pytest.approx(frame["hypothesis_score"], abs=2e-3)
        if frame["smallest_gap_between_beam_candidates"] >= CLOSE:
            assert list(sentence.ids) == frame["caption_token_ids"]
            assert caption == frame["caption"]


@pytest.mark.parametrize("name", CLIPS)
def test_tags_are_the_references(captioner: Remembering, name: str) -> None:
    for frame in CLIPS[name]["probe"]["frames"]:
        assert captioner.tag_ids(frame["tag_string"]) == frame["tag_encoder_input_ids"]


@pytest.mark.parametrize("name", CLIPS)
def test_frames_are_scaled_as_by_the_references_decoder(name: str) -> None:
    video, probe = Video(clip(name)), CLIPS[name]["probe"]
    indices = middle_indices(video.frame_count, 16)
    frames, seen = video.scaled_frames(indices, 384, 384), probe["decoded_384_uint8"]
    assert indices == probe["frame_indices"]
    assert float(frames.double().mean()) == pytest.approx(seen["mean"], abs=255 * tolerance(name) / 10)
    assert float(frames.double().std()) == pytest.approx(seen["std"], abs=255 * tolerance(name) / 10)
    assert frames[0, :, 0, 0].tolist() == seen["first_frame_pixel_0_0_rgb"]
    assert frames[0, :, 100, 200].tolist() == seen["first_frame_pixel_100_200_rgb"]


def share_of_hits(names: Iterable[str]) -> float:
    """Of the captions of all clips, by the reference's counts."""
    probes = [CLIPS[name]["probe"] for name in names]
    return float(sum(one["success_frame_count"] for one in probes) / sum(one["frame_count"] for one in probes))


def test_aggregate_is_the_share_of_hits_of_all_captions(scored: Scored) -> None:
    aggregate = Scene.aggregate([Scene.of_prompt([score for score, _ in scored.values()])])
    assert aggregate == pytest.approx(share_of_hits(SCORED), abs=1e-9)
    assert share_of_hits(CLIPS) == pytest.approx(GOLDEN["aggregate"])
