"""A score card as a table for people and as JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from vbench.benchmarks.base import Part, Unit, titled
from vbench.benchmarks.score_card import TOTAL, ScoreCard
from vbench.benchmarks.t2v import T2V
from vbench.dimensions.profiles import profiles

if TYPE_CHECKING:
    from vbench.analysis.interval import Interval


def card_json(
    card: ScoreCard,
    profile: str,
    partial: bool = False,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    widths: Mapping[str, Interval] | None = None,
) -> dict[str, Any]:
    """Everything on the card as JSON types; a score that is not there is null, never 0.

    Args:
        card: the scores.
        profile: which backbones gave them.
        partial: whether the parts are wanted over what is there.
        options: settings by dimension that are not the protocol's; with any the card compares with no leaderboard.
        widths: 95 % intervals of the scores, where they are known.
    """
    known = profiles().get(profile)
    return {
        "benchmark": card.benchmark.name,
        "profile": profile,
        "comparable": bool(known and known.comparable and not (options or card.incomplete or card.has_fewer_samples)),
        "samples": card.samples,
        "options": {name: dict(settings) for name, settings in (options or {}).items()},
        "dimensions": {
            name: {
                "score": result.score,
                "interval": _ends(widths, name),
                "normalised": _normalised(card, name, result.score),
                **({} if result.per_video is None else {"per_video": result.per_video}),
                "videos": result.videos,
                "planned": result.planned,
                "whole": result.is_whole,
                "not_scored": dict(result.statuses),
            }
            for name, result in card.dimensions.items()
        },
        **{part.name: card.part(part.name, partial) for part in card.benchmark.parts},
        "total": card.total_over_what_is_there if partial else card.total,
        "intervals": _side_intervals(card, partial, widths),
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


def print_json_list(values: Iterable[Any]) -> None:
    """The same of a list, each of its values as soon as it is there."""
    before = "["
    for value in values:
        print(before, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False), sep="\n", end="")
        before = ","
    print("\n]" if before == "," else "[]")


def print_card(
    card: ScoreCard,
    profile: str,
    partial: bool = False,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    widths: Mapping[str, Interval] | None = None,
) -> None:
    """The table: scores with intervals, the parts, what is missing and why; arguments as :func:`card_json`."""
    from vbench.cli.table import Column, figures, print_list, print_table

    known, benchmark = profiles().get(profile), card.benchmark
    title = f"Scores ({profile} profile)" if benchmark is T2V else f"Scores of {benchmark.name} ({profile} profile)"
    clips = benchmark.unit is Unit.CLIP
    rows: list[tuple[str, ...]] = []
    for name, result in card.dimensions.items():
        normalised = _percent(_normalised(card, name, result.score))
        counted = str(result.videos) if result.is_whole else f"{result.videos} of {result.planned}"
        beside = (_number(result.per_video),) if clips else ()
        rows.append((name, _number(result.score), _between(widths, name), normalised, *beside, counted))
        rule = benchmark.rules.get(name)
        if rule is not None and rule.part != _next_part(card, name):
            rows.append(())
    columns = ("score", "95 % interval", "normalised", *(("by video", "clips") if clips else ("videos",)))
    print_table([Column("dimension"), *map(figures, columns)], rows, title)
    print()
    if clips:
        print("By video: each video's mean, then over videos; shown beside, never ranked.")
    for part in benchmark.parts:
        _print_part(card, part, partial, widths)
    if benchmark.has_total:
        print(_total_line(card, partial, widths))
    if card.incomplete:
        print(f"Not whole: {card.counted}.")
    _print_categories(card)
    failed = {name: _statuses(result.statuses) for name, result in card.dimensions.items() if result.statuses}
    for reason in dict.fromkeys(failed.values()):
        print_list("not scored", [name for name, why in failed.items() if why == reason], reason)
    for reason in dict.fromkeys(card.not_evaluated.values()):
        print_list("not evaluated", [name for name, why in card.not_evaluated.items() if why == reason], reason)
    if known and not known.comparable:
        print(f"Note: {known.meaning}")
    if card.has_fewer_samples:
        print(f"Note: {card.samples} of {card.protocol_samples} samples a prompt.")
    for name, settings in (options or {}).items():
        chosen = ", ".join(f"{setting}={value}" for setting, value in settings.items())
        print(f"Note: {name} with {chosen} is outside the protocol: never compare this run with the leaderboard.")


def _next_part(card: ScoreCard, name: str) -> str | None:
    names, rules = list(card.dimensions), card.benchmark.rules
    after = names[names.index(name) + 1 :]
    return rules[after[0]].part if after and after[0] in rules else None


def _print_part(card: ScoreCard, part: Part, partial: bool, widths: Mapping[str, Interval] | None) -> None:
    from vbench.cli.table import print_list

    missing, label = card.missing(part.name), f"{titled(part.name):9}"
    unfinished = card.unfinished(part.name)
    score = card.part(part.name, partial)
    count = len(card.benchmark.of_part(part.name))
    if not missing:
        if not unfinished:
            print(f"{label} {_percent(score)}{_percent_between(widths, part.name)}")
        elif score is not None:
            print(f"{label} {_percent(score)} over what is there: not the protocol's score")
        else:
            print_list(f"{label} not computed: {len(unfinished)} of {count} dimensions are not whole", unfinished)
    elif score is not None:
        there = f"{count - len(missing)} of {count} dimensions"
        print(f"{label} {_percent(score)} over {there}: a part, not the protocol's score")
    else:
        print_list(f"{label} not computed: {len(missing)} of {count} dimensions have no score", missing)


def _total_line(card: ScoreCard, partial: bool, widths: Mapping[str, Interval] | None) -> str:
    if card.total is not None:
        return f"Total     {_percent(card.total)}{_percent_between(widths, TOTAL)}"
    if missing := card.missing():
        return f"Total     needs all {len(card.benchmark.rules)} dimensions; {len(missing)} have no score"
    if partial:
        return f"Total     {_percent(card.total_over_what_is_there)} over what is there: not the protocol's score"
    return "Total     not computed: the run is not whole (--partial shows it over what is there)"


def _print_categories(card: ScoreCard) -> None:
    from vbench.cli.table import Column, figures, print_table

    if not card.by_category:
        return
    print()
    columns = [Column("dimension"), *map(figures, card.by_category)]
    rows = [(name, *(_number(scores.get(name)) for scores in card.by_category.values())) for name in card.dimensions]
    print_table(columns, rows, "Scores by category")
    print()


def _normalised(card: ScoreCard, name: str, score: float | None) -> float | None:
    rule = card.benchmark.rules.get(name)
    return rule.normalised(score) if rule is not None and score is not None else None


def _statuses(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.items())


def _side_intervals(
    card: ScoreCard, partial: bool, widths: Mapping[str, Interval] | None
) -> dict[str, list[float] | None]:
    """Of the parts and the Total, where they are shown."""
    shown = {part.name: card.part(part.name, partial) for part in card.benchmark.parts}
    shown[TOTAL] = card.total_over_what_is_there if partial else card.total
    return {name: None if score is None else _ends(widths, name) for name, score in shown.items()}


def _ends(widths: Mapping[str, Interval] | None, name: str) -> list[float] | None:
    width = (widths or {}).get(name)
    return [width.low, width.high] if width else None


def _between(widths: Mapping[str, Interval] | None, name: str) -> str:
    ends = _ends(widths, name)
    return f"{ends[0]:.4f} to {ends[1]:.4f}" if ends else "-"


def _percent_between(widths: Mapping[str, Interval] | None, name: str) -> str:
    ends = _ends(widths, name)
    return f"  ({100 * ends[0]:.2f} to {100 * ends[1]:.2f})" if ends else ""


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f} %"
