"""From a run to a board by the command line, with a real server."""

from __future__ import annotations

import io
import json
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from tests.footage import noise, write_video
from tests.leaderboard.archives import archive as submission
from tests.leaderboard.archives import card, rows, run, with_rows, with_videos
from tests.leaderboard.conftest import ADMIN, Serve, Server, serve
from tests.schemas import checked
from vbench.cli.leaderboard import leaderboard
from vbench.cli.submit import submit, withdraw
from vbench.errors import Refused, UsageError
from vbench.files.digest import digest
from vbench.leaderboard.client import BoardError
from vbench.leaderboard.submissions.known_settings import known_settings
from vbench.leaderboard.submissions.pack import pack
from vbench.sampling.manifest import SampleRecord, manifest_text

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
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/board.sqlite"


@pytest.fixture
def server(serve: Serve, database: str) -> Server:
    return serve(database)


def test_a_zip_with_scores_card_frames_and_videos(tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    made = rows()
    for place, name in enumerate(list(dict.fromkeys(row.video for row in made))[:10]):
        with write_video(videos / name, noise(4)).open("ab") as file:
            file.write(bytes([place]))
        sha256 = digest(videos / name)
        made = [replace(row, sha256=sha256) if row.video == name else row for row in made]
    result = vbench("submit", run(tmp_path / "run", made, videos=str(videos)), *LAB, "--videos", 40, "-o", "out.zip")
    assert result.exit_code == 0, result.output
    assert "total" in result.stdout
    with zipfile.ZipFile("out.zip") as opened:
        names = opened.namelist()
        head = json.loads(opened.read("submission.json"))
    assert {"submission.json", "scores.jsonl"} <= set(names)
    assert any(name.startswith("videos/") for name in names)
    assert any(name.startswith("frames/") for name in names)
    assert head["card"]["sampled_by"] == "Some Lab"
    assert not {"videos", "arguments"} & head["record"].keys()


def test_submit_publish_withdraw(server: Server, database: str, tmp_path: Path) -> None:
    Path("card.json").write_text(json.dumps(card().plain()))
    folder = run(tmp_path / "run")
    result = vbench("submit", folder, "--card", "card.json", "--to", server.url, "--json")
    receipt = checked("submit", result.stdout)["receipt"]
    assert receipt["state"] == "pending"
    assert receipt["entry"]["card"]["name"] == "Model"
    assert "pending" in vbench("leaderboard", "list", "--database", database).stdout
    assert vbench("leaderboard", "publish", receipt["id"], "--database", database).exit_code == 0
    (listed,) = checked("leaderboard-list", vbench("leaderboard", "list", "--json", "--database", database).stdout)
    assert listed["kind"] == "ranked"
    assert checked("board.json", vbench("leaderboard", "export", "--database", database).stdout)["rows"]
    exported = vbench("leaderboard", "export", "--format", "csv", "--database", database).stdout
    assert exported.splitlines()[1].startswith("1,ranked,")
    result = vbench("withdraw", receipt["id"], "--to", server.url)  # the token lies where it was sent from
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
    Path("deep.json").write_text("[" * 100_000)
    for arguments, kind in (
        (("submit", tmp_path / "none", *LAB), UsageError),
        (("submit", folder), UsageError),
        (("submit", folder, "--card", "card.json"), UsageError),
        (("submit", folder, "--card", "none.json"), UsageError),
        (("submit", folder, "--card", "deep.json"), UsageError),
        (("submit", folder, *LAB, "--to", "board.example.org"), UsageError),
        (("withdraw", 99, "--to", server.url), Exception),
    ):
        assert isinstance(vbench(*arguments).exception, kind)


def test_what_is_missing_is_said_in_the_words_of_the_command_line(tmp_path: Path) -> None:
    folder = run(tmp_path / "run")
    said = str(vbench("submit", folder).exception)
    assert said.splitlines()[0].startswith("--model-name is missing")
    assert said.splitlines()[1].startswith("--organisation is missing")
    assert "--model-name" not in str(vbench("submit", folder, "--model-name", "M").exception)
    Path("card.json").write_text(json.dumps({"fps": "8", "link": "nowhere"}))
    said = str(vbench("submit", folder, *LAB, "--model-version", "v" * 201, "--card", "card.json").exception)
    assert said.splitlines() == [
        "--model-version has 201 characters, at most 200 are allowed.",
        "card.json: fps must be a number, found '8'.",
        "card.json: link must be an http or https address, found 'nowhere'.",
    ]


def test_what_the_run_knows_is_not_asked_again(tmp_path: Path) -> None:
    settings = {"steps": 30, "guidance": 6, "precision": "bfloat16", "width": 512, "height": 512}
    videos = dict.fromkeys((row.video, row.prompt) for row in rows())
    samples = [
        SampleRecord(video, prompt, text=prompt, generator="wan-2.1", settings=settings) for video, prompt in videos
    ]
    folder = run(tmp_path / "run")
    (folder / "samples.jsonl").write_text(manifest_text(samples))
    assert vbench("submit", folder, "--organisation", "Some Lab", "-o", "out.zip").exit_code == 0
    with zipfile.ZipFile("out.zip") as opened:
        known = json.loads(opened.read("submission.json"))["card"]
    expected = {
        "name": "wan-2.1", "resolution": "512x512", "fps": 8.0, "frames": 16, "seconds": 2.0, "steps": 30,
        "guidance": 6.0, "precision": "bfloat16", "prompt_rewriting": "none", "sampled_by": "Some Lab",
    }  # fmt: skip
    assert {name: known[name] for name in expected} == expected
    assert vbench("submit", folder, *LAB, "-o", "other.zip").exit_code == 0
    with zipfile.ZipFile("other.zip") as opened:
        assert json.loads(opened.read("submission.json"))["card"]["name"] == "Model"


def test_what_was_asked_otherwise_has_to_be_told(tmp_path: Path) -> None:
    folder = run(tmp_path / "run")
    (folder / "samples.jsonl").write_text(manifest_text([SampleRecord("a", "p", settings={"width": 256, "fps": 8})]))
    assert known_settings(folder) == {"fps": 8.0, "frames": 16, "seconds": 2.0}


def test_what_differs_between_videos_is_not_known(tmp_path: Path) -> None:
    made = [replace(row, format="256x256, 8 fps, 16 frames") if place < 9 else row for place, row in enumerate(rows())]
    samples = [
        SampleRecord("a", "p", text="p, in detail", generator="/home/me/model", settings={"steps": 20}),
        SampleRecord("b", "q", text="q", generator="/home/me/model", settings={"steps": 30}),
    ]
    folder = run(tmp_path / "run", made)
    (folder / "samples.jsonl").write_text(manifest_text(samples))
    assert known_settings(folder) == {}


def test_the_static_filter_is_known_by_what_it_left(tmp_path: Path) -> None:
    for name, place in (("plain", ""), ("filtered", "filtered_static_video.json")):
        videos = tmp_path / name / "filtered_videos"
        videos.mkdir(parents=True)
        if place:
            (videos.parent / place).write_text("{}")
        content = pack(run(tmp_path / f"run-{name}", videos=str(videos)), card())
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            assert json.loads(opened.read("submission.json"))["record"]["filtered"] == ["temporal_flickering"] * bool(
                place
            )


def test_an_admin_at_the_database(database: str, tmp_path: Path) -> None:
    Path("whole.zip").write_bytes(submission(tmp_path))
    assert vbench("leaderboard", "add", "whole.zip", "--database", database).stdout == "submission 1 is published\n"
    assert vbench("leaderboard", "rebuild", "--database", database).exit_code == 0
    assert vbench("leaderboard", "withdraw", 1, "--database", database).exit_code == 0
    Path("anew.zip").write_bytes(with_rows(submission(tmp_path), lambda lines: lines[0].update(value=0.5)))
    assert "--instead-of ID puts it in" in str(
        vbench("leaderboard", "add", "anew.zip", "--database", database).exception
    )
    anew = vbench("leaderboard", "add", "anew.zip", "--instead-of", 1, "--database", database)
    assert anew.stdout == "submission 2 is published\n"
    assert vbench("leaderboard", "withdraw", 2, "--database", database).exit_code == 0

    def spoil(lines: list[dict[str, Any]]) -> None:
        lines[0]["value"] = 323.0

    Path("bad.zip").write_bytes(with_rows(submission(tmp_path, 2), spoil))
    assert isinstance(vbench("leaderboard", "add", "bad.zip", "--database", database).exception, Refused)
    rows_there = json.loads(vbench("leaderboard", "export", "--database", database).stdout)["rows"]
    assert [row for row in rows_there if not row["id"].startswith("published-")] == []


def test_the_board_is_there(server: Server) -> None:
    assert httpx.get(f"{server.url}/api/docs").status_code == 200


@contextmanager
def cut_off_once(server: Server) -> Iterator[str]:
    """Address of a line to a server that breaks when the first answer comes."""
    host, port = server.url.removeprefix("http://").split(":")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answers in (False, True):
            client, _ = listener.accept()
            with client, socket.create_connection((host, int(port))) as board:
                board.settimeout(60)
                thread = threading.Thread(target=_pump, args=(client, board), daemon=True)
                thread.start()
                first = board.recv(1 << 16)
                while answers and first:
                    client.sendall(first)
                    first = board.recv(1 << 16)
                client.shutdown(socket.SHUT_RDWR)

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while part := source.recv(1 << 16):
            target.sendall(part)
    except OSError:
        return


def test_who_is_cut_off_sends_it_again_and_has_the_receipt(server: Server, database: str, tmp_path: Path) -> None:
    folder = run(tmp_path / "run")
    with cut_off_once(server) as address:
        cut = vbench("submit", folder, *LAB, "--to", address)
        assert isinstance(cut.exception, BoardError)
        (kept,) = (tmp_path / "state" / "vbench" / "submissions").glob("*.json")
        assert kept.stat().st_mode & 0o777 == 0o600
        secret = json.loads(kept.read_text())
        assert (secret["id"], len(secret["withdraw_token"])) == (None, 43)
        receipt = json.loads(vbench("submit", folder, *LAB, "--to", address, "--json").stdout)["receipt"]
    assert receipt["withdraw_token"] == secret["withdraw_token"]
    (listed,) = json.loads(vbench("leaderboard", "list", "--json", "--database", database).stdout)
    assert listed["id"] == str(receipt["id"]) == str(json.loads(kept.read_text())["id"])


def test_an_account_from_issue_to_revocation(server: Server, database: str, tmp_path: Path) -> None:
    at = ("--database", database)
    token = vbench("leaderboard", "account", "issue", "Some Lab", *at).stdout.strip().splitlines()[-1]
    folder = run(tmp_path / "run")
    assert "is published" in vbench("submit", folder, *LAB, "--to", server.url, VBENCH_BOARD_TOKEN=token).stdout
    listed = vbench("leaderboard", "account", "list", *at).stdout
    assert checked("leaderboard-account-list", vbench("leaderboard", "account", "list", *at, "--json").stdout)
    assert "Some Lab" in listed
    assert token not in listed
    assert vbench("leaderboard", "account", "revoke", 1, *at).stdout == "account 1 of Some Lab is revoked\n"
    assert "revoked" in vbench("leaderboard", "account", "list", *at).stdout
    other = run(tmp_path / "other", rows(2))
    sent = vbench("submit", other, *LAB, "--model-version", "2", "--to", server.url, VBENCH_BOARD_TOKEN=token)
    assert "is pending" in sent.stdout


def test_the_queue_says_why_and_a_mark_is_given(database: str, tmp_path: Path) -> None:
    from vbench.leaderboard.board import Board
    from vbench.leaderboard.settings import Settings

    board = Board(Settings(database=database, suite="mini"))
    board.submit(submission(tmp_path, sampled_by="VBench Team"))
    board.close()
    at = ("--database", database)
    said = vbench("leaderboard", "queue", *at).stdout
    assert checked("leaderboard-queue", vbench("leaderboard", "queue", *at, "--json").stdout)
    assert "Model 1.0, by an unknown sender" in said
    assert "sampled by VBench Team" in said
    assert vbench("leaderboard", "certify", 1, "silver", *at).exit_code == 0
    (listed,) = json.loads(vbench("leaderboard", "list", "--json", *at).stdout)
    assert listed["certification"] == "silver"


def test_votes_are_looked_at_and_removed(database: str, tmp_path: Path) -> None:
    from vbench.leaderboard.board import Board
    from vbench.leaderboard.settings import Settings

    board = Board(Settings(database=database, suite="mini"))
    name = rows()[0].video
    for seed in (1, 2):
        video = write_video(tmp_path / "v.mp4", noise(4)).read_bytes() + bytes([seed])
        board.submit(with_videos(submission(tmp_path, seed, f"Model {seed}"), {name: video}), local=True)
    for _ in range(12):
        board.ballot_box.vote(rows()[0].prompt, 1, 2, "first", "quick")
    board.ballot_box.vote(rows()[0].prompt, 1, 2, "second", "slow")
    voter = board.ballot_box.cast()[0].voter
    at = ("--database", database)
    suspects = vbench("leaderboard", "votes", "list", "--suspect", *at).stdout
    assert checked("leaderboard-votes-list", vbench("leaderboard", "votes", "list", *at, "--json").stdout)
    assert suspects.startswith(f"{voter[:16]}  12 votes; ")
    assert "between votes at the median" in suspects
    assert vbench("leaderboard", "votes", "list", "--voter", voter[:8], *at).stdout.count("replaced") == 11
    assert vbench("leaderboard", "votes", "remove", "--voter", voter[:8], *at).stdout == "12 votes are removed\n"
    assert [vote.outcome for vote in board.ballot_box.votes()] == ["second"]
    assert vbench("leaderboard", "votes", "remove", 13, *at).stdout == "1 votes are removed\n"
    assert board.ballot_box.votes() == []
    assert isinstance(vbench("leaderboard", "votes", "remove", "--voter", "3", *at).exception, UsageError)
    board.close()
