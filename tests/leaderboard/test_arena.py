"""Ballots: blind, drawn evenly, counted once, by whom they were drawn for."""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from tests.counted import instructions
from tests.footage import write_video
from tests.leaderboard.archives import archive, rows, with_videos
from vbench.errors import Refused
from vbench.leaderboard.arena import LEFT, RIGHT, Arena
from vbench.leaderboard.ballot_box import TIE, BallotBox, Cast, Judgement
from vbench.leaderboard.board import Board
from vbench.leaderboard.errors import NotAllowed, NotFound
from vbench.leaderboard.rewrap import STEP
from vbench.leaderboard.standings import Standings, outliers, standings
from vbench.leaderboard.web.origin import demand_own_origin
from vbench.media.video import Video

MODELS = 3


@pytest.fixture
def arena(board: Board, tmp_path: Path) -> Arena:
    """Three models with videos of two prompts each, of which one is every model's."""
    video = write_video(tmp_path / "v.mp4", lossless=False).read_bytes()
    for seed in range(MODELS):
        videos = {name: video + _tag(seed, place) for place, name in enumerate(_videos(seed))}
        board.submit(with_videos(archive(tmp_path, seed, f"Model {seed}"), videos), local=True)
    return Arena(board, random.Random(0))


def _tag(seed: int, place: int) -> bytes:
    """A box that makes a file another, longer one, and says whose it is."""
    content = b"model %d, video %d" % (seed, place) + bytes(1000 * seed)
    return (8 + len(content)).to_bytes(4, "big") + b"free" + content


def _videos(seed: int) -> list[str]:
    found = sorted({row.video for row in rows() if row.video.endswith("-0.mp4")})
    return [found[0], found[1 + seed % 2]]


@pytest.fixture
def voter(arena: Arena) -> str:
    return arena.voter()


def test_pairs_and_sides_are_drawn_evenly(arena: Arena, voter: str) -> None:
    ballots = [arena.ballot(arena.draw(voter) or "") for _ in range(600)]
    pairs = Counter(frozenset((ballot.left, ballot.right)) for ballot in ballots)
    assert len(pairs) == 3
    assert all(150 < count < 250 for count in pairs.values())
    sides = Counter(ballot.left < ballot.right for ballot in ballots)
    assert all(count > 240 for count in sides.values())
    videos = arena.board.videos()
    assert all({ballot.left, ballot.right} <= videos[ballot.prompt].keys() for ballot in ballots)


def test_no_byte_of_a_ballot_says_whose_a_video_is(arena: Arena, voter: str, tmp_path: Path) -> None:
    board = arena.board
    public = [board.medium(number, name) for videos in board.videos().values() for number, name in videos.items()]
    digests = {hashlib.sha256(content).digest() for content in public}
    for _ in range(20):
        addresses = arena.addresses(arena.draw(voter) or "")
        left, right = (arena.video(addresses[side]) for side in (LEFT, RIGHT))
        assert len(left) == len(right)
        assert len(left) % STEP == 0
        for content in (left, right):
            assert b"model " not in content
            assert b"x264" not in content
            assert hashlib.sha256(content).digest() not in digests
            digests.add(hashlib.sha256(content).digest())  # nor is a copy ever handed out twice
    (tmp_path / "copy.mp4").write_bytes(left)
    copy, original = Video(tmp_path / "copy.mp4"), Video(tmp_path / "v.mp4")
    assert np.array_equal(copy.frames([0, 1]), original.frames([0, 1]))
    assert copy.frame_count == original.frame_count


def test_a_vote_is_stored_between_the_right_submissions_and_only_once(arena: Arena, voter: str) -> None:
    for verdict, winner in ((LEFT, "left"), (RIGHT, "right"), (TIE, None)):
        name = arena.draw(voter, "scene") or ""
        ballot = arena.ballot(name)
        assert arena.vote(name, verdict, voter) == ballot
        cast = arena.board.ballot_box.cast()[-1]
        vote = cast.judgement
        assert cast.left == ballot.left
        assert vote.dimension == "scene"
        assert vote.prompt == ballot.prompt
        first_won = {LEFT: ballot.left, RIGHT: ballot.right, TIE: 0}[verdict] == vote.first
        assert vote.outcome == ("tie" if winner is None else "first" if first_won else "second")
        with pytest.raises(NotFound):
            arena.vote(name, verdict, voter)
    assert len(arena.board.ballot_box.cast()) == 3


