from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.analysis.test_comparison import write_run
from tests.analysis.test_statistics import run as small_run
from tests.footage import noise, write_stills, write_text, write_video
from tests.simulated import simulated_rows, simulated_run
from vbench.analysis.comparison import compare_runs, verdict
from vbench.analysis.statistics import category_intervals, intervals
from vbench.benchmarks.t2v import QUALITY, RULES, SEMANTIC
from vbench.cli.card import card_json
from vbench.errors import MissingExtra, UsageError
from vbench.media.thumbnails import strip
from vbench.reports import formatting
from vbench.reports import report_data as report
from vbench.reports.charts import forest, histogram, radar, sparkline
from vbench.reports.report_page import write_report
from vbench.runs.record import read_record
from vbench.runs.results import read_rows, read_score_card
from vbench.runs.store import FAILED, TOO_SHORT, Row

VOID = {"meta", "link", "input", "br", "path", "use"}
PERCENT = ("headline", "normalised")
COUNTS = ("videos", "status")


@dataclass
class Number:
    """A number as the page shows it, and as it was before it was rounded."""

    kind: str
    name: str
    category: str
    value: float
    text: str = ""


@dataclass
class Page(HTMLParser):
    """What a browser would make of a page: elements, text, and the numbers of each run."""

    elements: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    addresses: list[str] = field(default_factory=list)
    text: str = ""
    numbers: dict[int, list[Number]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, Number | None]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attributes}
        known = {name: value or "" for name, value in attributes}
        self.addresses += [value for name, value in known.items() if name in ("src", "href", "xlink:href", "action")]
        self.addresses += re.findall(r"url\(([^)]*)\)", " ".join(known.values()))
        number = None
        if "data-value" in known:
            value = float(known["data-value"])
            number = Number(known["data-kind"], known["data-name"], known.get("data-category", ""), value)
            self.numbers.setdefault(int(known["data-run"]), []).append(number)
        if tag not in VOID:
            self.open.append((tag, number))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop()[0] == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        self.text += data
        for _, number in self.open:
            if number is not None:
                number.text += data

    def found(self, run: int, kind: str) -> dict[tuple[str, str], float]:
        return {(number.name, number.category): number.value for number in self.numbers[run] if number.kind == kind}


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


def expected_text(number: Number) -> str:
    if number.kind in COUNTS:
        return f"{number.value:.0f}"
    if number.kind == "change":
        return f"{100 * number.value:+.2f}"
    return f"{100 * number.value:.2f}" if number.kind in PERCENT else f"{number.value:.4f}"


def as_scored(run: Path) -> dict[str, Any]:
    """What ``vbench score --json --partial`` prints."""
    return card_json(read_score_card(run), "official", partial=True)


def shown(card: Mapping[str, Any], part: str) -> dict[tuple[str, str], float]:
    return {(name, ""): found[part] for name, found in card["dimensions"].items() if found[part] is not None}


def agree(page: Page, number: int, run: Path) -> None:
    """Every number of a run on a page is the one that ``vbench score`` prints, and none of those is absent."""
    card = as_scored(run)
    sides = {(name, ""): card[name] for name in ("total", QUALITY, SEMANTIC) if card[name] is not None}
    assert page.found(number, "headline") == sides
    assert page.found(number, "score") == shown(card, "score")
    assert page.found(number, "normalised") == {**shown(card, "normalised"), **sides}
    assert page.found(number, "videos") == shown(card, "videos")
    assert page.found(number, "status") == {
        (name, status): count
        for name, found in card["dimensions"].items()
        for status, count in found["not_scored"].items()
    }
    assert page.found(number, "category") == {
        (name, category): score for category, scores in card["by_category"].items() for name, score in scores.items()
    }
    rows = {(row.dimension, row.video): row.value for row in read_rows(run)}
    assert all(rows[place] == value for place, value in page.found(number, "video").items())
    for found in page.numbers[number]:
        assert found.text.replace(formatting.MINUS, "-") == expected_text(found), found


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("runs")
    partial = [
        row for row in small_run(0, samples=1) if row.dimension in ("scene", "imaging_quality", "dynamic_degree")
    ]
    partial += [
        Row(f"short {i}.mp4", "short", "scene", "", status=TOO_SHORT, reason=f"has {i} frames") for i in range(7)
    ]
    partial += [Row("broken.mp4", "broken", "color", "", status=FAILED, reason="no <luck>")]
    return {
        "whole": write_run(folder / "whole", small_run(0, samples=1)),
        "worse": write_run(folder / "worse", small_run(1, {"imaging_quality": 0.2}, samples=1)),
        "partial": write_run(
            folder / "partial", partial, missing_videos=[f"gone {i}.mp4" for i in range(30)],
            not_evaluated={"human_action": "umt_l16 is not in the cache"}, profile="lite", comparable=False,
        ),
    }  # fmt: skip


