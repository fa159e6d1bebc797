"""``vbench compare`` as a pipeline meets it: files, units, exit statuses."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.analysis.test_comparison import few, write_run
from tests.analysis.test_statistics import run as simulated
from tests.schemas import checked
from vbench.cli import main
from vbench.sampling.manifest import NAME, SampleRecord, manifest_text

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def vbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "base", simulated(0, samples=1))
    write_run(tmp_path / "new", simulated(1, {"imaging_quality": 0.2}, samples=1))

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["vbench", "compare", *map(str, args)])
        with pytest.raises(SystemExit) as exited:
            main()
        return int(exited.value.code or 0), *capsys.readouterr()

    return run


def test_a_gate_is_told_on_standard_error_and_by_the_exit_status(vbench: Command) -> None:
    assert vbench("base", "new")[0] == 0
    status, _, err = vbench("base", "new", "--gate", "color>-50")
    assert (status, err.splitlines()[0]) == (0, "gate met")
    status, _, err = vbench("base", "new", "--gate", "worse,imaging_quality@food>-1")
    assert status == 1
    assert err.startswith("gate not met\n  new: worse: no, beyond noise, ")
    assert re.search(r"imaging_quality@food>-1: no, it changed by -\d+\.\d\d points", err)
    assert vbench("base", "new", "--gate", "")[0] == 2


def test_every_form_is_in_points(vbench: Command) -> None:
    status, out, _ = vbench("base", "new", "--json", "--gate", "imaging_quality>-1")
    found = checked("compare", out)
    assert (status, found["version"], found["unit"], found["first"]) == (1, 3, "points", "base")
    (compared,) = found["comparisons"]
    change = compared["differences"]["imaging_quality"]["change"]
    assert -30 < change < -10
    assert found["gate"]["met"] is False
    assert found["gate"]["conditions"][0]["reason"] == f"it changed by {change:+.2f} points"
    move = compared["moved"][0]
    assert move["change"] == pytest.approx(move["second"] - move["first"])
    shown = f"{change:+.2f}"
    assert shown in vbench("base", "new")[1]
    rows = list(csv.DictReader(vbench("base", "new", "--format", "csv")[1].splitlines()))
    whole = {row["dimension"]: row["change"] for row in rows if not row["category"]}
    assert float(whole["imaging_quality"]) == pytest.approx(change)
    assert checked("compare", vbench("base", "new", "--json")[1])["gate"] is None
    assert json.loads(vbench("base", "new", "--format", "json")[1])["version"] == 3


def test_files_are_written_beside_what_is_printed(vbench: Command, tmp_path: Path) -> None:
    status, out, _ = vbench("base", "new", "-o", "c.json", "-o", "c.md", "-o", "c.csv", "--gate", "worse")
    assert status == 1
    assert out.startswith("new against base, in points")
    assert json.loads((tmp_path / "c.json").read_text())["gate"]["met"] is False
    page = (tmp_path / "c.md").read_text()
    assert page.startswith("**Gate not met**\n\n- new: worse: no, ")
    assert "| dimension | animal | food |" in page
    assert "| prompt | dimension | first | second | change |" in page
    assert (tmp_path / "c.csv").read_text().startswith("run,category,dimension,first")
    assert vbench("base", "new", "-o", "c.txt")[0] == 2
    (tmp_path / "own.md").write_text("mine")
    assert vbench("base", "new", "-o", "own.md")[0] == 2
    assert (tmp_path / "own.md").read_text() == "mine"


def test_few_prompts_are_said_to_be_too_few(vbench: Command, tmp_path: Path) -> None:
    write_run(tmp_path / "one", few(simulated(0, samples=1), 3))
    write_run(tmp_path / "two", few(simulated(0, {"scene": 0.3}, samples=1), 3))
    status, out, err = vbench("one", "two", "--gate", "worse")
    assert status == 1
    assert "too few prompts for a verdict: 3; with 6 each score here has one" in out
    assert "too few prompts for a verdict" in err
    assert re.search(r"scene .* -\s+-\s*$", out, re.MULTILINE)


def test_a_change_over_a_single_prompt_has_no_interval_in_any_form(vbench: Command, tmp_path: Path) -> None:
    (prompt, *_) = sorted({row.prompt for row in simulated(0, samples=1) if row.dimension == "scene"})
    for seed, name in enumerate(("one", "two")):
        write_run(tmp_path / name, [row for row in simulated(seed, samples=2) if row.prompt == prompt])
    (found,) = checked("compare", vbench("one", "two", "--json")[1])["comparisons"]
    scene = found["differences"]["scene"]
    assert (scene["prompts"], scene["low"], scene["high"]) == (1, None, None)
    figures = f"{scene['first']:.2f}", f"{scene['second']:.2f}", f"{scene['change']:+.2f}"
    assert re.search(
        r"^scene +{} +{} +{} +- +- +-$".format(*map(re.escape, figures)), vbench("one", "two")[1], re.MULTILINE
    )
    page = vbench("one", "two", "--format", "markdown")[1]
    assert f"| scene | {' | '.join(figures)} | - | too few prompts for a verdict | - |" in page
    for row in csv.DictReader(vbench("one", "two", "--format", "csv")[1].splitlines()):
        assert (row["low"], row["high"]) == ("", "")


def test_runs_of_one_name_are_told_apart(vbench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for model in ("base", "lora", "freeu"):
        (tmp_path / "models" / model).mkdir(parents=True)
        write_run(tmp_path / "models" / model / "official", few(simulated(0, samples=1), 40))
    folders = [f"models/{model}/official" for model in ("base", "lora", "freeu")]
    found = checked("compare", vbench(*folders, "--json", "--gate", "worse")[1])
    assert found["first"] == "base/official"
    assert [one["second"] for one in found["comparisons"]] == ["lora/official", "freeu/official"]
    assert [one["run"] for one in found["gate"]["conditions"]] == ["lora/official", "freeu/official"]
    assert "freeu/official against base/official, in points" in vbench(*folders)[1]
    monkeypatch.chdir(tmp_path / "models" / "base" / "official")
    assert vbench(".", "../../lora/official")[1].startswith("lora/official against base/official, in points")


def test_runs_that_share_no_prompt_are_a_wrong_call(vbench: Command, tmp_path: Path) -> None:
    rows = few(simulated(0, samples=1), 4)
    write_run(tmp_path / "one", rows[:2])
    write_run(tmp_path / "two", rows[2:])
    for force in ([], ["--force"]):
        status, out, err = vbench("one", "two", *force)
        assert (status, out) == (2, "")
        assert "no prompt of which a dimension has a score in both" in err


def test_two_scores_are_drawn_against_each_other(vbench: Command, tmp_path: Path) -> None:
    status, out, err = vbench("base", "new", "--plot", "trade-off", "dynamic_degree", "imaging_quality")
    assert status == 0
    assert "over 2 models nothing can be said of a correlation" in err
    assert "imaging_quality" in out  # the table is there as without a plot
    drawn = (tmp_path / "trade-off-dynamic_degree-imaging_quality.svg").read_text()
    assert ">base<" in drawn
    assert ">new<" in drawn
    options = ("--plot", "trade-off", "total", "scene", "-o", "own.png", "-o", "own.json")
    assert vbench("base", "new", *options)[0] == 0
    assert (tmp_path / "own.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "own.json").read_text())["first"] == "base"
    for wrong in (("trade-off", "scen", "total"), ("histogram", "scene", "total")):
        status, _, err = vbench("base", "new", "--plot", *wrong)
        assert status == 2, err


def test_what_else_the_scores_are_scores_of_is_told(vbench: Command, tmp_path: Path) -> None:
    rows = [row for row in simulated(0, samples=1) if row.dimension == "scene"][:6]
    for name, form, text, dtype in (("a", "64x64, 8 fps, 8 frames", "", "float32"),
                                    ("b", "64x64, 8 fps, 16 frames", "a long story", "tf32")):  # fmt: skip
        write_run(tmp_path / name, [replace(row, format=form) for row in rows], machine={"dtype": dtype})
        record = SampleRecord(rows[0].video, rows[0].prompt, text=text or rows[0].prompt)
        (tmp_path / name / NAME).write_text(manifest_text([record]))
    status, out, err = vbench("a", "b")
    assert status == 0
    assert out.endswith("What each score is a score of: vbench card RUN\n")
    assert [line.split(":")[0] for line in err.splitlines()] == [
        f"a and b differ in {what}" for what in ("text that was generated from", "formats", "precision")
    ]
    assert err.splitlines()[-1] == "a and b differ in precision: float32 against tf32"
    told = checked("compare", vbench("a", "b", "--json")[1])["comparisons"][0]["remarks"]
    assert told == err.splitlines()
    assert f"- {told[-1]}" in vbench("a", "b", "--format", "markdown")[1]
    assert vbench("a", "a")[2] == ""
