"""Whose result it is: which submissions another one is a copy of, and whom that keeps from submitting.

A result that was ever published is its submitter's for good, also after a withdrawal. One that waits, or was withdrawn
before anybody published it, keeps nobody from anything: whoever publishes is told of it. The same videos judged by
another benchmark are another result; unless both are one submitter's, whoever publishes is told of that, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vbench.leaderboard.db.tables import PUBLISHED
from vbench.leaderboard.errors import Duplicate
from vbench.leaderboard.submissions.likeness import compared


@dataclass(frozen=True)
class Known:
    """A submission that is there already.

    Attributes:
        number: of the submission.
        state: it is in.
        was_published: whether it ever was.
        owned: whether it is by whoever submits now.
        benchmark: name of the one by whose rules it was scored.
        rows_sha256: digest of its scores.
        likeness: by what copies are told.
    """

    number: int
    state: str
    was_published: bool
    owned: bool
    benchmark: str
    rows_sha256: str
    likeness: Mapping[str, Any]


def copies(benchmark: str, rows_sha256: str, likeness: Mapping[str, Any], known: Iterable[Known]) -> Iterator[str]:
    """What whoever publishes should know of likenesses to other submissions.

    Args:
        benchmark: of the new submission.
        rows_sha256: digest of the new submission's scores.
        likeness: what is kept of it.
        known: the submissions that are there.

    Raises:
        Duplicate: it is a copy of a published result, or of somebody else's that was published once.
    """
    for one in known:
        found = compared(likeness, one.likeness)
        if one.rows_sha256 == rows_sha256:
            alike = "exactly the scores"
        elif found.is_copy:
            alike = f"{100 * max(found.scores, found.videos):.0f} % of the {_what(found.scores, found.videos)}"
        else:
            continue
        if one.benchmark != benchmark:
            if not one.owned:
                yield f"It has {alike} of submission {one.number}, a result of {one.benchmark}."
            continue
        if one.state == PUBLISHED:
            own = " Withdraw that one first, with its token." if one.owned else ""
            raise Duplicate(one.number, f"It has {alike} of submission {one.number}: one of the two is a copy.{own}")
        if one.was_published and not one.owned:
            raise Duplicate(
                None,
                f"It has {alike} of a result that was withdrawn, which stays its submitter's. If it is yours, send its "
                "withdraw token along.",
            )
        if not one.owned:
            yield f"It has {alike} of submission {one.number}, which is {one.state}."


def _what(scores: float, videos: float) -> str:
    return "scores" if scores >= videos else "videos"
