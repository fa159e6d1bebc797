"""What looks strange about a result: nothing is refused for it, but somebody looks before it is published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from vbench.benchmarks.t2v import RULES
from vbench.leaderboard.submissions.likeness import CONTINUOUS
from vbench.leaderboard.submissions.look_alikes import look_alike
from vbench.leaderboard.submissions.model_card import TEAM, ModelCard
from vbench.leaderboard.submissions.validate import Checked
from vbench.leaderboard.views.published_figures import published_entries
from vbench.runs.store import Row

FEWEST = 10
"""Values below which nothing is said of their spread."""

PRINTED = 5e-5
"""Half a unit of the last digit that is printed of a published figure."""

COPIED = 4
"""Dimensions whose scores are printed somewhere as they are here; fewer are chance."""


def strange(checked: Checked, names: Iterable[str]) -> Iterator[str]:
    """Reasons to look at a submission.

    Args:
        checked: the submission.
        names: of the models that are known.
    """
    yield from checked.flags
    yield from _unvaried(checked.rows)
    yield from _printed(checked)
    yield from _claims(checked.card)
    yield from _names_alike(checked.card.name, names)


def _unvaried(rows: Iterable[Row]) -> Iterator[str]:
    """Scores that do not differ between videos, or not between the samples of a prompt."""
    by_dimension: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.value is not None:
            by_dimension[row.dimension][row.prompt].append(row.value)
    for name in RULES:
        prompts = by_dimension.get(name, {})
        values = [value for samples in prompts.values() for value in samples]
        if len(values) < FEWEST:
            continue
        if len(set(values)) == 1 and (name in CONTINUOUS or 0 < values[0] < 1):
            yield f"{name}: all {len(values)} videos score {values[0]:g}."
        elif name in CONTINUOUS:
            yield from _few_values(name, values)
            within = [np.std(samples) for samples in prompts.values() if len(samples) > 1]
            if within and not np.any(within):
                yield f"{name}: the samples of a prompt all score the same."


def _few_values(name: str, values: list[float]) -> Iterator[str]:
    distinct = len(set(values))
    if distinct < len(values) / 2:
        yield f"{name}: {len(values)} videos have only {distinct} different scores."


def _printed(checked: Checked) -> Iterator[str]:
    """Scores that are somebody's published figures."""
    for entry in published_entries():
        same = [
            name
            for name in RULES
            if name in checked.scores
            and (printed := entry.value(name)) is not None
            and 0 < printed < 1
            and abs(checked.scores[name].value - printed) <= PRINTED
        ]
        if len(same) >= COPIED:
            yield f"{len(same)} of its scores are those that are published of {entry.card.name}: {', '.join(same)}."


def _claims(card: ModelCard) -> Iterator[str]:
    for name, who in (("sampled_by", card.sampled_by), ("evaluated_by", card.evaluated_by)):
        if look_alike(who) == look_alike(TEAM):
            yield f"The card says {name.replace('_', ' ')} {TEAM}: ask them, and certify it if it is so."


def _names_alike(name: str, names: Iterable[str]) -> Iterator[str]:
    known = {*names, *(entry.card.name for entry in published_entries())}
    shown = look_alike(name)
    for other in sorted(known - {name}):
        if look_alike(other) == shown and other.casefold() != name.casefold():
            yield f"The name {name!a:.100} looks like {other!a:.100}, and is another."
