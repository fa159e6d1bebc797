"""What would become of a submission is said before it is sent, and nothing of it is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.leaderboard.archives import archive, rows, run, with_head
from tests.leaderboard.conftest import ADMIN
from tests.schemas import checked
from vbench.cli import app
from vbench.leaderboard.board import Board
from vbench.leaderboard.errors import NotAllowed
from vbench.leaderboard.submissions.preview import RECORD_ALONE


def test_a_preview_says_what_a_submission_would_be_told(board: Board, tmp_path: Path) -> None:
    honest = archive(tmp_path, 1)
    found = board.preview(honest)
    assert found.reasons == ()
    assert found.model == "Model 1.0"
    assert found.scores["total"] == board.submit(honest, ADMIN).entry.value("total")
    assert "is final" in board.preview(archive(tmp_path, 2)).reasons[0]  # the same version
    assert "one of the two is a copy" in board.preview(archive(tmp_path / "copy", 1, "Thief")).reasons[0]
    changed = {"status": "running", "mode": "custom_input"}
    wrong = with_head(archive(tmp_path, 3, "Other"), lambda head: head["record"].update(changed))
    assert sorted("finished" in reason for reason in board.preview(wrong).reasons) == [False, True]
    assert board.preview(b"no archive").reasons
    claims = archive(tmp_path, 4, "Mine", evaluated_by="VBench Team")
    assert board.preview(claims).flags
    assert [row.id for row in board.entries(everything=True) if row.id.isdecimal()] == ["1"]


def test_who_may_not_submit_is_told_nothing(board: Board, tmp_path: Path) -> None:
    closed = Board(replace(board.settings, submissions_from="accounts"))
    with pytest.raises(NotAllowed):
        closed.preview(archive(tmp_path))
    assert closed.preview(archive(tmp_path), closed.accounts.issue("Some Lab")[1]).reasons == ()
    assert closed.preview(archive(tmp_path), ADMIN).reasons == ()
    closed.close()


def test_the_record_of_a_run_alone_says_a_part_of_it(board: Board, tmp_path: Path) -> None:
    record = json.loads((run(tmp_path / "run") / "run.json").read_text())
    good = board.preview(json.dumps(record).encode())
    assert (good.reasons, good.scores) == ((), {})
    assert board.preview(json.dumps(record).encode("utf-8-sig")) == good
    assert RECORD_ALONE in good.notes
    unfinished = board.preview(json.dumps({**record, "status": "running"}).encode())
    assert ["not finished" in reason for reason in unfinished.reasons] == [True]
    foreign = board.preview(json.dumps({**record, "suite": {"name": "mine", "sha256": "0" * 64}}).encode())
    assert "knows no prompt suite" in foreign.reasons[0]


def test_a_dry_run_says_everything_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    named = ["--model-name", "Model", "--organisation", "Some Lab", "--dry-run", "--to", "http://127.0.0.1:1"]
    good, unfinished = run(tmp_path / "good"), run(tmp_path / "unfinished", status="running")
    part = run(tmp_path / "part", rows()[:3])
    before = _files(tmp_path)
    call = CliRunner().invoke
    done = call(app, ["submit", str(good), *named])
    assert done.exit_code == 0, done.output
    assert "A board would take it" in done.output
    for folder, said in ((unfinished, "not finished"), (part, "is incomplete")):
        done = call(app, ["submit", str(folder), *named])
        assert done.exit_code == 1
        assert "refused: " in done.output
        assert said in done.output
    told = checked("submit", call(app, ["submit", str(part), *named, "--json"]).output)
    assert not told["accepted"]
    assert len(told["reasons"]) > 1
    assert _files(tmp_path) == before


def _files(folder: Path) -> list[Path]:
    """All files but those that SQLite keeps beside an open database."""
    return sorted(path for path in folder.rglob("*") if not path.name.endswith(("-wal", "-shm")))