def test_a_vote_is_bound_to_its_ballot_and_its_voter(arena: Arena, voter: str) -> None:
    name = arena.draw(voter) or ""
    for somebody in (arena.voter(), "a name of my own", "", voter.split(".")[0], voter + "0", "\ud800"):
        with pytest.raises(Refused, match="drawn for somebody else"):
            arena.vote(name, LEFT, somebody)
    with pytest.raises(NotFound):
        arena.vote(name.split(".")[0], LEFT, voter)
    arena.vote(name, LEFT, voter)
    assert arena.voter(voter) == voter
    assert arena.voter("made up") != "made up"
    assert Arena(arena.board).voter(voter) == voter  # another process knows it too


def test_one_ballot_is_one_vote_for_every_process(arena: Arena, voter: str) -> None:
    name = arena.draw(voter) or ""
    ballot = arena.vote(name, LEFT, voter)
    with pytest.raises(Refused, match="was used"):
        arena.board.ballot_box.vote(ballot.prompt, ballot.left, ballot.right, "first", voter, ballot=name)


def test_the_players_of_a_ballot_may_read_on_for_a_minute_after_the_vote(board: Board, arena: Arena) -> None:
    now = [0.0]
    timed = Arena(board, random.Random(0), lambda: now[0])
    voter = timed.voter()
    name = timed.draw(voter) or ""
    addresses = timed.addresses(name)
    timed.vote(name, LEFT, voter)
    now[0] = 59
    assert timed.video(addresses[LEFT])
    with pytest.raises(NotFound, match="closed"):
        timed.ballot(name)
    now[0] = 60
    with pytest.raises(NotFound, match="closed"):
        timed.video(addresses[LEFT])


def test_a_ballot_is_void_after_an_hour(board: Board, arena: Arena) -> None:
    now = [0.0]
    timed = Arena(board, random.Random(0), lambda: now[0])
    voter = timed.voter()
    name = timed.draw(voter) or ""
    addresses = timed.addresses(name)
    now[0] = 3601
    with pytest.raises(NotFound, match="closed"):
        timed.vote(name, LEFT, voter)
    with pytest.raises(NotFound, match="closed"):
        timed.video(addresses[RIGHT])


def test_what_is_refused(arena: Arena, voter: str) -> None:
    name = arena.draw(voter) or ""
    with pytest.raises(Refused, match="A vote says"):
        arena.vote(name, "best", voter)
    with pytest.raises(NotFound, match="closed"):
        arena.video("middle")
    with pytest.raises(NotFound, match="closed"):
        arena.vote("nonsense", LEFT, voter)
    ballot, addresses = arena.ballot(name), arena.addresses(name)
    assert arena.video(addresses[RIGHT])
    arena.board.withdraw(ballot.left, local=True)
    with pytest.raises(NotFound, match="no longer on the board"):
        arena.video(addresses[RIGHT])
    with pytest.raises(Refused, match="no published video"):
        arena.vote(name, LEFT, voter)
    arena.board.withdraw(ballot.right, local=True)
    assert arena.draw(voter) is None


@pytest.mark.parametrize("headers", [
    {"host": "board.example.org", "origin": "https://evil.example.org"},
    {"host": "board.example.org", "origin": "null"},
    {"host": "board.example.org", "sec-fetch-site": "cross-site"},
    {"host": "board.example.org", "origin": "https://board.example.org", "sec-fetch-site": "same-site"},
])  # fmt: skip
def test_no_other_site_votes_through_its_visitors(headers: dict[str, str]) -> None:
    with pytest.raises(NotAllowed, match="own pages"):
        demand_own_origin(headers)
    demand_own_origin({"host": headers["host"], "origin": f"https://{headers['host']}"})
    demand_own_origin({"host": headers["host"]})  # no browser


# Standings -------------------------------------------------------------------------------------------------------


def cast(votes: Iterator[tuple[str, int, int, str]]) -> list[Cast]:
    """Votes of voters on pairs, the first of each shown on a side by turns, a minute after one another."""
    return [
        Cast(
            place, Judgement(f"prompt {place % 30}", "", first, second, outcome), voter,
            f"2025-01-01T{place // 60 % 24:02}:{place % 60:02}:00+00:00", (first, second)[place % 2], True, False,
        )
        for place, (voter, first, second, outcome) in enumerate(votes)
    ]  # fmt: skip


def honest(voters: int = 12, each: int = 25) -> Iterator[tuple[str, int, int, str]]:
    """Voters who find 1 better than 2 and 2 better than 3, mostly."""
    drawn = random.Random(1)
    for number in range(voters * each):
        first, second = drawn.choice([(1, 2), (2, 3), (1, 3)])
        yield f"voter {number % voters}", first, second, "first" if drawn.random() < 0.65 else "second"


def test_standings_are_strengths_with_intervals_by_question() -> None:
    votes = [vote.judgement for vote in cast(honest())]
    found = standings(votes)
    assert [one.number for one in found] == [1, 2, 3]
    assert all(0 < one.chance.low < one.chance.score < one.chance.high < 1 for one in found)
    assert sum(one.votes for one in found) == 2 * len(votes)
    assert sum(one.chance.score for one in found) == pytest.approx(1.5)
    assert standings(votes, "scene") == standings([]) == []


