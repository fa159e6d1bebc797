"""Blind ballots: two videos of one prompt, the models' names hidden until the vote is in.

A ballot has a random name, signed for the voter that it was drawn for, and its videos have random addresses of their
own, under which copies lie that nobody else has (:mod:`vbench.leaderboard.rewrap`): neither page nor address nor file
says which model is which. A ballot is void after a vote, or after an hour; its addresses a minute after the vote, as a
player may still read.
"""

from __future__ import annotations

import random
import secrets
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from math import comb
from threading import Lock

from vbench.errors import Refused, VideoError
from vbench.leaderboard.ballot_box import FIRST, SECOND, TIE
from vbench.leaderboard.board import Board
from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.keys import own_secret, signature, signed
from vbench.leaderboard.rewrap import rewrapped_pair

LEFT, RIGHT = "left", "right"

VERDICTS = {LEFT: FIRST, RIGHT: SECOND, TIE: TIE}
"""What a voter says -> the outcome between the left and the right submission."""

MOST_BALLOTS = 10_000
"""Ballots that are open at a time; beyond that the oldest ones are void."""

SECONDS = 3600
"""After which a ballot is void."""

STILL_READ = 60
"""Seconds after a vote in which the players of its page may still ask for its videos."""

PAIRS_KEPT = 4
"""Pairs of copies that are kept in memory."""

GONE = "A video of this ballot is no longer on the board. Ask for another pair."

CLOSED = "This ballot is closed. Ask for another pair."

SECRET = "ballots"
"""Name of the board's secret that signs ballots and voters."""


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
class _Open:
    """A ballot with the addresses of its videos, the time at which they are void, and whether it was voted on."""

    ballot: Ballot
    addresses: dict[str, str]
    until: float
    voted: bool = False


class Pairs:
    """Two models' videos of a prompt, drawn so that every pair of models that share a prompt is as likely as any other.

    A prompt is drawn by how many pairs it has, and a pair of its models that share k prompts is taken once in k draws:
    nobody has to list all pairs.

    Args:
        videos: prompt -> submission -> name.
    """

    def __init__(self, videos: Mapping[str, Mapping[int, str]]) -> None:
        self.models = {prompt: sorted(found) for prompt, found in videos.items() if len(found) > 1}
        self.prompts = list(self.models)
        self.pairs = list(accumulate(comb(len(found), 2) for found in self.models.values()))
        self.answered: dict[int, set[str]] = defaultdict(set)
        for prompt, found in self.models.items():
            for number in found:
                self.answered[number].add(prompt)

    def draw(self, rng: random.Random) -> tuple[str, int, int] | None:
        """A prompt and two submissions, the left one first; ``None`` where no prompt has videos of two models."""
        while self.prompts:
            (prompt,) = rng.choices(self.prompts, cum_weights=self.pairs)
            left, right = rng.sample(self.models[prompt], 2)
            if rng.random() * len(self.answered[left] & self.answered[right]) < 1:
                return prompt, left, right
        return None


