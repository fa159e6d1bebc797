"""Our MUSIQ against its one published implementation, with the same seeded weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.parity.checkpoint_cache import seeded_state
from tests.parity.conftest import clip
from tests.parity.figures import seeded
from vbench.dimensions.backbones.musiq import MUSIQ
from vbench.media.video import Video

pytestmark = pytest.mark.parity

BOUND = 1e-3
"""On 0..100."""


@pytest.fixture(scope="module")
def ours() -> MUSIQ:
    return seeded(MUSIQ)


@pytest.fixture(scope="module")
def theirs() -> Any:
    network = pytest.importorskip("pyiqa.archs.musiq_arch").MUSIQ(pretrained=False)
    state = {key.removeprefix("module."): value for key, value in seeded_state("musiq_spaq").items()}
    network.load_state_dict(state)
    return network.eval()


@pytest.mark.parametrize("name", ["still_rgb", "portrait_rgb", "fast_square_rgb", "flicker_yuv"])
def test_a_frame_gets_the_same(ours: MUSIQ, theirs: Any, name: str) -> None:
    frame = Video(clip(name)).frames([3])
    with torch.inference_mode():
        expected = theirs(frame.float() / 255).item()
    assert ours.quality(frame).item() == pytest.approx(expected, abs=BOUND)
