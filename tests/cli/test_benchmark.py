"""``--benchmark`` from sampling to the score card, and what happens where nobody names one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_generate import Command
from tests.cli.test_generate import vbench as vbench  # a fixture
from vbench.benchmarks.mlperf_wan22 import MLPERF_WAN22
from vbench.benchmarks.t2v import T2V
from vbench.prompts.library import load_suite
from vbench.runs.record import read_record

SMALL = ("--frames", "8", "--size", "96x64")


def test_a_benchmark_is_kept_from_the_samples_to_the_score_card(vbench: Command, tmp_path: Path) -> None:
    rules = set(MLPERF_WAN22.rules)
    prompts = [prompt for prompt in load_suite("mini") if rules & set(prompt.dimensions)]
    call = ("generate", "--model", "synthetic", "--suite", "mini", "--benchmark", "mlperf-wan22", "--out", "out")
    assert vbench(*call, *SMALL, "--progress", "none")[0] == 0
    assert len(list((tmp_path / "out").glob("*.mp4"))) == len(prompts) < len(load_suite("mini"))
    assert vbench("check", "out")[0] == 0
    status, out, _ = vbench("evaluate", "out", "--profile", "lite", "-d", "motion_smoothness", "-o", "run", "--json")
    card = json.loads(out)
    assert status == 0
    assert read_record(tmp_path / "run").benchmark == card["benchmark"] == "mlperf-wan22"
    assert card["dimensions"]["motion_smoothness"]["videos"] == 3
    assert card["dimensions"]["motion_smoothness"]["normalised"] == card["dimensions"]["motion_smoothness"]["score"]
    assert (card["total"], card["missing"]) == (
        None,
        [name for name in MLPERF_WAN22.rules if name != "motion_smoothness"],
    )


def test_the_same_rows_can_be_scored_by_other_rules(vbench: Command, tmp_path: Path) -> None:
    assert vbench("generate", "--model", "synthetic", "--prompt", "a red bus", "--out", "out", *SMALL)[0] == 0
    assert vbench("evaluate", "out", "--profile", "lite", "-d", "motion_smoothness", "-o", "run")[0] == 0
    assert read_record(tmp_path / "run").benchmark == T2V.name
    status, out, _ = vbench("score", "run", "--benchmark", "video-quality", "--partial", "--json")
    card = json.loads(out)
    assert status == 1  # five of six are missing
    assert card["quality"] == card["dimensions"]["motion_smoothness"]["normalised"]
    assert "semantic" not in card
    assert vbench("score", "run", "--benchmark", "vbench")[0] == 2


def test_an_unknown_benchmark_is_answered_with_those_that_there_are(vbench: Command) -> None:
    status, _, told = vbench("check", ".", "--benchmark", "mlperf-wan2.2")
    assert status == 2
    assert "no benchmark named 'mlperf-wan2.2'. Did you mean mlperf-wan22? Known: vbench-t2v, vbench-i2v" in told
