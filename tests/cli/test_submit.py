"""From a run to a board by the command line, with a real server."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from tests.footage import noise, write_video
from tests.leaderboard.archives import archive as submission
from tests.leaderboard.archives import card, rows, run, with_rows
from tests.leaderboard.conftest import ADMIN, Serve, Server, serve
from vbench.cli.leaderboard import leaderboard
from vbench.cli.submit import submit, withdraw
from vbench.errors import Refused, UsageError

__all__ = ["serve"]

app = typer.Typer()
app.command()(submit)
app.command()(withdraw)
app.add_typer(leaderboard, name="leaderboard")

LAB = ("--model-name", "Model", "--organisation", "Some Lab")


def vbench(*args: object, **environment: str) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args], env=environment)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/board.sqlite"


@pytest.fixture
def server(serve: Serve, database: str) -> Server:
    return serve(database)


def test_a_zip_with_scores_card_frames_and_videos(tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    for row in rows()[:10]:
        write_video(videos / row.video, noise(4))
    result = vbench("submit", run(tmp_path / "run", videos=str(videos)), *LAB, "--videos", 40, "-o", "out.zip")
    assert result.exit_code == 0, result.output
    assert "total" in result.stdout
    with zipfile.ZipFile("out.zip") as made:
        names = made.namelist()
        head = json.loads(made.read("submission.json"))
    assert {"submission.json", "scores.jsonl"} <= set(names)
    assert any(name.startswith("videos/") for name in names)
    assert any(name.startswith("frames/") for name in names)
    assert head["card"]["sampled_by"] == "Some Lab"
    assert not {"videos", "arguments"} & head["record"].keys()


def test_submit_publish_withdraw(server: Server, database: str, tmp_path: Path) -> None:
    Path("card.json").write_text(json.dumps(card().plain()))
    folder = run(tmp_path / "run")
    result = vbench("submit", folder, "--card", "card.json", "--to", server.url, "--json")
    receipt = json.loads(result.stdout)["receipt"]
    assert receipt["state"] == "pending"
    assert receipt["entry"]["card"]["name"] == "Model"
    assert "pending" in vbench("leaderboard", "list", "--database", database).stdout
    assert vbench("leaderboard", "publish", receipt["id"], "--database", database).exit_code == 0
    (listed,) = json.loads(vbench("leaderboard", "list", "--json", "--database", database).stdout)
    assert listed["kind"] == "ranked"
    exported = vbench("leaderboard", "export", "--format", "csv", "--database", database).stdout
    assert exported.splitlines()[1].startswith("1,ranked,")
    result = vbench("withdraw", receipt["id"], "--to", server.url, VBENCH_BOARD_TOKEN=receipt["withdraw_token"])
    assert result.stdout == f"submission {receipt['id']} is withdrawn\n"
    assert not list(tmp_path.glob("*.zip"))


def test_the_token_is_never_printed(server: Server, tmp_path: Path) -> None:
    folder = run(tmp_path / "run")
    result = vbench("submit", folder, *LAB, "--to", server.url, VBENCH_BOARD_TOKEN=ADMIN)
    assert "is published" in result.output
    assert ADMIN not in result.output
    for wrong in (
        vbench("submit", folder, *LAB, "--to", "http://192.0.2.1", "--token", ADMIN),
        vbench("submit", "--help"),
    ):
        assert ADMIN not in wrong.output + str(wrong.exception)


def test_a_token_is_sent_neither_over_an_open_line_nor_elsewhere(tmp_path: Path) -> None:
    result = vbench("submit", run(tmp_path / "run"), *LAB, "--to", "http://192.0.2.1", "--token", ADMIN)
    assert isinstance(result.exception, UsageError)
    assert "open line" in str(result.exception)


def test_nothing_is_sent_that_the_board_would_refuse(tmp_path: Path) -> None:
    folder = run(tmp_path / "run", rows()[:-1])
    result = vbench("submit", folder, *LAB, "--to", "http://127.0.0.1:9")  # nobody listens there
    assert isinstance(result.exception, Refused)
    assert "is incomplete" in str(result.exception)
    assert vbench("submit", folder, *LAB, "--partial", "-o", "part.zip").exit_code == 0


def test_wrong_calls(server: Server, tmp_path: Path) -> None:
    folder = run(tmp_path / "run")
    Path("card.json").write_text("[]")
    for arguments, kind in (
        (("submit", tmp_path / "none", *LAB), UsageError),
        (("submit", folder), Refused),
        (("submit", folder, "--card", "card.json"), UsageError),
        (("submit", folder, "--card", "none.json"), UsageError),
        (("submit", folder, *LAB, "--to", "board.example.org"), UsageError),
        (("withdraw", 99, "--to", server.url), Exception),
    ):
        assert isinstance(vbench(*arguments).exception, kind)


def test_an_admin_at_the_database(database: str, tmp_path: Path) -> None:
    Path("whole.zip").write_bytes(submission(tmp_path))
    assert vbench("leaderboard", "add", "whole.zip", "--database", database).stdout == "submission 1 is published\n"
    assert vbench("leaderboard", "rebuild", "--database", database).exit_code == 0
    assert vbench("leaderboard", "withdraw", 1, "--database", database).exit_code == 0

    def spoil(lines: list[dict[str, Any]]) -> None:
        lines[0]["value"] = 323.0

    Path("bad.zip").write_bytes(with_rows(submission(tmp_path, 2), spoil))
    assert isinstance(vbench("leaderboard", "add", "bad.zip", "--database", database).exception, Refused)
    rows_there = json.loads(vbench("leaderboard", "export", "--database", database).stdout)["rows"]
    assert [row for row in rows_there if not row["id"].startswith("published-")] == []


def test_the_board_is_there(server: Server) -> None:
    assert httpx.get(f"{server.url}/api/docs").status_code == 200
