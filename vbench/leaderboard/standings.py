"""Standings of the arena: how strong each model is by the votes on one question, and which voters stand out."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

FAR = 3.5
"""Standard deviations beyond which a voter stands out: in simulations two or three of 10,000 honest ones did."""

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
        before = self._kept.get(dimension)
        if not self._lock.acquire(blocking=before is None):
            return before[-1] if before else []  # they are being found: nobody waits who has some
        try:
            return self._found(dimension)
        finally:
            self._lock.release()

    def _found(self, dimension: str) -> list[Standing]:
        revision = self._ballot_box.revision()
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


def outliers(votes: Sequence[Cast], voters: str = "") -> dict[str, list[str]]:
    """Voters who stand out, with the reasons: who favours a model, or a side, or is too quick.

    Args:
        votes: that were cast and not removed.
        voters: first characters of those who are looked at, each of whom takes time; all by default.

    Returns:
        Digest of a voter's name -> reasons.
    """
    by_voter: dict[str, list[Cast]] = defaultdict(list)
    for vote in votes:
        by_voter[vote.voter].append(vote)
    said = _said(votes)
    found = {
        voter: [*_favours(cast, said), *_one_side(cast), *_haste(cast)]
        for voter, cast in by_voter.items()
        if len(cast) >= FEWEST and voter.startswith(voters)
    }
    return {voter: reasons for voter, reasons in found.items() if reasons}


Said = tuple[list[str], preference.Array]
"""The models that a question was asked of; ``(models, models)`` how often that of the row beat that of the column."""


def _said(votes: Sequence[Cast]) -> dict[str, Said]:
    """All that was said, by question; counted once, as what others than a voter said is that less the voter's own."""
    asked: dict[str, list[preference.Judgement]] = defaultdict(list)
    for vote in votes:
        asked[vote.judgement.dimension].append(_judgement(vote.judgement))
    of_question = {dimension: preference.models_of(part) for dimension, part in asked.items()}
    return {dimension: (models, _wins(asked[dimension], models)) for dimension, models in of_question.items()}


def _favours(cast: Sequence[Cast], said: Mapping[str, Said]) -> Iterator[str]:
    """Models that win more often, or less, with this voter than with all the others, who are asked the same.

    A third of what is beyond counts to the variance, as few points are lopsided where a model nearly always wins
    (Bernstein's inequality; Hoeffding, "Probability Inequalities for Sums of Bounded Random Variables", JASA 1963).
    """
    won: dict[str, float] = defaultdict(float)
    likely: dict[str, float] = defaultdict(float)
    spread: dict[str, float] = defaultdict(float)
    for dimension in sorted({vote.judgement.dimension for vote in cast}):
        models, whole = said[dimension]
        wins = _wins([_judgement(vote.judgement) for vote in cast if vote.judgement.dimension == dimension], models)
        expected, variance = _expected(wins + wins.T, whole - wins)
        for model, points, chance, square in zip(models, wins.sum(1), expected, variance, strict=True):
            won[model] += float(points)
            likely[model] += float(chance)
            spread[model] += float(square)
    for model in sorted(won, key=int):
        beyond = won[model] - likely[model]
        if abs(beyond) > FAR * math.sqrt(spread[model] + abs(beyond) / 3):
            what = "for" if beyond > 0 else "against"
            yield f"{won[model]:g} points {what} submission {model}, where {likely[model]:.1f} are to be expected"


def _wins(votes: Sequence[preference.Judgement], models: Sequence[str]) -> preference.Array:
    """``(models, models)`` how often the model of the row beat that of the column."""
    wins = np.zeros((len(models), len(models)))
    place = {model: number for number, model in enumerate(models)}
    for one in votes:
        wins[place[one.first], place[one.second]] += one.outcome
        wins[place[one.second], place[one.first]] += 1 - one.outcome
    return wins


def _expected(votes: preference.Array, known: preference.Array) -> tuple[preference.Array, preference.Array]:
    """Points of each model in some votes by what others said, and their variance: by chance, and as that is not sure.

    Args:
        votes: ``(models, models)`` of a voter on each pair.
        known: ``(models, models)`` the others' wins of the row over the column.
    """
    strengths = preference.strengths_of(known)
    chances = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
    asked = known + known.T + 2 * preference.PRIOR * (1 - np.eye(len(known)))
    by_chance, sure = (_information(count * chances * (1 - chances)) for count in (votes, asked))
    return (votes * chances).sum(1), np.diag(by_chance + by_chance @ np.linalg.pinv(sure) @ by_chance)


def _information(of_pairs: preference.Array) -> preference.Array:
    """Of strengths, from that of each pair of models."""
    return np.asarray(np.diag(of_pairs.sum(1)) - of_pairs)


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
