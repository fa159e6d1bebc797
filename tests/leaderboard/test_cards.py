"""Model cards are edited as versions: held against the archive like the first one, and every earlier one stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.leaderboard.archives import archive
from tests.leaderboard.conftest import ADMIN
from vbench.errors import Refused
from vbench.leaderboard.board import Board
from vbench.leaderboard.errors import NotAllowed, NotFound
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.leaderboard.web.ui.pages import model as model_page


def of(board: Board, number: int = 1) -> ModelCard:
    return board.submission(number, local=True).entry.card


def test_an_edit_is_a_version_and_the_earlier_ones_stay(board: Board, tmp_path: Path) -> None:
    receipt = board.submit(archive(tmp_path, 1, licence=""), local=True)
    first, scores = of(board), board.submission(1).entry.scores
    assert [(one.version, one.card) for one in board.cards(1)] == [(1, first)]
    second, third = replace(first, licence="MIT", notes="Licence added."), replace(first, licence="Apache-2.0")
    assert board.edit_card(1, second, ADMIN) == 2
    assert board.edit_card(1, third, ADMIN) == 3
    assert of(board) == third
    assert [(one.version, one.card, one.by) for one in board.cards(1)] == [
        (1, first, "submitter"), (2, second, "admin"), (3, third, "admin"),
    ]  # fmt: skip
    detail = board.submission(1)
    assert detail.entry.scores == scores
    assert detail.entry.sha256 == receipt.sha256
    assert dict(board.rebuild([1])) == {1: ()}
    assert of(board) == third
    page = model_page._page(board, "1")
    assert "Version 2" in page
    assert "<del>MIT</del> <ins>Apache-2.0</ins>" in page


def test_an_edit_that_comes_twice_is_one_version(board: Board, tmp_path: Path) -> None:
    """A proxy sends a PUT again, to another process, where the first answer is lost."""
    board.submit(archive(tmp_path, 1), local=True)
    edited = replace(of(board), notes="New.")
    assert [board.edit_card(1, edited, ADMIN) for _ in range(2)] == [2, 2]
    assert len(board.cards(1)) == 2


def test_what_an_edit_says_follows(board: Board, tmp_path: Path) -> None:
    board.submit(archive(tmp_path, 1, precision=""), local=True)
    assert any("Settings not stated: precision" in note for note in board.submission(1).entry.notes)
    board.edit_card(1, replace(of(board), precision="float16"), local=True)
    assert not any("not stated" in note for note in board.submission(1).entry.notes)


def test_a_card_that_does_not_fit_is_refused(board: Board, tmp_path: Path) -> None:
    board.submit(archive(tmp_path), local=True)
    for change, said in (
        ({"name": "Another"}, "result of a version is final"),
        ({"version": "2.0"}, "result of a version is final"),
        ({}, "there already"),
        ({"date": "2999-01-01"}, "has not come yet"),
        ({"resolution": "640x480"}, "512x512"),
    ):
        with pytest.raises(Refused, match=said):
            board.edit_card(1, replace(of(board), **change), local=True)  # type: ignore[arg-type]
    assert len(board.cards(1)) == 1


def test_who_may_edit(board: Board, tmp_path: Path) -> None:
    _, lab = board.accounts.issue("Some Lab")
    _, other = board.accounts.issue("Another Lab")
    waiting = board.submit(archive(tmp_path, 1, "Waiting"))
    board.submit(archive(tmp_path, 2, "Published"), lab)
    edited = {number: replace(of(board, number), contact="us") for number in (1, 2)}
    with pytest.raises(NotFound):
        board.edit_card(1, edited[1], other)
    with pytest.raises(NotAllowed, match="does not edit"):
        board.edit_card(2, edited[2], other)
    with pytest.raises(NotAllowed):
        board.edit_card(2, edited[2], waiting.withdraw_token)
    assert board.edit_card(1, edited[1], waiting.withdraw_token) == 2
    assert board.edit_card(2, edited[2], lab) == 2
    with pytest.raises(Refused, match="Somebody has to look"):
        board.edit_card(2, replace(edited[2], evaluated_by="VBench Team"), lab)
    board.publish(1, ADMIN)
    with pytest.raises(NotAllowed, match="an account's or an admin's token"):
        board.edit_card(1, replace(edited[1], contact="them"), waiting.withdraw_token)
    board.withdraw(1, local=True)
    with pytest.raises(Refused, match="is withdrawn"):
        board.edit_card(1, replace(edited[1], contact="them"), ADMIN)
