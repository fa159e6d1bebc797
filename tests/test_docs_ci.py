"""The workflow files of docs/ci.md: their commands run, in their order, with a model that needs no GPU."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
GITHUB, GITLAB = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))

GITHUB_STEPS: list[dict[str, Any]] = [step for step in GITHUB["jobs"]["score"]["steps"] if "run" in step]

USUAL = [step["run"] for step in GITHUB_STEPS if "if" not in step]
"""Commands that end the job where one fails."""

ALWAYS = [step["run"] for step in GITHUB_STEPS if step.get("if") == "always()"]

CHEAP = {
    "VBENCH_GENERATE_FRAMES": "6", "VBENCH_GENERATE_SIZE": "96x64",
    "VBENCH_EVALUATE_DIMENSION": "temporal_flickering motion_smoothness",
}  # fmt: skip
"""What makes the same commands quick."""


def job(folder: Path, commands: list[str], always: list[str], model: str) -> int:
    """Run commands until one fails, then those that run always; the status of the first part."""
    (folder / "bin").mkdir(exist_ok=True)
    program = folder / "bin" / "vbench"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vbench "$@"\n')
    program.chmod(0o755)
    environment = {
        **os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "MODEL": model,
        "SUITE": "demo", "PROFILE": "lite", "GATE": "worse", "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        **CHEAP,
    }  # fmt: skip

    def run(command: str) -> int:
        done = subprocess.run(["bash", "-ec", command], cwd=folder, env=environment, capture_output=True, text=True)
        print(command, done.stdout, done.stderr, sep="\n")
        return done.returncode

    status = next((found for command in commands if (found := run(command))), 0)
    assert [run(command) for command in always] == [0] * len(always)
    return status


def test_a_good_checkpoint_passes_and_a_bad_one_stops_the_job(tmp_path: Path) -> None:
    assert job(tmp_path, USUAL, ALWAYS, "synthetic") == 0
    (tmp_path / "videos").rename(tmp_path / "before")
    (tmp_path / "runs" / "new").rename(tmp_path / "first")
    assert job(tmp_path, USUAL, ALWAYS, "synthetic:flicker=1,jerk=0.6") == 1
    gate = json.loads((tmp_path / "compare.json").read_text())["gate"]
    assert [one["met"] for one in gate["conditions"]] == [False]
    assert "temporal_flickering" in gate["conditions"][0]["reason"]
    assert (tmp_path / "report.html").exists()
    assert "**Gate not met**" in (tmp_path / "summary.md").read_text()
    kept = json.loads((tmp_path / "runs" / "base" / "run.json").read_text())
    assert kept == json.loads((tmp_path / "first" / "run.json").read_text())


def test_the_other_system_runs_the_same_commands() -> None:
    assert GITLAB["score"]["script"] == USUAL
    assert GITLAB["score"]["after_script"] == [command for command in ALWAYS if "GITHUB" not in command]


def test_both_files_set_what_their_commands_use() -> None:
    for variables, commands in (
        (GITHUB["jobs"]["score"]["env"], [step["run"] for step in GITHUB_STEPS]),
        (GITLAB["score"]["variables"], [*GITLAB["score"]["script"], *GITLAB["score"]["after_script"]]),
    ):
        used = set(re.findall(r"\$(\w+)", " ".join(commands))) - {"GITHUB_STEP_SUMMARY"}
        assert used == set(variables)
