"""A board goes into one file and comes back, from either kind of database into either, whole or not at all."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from tests.footage import write_video
from tests.leaderboard.archives import archive, rows, with_videos
from tests.leaderboard.conftest import ADMIN, new_database
from tests.leaderboard.test_old_database import OLD
from tests.schemas import checked
from vbench.cli.leaderboard import leaderboard
from vbench.errors import UsageError
from vbench.files.digest import digest
from vbench.leaderboard.arena import Arena
from vbench.leaderboard.board import Board
from vbench.leaderboard.db.backup import DATABASE, FORMAT, MANIFEST, TABLES, backup, restore
from vbench.leaderboard.db.database import Database
from vbench.leaderboard.db.tables import PASSING, PASSING_SECRET, Secret
from vbench.leaderboard.errors import Unavailable
from vbench.leaderboard.keys import own_secret
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.web.salt import SharedSalt


@pytest.fixture
def other(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> str:
    """Address of an empty database of the other kind."""
    folder = tmp_path / "other"
    folder.mkdir()
    return new_database(request, folder, "postgresql" if database.startswith("sqlite") else "sqlite")


def test_a_board_comes_back_as_it_was(board: Board, other: str, database: str, tmp_path: Path) -> None:
    video = write_video(tmp_path / "v.mp4", lossless=False).read_bytes()
    for seed in range(2):
        sent = with_videos(archive(tmp_path, seed, f"Model {seed}"), {rows()[0].video: video + bytes(seed)})
        board.submit(sent, local=True)
    waiting = board.submit(archive(tmp_path, 7, "Waiting"))
    board.withdraw(2, local=True)
    board.certify(1, "gold", local=True)
    holder, token = board.accounts.issue("Some Lab")
    arena = Arena(board)
    voter = arena.voter()
    salt = SharedSalt(board.database, 24)
    salt.renew()
    made = backup(board.database, tmp_path / "board.zip")
    assert made.rows["submission"] == 3
    restored = Board(Settings(database=other, suite="mini", admin_tokens=(ADMIN,)))
    assert restore(tmp_path / "board.zip", restored.database) == made
    assert restored.entries(everything=True) == board.entries(everything=True)
    for number in (1, 2, 3):
        assert restored.archive(number, local=True) == board.archive(number, local=True)
        assert restored.submission(number, local=True) == board.submission(number, local=True)
        assert restored.rows(number, local=True) == board.rows(number, local=True)
    assert restored.medium(1, restored.submission(1).videos[0]) == board.medium(1, board.submission(1).videos[0])
    assert restored.accounts.holder(token) == holder
    assert restored.submission(3, waiting.withdraw_token).entry.state == "pending"
    assert Arena(restored).voter(voter) == voter  # what the board signed before is still its own
    assert restored.submit(archive(tmp_path, 8, "Next"), local=True).id == 4  # numbers go on
    restored.close()


def test_what_is_over_within_hours_is_in_no_backup(database: str, tmp_path: Path) -> None:
    kept = Database(database)
    SharedSalt(kept, 24).renew()
    own_secret(kept, "ballots")
    backup(kept, tmp_path / "board.zip")
    with zipfile.ZipFile(tmp_path / "board.zip") as file:
        file.extract(DATABASE, tmp_path / "copy")
    copy = Database(f"sqlite:///{tmp_path}/copy/{DATABASE}")
    with copy.reading() as session:
        assert list(session.scalars(select(Secret.name))) == ["ballots"]
        assert all(session.scalar(select(func.count()).select_from(table)) == 0 for table in PASSING)
    with kept.reading() as session:
        assert session.get(Secret, PASSING_SECRET)
    kept.close()
    copy.close()


def test_a_full_database_is_replaced_only_where_that_is_said(board: Board, tmp_path: Path) -> None:
    board.submit(archive(tmp_path, 1, "First"), local=True)
    backup(board.database, tmp_path / "board.zip")
    board.submit(archive(tmp_path, 2, "Second"), local=True)
    before = board.entries()
    with pytest.raises(UsageError, match="is not empty: it holds rows of change, counter, model"):
        restore(tmp_path / "board.zip", board.database)
    assert board.entries() == before
    restore(tmp_path / "board.zip", board.database, replace=True)
    assert [row.card.name for row in board.entries() if row.id.isdecimal()] == ["First"]


def test_a_server_that_runs_shows_nothing_of_the_board_before(board: Board, database: str, tmp_path: Path) -> None:
    board.submit(archive(tmp_path, 1, "First"), local=True)
    backup(board.database, tmp_path / "board.zip")
    for _ in range(2):  # also where the counters of both are alike
        server = Board(Settings(database=database, suite="mini", admin_tokens=(ADMIN,)))
        assert server.snapshot()
        restore(tmp_path / "board.zip", board.database, replace=True)
        with pytest.raises(Unavailable, match="the server is to be started again"):
            server.snapshot()
        server.close()
    assert [row.card.name for row in board.entries() if row.id.isdecimal()] == ["First"]


@pytest.mark.parametrize("what", ["cut", "changed", "of a later format", "no zip", "missing"])
def test_a_damaged_backup_changes_nothing(what: str, tmp_path: Path) -> None:
    old, path = Database(f"sqlite:///{tmp_path}/old.sqlite"), tmp_path / "board.zip"
    own_secret(old, "ballots")
    backup(old, path)
    with zipfile.ZipFile(path) as file:
        manifest, content = json.loads(file.read(MANIFEST)), file.read(DATABASE)
    if what == "cut":
        path.write_bytes(path.read_bytes()[:-50])
    elif what == "no zip":
        path.write_bytes(b"not a zip")
    elif what == "missing":
        path.unlink()
    else:
        manifest["format"] = FORMAT + (what == "of a later format")
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(MANIFEST, json.dumps(manifest))
            file.writestr(DATABASE, content + b"x" * (what == "changed"))
    new = Database(f"sqlite:///{tmp_path}/new.sqlite")
    with pytest.raises(UsageError, match="this vbench reads 1" if "format" in what else "no backup of a board"):
        restore(path, new)
    with new.reading() as session:
        assert all(session.scalar(select(func.count()).select_from(table)) == 0 for table in TABLES)


def test_a_backup_of_an_older_schema_comes_up_to_date(tmp_path: Path) -> None:
    """Its database has the schema of a board of long ago, as a backup made then would have."""
    content = gzip.decompress(OLD.read_bytes())
    (tmp_path / "old.sqlite").write_bytes(content)
    backup(Database(f"sqlite:///{tmp_path}/empty.sqlite"), tmp_path / "new.zip")
    with zipfile.ZipFile(tmp_path / "new.zip") as file:
        manifest = json.loads(file.read(MANIFEST))
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as file:
        file.writestr(MANIFEST, json.dumps({**manifest, "schema": "0001", "sha256": digest(tmp_path / "old.sqlite")}))
        file.writestr(DATABASE, content)
    target = Database(f"sqlite:///{tmp_path}/target.sqlite")
    restore(tmp_path / "old.zip", target)
    target.close()
    board = Board(Settings(database=f"sqlite:///{tmp_path}/target.sqlite", suite="mini"))
    assert [row.id for row in board.entries(everything=True) if row.id.isdecimal()] == ["4", "3", "2", "1"]
    assert len(board.ballot_box.votes()) == 2
    board.close()


@pytest.mark.skipif(sys.platform == "win32", reason="knows no limit on files")
def test_where_there_is_no_room_that_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/board.sqlite"
    board = Board(Settings(database=address, suite="mini"))
    for seed in range(3):
        board.submit(archive(tmp_path, seed, f"Model {seed}"), local=True)
    backup(board.database, tmp_path / "board.zip")
    Database(f"sqlite:///{tmp_path}/new.sqlite").close()
    entries = board.entries(everything=True)
    board.close()
    before = {path.name for path in tmp_path.iterdir()}

    def told(*words: str) -> str:
        import resource

        def small() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (307_200, 307_200))

        command = [sys.executable, "-m", "vbench", "leaderboard", *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, preexec_fn=small)
        assert done.returncode, done.stdout
        assert "Traceback" not in done.stderr
        return done.stderr

    assert "cannot be used now" in told("backup", "other.zip", "--database", address)
    assert "no backup" not in told("restore", "board.zip", "--database", f"sqlite:///{tmp_path}/new.sqlite")
    assert {path.name for path in tmp_path.iterdir()} == before
    opened = Board(Settings(database=address, suite="mini"))
    assert opened.entries(everything=True) == entries
    opened.close()


def test_a_board_that_somebody_writes_to_is_not_replaced_meanwhile(tmp_path: Path) -> None:
    board = Board(Settings(database=f"sqlite:///{tmp_path}/board.sqlite", suite="mini", database_seconds=1))
    backup(board.database, tmp_path / "board.zip")
    with (
        board.database.writing(),
        pytest.raises(Unavailable, match="is locked"),
    ):
        restore(tmp_path / "board.zip", board.database, replace=True)
    board.close()


def test_the_commands(tmp_path: Path) -> None:
    board = Board(Settings(database=f"sqlite:///{tmp_path}/a.sqlite", suite="mini"))
    board.submit(archive(tmp_path, 1, "First"), local=True)
    board.close()
    run = CliRunner().invoke
    file, addresses = str(tmp_path / "board.zip"), [f"sqlite:///{tmp_path}/{name}.sqlite" for name in "ab"]
    done = run(leaderboard, ["backup", f"{file}.json", "--database", addresses[0], "--json"])
    assert checked("leaderboard-backup", done.output)["rows"]["submission"] == 1
    done = run(leaderboard, ["backup", file, "--database", addresses[0]])
    assert done.exit_code == 0, done.output
    assert "1 submissions" in done.output
    assert (tmp_path / "board.zip").stat().st_mode & 0o077 == 0
    again = run(leaderboard, ["backup", file, "--database", addresses[0]])
    assert isinstance(again.exception, UsageError)
    assert "is there already" in str(again.exception)
    done = run(leaderboard, ["restore", file, "--database", addresses[1], "--json"])
    assert done.exit_code == 0, done.output
    assert checked("leaderboard-restore", done.output)["rows"]["submission"] == 1
    assert json.loads(run(leaderboard, ["list", "--json", "--database", addresses[1]]).output)[0]["id"] == "1"
