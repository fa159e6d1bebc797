"""A board's votes as judgements, and its submissions' scores under the same names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping

from vbench.analysis.preference import LOSS, WIN, Judgement
from vbench.analysis.preference import TIE as EQUAL
from vbench.leaderboard.ballot_box import FIRST, SECOND, TIE
from vbench.leaderboard.board import Board
from vbench.leaderboard.submissions.archive import stem_of
from vbench.leaderboard.views.board_row import FIGURE
from vbench.runs.store import Row

OUTCOMES = {FIRST: WIN, TIE: EQUAL, SECOND: LOSS}


def runs_of(board: Board, models: Container[str]) -> dict[str, list[Row]]:
    """The rows of published submissions, by name.

    Args:
        board: with the submissions.
        models: names of those that are wanted; the rows of all would be many.
    """
    return {name: board.rows(number, local=True) for number, name in _names(board).items() if name in models}


def judgements_of(board: Board) -> list[Judgement]:
    """The votes between published submissions; each voter's latest one of a pair."""
    names, shown = _names(board), board.videos()
    votes = [vote for vote in board.ballot_box.votes() if vote.first in names and vote.second in names]
    judged = {number for vote in votes for number in (vote.first, vote.second)}
    samples = {number: {stem_of(row.video): row.video for row in board.rows(number, local=True)} for number in judged}

    def video(number: int, prompt: str) -> str:
        name = shown.get(prompt, {}).get(number, "")
        return samples[number].get(stem_of(name.removeprefix("videos/")), "")

    return [
        Judgement(
            vote.dimension, vote.prompt, names[vote.first], names[vote.second], OUTCOMES[vote.outcome],
            (video(vote.first, vote.prompt), video(vote.second, vote.prompt)),
        )
        for vote in votes
    ]  # fmt: skip


def _names(board: Board) -> Mapping[int, str]:
    """Model and version of each published submission, with its number where several have the same."""
    cards = {int(entry.id): entry.card for entry in board.snapshot().entries if entry.format != FIGURE}
    names = {number: f"{card.name} {card.version}".strip() for number, card in cards.items()}
    often = Counter(names.values())
    return {number: name if often[name] == 1 else f"{name} (submission {number})" for number, name in names.items()}
