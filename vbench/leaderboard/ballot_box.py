"""The votes of a board: what was said about pairs of videos, and which of it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from vbench.benchmarks.t2v import RULES
from vbench.errors import Refused
from vbench.files.strict_json import unseen
from vbench.leaderboard.db.database import VOTES, Database
from vbench.leaderboard.db.tables import Removal, Vote
from vbench.leaderboard.keys import digest
from vbench.leaderboard.snapshots import in_parts
from vbench.provenance import now

FIRST, SECOND, TIE = "first", "second", "tie"

OUTCOMES = {FIRST: SECOND, SECOND: FIRST, TIE: TIE}
"""What a voter may say -> the same with the two videos exchanged."""


@dataclass(frozen=True)
class Judgement:
    """A voter's latest word on a pair.

    Attributes:
        prompt: that both videos answer.
        dimension: that was asked about, ``""`` for the videos on the whole.
        first: number of a submission, the smaller one of the two.
        second: number of the other.
        outcome: ``first``, ``second`` or ``tie``.
    """

    prompt: str
    dimension: str
    first: int
    second: int
    outcome: str


@dataclass(frozen=True)
class Cast:
    """A vote as it was cast.

    Attributes:
        id: number of the vote.
        judgement: what it says.
        voter: digest of the voter's name.
        at: when, UTC, ISO 8601.
        left: the submission that was shown on the left, where that is known.
        counts: whether it is in the standings.
        removed: whether an admin took it out.
    """

    id: int
    judgement: Judgement
    voter: str
    at: str
    left: int | None
    counts: bool
    removed: bool


class BallotBox:
    """Takes votes and gives those that count.

    Args:
        database: of the board.
        videos: the published ones: prompt -> submission -> name.
    """

    def __init__(self, database: Database, videos: Callable[[], Mapping[str, Mapping[int, str]]]) -> None:
        self.database = database
        self._videos = videos

    def vote(
        self,
        prompt: str,
        first: int,
        second: int,
        outcome: str,
        voter: str,
        dimension: str = "",
        ballot: str = "",
        left: int | None = None,
    ) -> None:
        """Keep a voter's judgement of two videos of a prompt; an earlier one of the same pair no longer counts.

        Args:
            prompt: that both videos answer.
            first: a submission.
            second: another.
            outcome: which is better: ``first``, ``second`` or ``tie``.
            voter: name that the arena gave to a browser; only its digest is stored.
            dimension: that was asked about, ``""`` for the videos on the whole.
            ballot: name of the ballot; each has one vote.
            left: the submission that was shown on the left.

        Raises:
            Refused: there is no such pair, dimension or outcome, or the ballot was used.
        """
        videos = self._videos().get(prompt, {})
        reasons = [
            f"Submission {one} has no published video of this prompt." for one in (first, second) if one not in videos
        ]
        if first == second:
            reasons.append("A vote is between two submissions.")
        if outcome not in OUTCOMES:
            reasons.append(f"A vote says one of {', '.join(OUTCOMES)}.")
        if dimension and dimension not in RULES:
            reasons.append(f"There is no dimension {dimension!r:.60}.")
        if not voter or unseen(voter):
            reasons.append("A vote needs a voter.")
        if reasons:
            raise Refused(reasons)
        if first > second:
            first, second, outcome = second, first, OUTCOMES[outcome]
        with self.database.writing(VOTES) as session:
            vote = Vote(prompt=prompt, dimension=dimension, first_id=first, second_id=second, outcome=outcome)
            vote.voter, vote.at, vote.left_id = digest(voter), now(), left
            if ballot:
                vote.ballot = digest(ballot)
                if session.scalar(select(Vote.id).where(Vote.ballot == vote.ballot)):
                    raise Refused(["This ballot was used. Ask for another pair."])
            session.add(vote)

    def revision(self) -> int:
        """A number that another vote, or one that was taken out, makes another one."""
        return self.database.counters().get(VOTES, 0)

    def votes(self, dimension: str | None = None) -> list[Judgement]:
        """The judgements that count: of each voter, prompt, dimension and pair the latest that was not removed.

        Args:
            dimension: the question that was asked; by default every one.
        """
        pair = (Vote.voter, Vote.prompt, Vote.dimension, Vote.first_id, Vote.second_id)
        latest = select(func.max(Vote.id)).where(Vote.id.not_in(select(Removal.vote_id))).group_by(*pair)
        columns = (Vote.prompt, Vote.dimension, Vote.first_id, Vote.second_id, Vote.outcome)
        asked = select(*columns).where(Vote.id.in_(latest)).order_by(Vote.id)
        if dimension is not None:
            asked = asked.where(Vote.dimension == dimension)
        with self.database.reading() as session:
            return [Judgement(*found) for found in session.execute(asked)]

    def cast(self) -> list[Cast]:
        """Every vote that was ever cast, the oldest first."""
        pair = (Vote.voter, Vote.prompt, Vote.dimension, Vote.first_id, Vote.second_id)
        removed = select(Removal.vote_id)
        latest = select(func.max(Vote.id)).where(Vote.id.not_in(removed)).group_by(*pair)
        with self.database.reading() as session:
            gone, counting = set(session.scalars(removed)), set(session.scalars(latest))
            return [
                Cast(
                    vote.id,
                    Judgement(vote.prompt, vote.dimension, vote.first_id, vote.second_id, vote.outcome),
                    vote.voter,
                    vote.at,
                    vote.left_id,
                    vote.id in counting,
                    vote.id in gone,
                )
                for vote in session.scalars(select(Vote).order_by(Vote.id))
            ]

    def remove(self, numbers: Sequence[int]) -> int:
        """Take votes out of the count; they stay in the records.

        Returns:
            How many were removed that were not before.
        """
        with self.database.writing(VOTES) as session:
            there = {
                number
                for some in in_parts(numbers)
                for number in session.scalars(select(Vote.id).where(Vote.id.in_(some)))
            }
            there -= set(session.scalars(select(Removal.vote_id)))
            session.add_all(Removal(vote_id=number, at=now()) for number in sorted(there))
            return len(there)
