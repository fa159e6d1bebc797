"""A score card from rows and a record: what was planned, what has no score, and what a clip counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vbench.benchmarks.long import VBENCH_LONG
from vbench.benchmarks.t2v import T2V
from vbench.dimensions.base import VERDICT
from vbench.prompts.official import NAME, SUITE_SHA256
from vbench.runs.plan import CUSTOM, STANDARD
from vbench.runs.record import RunRecord
from vbench.runs.results import card_of, planned_of, score_card
from vbench.runs.store import FAILED, Row

OFFICIAL = {"name": NAME, "sha256": SUITE_SHA256}
RECORD = RunRecord(T2V.name, "", STANDARD, OFFICIAL, "official", "", dimensions=("scene", "temporal_flickering", "own"))


def row(video: str, dimension: str, value: float | None, prompt: str = "a", **more: object) -> Row:
    return Row(video, prompt, dimension, "", value=value, weight=None if value is None else 1.0, **more)  # type: ignore[arg-type]


def test_of_an_old_run_what_its_suite_asks_is_planned_as_far_as_no_filter_decides() -> None:
    assert planned_of(RECORD, T2V) == {"scene": 86 * 5}  # 86 prompts, five videos each
    assert planned_of(replace(RECORD, planned={"scene": 7, "own": 3}), T2V) == {"scene": 7, "own": 3}
    assert planned_of(replace(RECORD, suite={"name": "own", "sha256": "ab"}), T2V) == {}
    assert planned_of(replace(RECORD, mode=CUSTOM), T2V) == {}


def test_a_card_names_what_was_planned_and_what_was_not_evaluated() -> None:
    failed = row("a-1.mp4", "scene", None, status=FAILED)
    why = {"color": "its checkpoint is missing"}
    record = replace(RECORD, planned={"scene": 3, "color": 5, "human_action": 5}, not_evaluated=why, samples=4)
    card = card_of(record, [row("a-0.mp4", "scene", 0.4, category="food"), row("a-2.mp4", "own", 0.6), failed])
    assert list(card.dimensions) == ["human_action", "scene", "own"]
    scene, action = card.dimensions["scene"], card.dimensions["human_action"]
    assert (scene.score, scene.videos, scene.planned, dict(scene.statuses)) == (0.4, 1, 3, {FAILED: 1})
    assert (action.score, action.videos, action.planned) == (None, 0, 5)
    assert (card.not_evaluated, card.samples, card.benchmark) == (why, 4, T2V)
    assert card.by_category == {"food": {"scene": 0.4}}
    assert card.dimensions["own"].per_video is None


def test_each_clip_counts_one_and_beside_that_each_video() -> None:
    clips = [row(f"a-0.mp4#t={start},{start + 2}", "scene", value) for start, value in ((0, 0.2), (2, 0.4), (4, 0.6))]
    found = score_card([*clips, row("a-1.mp4#t=0,2", "scene", 0.8)], benchmark=VBENCH_LONG).dimensions["scene"]
    assert found.score == pytest.approx((0.2 + 0.4 + 0.6 + 0.8) / 4)
    assert found.per_video == pytest.approx((0.4 + 0.8) / 2)


def test_of_clips_that_the_static_filter_chose_each_video_counts_one() -> None:
    chosen: dict[str, dict[str, bool]] = {VERDICT: {}}
    clips = [row(f"a-0.mp4#t={start},{start + 2}", "temporal_flickering", 0.5, details=chosen) for start in (0, 2, 4)]
    rows = [*clips, row("a-1.mp4#t=0,2", "temporal_flickering", 0.9, details=chosen)]
    assert score_card(rows, benchmark=VBENCH_LONG).dimensions["temporal_flickering"].score == pytest.approx(0.7)
