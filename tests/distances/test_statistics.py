"""Fréchet, kernels and Inception Score against exact figures, and what has no answer."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.parity.checkpoint_cache import KIT
from vbench.distances.frechet import Moments, frechet, moments, moments_of_covariance
from vbench.distances.inception_score import inception_scores
from vbench.distances.kernels import cubic, discrepancy, gaussian, in_subsets, quadratic, unit
from vbench.errors import UsageError


def golden(name: str) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((KIT / "goldens" / f"{name}.json").read_text())
    return figures


FRECHET = golden("stat_frechet")
CASES = FRECHET["cases"]
KID = golden("stat_kid")["cases"]
SCORES = golden("stat_inception_score")["cases"]
MMD = golden("stat_mmd")["cases"]

SINGULAR = 2e-5
"""Where a covariance is singular the libraries' own figures are good to that, relatively."""


def arrays(case: str) -> tuple[list[list[float]], list[list[float]]]:
    return CASES[case]["real"], CASES[case]["generated"]


def exactly(figure: float, scale: float = 0.0) -> Any:
    return pytest.approx(figure, rel=1e-9, abs=1e-9 * max(scale, 1e-3))


def rounding(case: str) -> float:
    """Far from the origin the kernel's sums are of 1e24: the golden's own values of one set differ by 4e-8."""
    return 1e-7 if case.startswith("large_offset") else 1e-9


@pytest.mark.parametrize("freedom", [0, 1])
@pytest.mark.parametrize("case", [name for name, one in CASES.items() if one.get("ddof1")])
def test_frechet_distances_are_exact(case: str, freedom: int) -> None:
    expected = CASES[case][f"ddof{freedom}"]
    found = frechet(*(moments(samples, freedom) for samples in arrays(case)))
    scale = expected["trace_real"] + expected["trace_generated"] + expected["mean_term"]
    assert found.distance == exactly(expected["fd"], scale)
    assert found.distance >= 0
    for term in ("mean_term", "trace_real", "trace_generated"):
        assert getattr(found, term) == exactly(expected[term], scale)
    assert found.trace_root == exactly(expected["trace_sqrt"], scale)
    libraries = CASES[case]["what_libraries_return"]
    theirs = libraries["stylegan_v / latte / cd_fvd (ddof 0)" if freedom == 0 else "torch_fidelity_0.4.0"]
    assert found.distance == pytest.approx(theirs, rel=SINGULAR, abs=SINGULAR)


def test_moments_alone_give_the_same_distance() -> None:
    given = FRECHET["from_moments_only"]
    real = moments_of_covariance(given["mean_real"], given["cov_real"], 40)
    generated = moments_of_covariance(given["mean_generated"], given["cov_generated"], 50)
    assert frechet(real, generated).distance == exactly(given["fd"])
    of_samples: Moments = moments(arrays("well_posed_40x6_50x6")[0], 1)
    assert frechet(of_samples, generated).distance == exactly(given["fd"])


def test_a_distance_is_the_same_both_ways_and_in_any_order() -> None:
    real, generated = (np.array(samples) for samples in arrays("fewer_samples_than_dimensions_4x12_5x12"))
    there = frechet(moments(real, 0), moments(generated, 0)).distance
    back = frechet(moments(generated[::-1], 0), moments(real[::-1], 0)).distance
    assert there == exactly(back)


def test_many_samples_take_no_more_memory_and_are_as_exact() -> None:
    samples = np.random.default_rng(0).normal(3, 1, (9000, 5)).astype(np.float32)
    found = moments(samples, 1)
    assert np.allclose(found.factor.T @ found.factor, np.cov(samples.T.astype(np.float64)), rtol=1e-12)
    assert found.factor.shape == (5, 5)


@pytest.mark.parametrize("case", ["one_sample_each_1x6", "one_sample_against_many_1x6_20x6"])
def test_one_sample_has_no_covariance(case: str) -> None:
    with pytest.raises(UsageError, match="two samples at least, found 1"):
        moments(arrays(case)[0], 0)