@pytest.fixture(scope="module")
def pages(runs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    names = ["whole"], ["partial"], ["whole", "worse"], ["whole", "worse", "partial"]
    return {
        " ".join(part): write_report([runs[name] for name in part], folder / f"{len(part)}{part[0]}.html")
        for part in names
    }


@pytest.mark.parametrize("names", ["whole", "partial", "whole worse", "whole worse partial"])
def test_every_number_is_that_of_score(names: str, runs: dict[str, Path], pages: dict[str, Path]) -> None:
    page = read(pages[names])
    assert sorted(page.numbers) == list(range(len(names.split())))
    for number, name in enumerate(names.split()):
        agree(page, number, runs[name])


def test_intervals_are_those_of_statistics(runs: dict[str, Path], pages: dict[str, Path]) -> None:
    text = read(pages["whole"]).text
    for name, found in intervals(read_rows(runs["whole"])).items():
        ends = [found.low, found.high]
        if name in RULES:
            assert f"{ends[0]:.4f} to {ends[1]:.4f}" in text
            ends = [RULES[name].normalised(end) for end in ends]
        assert f"{100 * ends[0]:.2f} to {100 * ends[1]:.2f}" in text.replace(formatting.MINUS, "-")


def test_a_part_is_named_a_part(pages: dict[str, Path]) -> None:
    page = read(pages["partial"])
    words = " ".join(page.text.split())
    assert "over 2 of 7 dimensions: a part, not the protocol's score" in words
    assert "needs all 16 dimensions; 13 have no score" in words
    assert "never compare it with the leaderboard" in words
    assert ("total", "") not in page.found(0, "headline")


def test_what_is_missing_is_counted_and_said_why(pages: dict[str, Path]) -> None:
    words = " ".join(read(pages["partial"]).text.split())
    assert "Human action was not evaluated: umt_l16 is not in the cache" in words
    assert "Scene: 7 videos too short short 0.mp4: has 0 frames" in words
    assert "and 2 more" in words
    assert "Color: 1 video failed broken.mp4: no <luck>" in words
    assert "30 videos that the suite expects are not there: gone 0.mp4" in words
    assert "and 25 more" in words
    assert "and 10 more" in words  # the provenance's list, cut
    assert "Nothing: every video that was expected has every score." in read(pages["whole"]).text


def test_the_comparison_is_that_of_compare(runs: dict[str, Path], pages: dict[str, Path]) -> None:
    page = read(pages["whole worse"])
    (comparison,) = compare_runs([runs["whole"], runs["worse"]])
    assert page.found(1, "change") == {(name, ""): found.change for name, found in comparison.differences.items()}
    assert page.text.count("no difference beyond noise") == sum(
        verdict(found) == "no difference beyond noise" for found in comparison.differences.values()
    )
    assert "▼ worse" in page.text
    assert "should not be compared" not in page.text
    assert "These runs should not be compared: another profile." in read(pages["whole worse partial"]).text


def test_strengths_name_the_best_category(runs: dict[str, Path], pages: dict[str, Path]) -> None:
    card = read_score_card(runs["whole"])
    found = report.gather([runs["whole"], runs["worse"]])
    for part in found.by_category:
        assert part.categories is not None
        best, _ = part.categories.best
        scores = {category: scores[part.name] for category, scores in card.by_category.items()}
        assert scores[best.category] == best.score == max(scores.values())
        assert best.average == card.scores[part.name]
        (other, score), *_ = best.others
        assert (other.number, score) == (1, other.card.by_category[best.category][part.name])
    expected = category_intervals(read_rows(runs["whole"]))["food"]["scene"]
    shown = found.runs[0].categories["food"]["scene"]
    assert (shown.low, shown.high) == (expected.low, expected.high)


def test_the_page_is_alone(pages: dict[str, Path]) -> None:
    for path in pages.values():
        page = read(path)
        assert page.addresses
        assert all(address.startswith(("#", "data:")) for address in page.addresses)
        assert not re.search(r"@import|url\((?!#|data:)", path.read_text())


def test_no_script_but_that_of_the_table_may_run(pages: dict[str, Path]) -> None:
    for path in pages.values():
        text = path.read_text(encoding="utf-8")
        (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
        own = [script for kind, script in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL) if not kind]
        digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in own]
        assert re.findall(r"script-src ([^;]*)", html.unescape(policy)) == [f"'sha256-{digest}'" for digest in digests]


