"""The verdicts on flow, on the cases that the reference itself judged."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.parity.figures import reference
from vbench.dimensions.flow_rules import (
    Limits,
    is_moving,
    is_static,
    moving_limits,
    radii_of,
    static_limits,
)

MOVING = reference("dynamic_degree")["decision_cases"]
STATIC = reference("static_filter")["decision_cases"]


def size(case: dict[str, Any]) -> tuple[int, int]:
    return case["height"], case["width"]


@pytest.mark.parametrize("case", MOVING)
def test_moving_as_the_reference_decides(case: dict[str, Any]) -> None:
    limits = moving_limits(size(case), case["frames"])
    assert limits == Limits(case["thres"], case["count_num"])
    assert is_moving(case["rad"], limits) is case["result"]


@pytest.mark.parametrize("case", STATIC)
def test_static_as_the_reference_decides(case: dict[str, Any]) -> None:
    limits = static_limits(size(case), case["frames"])
    assert limits == Limits(case["thres"], case["count_num"])
    assert is_static(case["rad"][:-2], case["rad"][-2:], limits) is case["result"]


def test_both_verdicts_are_among_the_cases() -> None:
    for cases in (MOVING, STATIC):
        assert len(cases) == 90
        assert {case["result"] for case in cases} == {True, False}


def test_a_radius_at_the_limit_does_not_move() -> None:
    assert not is_moving([6.0, 6.0], Limits(6.0, 1))
    assert is_static([6.0, 6.0], [12.0, 12.0], Limits(6.0, 1))


def test_enough_pairs_make_motion_but_only_more_end_stillness() -> None:
    assert is_moving([7.0, 0.0], Limits(6.0, 1))
    assert is_static([7.0, 0.0], [], Limits(6.0, 1))
    assert not is_static([7.0, 7.0], [], Limits(6.0, 1))


def test_halves_round_to_even() -> None:
    assert [moving_limits((256, 256), frames).pairs for frames in (2, 6, 10, 14)] == [0, 2, 2, 4]
    assert [static_limits((256, 256), frames).pairs for frames in (4, 12, 20, 28)] == [0, 2, 2, 4]


def test_the_radius_is_the_mean_of_the_largest_vectors() -> None:
    lengths = torch.arange(200.0).view(10, 20)
    flow = torch.stack((0.6 * lengths, -0.8 * lengths))
    assert radii_of(flow)[0.05] == pytest.approx(sum(range(190, 200)) / 10)
    assert radii_of(flow)[0.02] == pytest.approx(sum(range(196, 200)) / 4)
    assert radii_of(flow, [0.001]) == {0.001: pytest.approx(199)}


def test_a_radius_beside_another_is_the_same_to_the_last_bit() -> None:
    flow = torch.randn(2, 97, 131, generator=torch.Generator().manual_seed(0))
    assert radii_of(flow) == {**radii_of(flow, [0.05]), **radii_of(flow, [0.02])}
