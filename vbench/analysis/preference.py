"""What people prefer: judgements of pairs of videos, and how often each model wins.

A model's win ratio is its points over the comparisons that it took part in; a win is a point, a tie half of one. It is
that of Huang et al., "VBench: Comprehensive Benchmark Suite for Video Generative Models", CVPR 2024, section 4.2. The
intervals draw prompts, as :mod:`vbench.analysis.statistics` does: all that was said about one prompt stays together.

A win ratio depends on whom a model met; the strengths of Bradley and Terry ("Rank Analysis of Incomplete Block
Designs", Biometrika 1952) do not: the chance that i beats j is 1 / (1 + exp(s_j - s_i)).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vbench.analysis.interval import Interval, interval
from vbench.analysis.statistics import DRAWS, counts_of_draws

Array = NDArray[np.float64]

OVERALL = ""
"""Dimension of a judgement of the videos on the whole."""

WIN, TIE, LOSS = 1.0, 0.5, 0.0

SHARE = (0.0, 1.0)
"""Between which win ratios and chances lie."""

PRIOR = 0.1
"""Wins that every pair of models is given beforehand, on either side."""


@dataclass(frozen=True)
class Judgement:
    """One comparison of two models' videos of a prompt.

    Attributes:
        dimension: that was asked about; ``""`` for the videos on the whole.
        prompt: that both videos answer.
        first: a model.
        second: another.
        outcome: for the first: 1 it is better, 0.5 both are equal, 0 it is worse.
        videos: which sample of each was shown, by file name or address; ``""`` where that is not known.
    """

    dimension: str
    prompt: str
    first: str
    second: str
    outcome: float
    videos: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Sums:
    """Sums per prompt: what a ratio of any draw of prompts is made from.

    Attributes:
        values: ``(prompts, columns)`` float64: points, or value times weight.
        weights: ``(prompts, columns)`` float64: comparisons, or weights.
    """

    values: Array
    weights: Array

    def ratios(self, counts: Array) -> Array:
        """``(draws, prompts)`` counts -> ``(draws, columns)``; NaN where nothing counts."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return (counts @ self.values) / (counts @ self.weights)


def models_of(judgements: Iterable[Judgement]) -> list[str]:
    """The models that were compared, by name."""
    return sorted({model for one in judgements for model in (one.first, one.second)})


def prompts_of(judgements: Iterable[Judgement]) -> list[str]:
    """The prompts whose videos were compared, by name."""
    return sorted({one.prompt for one in judgements})


def win_ratios(judgements: Iterable[Judgement], seed: int = 0, draws: int = DRAWS) -> dict[str, Interval]:
    """Win ratio of each model, 0..1, over all judgements given; their dimensions are not told apart.

    Args:
        judgements: in any order.
        seed: of the draws.
        draws: how many.
    """
    given = list(judgements)
    prompts, models = prompts_of(given), models_of(given)
    sums = tally(given, prompts, models)
    ratios, asked = sums.ratios(drawn_counts(len(prompts), seed, draws)), (sums.weights > 0).sum(0)
    return {model: interval_of(ratios[:, place], int(asked[place]), SHARE) for place, model in enumerate(models)}


def bradley_terry(judgements: Iterable[Judgement], seed: int = 0, draws: int = DRAWS) -> dict[str, Interval]:
    """Chance of each model to beat another one of those that were compared, 0..1, on the average over the others.

    Args:
        judgements: in any order; a tie is half a win of both.
        seed: of the draws of prompts.
        draws: how many.
    """
    given = list(judgements)
    prompts, models = prompts_of(given), models_of(given)
    if len(models) < 2:
        return {}
    votes = Wins.of(given, prompts, models)
    counts = drawn_counts(len(prompts), seed, draws)
    strengths = np.stack([strengths_of(votes.drawn(count)) for count in counts])
    chances = np.stack([_chances(drawn) for drawn in strengths])
    asked = Counter(model for _, model in {(one.prompt, model) for one in given for model in (one.first, one.second)})
    return {model: interval_of(chances[:, place], asked[model], SHARE) for place, model in enumerate(models)}


