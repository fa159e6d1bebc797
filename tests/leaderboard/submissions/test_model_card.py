from __future__ import annotations

from typing import Any

import pytest

from tests.leaderboard.archives import card
from vbench.errors import Refused
from vbench.leaderboard.submissions.model_card import ModelCard, read_card


def test_a_card_is_read_as_it_was_written() -> None:
    assert read_card(card().plain()) == card()
    least = read_card({"name": " Model ", "sampled_by": "Lab", "evaluated_by": "Lab"})
    assert least == ModelCard("Model", "Lab", "Lab")
    assert len(least.unstated) == 8


def test_markup_is_text() -> None:
    assert read_card(card("<img src=x onerror=alert(1)>").plain()).name == "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "", "name is missing"),
        ("name", "x" * 201, "201 characters, at most 200"),
        ("name", "a\x00b", r"U\+0000"),
        ("name", "a\nb", r"U\+000A"),
        ("name", "evil\u202egnp.exe", r"U\+202E"),
        ("name", "\ud800", r"U\+D800"),
        ("name", 7, "must be text"),
        ("link", "javascript:alert(1)", "http or https"),
        ("link", "data:text/html,x", "http or https"),
        ("link", "https://", "http or https"),
        ("link", 'https://a.b/" onclick="x', "http or https"),
        ("link", "https://[", "http or https"),
        ("access", "opensource", "one of open weights, API, closed"),
        ("date", "2025/03/14", "a day such as"),
        ("date", "2025-02-30", "a day such as"),
        ("resolution", "512*320", "look like 1280x720"),
        ("fps", "8", "must be a number"),
        ("fps", 0, "cannot be 0"),
        ("fps", float("inf"), "cannot be inf"),
        ("fps", float("nan"), "cannot be nan"),
        ("frames", 16.5, "must be a whole number"),
        ("frames", True, "must be a whole number"),
        ("steps", -1, "cannot be -1"),
        ("beauty", 1, "unknown field 'beauty'"),
    ],
)
def test_what_a_card_cannot_say(field: str, value: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        read_card({**card().plain(), field: value})


def test_fps_and_frames_exchanged() -> None:
    """As in a row of the published list: 16 fps, 8 frames, 2 seconds."""
    with pytest.raises(Refused, match=r"8 frames at 16 fps last 0.5 s, not 2 s; are fps and frames exchanged\?"):
        read_card(card(fps=16.0, frames=8, seconds=2.0).plain())


def test_all_reasons_at_once() -> None:
    with pytest.raises(Refused) as refused:
        read_card({"name": "", "link": "x", "date": "y"})
    assert len(refused.value.reasons) == 5
