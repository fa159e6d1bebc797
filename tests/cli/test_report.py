"""``vbench report``: what it writes where."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analysis.test_comparison import write_run
from tests.analysis.test_statistics import run as small_run
from tests.cli.test_commands import Command, vbench

__all__ = ["vbench"]


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    rows = [row for row in small_run(0, samples=1) if row.dimension in ("scene", "color", "imaging_quality")]
    return [write_run(tmp_path / name, rows) for name in ("base", "new")]


def test_pictures_and_a_table_for_a_paper(vbench: Command, runs: list[Path], tmp_path: Path) -> None:
    asked = ("--name", "Base", "--name", "New", "--figures", "figures", "--figure-format", "svg", "--latex", "card.tex")
    done = vbench("report", *runs, *asked, "-o", "report.html")
    assert done.status == 0, done.err
    assert "Base · New" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert r"\multicolumn{1}{c}{Base} & \multicolumn{1}{c}{New}" in (tmp_path / "card.tex").read_text()
    pictures = [path for path in (tmp_path / "figures").iterdir() if not path.name.startswith(".")]
    assert {path.suffix for path in pictures} == {".svg"}
    assert done.out.splitlines() == ["report.html", "card.tex", f"figures: {len(pictures)} pictures"]


def test_many_runs_are_an_index_without_pictures_for_papers(vbench: Command, runs: list[Path], tmp_path: Path) -> None:
    refused = vbench("report", *runs * 4, "--latex", "card.tex", "-o", "all.html")
    assert refused.status == 2
    assert "show up to 6 runs; found 8" in refused.err
    assert not (tmp_path / "all.html").exists()
    assert vbench("report", *runs * 4, "-o", "all.html").status == 0
    assert len(list((tmp_path / "all").glob("*.html"))) == 8


def test_strangers_files_stay(vbench: Command, runs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "card.tex").write_text("mine")
    refused = vbench("report", *runs, "--latex", "card.tex", "-o", "report.html")
    assert refused.status == 2
    assert not (tmp_path / "report.html").exists()
    assert (tmp_path / "card.tex").read_text() == "mine"
