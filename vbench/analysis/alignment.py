"""Do scores say what people say? Correlation of models' scores with their human win ratios, dimension by dimension.

As in Huang et al., "VBench: Comprehensive Benchmark Suite for Video Generative Models", CVPR 2024, section 4.2, scores
judge the same pairs of videos that people judged: the video with the higher score wins, equal scores are a tie, and the
win ratios that follow are held against those of people. Mean scores can be held against them instead.

Intervals draw prompts, and with a prompt everything that people and scores say about it. The models stay the same in
every draw: an interval tells how far the correlation of *these* models is known, not that of models to come.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray

from vbench.analysis.interval import Interval
from vbench.analysis.preference import (
    LOSS,
    OVERALL,
    SHARE,
    TIE,
    WIN,
    Array,
    Judgement,
    Sums,
    drawn_counts,
    interval_of,
    models_of,
    prompts_of,
    tally,
)
from vbench.analysis.statistics import DRAWS, blocks
from vbench.benchmarks.score_card import TOTAL, in_protocol_order
from vbench.runs.results import score_card
from vbench.runs.store import SCORED, Row

WIN_RATIO, MEAN = "win-ratio", "mean"

FEWEST = 4
"""Models below which even a perfect rank correlation is likely enough by chance: 3 have only 6 orders."""

Scored = dict[tuple[str, str, str], list[Row]]
"""Scored rows by model, dimension and prompt."""


@dataclass(frozen=True)
class Alignment:
    """How one dimension's scores agree with people.

    Attributes:
        people: win ratio of each model among people.
        scores: what is held against it: a win ratio or a score, by model.
        pairs: judged pairs that count.
        seen: how many of them are scored by the very two videos that people saw; for the others, a prompt's videos are
            averaged.
        left_out: judged pairs that do not count, as one of the two has no score.
        spearman: correlation of ranks; ``None`` where all models are equal, among people or by score.
        pearson: of the values themselves.
        kendall: tau-b, which is adjusted for ties.
        agreement: share of pairs in which the scores prefer the same video as people do, a tie of either counted half:
            0.5 is chance; ``None`` where videos have no scores of their own.
    """

    people: Mapping[str, Interval]
    scores: Mapping[str, Interval]
    pairs: int
    seen: int
    left_out: int
    spearman: Interval | None
    pearson: Interval | None
    kendall: Interval | None
    agreement: Interval | None

    @property
    def caution(self) -> str:
        """What to bear in mind, ``""`` if nothing."""
        count = len(self.people)
        if count >= FEWEST:
            return ""
        orders = math.factorial(count)
        return f"{count} models have only {orders} orders: a perfect rank correlation arises by chance once in {orders}"


def align(
    judgements: Iterable[Judgement],
    runs: Mapping[str, Iterable[Row]],
    by: str = WIN_RATIO,
    seed: int = 0,
    draws: int = DRAWS,
) -> dict[str, Alignment]:
    """Hold runs against judgements.

    Videos that were judged on the whole are held against Total. It belongs to a run, not to a video: its models keep
    their score in every draw, and there is no agreement.

    Args:
        judgements: of any dimensions, in any order.
        runs: model, named as in the judgements -> rows of its run.
        by: ``win-ratio``: who wins the judged pairs by score; ``mean``: the dimension's score of the whole run.
        seed: of the draws.
        draws: how many.

    Returns:
        By dimension, in the protocol's order; those without two models that have scores are not there.
    """
    asked = _by_dimension(judgements)
    rows = {model: list(part) for model, part in runs.items()}
    scored = _scored(rows)
    found = {
        name: alignment
        for name, part in asked.items()
        if (alignment := _with_videos(name, part, scored, by, seed, draws))
    }
    if OVERALL not in asked:
        return found
    totals = {model: score_card(part).total for model, part in rows.items()}
    known = {model: {TOTAL: total} for model, total in totals.items() if total is not None}
    return found | align_scores(asked[OVERALL], known, seed, draws)


def align_scores(
    judgements: Iterable[Judgement], scores: Mapping[str, Mapping[str, float]], seed: int = 0, draws: int = DRAWS
) -> dict[str, Alignment]:
    """Hold a table of scores against judgements; the scores are the same in every draw.

    Args:
        judgements: of any dimensions, in any order.
        scores: model -> dimension -> score; ``total`` is for videos that were judged on the whole.
        seed: of the draws.
        draws: how many.

    Returns:
        As :func:`align`.
    """
    found = {}
    for name, part in _by_dimension(judgements).items():
        known = {model: table[name or TOTAL] for model, table in scores.items() if (name or TOTAL) in table}
        people = [one for one in part if one.first in known and one.second in known]
        if people:
            models, prompts = models_of(people), prompts_of(people)
            counts = drawn_counts(len(prompts), seed, draws)
            ratios = _Drawn.of(tally(people, prompts, models), counts, SHARE)
            given = _Drawn(np.broadcast_to([known[model] for model in models], ratios.values.shape), ratios.prompts)
            found[name] = _alignment(models, ratios, given, len(prompts), len(people), 0, len(part) - len(people), None)
    return found


def pearson(x: Array, y: Array) -> Array:
    """Correlation of each row: ``(n, models)`` twice -> ``(n,)``; NaN where a row is constant."""
    return _cosine(_centred(x), _centred(y))


def spearman(x: Array, y: Array) -> Array:
    """Correlation of the ranks of each row, ties sharing their mean rank; shapes as :func:`pearson`."""
    from scipy.stats import rankdata  # slow to import, and who serves a board seldom ranks

    return pearson(rankdata(x, axis=1), rankdata(y, axis=1))


def kendall(x: Array, y: Array) -> Array:
    """Kendall's tau-b of each row: agreement of the orders of all pairs of models; shapes as :func:`pearson`.

    All pairs of many models, in all rows at once, would take gigabytes.
    """
    one, two = np.triu_indices(x.shape[1], 1)
    some = (tuple(np.sign(part[rows][:, one] - part[rows][:, two]) for part in (x, y))
            for rows in blocks(len(x), len(one)))  # fmt: skip
    return np.concatenate([_cosine(*orders) for orders in some])


def _centred(x: Array) -> Array:
    """Less the mean of the row; a constant row is exactly 0."""
    return np.where(np.ptp(x, axis=1, keepdims=True) == 0, 0.0, x - x.mean(axis=1, keepdims=True))


def _cosine(x: Array, y: Array) -> Array:
    with np.errstate(invalid="ignore"):
        cosine: Array = (x * y).sum(1) / np.sqrt((x * x).sum(1) * (y * y).sum(1))
    return cosine.clip(-1, 1)


def _with_videos(
    name: str, judgements: Sequence[Judgement], scored: Scored, by: str, seed: int, draws: int
) -> Alignment | None:
    """One dimension, held against the scores of the judged videos; ``None`` if there are none."""
    both = [(one, *verdict) for one in judgements if (verdict := _verdict(one, scored))]
    if not both:
        return None
    people, machine = [one for one, _, _ in both], [verdict for _, verdict, _ in both]
    models, prompts = models_of(people), prompts_of(people)
    if by == MEAN:
        judged = set(models)
        prompts = sorted({prompt for model, dimension, prompt in scored if dimension == name and model in judged})
    sums = _means(scored, name, prompts, models) if by == MEAN else tally(machine, prompts, models)
    counts = drawn_counts(len(prompts), seed, draws)
    (agreement,) = _Drawn.of(_agreement(people, machine, prompts), counts, SHARE).intervals()
    return _alignment(
        models,
        _Drawn.of(tally(people, prompts, models), counts, SHARE),
        _Drawn.of(sums, counts, SHARE if by == WIN_RATIO else None),
        prompts=len(prompts),
        pairs=len(both),
        seen=sum(seen for _, _, seen in both),
        left_out=len(judgements) - len(both),
        agreement=agreement,
    )


@dataclass(frozen=True)
class _Drawn:
    """Figures, as found and for each draw of the prompts.

    Attributes:
        values: ``(1 + draws, figures)`` float64; the first row is what was found.
        prompts: ``(figures,)`` how many each is of.
        bounds: of each figure; ``None`` where it has none.
    """

    values: Array
    prompts: NDArray[np.int64]
    bounds: tuple[float, float] | None = None

    @classmethod
    def of(cls, sums: Sums, counts: Array, bounds: tuple[float, float] | None) -> _Drawn:
        """Ratios of sums."""
        return cls(sums.ratios(counts), (sums.weights > 0).sum(0), bounds)

    def intervals(self) -> list[Interval]:
        """One a figure."""
        return [
            interval_of(drawn, prompts, self.bounds)
            for drawn, prompts in zip(self.values.T, self.prompts.tolist(), strict=True)
        ]


def _alignment(
    models: Sequence[str],
    people: _Drawn,
    scores: _Drawn,
    prompts: int,
    pairs: int,
    seen: int,
    left_out: int,
    agreement: Interval | None,
) -> Alignment:
    """From win ratios and scores of the models, in their order."""
    return Alignment(
        people=dict(zip(models, people.intervals(), strict=True)),
        scores=dict(zip(models, scores.intervals(), strict=True)),
        pairs=pairs,
        seen=seen,
        left_out=left_out,
        spearman=_known(spearman(people.values, scores.values), prompts),
        pearson=_known(pearson(people.values, scores.values), prompts),
        kendall=_known(kendall(people.values, scores.values), prompts),
        agreement=agreement,
    )


def _known(correlations: Array, prompts: int) -> Interval | None:
    return interval_of(correlations, prompts, (-1.0, 1.0)) if np.isfinite(correlations[0]) else None


def _by_dimension(judgements: Iterable[Judgement]) -> dict[str, list[Judgement]]:
    found: dict[str, list[Judgement]] = defaultdict(list)
    for one in judgements:
        found[one.dimension].append(one)
    return {name: found[name] for name in in_protocol_order(found)}


def _scored(runs: Mapping[str, Iterable[Row]]) -> Scored:
    scored: Scored = defaultdict(list)
    for model, rows in runs.items():
        for row in rows:
            if row.status == SCORED and row.value is not None and row.weight:
                scored[model, row.dimension, row.prompt].append(row)
    return dict(scored)


def _verdict(one: Judgement, scored: Scored) -> tuple[Judgement, bool] | None:
    """What the scores say of a pair that people judged, and whether they saw the same two videos."""
    shown = []
    for model, video in zip((one.first, one.second), one.videos, strict=True):
        rows = scored.get((model, one.dimension, one.prompt))
        if not rows:
            return None
        same = [row for row in rows if video and _sample(row.video) == _sample(video)]
        shown.append((_mean(same or rows), bool(same)))
    (first, saw_first), (second, saw_second) = shown
    outcome = TIE if first == second else WIN if first > second else LOSS
    return Judgement(one.dimension, one.prompt, one.first, one.second, outcome), saw_first and saw_second


@cache
def _sample(video: str) -> str:
    """What a video's path and its address have in common.

    >>> _sample("scene/a red cup-0.mp4"), _sample("https://example.org/a%20red%20cup-0.gif?raw=1")
    ('a red cup-0', 'a red cup-0')
    """
    return PurePosixPath(unquote(urlsplit(video).path) if "://" in video else video).stem


def _mean(rows: Sequence[Row]) -> float:
    value, weight = _sum(rows)
    return value / weight


def _sum(rows: Iterable[Row]) -> tuple[float, float]:
    """Value times weight, and weight, over a prompt's videos."""
    pairs = [(row.value, row.weight) for row in rows if row.value is not None and row.weight is not None]
    return math.fsum(value * weight for value, weight in pairs), math.fsum(weight for _, weight in pairs)


def _means(scored: Scored, name: str, prompts: Sequence[str], models: Sequence[str]) -> Sums:
    sums = np.array([[_sum(scored.get((model, name, prompt), ())) for model in models] for prompt in prompts])
    return Sums(sums[..., 0], sums[..., 1])


def _agreement(people: Iterable[Judgement], machine: Iterable[Judgement], prompts: Sequence[str]) -> Sums:
    """Sums of 1 for the same winner, 0 for the other one and 0.5 for a tie: (1 + (2h - 1)(2m - 1)) / 2."""
    row = {prompt: place for place, prompt in enumerate(prompts)}
    shares, pairs = np.zeros((2, len(prompts), 1))
    for one, other in zip(people, machine, strict=True):
        shares[row[one.prompt]] += (1 + (2 * one.outcome - 1) * (2 * other.outcome - 1)) / 2
        pairs[row[one.prompt]] += 1
    return Sums(shares, pairs)