def table_of(page: Path, name: str) -> dict[str, Any]:
    """The data of a table that a script shows."""
    text = page.read_text(encoding="utf-8")
    (found,) = re.findall(rf'<script type="application/json" id="{name}">(.*?)</script>', text, re.DOTALL)
    table: dict[str, Any] = json.loads(found)
    return table


def test_every_video_is_in_the_table_with_all_its_scores(runs: dict[str, Path], pages: dict[str, Path]) -> None:
    table = table_of(pages["whole worse partial"], "videos-data")
    columns = table["columns"]
    assert columns[:3] == ["Video", "Run", "Category"]
    shown = {
        (row[1]["text"], row[0]["text"], heading): cell
        for row in table["rows"]
        for heading, cell in zip(columns[3:], row[3:], strict=True)
        if cell is not None
    }
    assert shown == {
        (name, row.video, formatting.title(row.dimension)): row.status.replace("_", " ")
        if row.value is None
        else row.value
        for name, run in runs.items()
        for row in read_rows(run)
    }


def test_a_video_whose_name_is_not_its_prompt_is_shown_with_it(tmp_path: Path) -> None:
    rows = [
        Row("a cat-0.mp4", "a cat", "scene", "", value=0.5, weight=1.0),
        Row("x.mp4", "a <dog>", "scene", "", value=0.5, weight=1.0),
    ]
    page = write_report([write_run(tmp_path / "run", rows)], tmp_path / "report.html")
    shown = [(row[0]["text"], row[0].get("below")) for row in table_of(page, "videos-data")["rows"]]
    assert shown == [("a cat-0.mp4", None), ("x.mp4", "a <dog>")]


def test_the_same_runs_give_the_same_page(runs: dict[str, Path], pages: dict[str, Path], tmp_path: Path) -> None:
    again = write_report([runs["whole"], runs["worse"]], tmp_path / "again.html")
    assert again.read_bytes() == pages["whole worse"].read_bytes()


HOSTILE = '</style></svg><script>alert("$x^$")</script><img src=x onerror=alert(1)>{{ 7 * 7 }}'


def test_names_with_markup_are_text(tmp_path: Path, pages: dict[str, Path]) -> None:
    name = HOSTILE.replace("/", "")
    rows = [
        replace(row, video=f"{name}{row.video}", prompt=HOSTILE + row.prompt, category=HOSTILE + row.category)
        for row in small_run(0, samples=1)
        if int(row.prompt.split()[-1]) < 8
    ]
    rows += [replace(row, category=f"{HOSTILE}{i}") for i, row in enumerate(rows[:3])]
    rows += [Row(name, HOSTILE, "scene", "", status=FAILED, reason=HOSTILE), replace(rows[0], dimension=HOSTILE)]
    run = write_run(
        tmp_path / name, rows, not_evaluated={HOSTILE: HOSTILE}, missing_videos=[HOSTILE], arguments=[HOSTILE],
        profile=HOSTILE,
    )  # fmt: skip
    page = read(write_report([run, run], tmp_path / "report.html"))
    assert page.elements <= read(pages["whole worse partial"]).elements
    assert page.text.count(HOSTILE) > 10
    assert page.attributes <= read(pages["whole worse partial"]).attributes


def test_five_thousand_videos_stay_under_four_megabytes(tmp_path: Path) -> None:
    run = simulated_run(tmp_path / "run", seed=0, samples=6)
    card = read_score_card(run)
    assert sum(result.videos for result in card.dimensions.values()) > 5000
    page = write_report([run], tmp_path / "report.html")
    assert page.stat().st_size + report.PICTURES < 4_000_000
    agree(read(page), 0, run)


@pytest.fixture
def filmed(tmp_path: Path) -> Path:
    write_video(tmp_path / "videos" / "good.mp4", noise(24, 90, 160))
    write_stills(tmp_path / "videos" / "frames")
    Image.fromarray(noise(1, 160, 90)[0]).save(tmp_path / "videos" / "still.png")
    write_text(tmp_path / "videos" / "broken.mp4")
    names = ("good.mp4", "frames", "still.png", "broken.mp4", "gone.mp4")
    rows = [
        Row(name, name, "imaging_quality", "", value=number / 10, weight=1.0, per_frame=[0.1, number / 10, 0.2])
        for number, name in enumerate(names)
    ]
    return write_run(tmp_path / "run", rows, videos=str(tmp_path / "videos"))


def strips_of(page: Path) -> Iterator[Image.Image]:
    for data in re.findall(r"url\(data:image/webp;base64,([^)]*)\)", page.read_text()):
        yield Image.open(io.BytesIO(base64.b64decode(data)))


