"""MLPerf's gate: who passes, how surely, and who fails whatever the score is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.analysis.test_comparison import write_run
from tests.schemas import checked
from tests.simulated import simulated_rows
from vbench.analysis.accuracy_gate import at_gate, gate_named
from vbench.benchmarks.mlperf_wan22 import MLPERF_WAN22
from vbench.benchmarks.t2v import T2V
from vbench.cli import main
from vbench.errors import UsageError
from vbench.prompts.library import load_suite
from vbench.prompts.official import NAME, SUITE_SHA256
from vbench.runs.run import open_run
from vbench.runs.store import Row

Command = Callable[..., tuple[int, str, str]]
OFFICIAL = {"name": NAME, "sha256": SUITE_SHA256}
MOVED = ("scene", "appearance_style", "motion_smoothness")
PLANNED = {name: spec.prompts for name, spec in MLPERF_WAN22.rules.items()}


def gate_rows(level: float) -> list[Row]:
    """A run's rows whose six scores have about that mean: three of them are moved."""
    rows = [row for row in simulated_rows(0, samples=1) if row.dimension in MLPERF_WAN22.rules]
    by = 2 * (level - sum(_means(rows).values()) / len(MLPERF_WAN22.rules))
    return [replace(row, value=(row.value or 0.0) + by) if row.dimension in MOVED else row for row in rows]


def _means(rows: list[Row]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for row in rows:
        values.setdefault(row.dimension, []).append(row.value or 0.0)
    return {name: sum(found) / len(found) for name, found in values.items()}


def run_of(folder: Path, rows: list[Row], **changes: object) -> Path:
    given = {"benchmark": MLPERF_WAN22.name, "suite": OFFICIAL, "planned": PLANNED, "samples": 1, **changes}
    return write_run(folder, rows, dimensions=list(PLANNED), **given)


@pytest.fixture
def vbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["vbench", "gate", *map(str, args)])
        with pytest.raises(SystemExit) as exited:
            main()
        return int(exited.value.code or 0), *capsys.readouterr()

    return run


def test_the_threshold_is_ninety_nine_hundredths_of_the_references_score() -> None:
    assert MLPERF_WAN22.passes_at == pytest.approx(0.697752, abs=1e-12)
    assert sum(len(prompts) for prompts in _disjoint()) == 248
    with pytest.raises(UsageError, match=rf"it has no gate\. With a gate: {MLPERF_WAN22.name}\."):
        gate_named(T2V.name)


def _disjoint() -> list[set[str]]:
    rows = list(simulated_rows(0, samples=1))
    return [{row.prompt for row in rows if row.dimension == name}
            for name in ("subject_consistency", "appearance_style", "scene")]  # fmt: skip


@pytest.mark.parametrize(("level", "passes", "least", "most"), [
    (0.75, True, 0.95, 1.0), (0.6, False, 0.0, 0.05), (0.6985, True, 0.05, 0.95),
])  # fmt: skip
def test_a_whole_run_is_judged_by_the_mean_of_its_six_scores(
    tmp_path: Path, level: float, passes: bool, least: float, most: float
) -> None:
    run = open_run(run_of(tmp_path / "run", gate_rows(level)))
    found = at_gate(run)
    assert not found.faults
    assert found.interval is not None
    assert found.interval.score == pytest.approx(sum(run.card.scores.values()) / 6, abs=1e-12)
    assert found.passes is passes
    assert found.interval.low < found.interval.score < found.interval.high
    assert found.again is not None
    assert least <= found.again <= most  # the share of draws that would pass


def test_a_dropped_sample_fails_it_though_it_raises_the_score(tmp_path: Path) -> None:
    rows = gate_rows(0.6985)
    still = next(row for row in rows if row.dimension == "dynamic_degree" and row.value == 0)
    kept = [row for row in rows if row.prompt != still.prompt]
    found = at_gate(open_run(run_of(tmp_path / "run", kept)))
    assert not found.passes
    assert "dynamic_degree has 71 of 72 videos" in found.faults


def test_a_dimension_without_a_score_fails_it_and_is_named(tmp_path: Path) -> None:
    kept = [row for row in gate_rows(0.75) if row.dimension != "scene"]
    why = {"scene": "its checkpoint is missing"}
    found = at_gate(open_run(run_of(tmp_path / "run", kept, not_evaluated=why)))
    assert (found.score, found.passes) == (None, False)
    assert found.faults == ("scene has no score: its checkpoint is missing",)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"profile": "lite", "comparable": False}, "the profile lite, or an option, is not the protocol's"),
        ({"suite": {"name": "open", "sha256": "ab"}}, "the prompts are of open, not of vbench-t2v"),
        (
            {"suite": {"name": "open", "sha256": load_suite("open").digest}},
            "the prompts are of open, not of vbench-t2v",
        ),
    ],
)
def test_another_protocol_fails_it(tmp_path: Path, changes: dict[str, object], fault: str) -> None:
    found = at_gate(open_run(run_of(tmp_path / "run", gate_rows(0.75), **changes)))
    assert found.faults == (fault,)
    assert not found.passes


def test_the_command_prints_the_line_of_the_submission_checker_only_for_a_whole_run(
    vbench: Command, tmp_path: Path
) -> None:
    run_of(tmp_path / "whole", gate_rows(0.75))
    run_of(tmp_path / "cut", gate_rows(0.75)[:-1])
    status, out, _ = vbench(MLPERF_WAN22.name, "whole")
    assert status == 0
    score = open_run(tmp_path / "whole").card.total
    assert out.splitlines()[-2:] == ["PASSES", f"{{'vbench_score': {100 * (score or 0):.4f}}}"]
    assert max(map(len, out.splitlines())) <= 80
    status, out, _ = vbench(MLPERF_WAN22.name, "cut")
    assert (status, "vbench_score" in out) == (1, False)
    status, out, _ = vbench(MLPERF_WAN22.name, "cut", "--json")
    told = checked("gate", out)
    assert (status, told["passes"], len(told["faults"])) == (1, False, 1)


def test_wrong_calls_are_told(vbench: Command, tmp_path: Path) -> None:
    write_run(tmp_path / "t2v", list(simulated_rows(0, samples=1))[:5])
    for call, said in ((("vbench-t2v", "t2v"), "no gate"), (("mlperf-wan22", "t2v"), "is a run of vbench-t2v")):
        status, _, err = vbench(*call)
        assert (status, said in err) == (2, True)
