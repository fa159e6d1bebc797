"""``vbench align`` as a user meets it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.analysis.test_comparison import write_run
from tests.leaderboard.people import levels, people, runs
from tests.schemas import checked
from vbench.cli.align import align
from vbench.cli.plain_help import PlainHelp
from vbench.errors import UsageError
from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import Settings

MODELS = ("lavie", "modelscope", "cogvideo")

app = typer.Typer()
app.command(cls=PlainHelp)(align)


def vbench_align(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "80"})


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs that score two dimensions, and what simulated people say of three, in the reference's form."""
    folder = tmp_path_factory.mktemp("study")
    scores = {name: runs(levels(MODELS), name, prompts=12, samples=2) for name in ("scene", "color", "style")}
    for model in MODELS:
        write_run(folder / "runs" / model, [*scores["scene"][model], *scores["color"][model]])
    (folder / "human_anno").mkdir()
    for name, slope in (("scene", 100.0), ("color", -100.0), ("style", 100.0)):
        entries: dict[str, dict[str, Any]] = {}
        for one in people(scores[name], slope):
            entry = entries.setdefault(one.videos[0], {"prompt_en": one.prompt, "videos": {}, "human_anno": {}})
            entry["videos"] |= {one.first: one.videos[0], one.second: one.videos[1]}
            entry["human_anno"].setdefault(one.first, {})[one.second] = one.outcome
        (folder / "human_anno" / f"{name}.json").write_text(json.dumps(list(entries.values())))
    return folder


def given(study: Path) -> list[str]:
    return [f"--run={model}={study / 'runs' / model}" for model in MODELS]


def test_the_table(study: Path) -> None:
    result = vbench_align(
        "-a", study / "human_anno" / "scene.json", "-a", study / "human_anno" / "color.json", *given(study)
    )
    assert result.exit_code == 0
    assert "Human win ratio against win ratio by score" in result.stdout
    scene, color = (
        next(line for line in result.stdout.splitlines() if line.startswith(name)) for name in ("scene", "color")
    )
    assert re.search(r" 3 +1\.00 .* 1\.00 ", scene)
    assert re.search(r" 3 +-1\.00 .* -1\.00 ", color)
    assert "72" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert result.stderr.strip() == (
        "color, scene: 3 models have only 6 orders: a perfect rank correlation arises by chance once in 6"
    )


def test_json_and_a_dimension_without_scores(study: Path, tmp_path: Path) -> None:
    plot = tmp_path / "plots" / "alignment.svg"
    result = vbench_align("-a", study / "human_anno", *given(study)[:2], "--by", "mean", "--json", "--plot", plot)
    assert result.exit_code == 1
    found = checked("align", result.stdout)
    assert found["by"] == "mean"
    assert list(found["dimensions"]) == ["color", "scene"]
    scene = found["dimensions"]["scene"]
    assert (scene["pairs"], scene["pairs_of_seen_videos"], scene["pairs_left_out"]) == (24, 24, 48)
    assert scene["spearman"] == {"score": 1.0, "low": pytest.approx(2 * 0.025 ** (1 / 12) - 1), "high": 1.0}
    assert scene["models"]["lavie"]["score"]["score"] > scene["models"]["modelscope"]["score"]["score"]
    assert set(found["not_aligned"]) == {"style"}
    assert "judged are cogvideo, lavie, modelscope" in found["not_aligned"]["style"]
    assert "scene: 48 of 72 judged pairs lack a score and do not count" in result.stderr
    assert "style: not aligned, no two of the judged models" in result.stderr
    drawn = ElementTree.parse(plot)
    texts = {"".join(part.itertext()).strip() for part in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"scene: Spearman 1.00", "color: Spearman -1.00", "lavie", "modelscope", "human win ratio", "score"} <= texts
    assert "var(" not in plot.read_text()
    again = vbench_align("-a", study / "human_anno", *given(study)[:2], "--by", "mean", "--json")
    assert again.stdout == result.stdout


def test_a_table_of_scores(study: Path, tmp_path: Path) -> None:
    lines = [f"{model},scene,{score}" for model, score in levels(MODELS).items()]
    (tmp_path / "scores.csv").write_text("\n".join(["model,dimension,score", *lines]))
    result = vbench_align("-a", study / "human_anno" / "scene.json", "--scores", tmp_path / "scores.csv")
    assert result.exit_code == 0
    assert "Human win ratio against score" in result.stdout
    assert re.search(r"scene .* -\s*$", result.stdout, re.MULTILINE)  # a table has no videos to agree on


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "What did people say"),
        (["-a", "human_anno"], "What are the scores"),
        (["-a", "human_anno", "--run", "lavie=runs/lavie", "--scores", "scores.csv"], "not from both"),
        (["-a", "human_anno", "--run", "runs/lavie"], "'runs/lavie' is no run: expected MODEL=FOLDER"),
        (["-a", "human_anno", "--run", "a=runs/lavie", "--run", "a=runs/cogvideo"], "Two runs are named a"),
        (["-a", "human_anno", "--run", "a=nowhere"], "nowhere holds no run"),
        (["-a", "nowhere.json", "--run", "a=runs/lavie"], "nowhere.json cannot be read"),
        (["-a", "human_anno", "--run", "a=runs/lavie"], "have nothing in common. color: .* judged are cogvideo, lavie"),
        (["--board", "sqlite:///no-board.sqlite"], "There is no board at"),
    ],
)
def test_wrong_calls(study: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str) -> None:
    monkeypatch.chdir(study)
    result = vbench_align(*arguments)
    assert isinstance(result.exception, UsageError)
    assert re.search(message, str(result.exception))
    assert result.stdout == ""
    assert not (study / "no-board.sqlite").exists()


def test_runs_of_different_kinds(study: Path, tmp_path: Path) -> None:
    lite = write_run(tmp_path / "lite", runs(levels(MODELS), prompts=12)["modelscope"], profile="lite")
    call = ("-a", study / "human_anno" / "scene.json", given(study)[0], f"--run=modelscope={lite}")
    refused = vbench_align(*call)
    assert isinstance(refused.exception, UsageError)
    assert "are of different kinds: another profile. --force" in str(refused.exception)
    forced = vbench_align(*call, "--force")
    assert forced.exit_code == 0
    assert "are of different kinds: another profile" in forced.stderr


def test_runs_of_different_kinds_where_the_first_has_no_score_of_what_differs(study: Path, tmp_path: Path) -> None:
    found = runs(levels(MODELS), prompts=12)["modelscope"]
    folders = [
        write_run(tmp_path / name, found, dimensions=[name], dimension_versions=versions)
        for name, versions in (("first", {}), ("scene", {"scene": 1}), ("newer", {"scene": 2}))
    ]
    named = [f"--run={name}={folder}" for name, folder in zip(MODELS, folders, strict=False)]
    refused = vbench_align("-a", study / "human_anno" / "scene.json", *named)
    assert f"{folders[1]} and {folders[2]} are of different kinds: another dimension version" in str(refused.exception)


def test_an_empty_board(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/board.sqlite"
    Board(Settings(database=url)).close()
    result = vbench_align("--board", url)
    assert isinstance(result.exception, UsageError)
    assert "Nobody has judged anything yet" in str(result.exception)


def test_help_is_light_and_has_examples() -> None:
    assert "vbench align --annotations" in vbench_align("--help").stdout
    heavy = "numpy", "scipy", "torch", "sqlalchemy", "matplotlib"
    check = f"import sys, vbench.cli.align; print([name for name in {heavy} if name in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
