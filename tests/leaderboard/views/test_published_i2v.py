"""Published image-to-video figures: no row prints all nine dimensions, and what each prints goes together.

Quality and Total leave out dimensions of which nothing was at hand, so a row is held against what the formulas leave
possible: the dimensions that are not printed lie in 0..1, and I2V is what Total and Quality leave for it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vbench.benchmarks.i2v import I2V, VBENCH_I2V
from vbench.benchmarks.score_card import TOTAL
from vbench.benchmarks.t2v import QUALITY
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.leaderboard.views import published_figures

DATA = json.loads((Path(published_figures.__file__).parent / "data" / "published_i2v.json").read_text())


def test_every_row_has_a_card_and_a_source() -> None:
    names = [ModelCard(**{"sampled_by": "", "evaluated_by": "", **row["card"]}).name for row in DATA["rows"]]
    assert len(names) == len(set(names)) == 33
    assert all(row["source"] in DATA["sources"] for row in DATA["rows"])
    assert DATA["benchmark"] == VBENCH_I2V.name


@pytest.mark.parametrize("row", DATA["rows"], ids=[row["card"]["name"] for row in DATA["rows"]])
def test_what_a_row_prints_goes_together(row: dict[str, Any]) -> None:
    printed = {name: percent / 100 for name, percent in row["printed"].items()}
    known = {name: percent / 100 for name, percent in row["dimensions"].items()}
    assert 0 < len(known) < len(VBENCH_I2V.rules)
    parts = {QUALITY: printed[QUALITY]}
    if TOTAL in printed:
        parts[I2V] = 2 * printed[TOTAL] - printed[QUALITY]
    for part, share in parts.items():
        specs = [VBENCH_I2V.rules[name] for name in VBENCH_I2V.of_part(part)]
        weight = sum(spec.weight for spec in specs)
        least = sum(spec.weight * spec.normalised(known[spec.name]) for spec in specs if spec.name in known)
        most = least + sum(spec.weight for spec in specs if spec.name not in known)
        assert least / weight < share < most / weight