def test_thumbnails_play_what_is_there(filmed: Path, tmp_path: Path) -> None:
    page = write_report([filmed], tmp_path / "report.html")
    assert [image.size for image in strips_of(page)] == [(8 * 120, 68), (8 * 120, 90), (51, 90)]
    text = page.read_text()
    assert re.findall(r'aria-label="Play ([^"]*)"', text) == ["good.mp4", "frames"]
    assert "the video is no longer there" in text
    assert "broken.mp4 cannot be decoded" in text
    assert text.count('class="spark"') == 4


def test_a_full_report_takes_no_more_pictures(filmed: Path, tmp_path: Path) -> None:
    page = write_report([filmed], tmp_path / "report.html", pictures=1)
    assert len(list(strips_of(page))) == 1
    assert "no picture: the report is full" in page.read_text()
    assert "1 of 5 videos have a picture" in page.read_text()


def test_a_strip_keeps_the_order_and_the_speed_of_its_video(tmp_path: Path) -> None:
    frames = noise(16, 48, 64) // 8
    frames[8:] += 200
    made = strip(write_video(tmp_path / "a.mp4", frames, fps=8))
    assert (made.frames, made.width, made.height, made.seconds) == (8, 120, 90, 2.0)
    with Image.open(io.BytesIO(base64.b64decode(made.data.partition(",")[2]))) as image:
        grey = np.asarray(image.convert("L"))
    assert grey[:, : 4 * 120].max() < 100
    assert grey[:, 4 * 120 :].min() > 150


def extremes_of(folder: Path, *values: float) -> report.Extremes:
    """What is shown of videos "0", "1", ... with these scores; one more does not count."""
    rows = [Row(f"{i}", f"{i}", "human_action", "", value=value, weight=1.0) for i, value in enumerate(values)]
    run = write_run(folder / "run", [*rows, replace(rows[0], video="none", weight=0.0)])
    return report.gather([run]).dimensions[0].extremes[0]


def names_of(shown: Sequence[report.Shown]) -> list[str]:
    return [one.row.video for one in shown]


def test_equal_scores_are_counted(tmp_path: Path) -> None:
    extremes = extremes_of(tmp_path, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0)
    assert (extremes.as_low, extremes.as_high) == (4, 6)
    assert names_of(extremes.lowest) == ["6", "7", "8"]
    assert names_of(extremes.highest) == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("values", "lowest", "highest", "alike"),
    [
        ((0.5, 0.5, 0.5, 0.5), [], [], ["0", "1", "2"]),
        ((0.5,), [], [], ["0"]),
        ((0.2, 0.5, 0.5, 0.5, 0.5, 0.5, 0.9), ["0"], ["6"], []),
        ((0.1, 0.5, 0.9), ["0"], ["2"], []),
        ((0.1, 0.2, 0.2, 0.3, 0.4, 0.5), ["0", "1", "2"], ["5", "4", "3"], []),
    ],
)
def test_no_tie_is_called_lowest_or_highest(
    tmp_path: Path, values: tuple[float, ...], lowest: list[str], highest: list[str], alike: list[str]
) -> None:
    extremes = extremes_of(tmp_path, *values)
    assert (names_of(extremes.lowest), names_of(extremes.highest), names_of(extremes.alike)) == (lowest, highest, alike)


def test_videos_that_all_score_the_same_are_said_to(tmp_path: Path) -> None:
    rows = [Row(f"{i}", f"{i}", "scene", "", value=0.5, weight=1.0) for i in range(4)]
    words = read(write_report([write_run(tmp_path / "run", rows)], tmp_path / "report.html")).text
    assert "All alike 4 videos share this score" in " ".join(words.split())
    assert "Lowest" not in words


def test_radars_start_at_zero(runs: dict[str, Path]) -> None:
    for part in report.gather([runs["whole"]]).by_category:
        assert part.categories is not None
        scores = [estimate.value or 0.0 for found in part.categories.scores.values() for _, estimate in found]
        assert part.categories.rim == (0, max(scores))


def test_runs_have_the_names_that_they_are_given(runs: dict[str, Path], tmp_path: Path) -> None:
    pair = [runs["whole"], runs["worse"]]
    page = read(write_report(pair, tmp_path / "report.html", names=["Base", "New <1>"]))
    assert "Base · New <1>" in page.text
    assert "whole · worse" not in page.text
    for wrong in (["Base"], ["Base", "Base"]):
        with pytest.raises(UsageError, match="give --name once for each run"):
            write_report(pair, tmp_path / "other.html", names=wrong)


