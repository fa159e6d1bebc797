from __future__ import annotations

import math

import pytest
import torch

from vbench.analysis.sensitivity import monotonicity, sweep
from vbench.benchmarks.t2v import RULES
from vbench.dimensions.profiles import profile
from vbench.errors import UsageError
from vbench.runs.evaluators import Evaluators

pytestmark = pytest.mark.slow

LITE = (
    "subject_consistency",
    "background_consistency",
    "temporal_flickering",
    "motion_smoothness",
    "dynamic_degree",
    "imaging_quality",
)
SCENES = ("a red bus", "a dog on the left of a bench, fast", "tilt up, a white horse")


@pytest.fixture(scope="module")
def evaluators() -> Evaluators:
    return Evaluators(profile("lite"), torch.device("cpu"))


@pytest.mark.parametrize("dimension", LITE)
def test_every_lite_dimension_falls_along_its_own_dial(dimension: str, evaluators: Evaluators) -> None:
    found = sweep(dimension, evaluators, steps=4, prompts=SCENES)
    assert found.dial == RULES[dimension].dial
    assert list(found.means) == sorted(found.means, reverse=True)
    assert found.means[0] > found.means[-1]
    assert found.monotonicity is not None
    assert found.monotonicity <= -0.6
    assert all(len(curve) == 4 and all(map(math.isfinite, curve)) for curve in found.scores.values())


def test_flicker_is_not_seen_by_what_looks_at_single_frames_blur_is(evaluators: Evaluators) -> None:
    blurred = sweep("imaging_quality", evaluators, steps=2, prompts=SCENES[:1])
    jerky = sweep("imaging_quality", evaluators, dial="jerk", steps=2, prompts=SCENES[:1])
    assert blurred.means[0] - blurred.means[1] > 5 * abs(jerky.means[0] - jerky.means[1])


def test_monotonicity_counts_pairs_that_move() -> None:
    assert monotonicity([[1, 0, 0, 0]]) == -1
    assert monotonicity([[0, 1, 0]]) == 0
    assert monotonicity([[1, 2, 3], [3, 2, 2]]) == pytest.approx((3 - 2) / 5)
    assert monotonicity([[1, 1]]) is None


@pytest.mark.parametrize(
    ("dimension", "dial", "message"),
    [
        ("human_action", "", "human_action has no dial of its own"),
        ("temporal_flickering", "wobble", "no dial 'wobble'"),
        ("aesthetic_quality", "", "cannot be evaluated: the lite profile"),
        ("beauty", "", "no dimension named 'beauty'"),
    ],
)
def test_what_cannot_be_swept_is_refused(dimension: str, dial: str, message: str, evaluators: Evaluators) -> None:
    with pytest.raises(UsageError) as caught:
        sweep(dimension, evaluators, dial)
    assert message in str(caught.value)
