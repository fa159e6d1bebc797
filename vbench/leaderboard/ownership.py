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
        alike: what it has in common with what is submitted now, as of :func:`in_common`.
    """

    number: int
    state: str
    was_published: bool
    owned: bool
    benchmark: str
    alike: str


Result = tuple[str, Mapping[str, Any]]
"""Digest of a result's scores, and what is kept of it (:mod:`vbench.leaderboard.submissions.likeness`)."""


def in_common(first: Result, second: Result) -> str:
    """What makes one of two results a copy of the other, in words; ``""`` where neither is."""
    if first[0] == second[0]:
        return "exactly the scores"
    found = compared(first[1], second[1])
    if not found.is_copy:
        return ""
    return f"{100 * max(found.scores, found.videos):.0f} % of the {_what(found.scores, found.videos)}"


def copies(benchmark: str, known: Iterable[Known]) -> Iterator[str]:
    """What whoever publishes should know of likenesses to other submissions.

    Args:
        benchmark: of the new submission.
        known: the submissions that it is like.

    Raises:
        Duplicate: it is a copy of a published result, or of somebody else's that was published once.
    """
    for one in known:
        if one.benchmark != benchmark:
            if not one.owned:
                yield f"It has {one.alike} of submission {one.number}, a result of {one.benchmark}."
            continue
        if one.state == PUBLISHED:
            own = " Withdraw that one first, with its token." if one.owned else ""
            raise Duplicate(
                one.number, f"It has {one.alike} of submission {one.number}: one of the two is a copy.{own}"
            )
        if one.was_published and not one.owned:
            raise Duplicate(
                None,
                f"It has {one.alike} of a result that was withdrawn, which stays its submitter's. If it is yours, "
                "send its withdraw token along.",
            )
        if not one.owned:
            yield f"It has {one.alike} of submission {one.number}, which is {one.state}."


def _what(scores: float, videos: float) -> str:
    return "scores" if scores >= videos else "videos"
