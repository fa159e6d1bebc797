"""VEnhancer's padding against the reference's figures and what must hold anyway."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.generators.techniques_goldens import golden
from vbench.generators.models.venhancer.padding import HEIGHT, WIDTH, cropped, margins, padded, raised


@pytest.mark.parametrize(
    ("height", "scale", "rows"), [(320, 4.0, 1280), (320, 2.0, 720), (312, 1.5, 720), (312, 2.0, 719), (200, 3.0, 719)]
)
def test_a_low_clip_becomes_as_high_as_the_references(height: int, scale: float, rows: int) -> None:
    """Rows as video_to_video/video_to_video_model.py of Vchitect/VEnhancer@4ece756 has them; it counts in floats."""
    frame = torch.zeros(1, 1, height, 8)
    larger = torch.nn.functional.interpolate(frame, scale_factor=raised(scale, height), mode="bilinear")
    assert larger.shape[2] == rows


@pytest.mark.parametrize("case", golden("conditioning")["venhancer_padding"], ids=str)
def test_margins_are_the_references(case: dict[str, Any]) -> None:
    assert list(margins(case["height"], case["width"])) == case["pad_left_right_top_bottom"]


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (719, 1279), (721, 1281), (783, 1343), (784, 1344), (2160, 4096)]
)
def test_the_network_takes_what_is_padded(height: int, width: int) -> None:
    left, right, top, bottom = margins(height, width)
    tall, wide = height + top + bottom, width + left + right
    assert tall >= HEIGHT
    assert wide >= WIDTH
    assert wide % 64 == 0
    rows = tall // 8
    for _ in range(3):
        assert rows % 2 == 0
        rows = rows // 2 + 1
    frames = torch.rand(1, 2, height, width) if height < 800 else torch.zeros(1, 1, height, width)
    around = (left, right, top, bottom)
    assert torch.equal(cropped(padded(frames, around), around), frames)
