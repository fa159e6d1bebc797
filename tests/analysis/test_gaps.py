"""Runs that are not whole are compared with that said, and pass no gate."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.analysis.test_comparison import write_run
from tests.simulated import simulated_rows
from vbench.analysis.comparison import compare_runs
from vbench.analysis.gate import gate
from vbench.cli.comparison_output import as_json, as_markdown


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A whole run, and one that was cut off in the middle of ``scene``."""
    folder = tmp_path_factory.mktemp("gaps")
    rows = [list(simulated_rows(seed, samples=1)) for seed in (0, 1)]
    planned = dict(Counter(row.dimension for row in rows[0]))
    cut = [row for row in rows[1] if row.dimension != "scene" or len(row.prompt) % 2]
    return [
        write_run(folder / "base", rows[0], planned=planned),
        write_run(folder / "cut", cut, planned=planned, status="interrupted"),
        write_run(folder / "whole", rows[1], planned=planned),
    ]


def test_what_is_not_whole_is_named_and_makes_no_total(runs: list[Path]) -> None:
    cut, whole = compare_runs(runs)
    assert not whole.gaps
    assert {"semantic", "total"} <= whole.differences.keys()
    assert cut.gaps.keys() == {"scene", "semantic", "total"}
    assert cut.gaps["scene"].endswith("of 86 scores in cut")
    assert "scene" in cut.differences
    assert not {"semantic", "total"} & cut.differences.keys()
    (forced,) = compare_runs(runs[:2], force=True)
    assert {"semantic", "total"} <= forced.differences.keys()


def test_it_passes_no_gate(runs: list[Path]) -> None:
    compared = compare_runs(runs, force=True)
    judged = {(one.run, one.condition): one for one in gate("worse, total>-99, scene>-99, color>-99", compared)}
    assert {run: judged[run, "color>-99"].met for run in ("cut", "whole")} == {"cut": True, "whole": True}
    for condition in ("worse", "total>-99", "scene>-99"):
        assert not judged["cut", condition].met
        assert judged["whole", condition].met
    assert "not whole" in judged["cut", "worse"].reason


def test_it_is_told_in_every_form(runs: list[Path]) -> None:
    compared = compare_runs(runs)
    assert "scene is not whole" in as_markdown(compared)
    assert json.loads(as_json(compared))["comparisons"][0]["gaps"]["total"] == "scene not whole"
