"""Blind ballots: two videos of one prompt, the models' names hidden until the vote is in.

A ballot has a random name and so have its videos' addresses: neither page nor address says which model is which.
"""

from __future__ import annotations

import random
import secrets
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from threading import Lock

from vbench.errors import Refused
from vbench.leaderboard.board import FIRST, SECOND, TIE, Board, Judgement
from vbench.leaderboard.errors import NotFound

LEFT, RIGHT = "left", "right"

VERDICTS = {LEFT: FIRST, RIGHT: SECOND, TIE: TIE}
"""What a voter says -> the outcome between the left and the right submission."""

MOST_BALLOTS = 10_000
"""Ballots that are open at a time; beyond that the oldest ones are void."""


@dataclass(frozen=True)
class Ballot:
    """Two videos that wait for a vote.

    Attributes:
        prompt: that both answer.
        dimension: that is asked about, ``""`` for the videos on the whole.
        left: number of a submission.
        right: number of the other.
    """

    prompt: str
    dimension: str
    left: int
    right: int


@dataclass(frozen=True)
class Standing:
    """How often a submission won.

    Attributes:
        number: of the submission.
        wins: a tie counts half.
        votes: in which it stood.
    """

    number: int
    wins: float
    votes: int

    @property
    def share(self) -> float:
        """Of its votes that it won."""
        return self.wins / self.votes


class Arena:
    """Hands out ballots and takes votes.

    Args:
        board: with the videos.
        rng: draws pairs and sides.
    """

    def __init__(self, board: Board, rng: random.Random | None = None) -> None:
        self.board = board
        self._rng = rng or random.SystemRandom()
        self._open: OrderedDict[str, Ballot] = OrderedDict()
        self._lock = Lock()

    def draw(self, dimension: str = "") -> str | None:
        """The name of a new ballot, ``None`` where no prompt has videos of two models.

        Every pair of models is as likely as any other, whichever prompts they share.
        """
        pairs: dict[tuple[int, int], list[str]] = defaultdict(list)
        for prompt, videos in self.board.videos().items():
            for pair in combinations(sorted(videos), 2):
                pairs[pair].append(prompt)
        if not pairs:
            return None
        pair = self._rng.choice(sorted(pairs))
        prompt = self._rng.choice(pairs[pair])
        left, right = self._rng.sample(pair, 2)
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._open[name] = Ballot(prompt, dimension, left, right)
            while len(self._open) > MOST_BALLOTS:
                self._open.popitem(last=False)
        return name

    def ballot(self, name: str) -> Ballot:
        """An open ballot.

        Raises:
            NotFound: there is none of that name; it is void or was voted on.
        """
        with self._lock:
            found = self._open.get(name)
        if found is None:
            raise NotFound("This ballot is closed. Ask for another pair.")
        return found

    def video(self, name: str, side: str) -> bytes:
        """The left or right video of a ballot.

        Raises:
            NotFound: there is no such ballot or side.
        """
        ballot = self.ballot(name)
        if side not in (LEFT, RIGHT):
            raise NotFound(f"A ballot has no {side!r:.20} video.")
        number = ballot.left if side == LEFT else ballot.right
        return self.board.medium(number, self.board.videos()[ballot.prompt][number])

    def vote(self, name: str, verdict: str, voter: str) -> Ballot:
        """Keep a vote and close the ballot.

        Args:
            name: of the ballot.
            verdict: ``left``, ``right`` or ``tie``.
            voter: as in :meth:`vbench.leaderboard.board.Board.vote`.

        Raises:
            NotFound: the ballot is closed.
            Refused: there is no such verdict, or a video is no longer on the board.
        """
        if verdict not in VERDICTS:
            raise Refused([f"A vote says one of {', '.join(VERDICTS)}."])
        with self._lock:
            ballot = self._open.pop(name, None)
        if ballot is None:
            raise NotFound("This ballot is closed. Ask for another pair.")
        self.board.vote(ballot.prompt, ballot.left, ballot.right, VERDICTS[verdict], voter, ballot.dimension)
        return ballot


def standings(votes: Iterable[Judgement]) -> list[Standing]:
    """Share of won votes by submission, the highest first."""
    wins: dict[int, float] = defaultdict(float)
    stood: dict[int, int] = defaultdict(int)
    for vote in votes:
        for number, win in _points(vote).items():
            wins[number] += win
            stood[number] += 1
    found = [Standing(number, wins[number], stood[number]) for number in stood]
    return sorted(found, key=lambda standing: (-standing.share, -standing.votes, standing.number))


def _points(vote: Judgement) -> Mapping[int, float]:
    first = 0.5 if vote.outcome == TIE else float(vote.outcome == FIRST)
    return {vote.first: first, vote.second: 1 - first}
