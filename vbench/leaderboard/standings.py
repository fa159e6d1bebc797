"""Standings of the arena: how strong each model is by the votes on one question, and which voters stand out."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from threading import Lock

import numpy as np

from vbench.analysis import preference
from vbench.analysis.interval import Interval
from vbench.leaderboard.ballot_box import FIRST, SECOND, TIE, BallotBox, Cast, Judgement

DRAWS = 200
"""Draws of prompts for the intervals."""

FEWEST = 10
"""Votes of a voter below which nothing is said."""

FAR = 4.0
"""Standard deviations beyond which a voter stands out; of 10,000 honest ones, one does."""

HASTE = 2.0
"""Seconds between two votes, at the median, in which nobody watches two videos."""

REST = 10
"""Times that finding standings takes before it is done again."""

POINTS = {FIRST: preference.WIN, TIE: preference.TIE, SECOND: preference.LOSS}


@dataclass(frozen=True)
class Standing:
    """How strong a submission is.

    Attributes:
        number: of the submission.
        chance: to beat another one of the arena, on the average over the others, 0..1.
        wins: a tie counts half.
        votes: in which it stood.
    """

    number: int
    chance: Interval
    wins: float
    votes: int


class Standings:
    """The standings on each question, found once per change of the votes.

    Where that takes long, they are found anew in a tenth of the time at most, and may be that much behind.

    Args:
        ballot_box: with the votes.
    """

    def __init__(self, ballot_box: BallotBox) -> None:
        self._ballot_box = ballot_box
        self._kept: dict[str, tuple[int, float, float, list[Standing]]] = {}
        self._lock = Lock()

    def of(self, dimension: str = "") -> list[Standing]:
        """By the votes on one question, the strongest first.

        Args:
            dimension: that is asked about, ``""`` for the videos on the whole.
        """
        revision = self._ballot_box.revision()
        with self._lock:
            known, began, took, found = self._kept.get(dimension, (-1, 0.0, 0.0, []))
            if known == revision or time.monotonic() - began < REST * took:
                return found
            began = time.monotonic()
            found = standings(self._ballot_box.votes(dimension), dimension)
            self._kept[dimension] = revision, began, time.monotonic() - began, found
            return found


def standings(votes: Iterable[Judgement], dimension: str = "", draws: int = DRAWS) -> list[Standing]:
    """By the votes on one question, the strongest first (:func:`vbench.analysis.preference.bradley_terry`).

    Args:
        votes: that count.
        dimension: that was asked about, ``""`` for the videos on the whole.
        draws: of prompts, for the intervals.
    """
    asked = [vote for vote in votes if vote.dimension == dimension]
    wins: dict[int, float] = defaultdict(float)
    stood: dict[int, int] = defaultdict(int)
    for vote in asked:
        for number, won in ((vote.first, POINTS[vote.outcome]), (vote.second, 1 - POINTS[vote.outcome])):
            wins[number] += won
            stood[number] += 1
    chances = preference.bradley_terry(map(_judgement, asked), draws=draws)
    found = [Standing(int(name), chance, wins[int(name)], stood[int(name)]) for name, chance in chances.items()]
    return sorted(found, key=lambda one: (-one.chance.score, -one.votes, one.number))


def outliers(votes: Sequence[Cast]) -> dict[str, list[str]]:
    """Voters who stand out, with the reasons: who favours a model, or a side, or is too quick.

    Args:
        votes: that were cast and not removed.

    Returns:
        Digest of a voter's name -> reasons.
    """
    by_voter: dict[str, list[Cast]] = defaultdict(list)
    for vote in votes:
        by_voter[vote.voter].append(vote)
    others = _Others(votes)
    found = {
        voter: [*_favours(cast, others.than(cast)), *_one_side(cast), *_haste(cast)]
        for voter, cast in by_voter.items()
        if len(cast) >= FEWEST
    }
    return {voter: reasons for voter, reasons in found.items() if reasons}


def _favours(cast: Sequence[Cast], share: Callable[[int, int], float]) -> Iterator[str]:
    """Models that win more often, or less, with this voter than by the share that all others give them."""
    won: dict[int, float] = defaultdict(float)
    likely: dict[int, float] = defaultdict(float)
    spread: dict[int, float] = defaultdict(float)
    for vote in (one.judgement for one in cast):
        chance = share(vote.first, vote.second)
        for number, points, p in (
            (vote.first, POINTS[vote.outcome], chance),
            (vote.second, 1 - POINTS[vote.outcome], 1 - chance),
        ):
            won[number] += points
            likely[number] += p
            spread[number] += p * (1 - p)
    for number in sorted(won):
        far = (won[number] - likely[number]) / math.sqrt(spread[number])
        if abs(far) > FAR:
            what = "for" if far > 0 else "against"
            yield f"{won[number]:g} points {what} submission {number}, where {likely[number]:.1f} are to be expected"


class _Others:
    """What others than a voter said: all that was said, counted once, less what the voter did."""

    def __init__(self, votes: Sequence[Cast]) -> None:
        said = [_judgement(vote.judgement) for vote in votes]
        self._models, self._prompts = preference.models_of(said), preference.prompts_of(said)
        self._place = {name: place for place, name in enumerate(self._models)}
        self._wins = self._counted(votes)

    def than(self, cast: Sequence[Cast]) -> Callable[[int, int], float]:
        """Chance that one submission beats another by what all others said; even where they said nothing."""
        wins = self._wins - self._counted(cast)
        known = wins.sum(0) + wins.sum(1) > 0
        strengths = np.zeros(len(known))
        if known.any():
            strengths[known] = preference.strengths_of(wins[np.ix_(known, known)])

        def share(first: int, second: int) -> float:
            one, two = (strengths[self._place[str(number)]] for number in (first, second))
            return 1 / (1 + math.exp(two - one))

        return share

    def _counted(self, votes: Sequence[Cast]) -> preference.Array:
        said = (_judgement(vote.judgement) for vote in votes)
        return preference.Wins.of(said, self._prompts, self._models).drawn(np.ones(len(self._prompts)))


def _one_side(cast: Sequence[Cast]) -> Iterator[str]:
    decided = [vote for vote in cast if vote.left is not None and vote.judgement.outcome != TIE]
    left = sum((vote.judgement.outcome == FIRST) == (vote.left == vote.judgement.first) for vote in decided)
    if len(decided) >= FEWEST and abs(left - len(decided) / 2) / math.sqrt(len(decided) / 4) > FAR:
        yield f"the left video in {left} of {len(decided)} decided votes"


def _haste(cast: Sequence[Cast]) -> Iterator[str]:
    times = sorted(datetime.fromisoformat(vote.at) for vote in cast)
    gaps = sorted((later - sooner).total_seconds() for sooner, later in pairwise(times))
    if gaps and gaps[len(gaps) // 2] < HASTE:
        yield f"{gaps[len(gaps) // 2]:g} s between votes at the median"


def _judgement(vote: Judgement) -> preference.Judgement:
    return preference.Judgement(vote.dimension, vote.prompt, str(vote.first), str(vote.second), POINTS[vote.outcome])
