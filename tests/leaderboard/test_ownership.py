"""Whose a result is: copies, squatters, repeated requests, accounts, and who sees what is not published."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.leaderboard.archives import archive, card, rows, run, with_head, with_rows
from tests.leaderboard.conftest import ADMIN
from vbench.errors import Refused, UsageError
from vbench.leaderboard.board import Board
from vbench.leaderboard.db.tables import PUBLISHED, WITHDRAWN
from vbench.leaderboard.errors import Duplicate, NotAllowed, NotFound
from vbench.leaderboard.keys import new_key
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.submissions.pack import pack

Line = dict[str, Any]


def renamed(content: bytes, name: str) -> bytes:
    return with_head(content, lambda head: head["card"].update(name=name))


def one_value(lines: list[Line]) -> None:
    next(line for line in lines if line["dimension"] == "imaging_quality")["value"] = 0.5


def noise(lines: list[Line]) -> None:
    drawn = random.Random(0)
    for line in lines:
        if line["dimension"].endswith("quality"):
            line["value"] += drawn.uniform(-5e-5, 5e-5)


def other_files(lines: list[Line]) -> None:
    for line in lines:
        line["video"] = f"copies/{line['video']}"
        line["content"] = line["content"][::-1]


COPIES: dict[str, Callable[[list[Line]], None]] = {
    "the rows": lambda lines: None,
    "one value changed": one_value,
    "every value a little": noise,
    "other names and digests of the videos": other_files,
}


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_of_a_published_result_is_refused_also_after_a_withdrawal(
    board: Board, tmp_path: Path, kind: str
) -> None:
    content = archive(tmp_path)
    copy = renamed(with_rows(content, COPIES[kind]), "Thief")
    first = board.submit(content, ADMIN, key="the-authors-own-random-key")
    with pytest.raises(Duplicate, match=f"of submission {first.id}: one of the two is a copy") as refused:
        board.submit(copy, submitter="192.0.2.9")
    assert refused.value.first == first.id
    board.withdraw(first.id, first.withdraw_token)
    with pytest.raises(Duplicate, match="stays its submitter's") as refused:
        board.submit(copy, submitter="192.0.2.9")
    assert refused.value.first is None
    again = board.submit(renamed(content, "Its author"), earlier=first.withdraw_token)
    assert [one.flags for one in board.queue(ADMIN)] == [()]
    board.publish(again.id, ADMIN)


def test_a_squatter_never_blocks_the_author(board: Board, tmp_path: Path) -> None:
    content = archive(tmp_path)
    squatter = board.submit(content, submitter="192.0.2.9")
    author = board.submit(content, submitter="192.0.2.1")
    edited = board.submit(renamed(with_rows(content, one_value), "Editor"), submitter="192.0.2.8")
    flags = {int(one.entry.id): one.flags for one in board.queue(ADMIN)}
    assert flags[squatter.id] == ()
    assert flags[author.id] == (f"It has exactly the scores of submission {squatter.id}, which is pending.",)
    assert len(flags[edited.id]) == 2
    board.withdraw(squatter.id, squatter.withdraw_token)
    third = board.submit(with_head(content, lambda head: head["card"].update(contact="me")), submitter="192.0.2.1")
    assert third.state == "pending"  # what was withdrawn unpublished blocks nobody either
    board.publish(author.id, ADMIN)
    for copy in (edited, third):
        with pytest.raises(Duplicate):
            board.publish(copy.id, ADMIN)


def test_honest_results_are_no_copies(board: Board, tmp_path: Path) -> None:
    for seed in range(6):
        board.submit(archive(tmp_path, seed, f"Model {seed % 2}", version=str(seed)), ADMIN)
    for seed in (11, 12):
        board.submit(archive(tmp_path, seed, f"Model {seed}"))
    assert [one.flags for one in board.queue(ADMIN)] == [(), ()]


def test_the_same_videos_judged_by_another_benchmark_are_another_result(board: Board, tmp_path: Path) -> None:
    board.submit(archive(tmp_path, 1), ADMIN)
    made = [row for row in rows(1) if row.dimension == "overall_consistency"]
    content = pack(run(tmp_path / "long", made, benchmark="vbench-long"), card(), partial=True)
    receipt = board.submit(content)
    assert receipt.state == "pending"
    assert [one.flags for one in board.queue(ADMIN)] == [
        ("It has 100 % of the videos of submission 1, a result of vbench-t2v.",)
    ]
    board.publish(receipt.id, ADMIN)


def test_a_repeated_request_has_the_same_receipt(board: Board, tmp_path: Path) -> None:
    content, key = archive(tmp_path), new_key()
    first = board.submit(content, key=key)
    assert board.submit(content, key=key) == first
    assert board.submit(content, submitter="another address", key=key) == first
    with pytest.raises(Refused, match="was used for another archive"):
        board.submit(archive(tmp_path, 2), key=key)
    for weak in ("short", "with a line\nbreak in it, long"):
        with pytest.raises(Refused, match="A key has 20 to 200"):
            board.submit(content, key=weak)
    board.withdraw(first.id, first.withdraw_token)
    assert board.submit(content, key=key).state == "withdrawn"


def test_accounts(database: str, tmp_path: Path) -> None:
    board = Board(Settings(database=database, suite="mini", admin_tokens=(ADMIN,), submissions_from="accounts"))
    with pytest.raises(NotAllowed):
        board.submit(archive(tmp_path, 1))
    (lab, token), (other, others) = board.accounts.issue("Some Lab"), board.accounts.issue("Another Lab")
    with pytest.raises(UsageError):
        board.accounts.issue(" ")
    receipt = board.submit(archive(tmp_path, 1), token)
    assert receipt.state == "published"
    with pytest.raises(NotAllowed):
        board.withdraw(receipt.id, others)
    board.withdraw(receipt.id, token)
    assert board.submit(with_head(archive(tmp_path, 1), lambda head: head["card"].update(notes="x")), token)
    board.accounts.revoke(lab.id)
    with pytest.raises(NotAllowed):
        board.submit(archive(tmp_path, 2), token)
    assert [(one.name, bool(one.revoked)) for one in board.accounts.all()] == [
        ("Some Lab", True),
        ("Another Lab", False),
    ]
    with pytest.raises(NotFound):
        board.accounts.revoke(99)
    assert board.accounts.holder(others) == other
    board.close()


@pytest.mark.parametrize(("setting", "known", "unknown"), [
    ("nobody", "pending", "pending"), ("accounts", "published", "pending"), ("everybody", "published", "published"),
])  # fmt: skip
def test_who_is_published_at_once(tmp_path: Path, setting: str, known: str, unknown: str) -> None:
    database = f"sqlite:///{tmp_path}/board.sqlite"
    board = Board(Settings(database=database, suite="mini", published_at_once=setting))
    _, token = board.accounts.issue("Some Lab")
    assert board.submit(archive(tmp_path, 1, "One"), token).state == known
    assert board.submit(archive(tmp_path, 2, "Two")).state == unknown
    board.close()


def test_what_is_not_published_is_its_owners_and_the_admins(board: Board, tmp_path: Path) -> None:
    _, lab = board.accounts.issue("Some Lab")
    _, stranger = board.accounts.issue("Another Lab")
    receipt = board.submit(archive(tmp_path), lab)
    if receipt.state == "published":
        board.withdraw(receipt.id, ADMIN)
    number = receipt.id
    for see in (board.submission, board.archive, board.rows):
        for token in ("", "x", stranger):
            with pytest.raises(NotFound, match=f"There is no submission {number}."):
                see(number, token)
        for token in (receipt.withdraw_token, lab, ADMIN):
            assert see(number, token)
    assert len(board.rows(number, local=True)) == len(rows())


def test_a_copy_that_comes_while_one_is_looked_at_is_found(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, writing = archive(tmp_path), board.database.writing

    def after_another(*changes: str) -> AbstractContextManager[Session]:
        monkeypatch.undo()
        board.submit(content, ADMIN)
        return writing(*changes)

    monkeypatch.setattr(board.database, "writing", after_another)
    with pytest.raises(Duplicate, match="exactly the scores of submission 1"):
        board.submit(renamed(content, "The same"), submitter="192.0.2.9")
    waiting = board.submit(renamed(with_rows(archive(tmp_path, 2), one_value), "Waiting"), submitter="192.0.2.9")
    monkeypatch.setattr(board.database, "writing", after_another)
    content = renamed(archive(tmp_path, 2), "Quicker")
    with pytest.raises(Duplicate, match="one of the two is a copy"):
        board.publish(waiting.id, ADMIN)


def test_who_owns_the_database_puts_a_later_evaluation_in_the_place_of_a_result(board: Board, tmp_path: Path) -> None:
    content = archive(tmp_path)
    first = board.submit(content, local=True).id
    anew = with_rows(content, noise)
    with pytest.raises(Duplicate, match="one of the two is a copy"):
        board.submit(anew, local=True)
    with pytest.raises(NotAllowed, match="Only whoever owns the database"):
        board.submit(anew, ADMIN, instead_of=first)
    with pytest.raises(NotFound):
        board.submit(anew, local=True, instead_of=first + 1)
    with pytest.raises(Duplicate, match="submission 1"):  # nothing new: the old one stays where it is
        board.submit(content, local=True, instead_of=first)
    assert board.states() == {first: PUBLISHED}
    second = board.submit(anew, local=True, instead_of=first).id
    assert board.states() == {second: PUBLISHED, first: WITHDRAWN}
    third = board.submit(with_rows(content, one_value), local=True, instead_of=second).id
    with pytest.raises(Duplicate, match=f"submission {third}"):  # which is published
        board.submit(renamed(content, "Thief"), local=True, instead_of=second)
    assert board.states()[third] == PUBLISHED
