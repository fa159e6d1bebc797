from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2
from torchvision.transforms.functional import InterpolationMode

from vbench.dimensions.backbones.pixels import (
    IMAGENET,
    as_pil_resizes,
    centre_crop,
    normalise,
    pil_weights,
    resize,
)
from vbench.dimensions.backbones.pixels import (
    SIZES as KEPT,
)

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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((480, 832), (224, 388)),
        ((61, 133), (256, 558)),
        ((256, 256), (224, 224)),
        ((97, 90), (97, 50)),
        ((7, 9), (7, 9)),
    ],
)
@pytest.mark.parametrize("levels", [(0, 255), (0, 256)])
def test_matrix_products_give_pillows_pixels_bit_by_bit(
    before: tuple[int, int], after: tuple[int, int], levels: tuple[int, int]
) -> None:
    random = np.random.default_rng(0)
    frames = random.choice(levels, (2, *before, 3)) if levels == (0, 255) else random.integers(*levels, (2, *before, 3))
    pictures = [Image.fromarray(frame.astype(np.uint8)) for frame in frames]
    scaled = [picture.resize(after[::-1], Image.Resampling.BICUBIC) for picture in pictures]
    expected = np.stack([np.asarray(picture) for picture in scaled])
    ours = as_pil_resizes(torch.from_numpy(frames.astype(np.uint8)).permute(0, 3, 1, 2), *after)
    assert np.array_equal(ours.permute(0, 2, 3, 1).numpy(), expected)


def test_weights_of_ever_new_sizes_are_not_all_kept() -> None:
    """As crops of faces have them, thousands in a run."""
    for width in range(20, 20 + 2 * KEPT):
        as_pil_resizes(torch.zeros(1, 1, 4, width, dtype=torch.uint8), 4, 8)
    assert pil_weights.cache_info().currsize <= KEPT
