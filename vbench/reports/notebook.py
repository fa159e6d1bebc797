"""Runs, score cards, comparisons and scores of a video as small tables in a notebook.

They bring no colours of their own, so they are read on light and dark pages alike, and no styles that could reach
another cell. Whatever comes from a run is escaped.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import singledispatch
from html import escape

from vbench.analysis.comparison import Comparison, verdict
from vbench.analysis.interval import Interval
from vbench.analysis.statistics import PairedDifference, intervals
from vbench.benchmarks.base import titled
from vbench.benchmarks.score_card import TOTAL, ScoreCard
from vbench.dimensions.base import VideoScore
from vbench.dimensions.profiles import profiles
from vbench.reports.formatting import fixed, signed
from vbench.runs.run import Run

TABLE = "border-collapse:collapse;color:inherit;background:none;font-size:0.9em"
LINE = "border-bottom:1px solid rgba(128,128,128,0.4)"
CELL = f"padding:0.15em 0.7em;background:none;white-space:nowrap;{LINE}"

LONGEST = 2000
"""Letters of a score's details that are shown."""

CURVE = (240, 40)
"""Width and height of a curve, in pixels."""


@singledispatch
def html(shown: object) -> str:
    """The HTML of an object that :class:`vbench.notebook.Shown` marks."""
    raise TypeError(f"nothing says how a {type(shown).__name__} is shown")


@html.register
def _run(run: Run) -> str:
    record = run.record
    state = run.card.counted if run.is_whole else f"{run.card.counted}: not whole"
    title = f"Run {run.folder}: {record.profile} profile, {state}"
    known = profiles().get(record.profile)
    notes = [known.meaning] if known and not known.comparable else []
    return _card_table(run.card, title, notes, intervals(run.rows(), benchmark=run.card.benchmark))


@html.register
def _card(card: ScoreCard) -> str:
    return _card_table(card, f"Score card of {card.benchmark.name}: {card.counted}", [], None)


@html.register
def _comparison(found: Comparison) -> str:
    rows = [
        (name, _points(one.first), _points(one.second), signed(100 * one.change),
         _range(one), verdict(one), str(one.prompts))
        for name, one in found.differences.items()
    ]  # fmt: skip
    heads = ("dimension", "first", "second", "change", "95 % interval", "verdict", "prompts")
    notes = _notes([*found.objections, *found.told_gaps])
    return _table(f"{found.name} against the first, in points", heads, rows) + notes


@html.register
def _video(score: VideoScore) -> str:
    counts = "counts 1" if score.weight == 1 else f"counts {score.weight:g}" if score.weight else "does not count"
    told = json.dumps(dict(score.details), ensure_ascii=False, indent=1, default=str)
    cut = told if len(told) <= LONGEST else f"{told[:LONGEST]}\n..."
    details = f"<details><summary>details</summary><pre>{escape(cut)}</pre></details>" if score.details else ""
    return f"<div><b>{fixed(score.value)}</b> <span>({counts})</span>{_curve(score.per_frame)}{details}</div>"


def _card_table(card: ScoreCard, title: str, notes: Sequence[str], widths: Mapping[str, Interval] | None) -> str:
    """A line for each dimension, part and Total; intervals where rows are there to draw from."""
    rows: list[tuple[str, ...]] = [("dimension", "score", "95 % interval", "normalised", "videos")]
    for name, result in card.dimensions.items():
        rule = card.benchmark.rules.get(name)
        normalised = _percent(rule.normalised(result.score)) if rule and result.score is not None else "-"
        counted = f"{result.videos}" if result.is_whole else f"{result.videos} of {result.planned}"
        rows.append(
            (name, "-" if result.score is None else fixed(result.score), _ends(widths, name), normalised, counted)
        )
    for name, score in _sides(card).items():
        part = None if name == TOTAL else name
        lacking = card.missing(part) or card.unfinished(part)
        state = "" if score is not None else f"{len(lacking)} dimensions lack scores"
        rows.append((titled(name), "", _ends(widths, name, 100) if score is not None else "", _percent(score), state))
    heads, *lines = rows if widths is not None else [row[:2] + row[3:] for row in rows]
    reasons = [f"not evaluated: {name}: {reason}" for name, reason in card.not_evaluated.items()]
    return _table(title, heads, lines) + _notes([*reasons, *notes])


def _sides(card: ScoreCard) -> dict[str, float | None]:
    """The parts and the Total, where the benchmark has one."""
    total = {TOTAL: card.total} if card.benchmark.has_total else {}
    return {part.name: card.part(part.name) for part in card.benchmark.parts} | total


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    caption = f'<caption style="text-align:left;color:inherit">{escape(title)}</caption>'
    top = "".join(
        f'<th scope="col" style="{CELL};text-align:{_side(n)}">{escape(one)}</th>' for n, one in enumerate(heads)
    )
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{CELL};text-align:{_side(n)}">{escape(one)}</td>' for n, one in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f'<table style="{TABLE}">{caption}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def _side(column: int) -> str:
    return "right" if column else "left"


def _notes(notes: Iterable[str]) -> str:
    return "".join(f'<div style="font-size:0.9em;opacity:0.8">{escape(note)}</div>' for note in notes)


def _ends(widths: Mapping[str, Interval] | None, name: str, times: float = 1) -> str:
    width = (widths or {}).get(name)
    places = 2 if times > 1 else 4
    return f"{fixed(times * width.low, places)} to {fixed(times * width.high, places)}" if width else "-"


def _range(difference: PairedDifference) -> str:
    if difference.low is None or difference.high is None:
        return "-"
    return f"{signed(100 * difference.low)} to {signed(100 * difference.high)}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{fixed(100 * value, 2)} %"


def _points(score: float) -> str:
    return fixed(100 * score, 2)


def _curve(numbers: Sequence[float]) -> str:
    """The course over time as a line in the colour of the text; nothing where there is none."""
    known = [(at, float(number)) for at, number in enumerate(numbers) if math.isfinite(number)]
    if len(known) < 2:
        return ""
    width, height = CURVE
    low, high = min(number for _, number in known), max(number for _, number in known)
    points = " ".join(
        f"{width * at / (len(numbers) - 1):.1f},{height - 1 - (height - 2) * (number - low) / ((high - low) or 1):.1f}"
        for at, number in known
    )
    label = f"{len(numbers)} numbers over time, {fixed(low)} to {fixed(high)}"
    return (
        f'<div><svg width="{width}" height="{height}" role="img" aria-label="{label}"><polyline points="{points}" '
        f'fill="none" stroke="currentColor"/></svg><div style="font-size:0.9em;opacity:0.8">{label}</div></div>'
    )
