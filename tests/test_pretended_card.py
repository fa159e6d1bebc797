"""The card that is pretended ends where a card would."""

from __future__ import annotations

import pytest
import torch

from tests.pretended_card import pretended_card
from vbench.dimensions.profiles import profile
from vbench.media.video import Video
from vbench.parity.checkpoints import KIT
from vbench.prompts.suite import Prompt
from vbench.runs.evaluators import Evaluators


def test_what_is_on_the_card_does_not_meet_what_is_not() -> None:
    with pretended_card() as card:
        there, here = torch.arange(6.0, device=card).view(2, 3), torch.ones(2, 3)
        with pytest.raises(RuntimeError, match="on the same device"):
            there + here
        with pytest.raises(RuntimeError, match="on the same device"):
            torch.cat([there, here])
        with pytest.raises(RuntimeError, match="on the same device"):
            here[there[0].long()]
        with pytest.raises(RuntimeError, match="not supported"):
            there.numpy()
        found = (there * here.to(card) + torch.tensor(1.0))[torch.tensor([1])]
        assert found.device == card
        assert found.tolist() == [[4, 5, 6]]
        assert found.cpu().device.type == "cpu"


def test_a_network_moves_and_computes_there() -> None:
    network = torch.nn.Linear(3, 2)
    with pretended_card() as card, torch.inference_mode():
        moved = network.to(card)
        assert {one.device for one in moved.parameters()} == {card}
        with pytest.raises(RuntimeError, match="on the same device"):
            moved(torch.ones(1, 3))
        assert moved(torch.ones(1, 3, device=card)).device == card


def test_a_tensor_larger_than_its_room_is_refused() -> None:
    with pretended_card(room=1000) as card, pytest.raises(torch.cuda.OutOfMemoryError):
        torch.zeros(251, device=card)


LITE = (
    "subject_consistency", "background_consistency", "motion_smoothness", "dynamic_degree", "imaging_quality",
)  # fmt: skip


@pytest.mark.parametrize("dimension", LITE)
def test_the_lite_profile_gives_the_same_there(dimension: str) -> None:
    video, prompt = Video(KIT / "clips" / "fast_square_rgb.mp4"), Prompt("")
    expected = Evaluators(profile("lite"), torch.device("cpu")).score(dimension, video, prompt)
    with pretended_card() as card:
        found = Evaluators(profile("lite"), card).score(dimension, Video(video.path), prompt)
    assert found.value == pytest.approx(expected.value, abs=1e-6)