def test_features_that_are_no_numbers_are_refused() -> None:
    real = np.array(arrays("not_a_number_5x6")[0], dtype=float)
    for refused in (lambda: moments(real, 0), lambda: discrepancy(real, real, cubic, True), lambda: unit(real)):
        with pytest.raises(ValueError, match="1 of 5 features are not finite, the first at 1"):
            refused()
    with pytest.raises(ValueError, match="not finite"):
        inception_scores(real, 1)


@pytest.mark.parametrize("case", KID)
def test_kernel_distances_over_all_pairs(case: str) -> None:
    real, generated = arrays(case)
    assert discrepancy(real, generated, cubic, unbiased=False) == exactly(KID[case]["all_pairs_biased"], 1)
    if KID[case]["all_pairs_unbiased"] is None:
        with pytest.raises(UsageError, match="two samples of each set"):
            discrepancy(real, generated, cubic, unbiased=True)
    else:
        found = discrepancy(real, generated, cubic, unbiased=True)
        assert found == pytest.approx(KID[case]["all_pairs_unbiased"], rel=rounding(case), abs=1e-9)


@pytest.mark.parametrize("case", [name for name, one in KID.items() if "subsets" in one])
def test_kid_of_subsets_drawn_as_torch_fidelity_draws(case: str) -> None:
    expected = KID[case]["subsets"]
    found = in_subsets(*arrays(case), expected["count"], expected["size"], 2020)
    assert found == pytest.approx(expected["values"], rel=rounding(case), abs=1e-9)
    with pytest.raises(UsageError, match="subsets of 1000 samples cannot be drawn from"):
        in_subsets(*arrays(case), 1, 1000, 2020)


@pytest.mark.parametrize("case", MMD)
def test_kernels_of_cmmd_and_jedi(case: str) -> None:
    real, generated = (np.array(samples) for samples in arrays(case))
    expected = MMD[case]
    assert 1000 * discrepancy(real, generated, gaussian, False) == exactly(expected["cmmd_raw"], 1)
    assert 1000 * discrepancy(unit(real), unit(generated), gaussian, False) == exactly(expected["cmmd_unit_length"], 1)
    assert 100 * discrepancy(real, generated, quadratic, False) == exactly(expected["jedi"], 1)


def test_blocks_change_nothing() -> None:
    rng = np.random.default_rng(1)
    real, generated = rng.normal(size=(1500, 3)), rng.normal(size=(1100, 3))
    table = cubic(real, real)
    expected = (table.sum() - np.trace(table)) / (1500 * 1499)
    table = cubic(generated, generated)
    expected += (table.sum() - np.trace(table)) / (1100 * 1099) - 2 * cubic(real, generated).mean()
    assert discrepancy(real, generated, cubic, True) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("case", "splits"), [(case, splits) for case, one in SCORES.items() for splits in one["splits"]]
)
def test_inception_scores(case: str, splits: str) -> None:
    expected = SCORES[case]["splits"][splits]
    count, _, seed = splits.partition("_shuffled_")
    logits, shuffle = SCORES[case]["logits"], int(seed) if seed else None
    if expected["per_split"] is None:
        with pytest.raises(UsageError, match="samples cannot be divided into"):
            inception_scores(logits, int(count), shuffle)
        return
    found = inception_scores(logits, int(count), shuffle)
    assert found == pytest.approx(expected["per_split"], rel=1e-9)
    assert np.mean(found) == exactly(expected["mean"])
    assert min(found) >= 1


def test_a_vector_of_zeros_has_no_direction() -> None:
    with pytest.raises(UsageError, match="no direction"):
        unit(np.zeros((2, 3)))


def test_a_class_that_is_as_good_as_impossible_changes_no_score() -> None:
    """Its probability is the smallest number there is for one sample, and rounds to 0 in the mean."""
    assert inception_scores([[0.0, -744.4]] + [[0.0, -2000.0]] * 9, splits=1) == [exactly(1.0)]