@dataclass(frozen=True)
class Wins:
    """Who beat whom, a judgement after the other: a table of all pairs of models with every prompt would be large.

    Attributes:
        prompts: ``(judgements,)`` int64: place of each judgement's prompt.
        pairs: ``(judgements,)`` int64: place of its pair in a flat table of models, the first one's row.
        points: ``(judgements,)`` float64: of the first one.
        models: how many there are.
    """

    prompts: NDArray[np.int64]
    pairs: NDArray[np.int64]
    points: Array
    models: int

    @classmethod
    def of(cls, judgements: Iterable[Judgement], prompts: Sequence[str], models: Sequence[str]) -> Wins:
        """Those of judgements; their prompts and models are among these."""
        row = {prompt: place for place, prompt in enumerate(prompts)}
        column = {model: place for place, model in enumerate(models)}
        given = list(judgements)
        places = [row[one.prompt] for one in given]
        pairs = [column[one.first] * len(models) + column[one.second] for one in given]
        points = [one.outcome for one in given]
        whole = np.int64
        return cls(np.array(places, whole), np.array(pairs, whole), np.array(points, np.float64), len(models))

    def drawn(self, counts: Array) -> Array:
        """``(prompts,)`` how often each counts -> ``(models, models)``: how often that of the row beat the column's."""
        times, shape = counts[self.prompts], (self.models, self.models)
        won, lost = (
            np.bincount(self.pairs, times * points, self.models**2).reshape(shape)
            for points in (self.points, 1 - self.points)
        )
        return np.asarray(won + lost.T, np.float64)


def strengths_of(wins: Array) -> Array:
    """``(models, models)`` wins of row over column -> ``(models,)`` strengths with mean 0, by maximum likelihood.

    Every pair is given :data:`PRIOR` wins of both beforehand: a model that only won has a finite strength then.
    """
    import choix

    given = wins + PRIOR * (1 - np.eye(len(wins)))  # choix' own alpha counts the more, the further strengths are apart
    return np.asarray(choix.ilsr_pairwise_dense(given, max_iter=10_000, tol=1e-6), dtype=np.float64)


def _chances(strengths: Array) -> Array:
    beats = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
    others = len(strengths) - 1
    return np.asarray((beats.sum(1) - 0.5) / others, dtype=np.float64)


def tally(judgements: Iterable[Judgement], prompts: Sequence[str], models: Sequence[str]) -> Sums:
    """Points and comparisons of each model (column) with each prompt (row)."""
    row = {prompt: place for place, prompt in enumerate(prompts)}
    column = {model: place for place, model in enumerate(models)}
    points, comparisons = np.zeros((2, len(prompts), len(models)))
    for one in judgements:
        for model, won in ((one.first, one.outcome), (one.second, 1 - one.outcome)):
            points[row[one.prompt], column[model]] += won
            comparisons[row[one.prompt], column[model]] += 1
    return Sums(points, comparisons)


def drawn_counts(prompts: int, seed: int, draws: int) -> Array:
    """``(1 + draws, prompts)`` float64: how often each prompt counts. The first row is what was found: each once."""
    if not prompts:
        return np.ones((1 + draws, 0))
    return np.concatenate([np.ones((1, prompts)), counts_of_draws(prompts, draws, np.random.default_rng(seed))])


def interval_of(drawn: Array, prompts: int, bounds: tuple[float, float] | None = None) -> Interval:
    """The interval of a figure from draws of the prompts.

    Args:
        drawn: ``(1 + draws,)`` the figure, and that of each draw; NaN are no draws.
        prompts: that the figure is of.
        bounds: of the figure; one without is given, not estimated, where no draw moves it, and has no width then.
    """
    figure = float(drawn[0])
    return interval(figure, drawn[1:], prompts - 1, prompts, bounds) or Interval(figure, figure, figure)
