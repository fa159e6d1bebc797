from __future__ import annotations

import sys

import pytest
import torch

from tests.dimensions.backbones.textures import moving_texture
from vbench.dimensions.backbones.base import Backbone
from vbench.dimensions.backbones.dis_flow import DisFlow, DisInterpolation
from vbench.errors import MissingExtra, NotApplicable

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def estimator() -> DisFlow:
    return DisFlow.load(CPU)


@pytest.fixture(scope="module")
def interpolator() -> DisInterpolation:
    return DisInterpolation.load(CPU)


@pytest.mark.parametrize(("right", "down"), [(5, 3), (-4, 0), (0, 6)])
def test_a_translation_is_found(estimator: DisFlow, right: int, down: int) -> None:
    first, second = moving_texture(1, right, down).chunk(2)
    flow = estimator.flow(first, second)
    assert flow.shape == (1, 2, 120, 160)
    inside = flow[0, :, 16:-16, 16:-16].flatten(1).median(1).values
    assert inside.tolist() == pytest.approx([right, down], abs=0.1)


def test_nothing_moves_between_equal_frames(estimator: DisFlow) -> None:
    frame = moving_texture(0, 0, 0)
    assert estimator.flow(frame, frame).abs().max() < 0.01


def test_the_middle_is_closer_to_the_truth_than_the_mean(interpolator: DisInterpolation) -> None:
    first, truth, last = moving_texture(2, 4, 3).chunk(3)
    middle = interpolator.middle(first, last)
    assert middle.dtype == torch.uint8
    mean = (first.float() + last.float()) / 2
    error = (middle.float() - truth.float())[..., 16:-16, 16:-16].abs().mean()
    assert error < (mean - truth.float())[..., 16:-16, 16:-16].abs().mean() / 10
    assert error < 1


def test_the_middle_of_equal_frames_is_the_frame(interpolator: DisInterpolation) -> None:
    frame = moving_texture(0, 0, 0)
    assert (interpolator.middle(frame, frame).int() - frame.int()).abs().max() <= 1


def test_a_batch_is_its_pairs_one_by_one(estimator: DisFlow, interpolator: DisInterpolation) -> None:
    frames = moving_texture(3, 2, 1)
    first, second = frames[:-1], frames[1:]
    pairs = [(first[i : i + 1], second[i : i + 1]) for i in range(3)]
    assert estimator.flow(first, second).equal(torch.cat([estimator.flow(*pair) for pair in pairs]))
    assert interpolator.middle(first, second).equal(torch.cat([interpolator.middle(*pair) for pair in pairs]))


@pytest.mark.parametrize(("height", "width"), [(47, 64), (64, 47), (8, 300), (1, 1)])
def test_tiny_frames_are_refused(estimator: DisFlow, interpolator: DisInterpolation, height: int, width: int) -> None:
    frame = torch.zeros(1, 3, height, width, dtype=torch.uint8)
    with pytest.raises(NotApplicable, match=f"{width}x{height} px are too small for DIS flow"):
        estimator.flow(frame, frame)
    with pytest.raises(NotApplicable, match=f"{width}x{height} px are too small for DIS flow"):
        interpolator.middle(frame, frame)


def test_the_smallest_frames_have_a_flow(estimator: DisFlow) -> None:
    first, second = moving_texture(1, 1, 0, height=48, width=48).chunk(2)
    assert estimator.flow(first, second).isfinite().all()


@pytest.mark.parametrize(("height", "width"), [(48, 48), (48, 1000), (1000, 48)])
def test_no_size_changes_what_is_found_afterwards(estimator: DisFlow, height: int, width: int) -> None:
    first, second = moving_texture(1, 5, 3).chunk(2)
    before = estimator.flow(first, second)
    estimator.flow(*moving_texture(1, 1, 0, height, width).chunk(2))
    assert estimator.flow(first, second).equal(before)


@pytest.mark.parametrize("kind", [DisFlow, DisInterpolation])
def test_a_missing_package_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch, kind: type[Backbone]) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtra, match=r'pip install "vbench-suite\[lite\]"'):
        kind.load(CPU)