def test_many_runs_have_an_index_that_opens_each(runs: dict[str, Path], tmp_path: Path) -> None:
    several = [runs["whole"], runs["worse"], runs["partial"]] * 3
    names = [f"step {number}0k/<b>" for number in range(9)]
    index = write_report(several, tmp_path / "all.html", names=names)
    table = table_of(index, "runs-data")
    assert [row[0]["text"] for row in table["rows"]] == names
    card = as_scored(runs["partial"])
    expected = {formatting.title(name): value for (name, _), value in shown(card, "score").items()}
    scores = dict(zip(table["columns"][4:], table["rows"][2][4:], strict=True))
    assert {name: score for name, score in scores.items() if score is not None} == expected
    for place, row in enumerate(table["rows"]):
        agree(read(tmp_path / row[0]["link"]), 0, several[place])


def test_one_prompt_has_no_interval(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [Row("a", "a", "scene", "", value=0.5, weight=1.0)])
    estimate = report.gather([run]).runs[0].scores["scene"]
    assert (estimate.value, estimate.low, estimate.high) == (0.5, None, None)


def test_runs_without_anything(tmp_path: Path) -> None:
    empty = write_run(tmp_path / "empty", [])
    other = write_run(tmp_path / "other", [Row("a", "a", "scene", "", status=FAILED, reason="bad luck")])
    words = " ".join(read(write_report([empty, other], tmp_path / "report.html")).text.split())
    assert "no dimension of this part has a score" in words
    assert "The runs share no prompt and dimension." in words
    assert "No video counts." in words
    with pytest.raises(UsageError, match="holds no run"):
        write_report([tmp_path / "nowhere"], tmp_path / "report.html")


def test_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    rows = small_run(0, samples=1)[:20]
    folders = [write_run(tmp_path / name / "run", rows) for name in ("one", "two")]
    assert [run.name for run in report.gather(folders).runs] == ["one/run", "two/run"]


def test_a_report_needs_its_packages(runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtra, match=re.escape('pip install "vbench-suite[report]"')):
        write_report([runs["whole"]], tmp_path / "report.html")


def test_charts_of_little() -> None:
    assert radar([{"a": 1, "b": 2}], 0, 1, "two spokes") is None
    assert histogram([[], []], [None, None], "nothing") is None
    assert forest({}, "nothing") is None
    assert sparkline([1.0], 0, 1, "a point") == ""
    assert 'points="0.0,30.0 60.0,2.0 120.0,16.0"' in sparkline([0.0, 1.0, 0.5], 0, 1, "a curve")
    assert sparkline(range(10_000), 0, 10_000, "long").count(",") < 130
    drawn = radar([{"a": 0.2, "b": 0.4, "c": 0.6}, {"a": 0.5, "d": 0.5}], 0, 1, '<b>"three"</b>')
    assert drawn is not None
    named = drawn.svg()
    assert 'aria-label="&lt;b&gt;&quot;three&quot;&lt;/b&gt;"' in named
    assert "var(--run-1, #0072b2)" in named


def test_the_provenance_is_the_record(runs: dict[str, Path], pages: dict[str, Path]) -> None:
    record = read_record(runs["whole"]).plain()
    assert json.dumps(record, indent=2) in read(pages["whole"]).text


def test_a_run_that_is_not_whole_says_so(tmp_path: Path) -> None:
    rows = [row for row in simulated_rows(0, samples=1) if row.dimension != "scene" or len(row.prompt) % 2]
    planned = dict(Counter(row.dimension for row in simulated_rows(0, samples=1)))
    (tmp_path / "cut").mkdir()
    run = write_run(tmp_path / "cut", rows, planned=planned, status="interrupted", unfinished=["scene"])
    page = write_report([run], tmp_path / "report.html").read_text()
    assert "Not whole: " in page
    assert "these scores compare with the published leaderboard" not in page
    assert f"of {planned['scene']}<" in page
    assert "every video that was expected has every score" not in page
    assert "not computed: the run is not whole" in page


@pytest.mark.parametrize("kept", ["one video", "one prompt", "one dimension"])
def test_a_run_of_little_has_a_page(tmp_path: Path, kept: str) -> None:
    rows = list(simulated_rows(0, samples=2))
    first = rows[0]
    few = {
        "one video": [row for row in rows if row.video == first.video],
        "one prompt": [row for row in rows if row.prompt == first.prompt],
        "one dimension": [row for row in rows if row.dimension == "scene"],
    }[kept]
    (tmp_path / "few").mkdir()
    assert "Score card" in write_report([write_run(tmp_path / "few", few)], tmp_path / "report.html").read_text()
