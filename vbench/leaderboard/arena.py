"""Blind ballots: two videos of one prompt, the models' names hidden until the vote is in.

A ballot has a random name, signed for the voter that it was drawn for, and its videos have random addresses of their
own, under which copies lie that nobody else has (:mod:`vbench.leaderboard.rewrap`): neither page nor address nor file
says which model is which. A ballot is void after a vote, or after an hour; its addresses a minute after the vote, as a
player may still read. Open ballots are in the database: every server process knows them.
"""

from __future__ import annotations

import random
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import comb

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from vbench.errors import Refused, VideoError
from vbench.leaderboard.ballot_box import FIRST, SECOND, TIE
from vbench.leaderboard.board import Board
from vbench.leaderboard.db.database import NOTHING
from vbench.leaderboard.db.tables import OpenBallot
from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.keys import digest, own_secret, signature, signed
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

ADDRESS = 32
"""Characters of a video's address."""

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
        clock: gives seconds since 1970.
    """

    def __init__(self, board: Board, rng: random.Random | None = None, clock: Callable[[], float] = time.time) -> None:
        self.board = board
        self._rng = rng or random.SystemRandom()
        self._clock = clock
        self._secret = own_secret(board.database, SECRET)
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
        with self.board.database.writing(NOTHING) as session:
            self._forget(session)
            session.add(
                OpenBallot(
                    name=digest(name), prompt=prompt, dimension=dimension, left_id=left, right_id=right,
                    left_address=digest(self._address(name, LEFT)), right_address=digest(self._address(name, RIGHT)),
                    until=self._clock() + SECONDS, voted=False,
                )
            )  # fmt: skip
        return name

    def ballot(self, name: str) -> Ballot:
        """An open ballot.

        Raises:
            NotFound: there is none of that name; it is void or was voted on.
        """
        with self.board.database.reading() as session:
            return _ballot(self._opened(session, name))

    def addresses(self, name: str) -> dict[str, str]:
        """Where a ballot's videos are, by side; raises as :meth:`ballot`."""
        self.ballot(name)
        return {side: self._address(name, side) for side in (LEFT, RIGHT)}

    def video(self, address: str) -> bytes:
        """The video of an address: a copy that was made for its ballot.

        Raises:
            NotFound: the address is of no ballot, or void.
        """
        asked = digest(address)
        with self.board.database.reading() as session:
            by_address = or_(OpenBallot.left_address == asked, OpenBallot.right_address == asked)
            known = session.scalar(select(OpenBallot).where(by_address, OpenBallot.until > self._clock()))
        if known is None:
            raise NotFound(CLOSED)
        names = self.board.videos().get(known.prompt, {})
        if not {known.left_id, known.right_id} <= names.keys():
            raise NotFound(GONE)
        left, right = self._copies(
            known.name, (known.left_id, names[known.left_id]), (known.right_id, names[known.right_id])
        )
        return left if known.left_address == asked else right

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
        with self.board.database.writing(NOTHING) as session:
            found = self._opened(session, name)
            found.voted, found.until = True, min(found.until, self._clock() + STILL_READ)
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

    def _opened(self, session: Session, name: str) -> OpenBallot:
        found = session.scalar(select(OpenBallot).where(OpenBallot.name == digest(name)))
        if found is None or found.voted or found.until <= self._clock():
            raise NotFound(CLOSED)
        return found

    def _forget(self, session: Session) -> None:
        """Delete what is void, and the oldest ballots where there are too many."""
        session.execute(delete(OpenBallot).where(OpenBallot.until <= self._clock()))
        newest = select(OpenBallot.id).order_by(OpenBallot.id.desc()).offset(MOST_BALLOTS - 1).limit(1)
        if (last := session.scalar(newest)) is not None:
            session.execute(delete(OpenBallot).where(OpenBallot.id <= last))

    def _address(self, name: str, side: str) -> str:
        """Where a video of a ballot is: a name that only the board can make."""
        return signature(self._secret, name, side)[:ADDRESS]

    def _copied(self, name: str, left: tuple[int, str], right: tuple[int, str]) -> tuple[bytes, bytes]:
        """Both videos of a ballot in new containers; of each ballot others."""
        try:
            seed = signature(self._secret, name, "copies").encode()
            return rewrapped_pair(self.board.medium(*left), self.board.medium(*right), seed)
        except VideoError as error:
            raise NotFound(GONE) from error

    def _is_ours(self, name: str, *parts: str) -> bool:
        value, _, proof = name.partition(".")
        return secrets.compare_digest(proof.encode("utf-8", "replace"), signature(self._secret, value, *parts).encode())


def _ballot(kept: OpenBallot) -> Ballot:
    return Ballot(kept.prompt, kept.dimension, kept.left_id, kept.right_id)
