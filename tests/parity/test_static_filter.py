"""The static filter against the reference's figures."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parity.conftest import clip
from tests.parity.figures import reference, seeded
from vbench.dimensions.backbones.raft import RAFT
from vbench.dimensions.static_filter import StaticFilter
from vbench.media.video import Video

pytestmark = pytest.mark.parity

CLIPS = reference("static_filter")["clips"]


@pytest.fixture(scope="module")
def judge() -> StaticFilter:
    return StaticFilter(seeded(RAFT))


def ends(probe: dict[str, Any]) -> list[float]:
    return [probe["first_last_rad"], probe["last_first_rad"]]


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_is_judged_as_by_the_reference(judge: StaticFilter, name: str) -> None:
    verdict, probe = judge.is_static(Video(clip(name))), CLIPS[name]["probe"]
    assert verdict.static is CLIPS[name]["static"]
    assert (verdict.threshold, verdict.allowed) == (probe["thres"], probe["count_num"])
    assert verdict.ends == pytest.approx(ends(probe)[: len(verdict.ends)], abs=1e-4)
    assert verdict.neighbours == pytest.approx([probe["neighbour_rad"][at] for at in verdict.frame_indices], abs=1e-4)


def test_all_pairs_of_a_moving_clip_have_the_radii_of_the_reference(judge: StaticFilter) -> None:
    probe = CLIPS["portrait_rgb"]["probe"]
    verdict = StaticFilter(judge.flow, all_pairs=True).is_static(Video(clip("portrait_rgb")))
    assert verdict.ends == pytest.approx(ends(probe), abs=1e-4)
    assert verdict.neighbours == pytest.approx(probe["neighbour_rad"], abs=1e-4)
