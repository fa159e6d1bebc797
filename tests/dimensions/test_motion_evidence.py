"""Verdicts from the pairs that settle them are those of all pairs."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.parity.figures import reference
from vbench.dimensions.backbones.base import FlowEstimator
from vbench.dimensions.flow_rules import Limits, is_moving, is_static
from vbench.dimensions.motion_evidence import ROUNDS, Question, pixel_differences, radii_until_settled
from vbench.media.decode import Frame
from vbench.media.frames_in_memory import FramesVideo


class Told(FlowEstimator):
    """Flow of radii that are told: by the grey levels of the two frames, whatever these differ by."""

    name = "told"

    def __init__(self, levels: Sequence[int], radii: Sequence[float]) -> None:
        self.radii = dict(zip(pairwise(levels), radii, strict=True))
        self.asked = 0

    @classmethod
    def load(cls, device: torch.device) -> Self:
        raise NotImplementedError

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        self.asked += 1
        radius = self.radii[int(first[0, 0, 0, 0]), int(second[0, 0, 0, 0])]
        return torch.tensor([radius, 0.0]).view(1, 2, 1, 1)


class Counted(FramesVideo):
    """Notes how often it is gone through."""

    passes = 0

    def _frames(self) -> Iterator[Frame]:
        self.passes += 1
        return super()._frames()


def grey(levels: Sequence[int]) -> Counted:
    return Counted(np.stack([np.full((4, 6, 3), level, np.uint8) for level in levels]))


def answers(radii: Sequence[float], levels: Sequence[int], asked: Question) -> tuple[dict[int, float], Counted]:
    """What was looked at to settle a question, checked against all pairs."""
    video, flow = grey(levels), Told(levels, radii)
    found = radii_until_settled(video, flow, asked)
    assert flow.asked == len(found)
    whole = radii_until_settled(video, flow, asked, all_pairs=True)
    assert [*whole] == list(range(len(radii)))
    assert found == {pair: whole[pair] for pair in sorted(found)}
    assert video.passes <= 1 + ROUNDS + 1
    return found, video


LEVELS = st.lists(st.integers(0, 255), min_size=2, max_size=33, unique=True)


@settings(deadline=None)
@given(LEVELS, st.integers(0, 40), st.randoms(use_true_random=False))
def test_the_verdict_on_motion_is_that_of_all_pairs(levels: list[int], needed: int, chance: random.Random) -> None:
    radii = [chance.choice((0.0, 5.5, 6.0, 6.5, 40.0)) for _ in levels[1:]]
    found, _ = answers(radii, levels, Question(1, 0.05, 6.0, needed))
    assert found
    assert is_moving([*found.values()], Limits(6.0, needed)) is is_moving(radii, Limits(6.0, needed))


@settings(deadline=None)
@given(LEVELS, st.integers(0, 40), st.randoms(use_true_random=False))
def test_the_verdict_on_stillness_is_that_of_all_pairs(levels: list[int], allowed: int, chance: random.Random) -> None:
    radii = [chance.choice((0.0, 3.0, 3.5)) for _ in levels[1:]]
    found, _ = answers(radii, levels, Question(1, 0.02, 3.0, allowed + 1))
    assert is_static([*found.values()], [], Limits(3.0, allowed)) is is_static(radii, [], Limits(3.0, allowed))


@pytest.mark.parametrize(("name", "ends"), [("dynamic_degree", 0), ("static_filter", 2)])
def test_the_cases_of_the_reference_are_decided_as_by_all_pairs(name: str, ends: int) -> None:
    for seed, case in enumerate(reference(name)["decision_cases"]):
        radii = [float(torch.tensor(radius)) for radius in case["rad"][: len(case["rad"]) - ends]]
        levels = random.Random(seed).sample(range(256), len(radii) + 1)
        enough = case["count_num"] + bool(ends)
        found, _ = answers(radii, levels, Question(1, 0.05, case["thres"], enough))
        moving = sum(radius > case["thres"] for radius in radii) >= enough
        assert (sum(radius > case["thres"] for radius in found.values()) >= enough) is moving


@pytest.mark.parametrize("name", ["dynamic_degree", "static_filter"])
def test_the_radii_of_the_parity_clips_settle_their_verdicts(name: str) -> None:
    for clip in reference(name)["clips"].values():
        probe: dict[str, Any] = clip["probe"]
        told = probe["max_rad"] if name == "dynamic_degree" else probe["neighbour_rad"]
        radii = [float(torch.tensor(radius)) for radius in told]
        enough = probe["count_num"] + (name == "static_filter")
        levels = random.Random(len(radii)).sample(range(256), len(radii) + 1)
        found, _ = answers(radii, levels, Question(1, 0.05, probe["thres"], enough))
        settled, whole = ([radius > probe["thres"] for radius in some] for some in (found.values(), radii))
        assert (sum(settled) >= enough) is (sum(whole) >= enough)


def test_a_quarter_of_the_pairs_settles_motion_and_three_quarters_stillness() -> None:
    levels = list(range(17))
    moving, _ = answers([9.0] * 16, levels, Question(1, 0.05, 6.0, 4))
    still, video = answers([1.0] * 16, levels, Question(1, 0.05, 6.0, 4))
    assert (len(moving), len(still)) == (4, 13)
    assert video.passes == 1 + ROUNDS + 1  # once for the pixels, three rounds, and all pairs in one


def test_the_pairs_that_differ_most_come_first() -> None:
    levels = [10, 12, 100, 101, 0, 3]
    assert pixel_differences(grey(levels), 1) == [2, 88, 1, 101, 3]
    assert pixel_differences(grey(levels), 2) == [90, 100]
    found, _ = answers([1.0, 9.0, 1.0, 9.0, 9.0], levels, Question(1, 0.05, 6.0, 2))
    assert [*found] == [1, 3]


def test_what_one_verdict_looked_at_the_other_need_not() -> None:
    levels = [0, 90, 1, 2, 3, 4, 5, 6, 7]
    video, flow = grey(levels), Told(levels, [9.0, 9.0, *[1.0] * 6])
    moving = radii_until_settled(video, flow, Question(1, 0.05, 6.0, 2))
    assert flow.asked == len(moving) == 2
    still = radii_until_settled(video, flow, Question(1, 0.02, 3.0, 3))
    assert flow.asked == len(still) == 8
    assert {pair: still[pair] for pair in moving} == moving
