"""Human action: the label comes from the prompt, and a hit is one of five with enough certainty."""

from __future__ import annotations

from typing import ClassVar, Self

import pytest
import torch
from torch import Tensor

from tests.parity.conftest import clip
from vbench.dimensions.backbones.base import ActionClassifier
from vbench.dimensions.human_action import HumanAction, action_of, label_among
from vbench.errors import NotApplicable
from vbench.media.video import Video
from vbench.prompts.suite import Prompt
from vbench.runs.custom_plan import prompt_from_name


class Certain(ActionClassifier):
    """Gives the probabilities that it was made with and keeps what it saw."""

    name = "certain"
    frames_seen: ClassVar[int] = 16
    labels = ("yoga", "lunge", "trick-riding", "under_score", "juggling", "archery", "zumba")

    def __init__(self, *probabilities: float) -> None:
        self.given = torch.tensor(probabilities)
        self.seen = torch.empty(0)

    @classmethod
    def load(cls, device: torch.device) -> Self:
        raise NotImplementedError

    def probabilities(self, frames: Tensor) -> Tensor:
        self.seen = frames
        return self.given


def score(classifier: Certain, text: str) -> float:
    return HumanAction(action_classifier=classifier).score(Video(clip("large_yuv")), Prompt(text)).value


def test_the_first_five_count_and_the_sixth_does_not() -> None:
    falling = Certain(0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.0)
    assert score(falling, "A person is juggling") == 1.0
    assert score(falling, "A person is archery") == 0.0


@pytest.mark.parametrize(("probability", "hit"), [(0.85, 1.0), (0.84996, 1.0), (0.84994, 0.0), (0.2, 0.0)])
def test_certainty_is_compared_after_rounding_to_four_decimals(probability: float, hit: float) -> None:
    assert score(Certain(probability, 0, 0, 0, 0, 0, 0), "A person is yoga") == hit


@pytest.mark.parametrize("text", ["A person is trick-riding", "A PERSON is under_score", "the person is Yoga"])
def test_labels_are_not_cut_at_dashes_or_underscores_and_have_no_case(text: str) -> None:
    assert score(Certain(0.9, 0, 0.9, 0.9, 0, 0, 0), text) == 1.0


def test_a_prompt_without_a_known_action_is_not_applicable_and_the_closest_are_named() -> None:
    with pytest.raises(NotApplicable, match=r"none of the 7 actions .* found 'joggling'\. Closest: 'juggling'"):
        score(Certain(*[0.9] * 7), "A person is joggling")


def test_a_short_video_repeats_its_last_frame() -> None:
    classifier = Certain(*[0.0] * 7)
    score(classifier, "A person is yoga")
    assert classifier.seen.shape == (16, 3, 800, 1280)
    assert torch.equal(classifier.seen[5], classifier.seen[15])
    assert not torch.equal(classifier.seen[4], classifier.seen[5])


def test_the_five_best_are_told() -> None:
    dimension = HumanAction(action_classifier=Certain(0.1, 0.9, 0.3, 0.4, 0.5, 0.6, 0.7))
    details = dimension.score(Video(clip("large_yuv")), Prompt("A person is lunge")).details
    assert details["top_labels"] == ["lunge", "zumba", "archery", "juggling", "under_score"]
    assert details["top_probabilities"] == [0.9, 0.7, 0.6, 0.5, 0.4]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("A person is yoga-0.mp4", "yoga"),
        ("A person is under_score_seed12-3.mp4", "under_score"),
        ("a PERSON is Trick-Riding-4.mp4", "trick-riding"),
        ("A person is lunge.mp4", "lunge"),
        ("A person is zumba-take2.mp4", "zumba"),
    ],
)
def test_names_of_files_give_the_label_that_they_mean(name: str, label: str) -> None:
    assert label_among(action_of(prompt_from_name(name)), Certain.labels) == label
