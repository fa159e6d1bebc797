from __future__ import annotations

import html
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from tests.analysis.test_comparison import write_run
from tests.analysis.test_statistics import run as small_run
from vbench.benchmarks.t2v import RULES
from vbench.cli.card import card_json
from vbench.errors import UsageError
from vbench.reports.chart import kind_of
from vbench.reports.figures import figures, latex_table, write_figures
from vbench.reports.report_data import Report, gather
from vbench.reports.report_page import write_page
from vbench.runs.results import read_score_card


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    partial = [row for row in small_run(1, samples=1) if row.dimension in ("scene", "color")]
    return [write_run(folder / "50%_a & b", small_run(0, samples=1)), write_run(folder / "partial", partial)]


@pytest.fixture(scope="module")
def report(runs: list[Path]) -> Report:
    return gather(runs)


def test_every_chart_of_the_page_is_a_picture_too(report: Report, tmp_path: Path) -> None:
    page = write_page(report, tmp_path / "report.html").read_text(encoding="utf-8")
    drawn = figures(report)
    titles = re.findall(r'<figure[^>]*>(?:<h3>[^<]*</h3>)?<svg role="img" aria-label="([^"]*)"', page)
    assert titles
    assert {*map(html.unescape, titles)} <= {chart.title for chart in drawn.values()}
    assert {"scores", "changes-2", "categories-scene", "radar-quality"} <= drawn.keys()


def test_pictures_are_of_their_kinds_and_name_the_runs(report: Report, tmp_path: Path) -> None:
    chart = figures(report)["distribution-scene"]
    names = [run.name for run in report.runs]
    with Image.open(io.BytesIO(chart.picture("png", names))) as png:
        assert png.format == "PNG"
        assert min(png.size) > 300
    assert chart.picture("pdf", names).startswith(b"%PDF")
    drawn = ElementTree.fromstring(chart.picture("svg", names).decode())
    words = {text.strip() for text in drawn.itertext()}
    assert {*names} <= words
    assert b"var(" not in chart.picture("svg")
    assert not {*names} & {text.strip() for text in ElementTree.fromstring(chart.picture("svg").decode()).itertext()}


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_chart_gives_the_same_bytes(report: Report, kind: str) -> None:
    chart = figures(report)["scores"]
    assert chart.picture(kind) == chart.picture(kind)


def test_files_of_others_are_left(report: Report, tmp_path: Path) -> None:
    (tmp_path / "scores.svg").write_text("mine")
    with pytest.raises(UsageError, match=r"scores\.svg is there, and not as vbench left it"):
        write_figures(report, tmp_path, ["svg"])
    assert [path.name for path in tmp_path.iterdir()] == ["scores.svg"]


def test_a_picture_of_no_kind_is_refused() -> None:
    assert kind_of(Path("a.PDF")) == "pdf"
    with pytest.raises(UsageError, match=r"a\.jpeg does not say .* \.png, \.svg, \.pdf"):
        kind_of(Path("a.jpeg"))


def test_the_latex_table_is_the_score_card(report: Report, runs: list[Path]) -> None:
    text = latex_table(report)
    assert r"\multicolumn{1}{c}{50\%\_a \& b} & \multicolumn{1}{c}{partial} \\" in text
    rows = dict(re.findall(r"^(\w[^&]*) & (.*) \\\\$", text, re.MULTILINE))
    whole, partial = (card_json(read_score_card(run), "official") for run in runs)
    for name in RULES:
        cells = [
            re.sub(r" \{.*", "", cell).replace("$", "")
            for cell in rows[name.replace("_", " ").capitalize()].split(" & ")
        ]
        found = [card["dimensions"].get(name, {}).get("normalised") for card in (whole, partial)]
        assert cells == ["--" if value is None else f"{100 * value:.2f}" for value in found]
    assert [cell[:5] for cell in rows["Total"].split(" & ")] == [f"{100 * whole['total']:.2f}", "--"]
    assert text.count("{") == text.count("}")