class Arena:
    """Hands out ballots and takes votes.

    Args:
        board: with the videos.
        rng: draws pairs and sides.
        clock: gives seconds that never go back.
    """

    def __init__(
        self, board: Board, rng: random.Random | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.board = board
        self._rng = rng or random.SystemRandom()
        self._clock = clock
        self._secret = own_secret(board.database, SECRET)
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._ballot_of: dict[str, tuple[str, str]] = {}
        self._lock = Lock()
        self._pairs: tuple[Mapping[str, Mapping[int, str]], Pairs] | None = None
        self._copies = lru_cache(maxsize=PAIRS_KEPT)(self._copied)

    def voter(self, kept: str = "") -> str:
        """A voter's name: the one that a browser kept, if it is one of ours, otherwise a new one."""
        return kept if self._is_ours(kept, "voter") else signed(self._secret, secrets.token_urlsafe(16), "voter")

    def draw(self, voter: str, dimension: str = "") -> str | None:
        """The name of a new ballot, ``None`` where no prompt has videos of two models.

        Every pair of models is as likely as any other, whichever prompts they share.

        Args:
            voter: whom it is for.
            dimension: that is asked about, ``""`` for the videos on the whole.
        """
        drawn = self._pairs_of(self.board.videos()).draw(self._rng)
        if drawn is None:
            return None
        prompt, left, right = drawn
        name = signed(self._secret, secrets.token_urlsafe(16), "ballot", voter)
        addresses = {side: secrets.token_urlsafe(16) for side in (LEFT, RIGHT)}
        with self._lock:
            self._open[name] = _Open(Ballot(prompt, dimension, left, right), addresses, self._clock() + SECONDS)
            self._ballot_of |= {address: (name, side) for side, address in addresses.items()}
            while len(self._open) > MOST_BALLOTS or next(iter(self._open.values())).until <= self._clock():
                self._close(next(iter(self._open)))
        return name

    def ballot(self, name: str) -> Ballot:
        """An open ballot.

        Raises:
            NotFound: there is none of that name; it is void or was voted on.
        """
        return self._opened(name).ballot

    def addresses(self, name: str) -> dict[str, str]:
        """Where a ballot's videos are, by side; raises as :meth:`ballot`."""
        return self._opened(name).addresses

    def video(self, address: str) -> bytes:
        """The video of an address: a copy that was made for its ballot.

        Raises:
            NotFound: the address is of no ballot, or void.
        """
        with self._lock:
            name, side = self._ballot_of.get(address, ("", ""))
            known = self._open.get(name)
        if known is None or known.until <= self._clock():
            raise NotFound(CLOSED)
        ballot = known.ballot
        names = self.board.videos().get(ballot.prompt, {})
        if not {ballot.left, ballot.right} <= names.keys():
            raise NotFound(GONE)
        left, right = self._copies(name, (ballot.left, names[ballot.left]), (ballot.right, names[ballot.right]))
        return left if side == LEFT else right

    def vote(self, name: str, verdict: str, voter: str) -> Ballot:
        """Keep a vote and close the ballot.

        Args:
            name: of the ballot.
            verdict: ``left``, ``right`` or ``tie``.
            voter: whom the ballot was drawn for.

        Raises:
            NotFound: the ballot is closed.
            Refused: there is no such verdict, the ballot is another voter's, or a video is no longer on the board.
        """
        if verdict not in VERDICTS:
            raise Refused([f"A vote says one of {', '.join(VERDICTS)}."])
        ballot = self.ballot(name)
        if not self._is_ours(voter, "voter") or not self._is_ours(name, "ballot", voter):
            raise Refused(["This ballot was drawn for somebody else. Ask for another pair."])
        with self._lock:
            found = self._open.get(name)
            if found is None or found.voted:
                raise NotFound(CLOSED)
            until = min(found.until, self._clock() + STILL_READ)
            self._open[name] = replace(found, voted=True, until=until)
        self.board.ballot_box.vote(
            ballot.prompt, ballot.left, ballot.right, VERDICTS[verdict], voter, ballot.dimension, name, ballot.left
        )
        return ballot

    def _pairs_of(self, videos: Mapping[str, Mapping[int, str]]) -> Pairs:
        """What can be drawn from the videos of today; laid out once per change of the board."""
        kept = self._pairs
        if kept is None or kept[0] is not videos:
            kept = self._pairs = videos, Pairs(videos)
        return kept[1]

    def _opened(self, name: str) -> _Open:
        with self._lock:
            found = self._open.get(name)
        if found is None or found.voted or found.until <= self._clock():
            raise NotFound(CLOSED)
        return found

    def _close(self, name: str) -> None:
        for address in self._open.pop(name).addresses.values():
            del self._ballot_of[address]

    def _copied(self, name: str, left: tuple[int, str], right: tuple[int, str]) -> tuple[bytes, bytes]:
        """Both videos of a ballot in new containers; of each ballot others."""
        try:
            return rewrapped_pair(self.board.medium(*left), self.board.medium(*right))
        except VideoError as error:
            raise NotFound(GONE) from error

    def _is_ours(self, name: str, *parts: str) -> bool:
        value, _, proof = name.partition(".")
        return secrets.compare_digest(proof.encode("utf-8", "replace"), signature(self._secret, value, *parts).encode())