class SlowBox(BallotBox):
    """Votes that are only given out when somebody lets them."""

    def __init__(self) -> None:
        self.number, self.asked, self.given_out = 0, Event(), Event()

    def revision(self) -> int:
        return self.number

    def votes(self, dimension: str | None = None) -> list[Judgement]:
        self.asked.set()
        assert self.given_out.wait(60)
        return [vote.judgement for vote in cast(honest())][: 30 * (1 + self.number)]


def test_nobody_waits_for_new_standings_who_has_some() -> None:
    box = SlowBox()
    table = Standings(box)
    box.given_out.set()
    before = table.of()
    box.number, table._kept[""] = 1, (*table._kept[""][:2], 0.0, before)
    box.asked.clear()
    box.given_out.clear()
    with ThreadPoolExecutor() as others:
        finding = others.submit(table.of)
        assert box.asked.wait(60)
        assert table.of() is before
        box.given_out.set()
        assert sum(one.votes for one in finding.result()) == 2 * sum(one.votes for one in before)


def test_strength_does_not_depend_on_whom_a_model_met() -> None:
    """2 beats 1 as often as not and meets nobody else; 1 beats 3 nearly always."""
    votes = [Judgement(f"{n}", "", 1, 2, ("first", "second")[n % 2]) for n in range(40)]
    votes += [Judgement(f"{n}", "", 1, 3, "second" if n < 4 else "first") for n in range(40)]
    one, two, three = (next(row for row in standings(votes) if row.number == number) for number in (1, 2, 3))
    assert one.wins / one.votes > two.wins / two.votes + 0.1
    assert one.chance.score == pytest.approx(two.chance.score, abs=0.02)
    assert three.chance.score < 0.2


def test_honest_voters_do_not_stand_out() -> None:
    assert outliers(cast(honest())) == {}


@pytest.mark.parametrize(("eager", "others"), [(20, 20), (100, 3)])
def test_of_honest_voters_none_stands_out_however_unlike_the_models(eager: int, others: int) -> None:
    """Strong models nearly always win, and what few votes of others say of them is not sure."""
    drawn, found = random.Random(eager), 0
    for _ in range(25):
        strengths = [drawn.gauss(0, 2) for _ in range(5)]
        votes = []
        for voter, each in enumerate([eager, *[others] * 5]):
            for _ in range(each):
                first, second = drawn.sample(range(5), 2)
                wins = drawn.random() < 1 / (1 + math.exp(strengths[second] - strengths[first]))
                votes.append((f"voter {voter}", first + 1, second + 1, "first" if wins else "second"))
        found += len(outliers(cast(iter(votes))))
    assert not found


def test_a_voter_on_another_question_does_not_stand_out() -> None:
    """On the whole 3 is the last, in scenes the best."""
    of_scenes = [("asked of scenes", 2 - number % 2, 3, "second") for number in range(30)]
    votes = cast(iter([*honest(), *of_scenes]))
    asked = [
        replace(vote, judgement=replace(vote.judgement, dimension="scene")) if vote.voter == "asked of scenes" else vote
        for vote in votes
    ]
    assert list(outliers(votes)) == ["asked of scenes"]
    assert outliers(asked) == {}


def test_who_votes_for_one_model_stands_out() -> None:
    votes = [*honest(), *(("friend", 2 - n % 2, 3, "second") for n in range(30))]
    found = outliers(cast(iter(votes)))
    assert list(found) == ["friend"]
    assert any("for submission 3" in reason for reason in found["friend"])


def test_a_voter_costs_as_much_as_one_whoever_else_voted() -> None:
    votes = cast(iter([*honest(), *(("friend", 2 - n % 2, 3, "second") for n in range(30))]))
    assert outliers(votes, "fri") == outliers(votes)
    assert instructions(lambda: outliers(votes, "fri")) < instructions(lambda: outliers(votes)) / 2
    assert outliers(votes, "voter") == {}


def test_who_always_says_left_or_does_not_look_stands_out() -> None:
    votes = cast(honest(voters=1, each=40))
    lefts = [
        Cast(
            1000 + n, Judgement(f"{n}", "", 1, 2, "first" if n % 2 else "second"), "left", "2025-01-02T00:00:00+00:00",
            1 if n % 2 else 2, True, False,
        )
        for n in range(40)
    ]  # fmt: skip
    reasons = outliers([*votes, *lefts])["left"]
    assert "the left video in 40 of 40 decided votes" in reasons
    assert "0 s between votes at the median" in reasons
