"""Ballots: blind, drawn evenly, counted once."""

from __future__ import annotations

import io
import random
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from tests.footage import write_video
from tests.leaderboard.archives import archive, rows, zipped
from vbench.errors import Refused
from vbench.leaderboard.arena import LEFT, RIGHT, Arena, standings
from vbench.leaderboard.board import TIE, Board, Judgement
from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.submissions.validate import stem_of

MODELS = 3


@pytest.fixture
def arena(board: Board, tmp_path: Path) -> Arena:
    """Three models with videos of two prompts each, of which one is every model's."""
    video = write_video(tmp_path / "v.mp4", lossless=False).read_bytes()
    for seed in range(MODELS):
        content = archive(tmp_path, seed, f"Model {seed}")
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            files = {name: opened.read(name) for name in opened.namelist()}
        for name in _videos(seed):
            files[f"videos/{stem_of(name)}.mp4"] = video + bytes([seed])
        board.submit(zipped(files), local=True)
    return Arena(board, random.Random(0))


def _videos(seed: int) -> list[str]:
    found = sorted({row.video for row in rows() if row.video.endswith("-0.mp4")})
    return [found[0], found[1 + seed % 2]]


def test_pairs_and_sides_are_drawn_evenly(arena: Arena) -> None:
    ballots = [arena.ballot(arena.draw() or "") for _ in range(600)]
    pairs = Counter(frozenset((ballot.left, ballot.right)) for ballot in ballots)
    assert len(pairs) == 3
    assert all(150 < count < 250 for count in pairs.values())
    sides = Counter(ballot.left < ballot.right for ballot in ballots)
    assert all(count > 240 for count in sides.values())
    videos = arena.board.videos()
    assert all({ballot.left, ballot.right} <= videos[ballot.prompt].keys() for ballot in ballots)


def test_a_vote_is_stored_between_the_right_submissions_and_only_once(arena: Arena) -> None:
    for verdict, winner in ((LEFT, "left"), (RIGHT, "right"), (TIE, None)):
        name = arena.draw("scene") or ""
        ballot = arena.ballot(name)
        assert arena.video(name, LEFT)[-1] == ballot.left - 1
        assert arena.video(name, RIGHT)[-1] == ballot.right - 1
        assert arena.vote(name, verdict, f"voter {verdict}") == ballot
        vote = arena.board.votes()[-1]
        assert vote.dimension == "scene"
        assert vote.prompt == ballot.prompt
        first_won = {LEFT: ballot.left, RIGHT: ballot.right, TIE: 0}[verdict] == vote.first
        assert vote.outcome == ("tie" if winner is None else "first" if first_won else "second")
        with pytest.raises(NotFound):
            arena.vote(name, verdict, "voter")
        with pytest.raises(NotFound):
            arena.video(name, LEFT)
    assert len(arena.board.votes()) == 3


def test_what_is_refused(arena: Arena) -> None:
    name = arena.draw() or ""
    with pytest.raises(Refused, match="A vote says"):
        arena.vote(name, "best", "voter")
    with pytest.raises(NotFound, match="no 'middle'"):
        arena.video(name, "middle")
    with pytest.raises(NotFound, match="closed"):
        arena.vote("nonsense", LEFT, "voter")
    ballot = arena.ballot(name)
    arena.board.withdraw(ballot.left, local=True)
    with pytest.raises(Refused, match="no published video"):
        arena.vote(name, LEFT, "voter")
    arena.board.withdraw(ballot.right, local=True)
    assert arena.draw() is None


def test_standings() -> None:
    votes = [
        Judgement("a", "", 1, 2, "first"), Judgement("b", "", 1, 2, "tie"), Judgement("a", "", 2, 3, "second"),
    ]  # fmt: skip
    assert [(row.number, row.wins, row.votes) for row in standings(votes)] == [(3, 1.0, 1), (1, 1.5, 2), (2, 0.5, 3)]
    assert standings([]) == []
