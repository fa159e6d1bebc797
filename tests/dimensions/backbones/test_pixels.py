from __future__ import annotations

import pytest
import torch
from torchvision.transforms import v2
from torchvision.transforms.functional import InterpolationMode

from vbench.dimensions.backbones.pixels import IMAGENET, centre_crop, normalise, resize

SIZES = [(224, 224), (240, 426), (256, 144), (800, 1280), (160, 241)]


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_frames_become_what_torchvision_makes_of_them(height: int, width: int, mode: str) -> None:
    frames = 255 * torch.rand(1, 3, height, width)
    reference = v2.Compose(
        [
            v2.Resize(224, interpolation=InterpolationMode(mode), antialias=False),
            v2.CenterCrop(224),
            v2.Lambda(lambda frames: frames / 255),
            v2.Normalize(*IMAGENET),
        ]
    )
    ours = normalise(centre_crop(resize(frames, 224, mode), 224), IMAGENET)
    torch.testing.assert_close(ours, reference(frames))


def test_overshoot_is_not_clamped() -> None:
    edge = torch.cat((torch.zeros(1, 1, 8, 4), torch.full((1, 1, 8, 4), 255.0)), 3)
    scaled = resize(edge, 16, "bicubic")
    assert scaled.min() < 0
    assert scaled.max() > 255
