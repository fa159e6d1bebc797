"""Scores by content category, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vbench.analysis.statistics import Figure
from vbench.benchmarks.registry import benchmark_named
from vbench.leaderboard.web.ui.render import Model, normalised, scale, wholes_of


@dataclass(frozen=True)
class Categories:
    """One score by content category.

    Attributes:
        scores: category -> the figures of those models that have one.
        scale: values at both ends of the bars.
        origin: where the bars start: a lone model's score over all prompts, otherwise the left end.
    """

    scores: Mapping[str, Sequence[tuple[Model, Figure]]]
    scale: tuple[float, float]
    origin: float


def by_category(models: Sequence[Model]) -> dict[str, Categories]:
    """Normalised scores by category: Total and the parts where they are complete, and every dimension."""
    if not models:
        return {}
    benchmark = benchmark_named(models[0].entry.benchmark)
    found = {name: _of(name, models) for name in (*wholes_of(benchmark), *benchmark.rules)}
    return {name: part for name, part in found.items() if part}


def _of(name: str, models: Sequence[Model]) -> Categories | None:
    names = sorted({category for model in models for category in model.entry.by_category})
    scores = {
        category: [
            (model, normalised(name, figures[name], model.entry.rules))
            for model in models
            if name in (figures := model.entry.by_category.get(category, {}))
        ]
        for category in names
    }
    scores = {category: part for category, part in scores.items() if part}
    if not scores:
        return None
    shown = [figure for part in scores.values() for _, figure in part]
    alone = [
        normalised(name, model.entry.scores[name], model.entry.rules) for model in models if name in model.entry.scores
    ][:1]
    if len(models) > 1 or not alone:
        ends = scale(shown)
        return Categories(scores, ends, ends[0])
    return Categories(scores, scale([*shown, *alone]), alone[0].value)
