"""A comparison as text: markdown for pull requests, JSON for scripts, CSV for spreadsheets; in points throughout."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vbench.analysis.comparison import Comparison, verdict
from vbench.analysis.gate import Judged
from vbench.analysis.run_diff import Moved
from vbench.analysis.statistics import PairedDifference

VERSION = 3
"""Of the JSON, whose fields ``vbench schema compare`` describes; 1 had no remarks, 2 no null ends."""

POINTS = 100
"""Points in a whole score."""

HEADINGS = ("dimension", "first", "second", "change", "95 % interval", "verdict", "prompts to settle")
MOVED = ("prompt", "dimension", "first", "second", "change")

IN_POINTS = ("first", "second", "change", "low", "high")


def cells(name: str, difference: PairedDifference) -> tuple[str, ...]:
    """A difference as a row under :data:`HEADINGS`."""
    points = plain_difference(difference)
    return (
        name,
        f"{points['first']:.2f}",
        f"{points['second']:.2f}",
        f"{points['change']:+.2f}",
        "-" if points["low"] is None else f"{points['low']:+.2f} to {points['high']:+.2f}",
        points["verdict"],
        str(difference.prompts_to_settle or "-"),
    )


def change(difference: PairedDifference | None) -> str:
    """A change alone, with a star where it is beyond noise."""
    if difference is None:
        return "-"
    return f"{POINTS * difference.change:+.2f}{'*' if difference.is_significant() else ''}"


def category_rows(by_category: Mapping[str, Mapping[str, PairedDifference]]) -> list[tuple[str, ...]]:
    """A row for each score: its name, and its change in every category."""
    names = dict.fromkeys(name for differences in by_category.values() for name in differences)
    return [(name, *(change(found.get(name)) for found in by_category.values())) for name in names]


def moved_cells(move: Moved) -> tuple[str, ...]:
    """A prompt whose score moved as a row under :data:`MOVED`."""
    first, second, moved = POINTS * move.first, POINTS * move.second, POINTS * move.change
    return move.prompt, move.dimension, f"{first:.2f}", f"{second:.2f}", f"{moved:+.2f}"


def gate_lines(judged: Sequence[Judged]) -> list[str]:
    """Whether the gate is met, and a line for each condition."""
    if not judged:
        return []
    met = "gate met" if all(one.met for one in judged) else "gate not met"
    return [met, *(f"  {one.run}: {one.condition}: {'' if one.met else 'no, '}{one.reason}" for one in judged)]


def as_markdown(compared: Sequence[Comparison], judged: Sequence[Judged] = ()) -> str:
    """Tables for a pull request: the gate, all scores, categories, and the prompts that moved most."""
    met, *conditions = gate_lines(judged) or [""]
    parts = [f"**{met.capitalize()}**\n\n" + "\n".join(f"-{line[1:]}" for line in conditions)] if judged else []
    for comparison in compared:
        marks = "".join(f" ({mark})" for mark in (*comparison.objections, *comparison.told_gaps))
        parts.append(f"**{comparison.name}** against **{comparison.yardstick}**, in points{marks}")
        parts.append(_markdown_table(HEADINGS, (cells(*item) for item in comparison.differences.items())))
        if comparison.remarks:
            parts.append("\n".join(f"- {remark}" for remark in comparison.remarks))
        if comparison.by_category:
            parts.append("Change by category (\\* beyond noise, all of a category taken together)")
            columns = ("dimension", *comparison.by_category)
            parts.append(_markdown_table(columns, category_rows(comparison.by_category)))
        if comparison.moved:
            parts.append("Prompts that moved most")
            parts.append(_markdown_table(MOVED, map(moved_cells, comparison.moved)))
    return "\n\n".join(parts)


def as_json(compared: Sequence[Comparison], judged: Sequence[Judged] = ()) -> str:
    """Everything, with the version of its schema; ``gate`` is null where none was asked."""
    plain = {
        "version": VERSION,
        "unit": "points",
        "benchmark": compared[0].benchmark.name,
        "first": compared[0].yardstick,
        "comparisons": [
            {
                "second": comparison.name,
                "objections": list(comparison.objections),
                "gaps": dict(comparison.gaps),
                "remarks": list(comparison.remarks),
                "differences": _plain(comparison.differences),
                "by_category": {name: _plain(found) for name, found in comparison.by_category.items()},
                "moved": [_plain_move(move) for move in comparison.moved],
            }
            for comparison in compared
        ],
        "gate": {"met": all(one.met for one in judged), "conditions": [vars(one) for one in judged]}
        if judged
        else None,
    }
    return json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False)


def as_csv(compared: Sequence[Comparison], judged: Sequence[Judged] = ()) -> str:
    """A line for each score and category; the gate is not in it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    figures = ("first", "second", "change", "low", "high", "p_adjusted", "verdict")
    writer.writerow(("run", "category", "dimension", *figures))
    for comparison in compared:
        for category, differences in {"": comparison.differences, **comparison.by_category}.items():
            for name, difference in differences.items():
                points = plain_difference(difference)
                writer.writerow((comparison.name, category, name, *(points[figure] for figure in figures)))
    return text.getvalue().rstrip()


def plain_difference(difference: PairedDifference) -> dict[str, Any]:
    """A difference as JSON types, scores and changes in points."""
    scores = {name: getattr(difference, name) for name in IN_POINTS}
    return {
        **{name: None if score is None else POINTS * score for name, score in scores.items()},
        "p": difference.p,
        "p_adjusted": difference.adjusted,
        "effect": difference.effect,
        "prompts": difference.prompts,
        "prompts_to_settle": difference.prompts_to_settle,
        "verdict": verdict(difference),
    }


def _plain(differences: Mapping[str, PairedDifference]) -> dict[str, dict[str, Any]]:
    return {name: plain_difference(difference) for name, difference in differences.items()}


def _plain_move(move: Moved) -> dict[str, Any]:
    scores = {name: POINTS * getattr(move, name) for name in ("first", "second", "change")}
    return {"prompt": move.prompt, "dimension": move.dimension, **scores}


def _markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, *rows]
    drawn = [f"| {' | '.join(' '.join(cell.replace('|', chr(92) + '|').split()) for cell in row)} |" for row in lines]
    return "\n".join([drawn[0], f"|{'---|' * len(headings)}", *drawn[1:]])
