"""No command removes or writes over what it did not make: what somebody has in the way survives, and is named."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.footage import noise, write_video
from tests.leaderboard.archives import run as run_folder
from vbench.cli import main
from vbench.files import ours

THESIS = "years of work"

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def vbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Run a command in the test's folder; gives the exit status and what was said on standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*args: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["vbench", *map(str, args)])
        try:
            main()
            status = 0
        except SystemExit as exited:
            status = int(exited.code or 0)
        return status, capsys.readouterr().err

    return run


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for index in range(2):
        write_video(tmp_path / "videos" / f"a cat-{index}.mp4", noise(4, seed=index))
    return tmp_path / "videos"


def thesis(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(THESIS)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(answer: tuple[int, str], place: Path) -> None:
    status, said = answer
    assert status == 2, said
    assert str(place.name) in said
    assert "Traceback" not in said


def test_demo_takes_no_folder_with_files_in_it(vbench: Command, tmp_path: Path) -> None:
    work = thesis(tmp_path / "work" / "chapter" / "thesis.tex")
    before = contents(tmp_path / "work")
    refused(vbench("demo", "-o", tmp_path / "work"), work.parent)
    refused(vbench("demo", "-o", work), work)
    assert contents(tmp_path / "work") == before


def test_demo_removes_nothing_of_its_own_folder_either(
    vbench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["vbench.cli.demo"], "_run", lambda context, command: None)
    monkeypatch.setattr(sys.modules["vbench.cli.demo"], "_print_dimensions", lambda runs: None)
    assert vbench("demo", "-o", tmp_path / "out")[0] == 0
    note = thesis(tmp_path / "out" / "notes.txt")
    assert vbench("demo", "-o", tmp_path / "out")[0] == 0
    assert note.read_text() == THESIS


SYNTHETIC = ("generate", "--model", "synthetic", "--prompt", "a cat", "--samples", 1, "--frames", 4, "--size", "32x32")


@pytest.mark.parametrize("name", ["a cat-0.mp4", "samples.jsonl", "sampling.json"])
def test_generate_writes_over_no_file(vbench: Command, tmp_path: Path, name: str) -> None:
    file = thesis(tmp_path / "out" / name)
    if name == "samples.jsonl":
        file.write_text('{"file": "mine.mp4", "prompt": "mine"}\n')
    before = file.read_bytes()
    refused(vbench(*SYNTHETIC, "--out", tmp_path / "out"), file if name != "samples.jsonl" else file.parent)
    assert file.read_bytes() == before


def test_generate_leaves_scratch_and_lock_files_of_others_alone(vbench: Command, tmp_path: Path) -> None:
    mine = [thesis(tmp_path / "out" / name) for name in (".partial/a", ".partial-0/a", ".lock", "notes.txt")]
    assert vbench(*SYNTHETIC, "--out", tmp_path / "out")[0] == 0
    assert [path.read_text() for path in mine] == [THESIS] * len(mine)


def test_generate_keeps_a_video_that_was_changed_since(vbench: Command, tmp_path: Path) -> None:
    assert vbench(*SYNTHETIC, "--out", tmp_path / "out")[0] == 0
    thesis(tmp_path / "out" / "a cat-0.mp4")
    assert vbench(*SYNTHETIC, "--out", tmp_path / "out")[0] == 0
    (aside,) = (tmp_path / "out" / ".damaged").rglob("*.mp4")
    assert aside.read_text() == THESIS
    assert (tmp_path / "out" / "a cat-0.mp4").read_bytes() != aside.read_bytes()


@pytest.mark.usefixtures("toy_dimensions", "empty_cache")
@pytest.mark.parametrize("name", ["results_eval_results.json", "results_full_info.json", "run.json", "run.sqlite"])
def test_evaluate_writes_over_no_file(vbench: Command, videos: Path, tmp_path: Path, name: str) -> None:
    file = thesis(tmp_path / "run" / name)
    refused(vbench("evaluate", videos, "-d", "brightness", "--profile", "toy", "-o", tmp_path / "run"), file)
    assert file.read_text() == THESIS


@pytest.mark.usefixtures("toy_dimensions", "empty_cache")
def test_evaluate_into_another_folder_of_samples_keeps_its_manifest(
    vbench: Command, videos: Path, tmp_path: Path
) -> None:
    (videos / "samples.jsonl").write_text('{"file": "a cat-0.mp4", "prompt": "a cat"}\n')
    other = thesis(tmp_path / "other" / "samples.jsonl")
    refused(vbench("evaluate", videos, "-d", "brightness", "--profile", "toy", "-o", other.parent), other)
    assert other.read_text() == THESIS


@pytest.mark.usefixtures("toy_dimensions", "empty_cache")
def test_evaluate_leaves_a_foreign_database_as_it_is(vbench: Command, videos: Path, tmp_path: Path) -> None:
    file = foreign_database(tmp_path / "run" / "run.sqlite")
    before = contents(tmp_path / "run")
    refused(vbench("evaluate", videos, "-d", "brightness", "--profile", "toy", "-o", tmp_path / "run"), file)
    assert {name: contents(tmp_path / "run")[name] for name in before} == before


@pytest.mark.usefixtures("toy_dimensions", "empty_cache")
def test_a_run_is_continued_over_its_own_files(vbench: Command, videos: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert vbench("evaluate", videos, "-d", "brightness", "--profile", "toy", "-o", tmp_path / "run")[0] == 0
        (videos / "a cat-1.mp4").unlink(missing_ok=True)
    (results,) = json.loads((tmp_path / "run" / "results_eval_results.json").read_text())["brightness"][1:]
    assert len(results) == 1


@pytest.mark.parametrize("name", ["filtered_videos/a cat-0.mp4", "filtered_videos/mine.mp4",
                                  "filtered_static_video.json", "verdicts.jsonl"])  # fmt: skip
def test_filter_static_removes_and_writes_over_no_file(
    vbench: Command, videos: Path, tmp_path: Path, name: str
) -> None:
    file = thesis(tmp_path / "out" / name)
    asked = ("filter-static", videos, "--scope", "all", "--profile", "lite", "--device", "cpu", "-o", tmp_path / "out")
    refused(vbench(*asked), file)
    assert contents(tmp_path / "out") == {name: THESIS.encode()}
    file.unlink()
    assert vbench(*asked)[0] in (0, 1)
    assert vbench(*asked)[0] in (0, 1)  # and over its own


def test_report_explain_and_submit_write_over_no_file(vbench: Command, tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run")
    for name, command in (
        ("thesis.html", ("report", run, "-o")),
        ("thesis.zip", ("submit", run, "--model-name", "M", "--organisation", "O", "-o")),
    ):
        file = thesis(tmp_path / name)
        refused(vbench(*command, file), file)
        assert file.read_text() == THESIS
        assert vbench(*command, f"new {name}")[0] == 0
        assert vbench(*command, f"new {name}")[0] == 0
    page = thesis(tmp_path / "page" / "index.html")
    refused(vbench("explain", run, "a cat-0.mp4", "-o", page.parent), page)
    assert page.read_text() == THESIS


def test_plots_are_drawn_over_no_file(vbench: Command, tmp_path: Path) -> None:
    plot = thesis(tmp_path / "plot.svg")
    refused(vbench("sensitivity", "-d", "temporal_flickering", "--profile", "lite", "--plot", plot), plot)
    votes = tmp_path / "votes.csv"
    votes.write_text("")
    refused(vbench("align", "--annotations", votes, "--scores", votes, "--plot", plot), plot)
    assert plot.read_text() == THESIS


def test_a_board_is_kept_in_no_foreign_database(vbench: Command, tmp_path: Path) -> None:
    file = foreign_database(tmp_path / "photos.sqlite")
    before = file.read_bytes()
    refused(vbench("leaderboard", "list", "--database", f"sqlite:///{file}"), file)
    assert contents(tmp_path) == {"photos.sqlite": before}


def test_fetched_prompts_are_put_over_no_file(vbench: Command, tmp_path: Path, empty_cache: Path) -> None:
    from vbench.prompts import official

    file = thesis(empty_cache / "suite.json")
    content = b"published"
    with pytest.raises(Exception, match="not as vbench left it"):
        official._keep(content, __import__("hashlib").sha256(content).hexdigest(), file, "somewhere")
    assert file.read_text() == THESIS


def foreign_database(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE photo (name TEXT)")
    connection.close()
    return path


def test_the_list_of_own_files_is_hidden_from_an_evaluation() -> None:
    assert ours.LIST.startswith(".")
