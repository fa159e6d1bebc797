"""A board's votes as judgements."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.footage import noise, write_video
from tests.leaderboard.archives import card, rows, run, with_videos
from tests.leaderboard.conftest import ADMIN
from vbench.analysis.alignment import align
from vbench.analysis.preference import Judgement, models_of
from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.submissions.pack import pack
from vbench.leaderboard.votes import judgements_of, runs_of
from vbench.runs.store import Row


def submit(board: Board, folder: Path, seed: int, name: str, version: str = "1.0") -> int:
    """Publish a run of the mini suite with one sampled video; its videos are in a folder."""
    made = [replace(row, video=f"videos/{row.video}") for row in rows(seed)]
    video = (folder / "some.mp4").read_bytes() + bytes([seed])
    content = with_videos(pack(run(folder / f"run-{seed}", made), card(name, version=version)), {made[0].video: video})
    return board.submit(content, ADMIN).id


def test_votes_between_published_submissions(board: Board, tmp_path: Path) -> None:
    write_video(tmp_path / "some.mp4", noise(4))
    one, two, three = (submit(board, tmp_path, seed, name) for seed, name in enumerate(("One", "Two", "Three")))
    (prompt,) = board.videos()
    dimension = rows()[0].dimension
    board.ballot_box.vote(prompt, one, two, "first", "somebody", dimension)
    board.ballot_box.vote(prompt, one, two, "second", "somebody", dimension)
    board.ballot_box.vote(prompt, two, one, "tie", "somebody else", dimension)
    board.ballot_box.vote(prompt, three, one, "first", "somebody")
    shown = (f"videos/{rows()[0].video}",) * 2
    told = judgements_of(board)
    assert told == [
        Judgement(dimension, prompt, "One 1.0", "Two 1.0", 0.0, shown),
        Judgement(dimension, prompt, "One 1.0", "Two 1.0", 0.5, shown),
        Judgement("", prompt, "One 1.0", "Three 1.0", 0.0, shown),
    ]
    found = align(told, runs_of(board, {"One 1.0", "Two 1.0", "Three 1.0"}), draws=20)
    assert list(found) == [dimension, ""]
    assert (found[dimension].pairs, found[dimension].seen) == (2, 2)
    board.withdraw(three, ADMIN)
    assert judgements_of(board) == told[:2]
    assert set(runs_of(board, {"One 1.0", "Three 1.0"})) == {"One 1.0"}


def test_scores_are_read_of_those_alone_that_were_judged(database: str, tmp_path: Path) -> None:
    """A board has thousands of submissions with thousands of scores each, and votes on some of them."""
    read: list[int] = []

    class Noted(Board):
        def rows(self, number: int, token: str = "", local: bool = False) -> list[Row]:
            read.append(number)
            return super().rows(number, token, local)

    write_video(tmp_path / "some.mp4", noise(4))
    board = Noted(Settings(database=database, suite="mini", admin_tokens=(ADMIN,)))
    one, two, _ = (submit(board, tmp_path, seed, name) for seed, name in enumerate(("One", "Two", "Three")))
    (prompt,) = board.videos()
    board.ballot_box.vote(prompt, one, two, "first", "somebody")
    told = judgements_of(board)
    assert set(runs_of(board, models_of(told))) == {"One 1.0", "Two 1.0"}
    assert set(read) == {one, two}
    board.close()


def test_any_number_of_votes_is_taken_out(board: Board, tmp_path: Path) -> None:
    """A database takes so many numbers in one statement, and a program casts more votes than that in two days."""
    write_video(tmp_path / "some.mp4", noise(4))
    one, two = (submit(board, tmp_path, seed, name) for seed, name in enumerate(("One", "Two")))
    (prompt,) = board.videos()
    board.ballot_box.vote(prompt, one, two, "first", "somebody")
    assert board.remove_votes(range(1, 300_000), ADMIN) == 1
    assert board.ballot_box.votes() == []
