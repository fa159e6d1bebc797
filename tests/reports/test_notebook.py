"""What a notebook shows of runs, cards, comparisons and scores."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.test_comparison import write_run
from vbench.analysis.comparison import compare_runs
from vbench.benchmarks.score_card import DimensionResult, ScoreCard
from vbench.dimensions.base import VideoScore
from vbench.runs.run import open_run
from vbench.runs.store import TOO_SHORT, Row

FLICKER = "temporal_flickering"


class Cells(HTMLParser):
    """The texts of a table's rows; and whether every tag was closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def rows(values: list[float], name: str = FLICKER) -> list[Row]:
    return [
        Row(f"p{n}-0.mp4", f"prompt {n}", name, f"key {name} {n}", value=value, weight=1.0)
        for n, value in enumerate(values)
    ]


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    for name, shift in (("base", 0.0), ("new", 0.1)):
        found = rows([0.5 + n / 50 - shift for n in range(8)])
        short = Row("short-0.mp4", "short", FLICKER, "key short", status=TOO_SHORT, reason="<b>one frame</b>")
        write_run(tmp_path / name, [*found, short])
    return [tmp_path / "base", tmp_path / "new"]


def shown(thing: Any) -> str:
    html: str = thing._repr_html_()
    return html


def test_a_run_has_scores_with_intervals_and_says_what_is_missing(runs: list[Path]) -> None:
    found = Cells(shown(open_run(runs[0])))
    assert found.rows[0] == ["dimension", "score", "95 % interval", "normalised", "videos"]
    row = found.rows[1]
    assert row[:2] == [FLICKER, "0.5700"]
    assert re.fullmatch(r"0\.5\d{3} to 0\.6\d{3}", row[2])
    assert ["Quality", "", "", "-", "6 dimensions lack scores"] in found.rows
    assert found.rows[-1][0] == "Total"
    assert str(runs[0]) in found.text


def test_a_card_alone_has_no_intervals_and_counts_what_was_planned() -> None:
    card = ScoreCard({FLICKER: DimensionResult(0.95, 3, planned=5)}, not_evaluated={"scene": "needs <tag2text>"})
    found = Cells(shown(card))
    assert found.rows[0] == ["dimension", "score", "normalised", "videos"]
    assert found.rows[1] == [FLICKER, "0.9500", "86.51 %", "3 of 5"]
    assert "3 of 5 scores" in found.text
    assert "not evaluated: scene: needs <tag2text>" in found.text


def test_a_comparison_has_a_verdict_for_each_dimension(runs: list[Path]) -> None:
    found = Cells(shown(compare_runs(runs)[0]))
    (row,) = found.rows[1:]
    assert (row[0], row[3], row[5], row[6]) == (FLICKER, "−10.00", "worse", "8")  # noqa: RUF001 - a real minus


def test_a_score_draws_its_course_and_folds_its_details() -> None:
    found = Cells(shown(VideoScore(0.25, 2.0, (0.0, 0.5, 0.25), {"reason": "<script>alert(1)</script>"})))
    assert "0.2500 (counts 2)" in found.text
    assert "3 numbers over time, 0.0000 to 0.5000" in found.text
    assert "<script>alert(1)</script>" in found.text  # as a text, not as a tag
    html = shown(VideoScore(1.0, 0.0))
    assert "does not count" in html
    assert "svg" not in html
    assert "details" not in html
    assert len(shown(VideoScore(1.0, details={"long": "x" * 10**6}))) < 3000


def test_nothing_of_a_run_becomes_a_tag(tmp_path: Path) -> None:
    folder = tmp_path / "<img src=x onerror=alert(1)>"
    write_run(folder, rows([0.5, 0.6], "<script>x"))
    html = shown(open_run(folder))
    assert "<img" not in html
    assert "<script" not in html
    assert "&lt;script&gt;x" in html


def test_no_colour_is_brought_that_a_page_of_the_other_kind_would_hide(runs: list[Path]) -> None:
    html = shown(open_run(runs[0])) + shown(VideoScore(0.5, per_frame=(0.1, 0.2)))
    assert "<style" not in html
    assert set(re.findall(r"(?<!border-)(?:color|background|stroke):?=?\"?(\w+)", html)) <= {
        "inherit",
        "none",
        "currentColor",
    }
    assert set(re.findall(r"rgba?\([^)]*\)", html)) == {"rgba(128,128,128,0.4)"}
