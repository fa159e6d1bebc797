"""A score card as a table for people and as JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vbench.benchmarks.base import Part
from vbench.benchmarks.score_card import ScoreCard
from vbench.benchmarks.t2v import T2V
from vbench.dimensions.profiles import profiles


def card_json(
    card: ScoreCard, profile: str, partial: bool = False, options: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """Everything on the card as JSON types; a score that is not there is null, never 0.

    Args:
        card: the scores.
        profile: which backbones gave them.
        partial: whether the parts are wanted over what is there.
        options: settings by dimension that are not the protocol's; with any the card compares with no leaderboard.
    """
    known = profiles().get(profile)
    return {
        "benchmark": card.benchmark.name,
        "profile": profile,
        "comparable": bool(known and known.comparable and not options),
        "options": {name: dict(settings) for name, settings in (options or {}).items()},
        "dimensions": {
            name: {
                "score": result.score,
                "normalised": _normalised(card, name, result.score),
                "videos": result.videos,
                "planned": result.planned,
                "whole": result.is_whole,
                "not_scored": dict(result.statuses),
            }
            for name, result in card.dimensions.items()
        },
        **{part.name: card.part(part.name, partial) for part in card.benchmark.parts},
        "total": card.total_over_what_is_there if partial else card.total,
        "partial": partial,
        "scored": card.scored,
        "planned": card.planned,
        "missing": card.missing(),
        "incomplete": card.incomplete,
        "not_evaluated": dict(card.not_evaluated),
        "by_category": {category: dict(scores) for category, scores in card.by_category.items()},
    }


def print_json(value: Any) -> None:
    """Strict JSON on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def print_card(
    card: ScoreCard, profile: str, partial: bool = False, options: Mapping[str, Mapping[str, Any]] | None = None
) -> None:
    """The table: raw and normalised scores, the parts, what is missing and why; arguments as :func:`card_json`."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    known, benchmark = profiles().get(profile), card.benchmark
    title = f"Scores ({profile} profile)" if benchmark is T2V else f"Scores of {benchmark.name} ({profile} profile)"
    table = Table("dimension", title=title, title_justify="left")
    for heading in ("score", "normalised", "videos", "not scored"):
        table.add_column(heading, justify="right")
    for name, result in card.dimensions.items():
        failed = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in result.statuses.items())
        normalised = _percent(_normalised(card, name, result.score))
        rule = benchmark.rules.get(name)
        last_of_part = rule is not None and rule.part != _next_part(card, name)
        counted = str(result.videos) if result.is_whole else f"{result.videos} of {result.planned}"
        table.add_row(name, _number(result.score), normalised, counted, failed or "-", end_section=last_of_part)
    console.print(table)
    for part in benchmark.parts:
        console.print(_part_line(card, part, partial))
    if benchmark.has_total:
        console.print(_total_line(card, partial))
    if card.incomplete:
        console.print(f"Not whole: {completeness(card)}.")
    _print_categories(console, card)
    for reason in dict.fromkeys(card.not_evaluated.values()):
        names = ", ".join(name for name, why in card.not_evaluated.items() if why == reason)
        console.print(f"not evaluated: {names}: {reason}", markup=False, soft_wrap=True)
    if known and not known.comparable:
        console.print(f"Note: {known.meaning}", markup=False, soft_wrap=True)
    for name, settings in (options or {}).items():
        chosen = ", ".join(f"{setting}={value}" for setting, value in settings.items())
        note = f"Note: {name} with {chosen} is outside the protocol: never compare this run with the leaderboard."
        console.print(note, markup=False, soft_wrap=True)


def _next_part(card: ScoreCard, name: str) -> str | None:
    names, rules = list(card.dimensions), card.benchmark.rules
    after = names[names.index(name) + 1 :]
    return rules[after[0]].part if after and after[0] in rules else None


def _part_line(card: ScoreCard, part: Part, partial: bool) -> str:
    missing, label = card.missing(part.name), f"{part.name.capitalize():9}"
    unfinished = card.unfinished(part.name)
    score = card.part(part.name, partial)
    count = len(card.benchmark.of_part(part.name))
    if not missing:
        if not unfinished:
            return f"{label} {_percent(score)}"
        if score is not None:
            return f"{label} {_percent(score)} over what is there: not the protocol's score"
        return f"{label} not computed: {len(unfinished)} of {count} dimensions are not whole ({', '.join(unfinished)})"
    if score is not None:
        there = f"{count - len(missing)} of {count} dimensions"
        return f"{label} {_percent(score)} over {there}: a part, not the protocol's score"
    return f"{label} not computed: {len(missing)} of {count} dimensions have no score ({', '.join(missing)})"


def _total_line(card: ScoreCard, partial: bool) -> str:
    if card.total is not None:
        return f"Total     {_percent(card.total)}"
    if missing := card.missing():
        return f"Total     needs all {len(card.benchmark.rules)} dimensions; {len(missing)} have no score"
    if partial:
        return f"Total     {_percent(card.total_over_what_is_there)} over what is there: not the protocol's score"
    return "Total     not computed: the run is not whole (--partial shows it over what is there)"


def completeness(card: ScoreCard) -> str:
    """How many scores there are of those that a whole run has.

    >>> from vbench.benchmarks.score_card import DimensionResult, ScoreCard
    >>> completeness(ScoreCard({"scene": DimensionResult(0.5, 612, planned=4730)}))
    '612 of 4,730 scores'
    """
    return f"{card.scored:,} of {card.planned:,} scores" if card.planned is not None else f"{card.scored:,} scores"


def _print_categories(console: Any, card: ScoreCard) -> None:
    from rich.table import Table

    if not card.by_category:
        return
    table = Table(title="Scores by category", title_justify="left")
    table.add_column("dimension", no_wrap=True)
    for category in card.by_category:
        table.add_column(category, justify="right")
    for name in card.dimensions:
        table.add_row(name, *(_number(scores.get(name)) for scores in card.by_category.values()))
    console.print(table)


def _normalised(card: ScoreCard, name: str, score: float | None) -> float | None:
    rule = card.benchmark.rules.get(name)
    return rule.normalised(score) if rule is not None and score is not None else None


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f} %"
