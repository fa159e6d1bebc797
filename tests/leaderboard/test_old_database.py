"""A database that commit 21ed802 wrote opens, keeps what it has, and goes on.

It holds four submissions (two published, of which one says that the benchmark's team made it, one pending, one
withdrawn), each with a video, and three votes.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.leaderboard.archives import archive, with_rows
from tests.leaderboard.conftest import ADMIN
from vbench.leaderboard.ballot_box import Judgement
from vbench.leaderboard.board import Board
from vbench.leaderboard.errors import Duplicate, NotFound
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.snapshots import OUTDATED
from vbench.leaderboard.submissions.likeness import CONTINUOUS

OLD = Path(__file__).parent / "fixtures" / "board_0001.sqlite.gz"

WAITING_TOKEN = "Cg933G-1oEtDFFe4H9c_PL0rCTvicDAG3s8cT4Q-BzA"
"""Of the receipt of the pending submission."""

PROMPT = "Beside a garden hose, a terrier shakes the water off its coat"


@pytest.fixture
def old(tmp_path: Path) -> Board:
    (tmp_path / "old.sqlite").write_bytes(gzip.decompress(OLD.read_bytes()))
    return Board(Settings(database=f"sqlite:///{tmp_path}/old.sqlite", suite="mini", admin_tokens=(ADMIN,)))


def test_it_is_read_as_it_was(old: Board) -> None:
    rows = [row for row in old.entries(everything=True) if row.id.isdecimal()]
    assert [(row.id, row.state, row.card.name) for row in rows] == [
        ("4", "withdrawn", "Gone"), ("3", "pending", "Waiting"), ("2", "published", "Second"),
        ("1", "published", "First"),
    ]  # fmt: skip
    assert all(row.value("total") is not None for row in rows)
    assert {row.certification for row in rows} == {""}  # nobody certified it
    assert old.ballot_box.votes() == [
        Judgement(PROMPT, "color", 1, 2, "tie"), Judgement(PROMPT, "", 1, 2, "second"),
    ]  # fmt: skip
    assert len(old.archive(1)) == old.submission(1).archive_bytes
    with pytest.raises(NotFound):
        old.submission(3)
    assert old.submission(3, WAITING_TOKEN).entry.card.name == "Waiting"


def test_it_goes_on(old: Board, tmp_path: Path) -> None:
    old.publish(3, ADMIN)
    old.withdraw(3, WAITING_TOKEN)
    old.certify(2, "gold", ADMIN)
    assert old.submission(2).entry.certification == "gold"
    receipt = old.submit(archive(tmp_path, 9, "New"), ADMIN)
    assert (receipt.id, receipt.state) == (5, "published")
    with pytest.raises(Duplicate, match="result of a version is final"):
        old.submit(archive(tmp_path, 8, "First"))
    old.ballot_box.vote(PROMPT, 1, 2, "first", "somebody")
    assert len(old.ballot_box.votes()) == 3
    with old.database.reading() as session:
        assert session.connection().exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_copies_of_what_it_holds_are_told(old: Board, tmp_path: Path) -> None:
    board_of_today = with_rows(archive(tmp_path, 9, "Thief"), _values_of(old))
    with pytest.raises(Duplicate, match="of submission 1: one of the two is a copy"):
        old.submit(board_of_today)


def _values_of(old: Board) -> Callable[[list[dict[str, Any]]], None]:
    values = {(row.video, row.dimension): row.value for row in old.rows(1)}

    def change(lines: list[dict[str, Any]]) -> None:
        for line in lines:
            if line["dimension"] in CONTINUOUS:
                line["value"] = values[line["video"], line["dimension"]]

    return change


def test_what_today_would_be_refused_keeps_what_it_has(old: Board) -> None:
    before = old.entries(everything=True)
    numbers = old.scored(outdated=True)
    assert numbers == [1, 2, 3, 4]
    assert all(reasons for _, reasons in old.rebuild(numbers))  # weights of no length, and one checkpoint only
    assert old.entries(everything=True) == before
    assert all(OUTDATED in entry.apart for entry in old.submitted(everything=True))
