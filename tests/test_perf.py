"""The programs of perf/ still start and say something: at their smallest settings, those that need no checkpoint."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documented import ROOT

pytestmark = pytest.mark.slow

LITE = ("--profile", "lite", "--dimension", "motion_smoothness")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (("board", "--sizes", "4"), "rows"),
        (("coverage", "--repetitions", "2", "--prompts", "3"), "| close to 1 |"),
        (("decoding", "--clip", "8x128x128", *LITE), "| 8x128x128 |"),
        (("detection", "--repetitions", "1", "--points", "8"), "| imaging_quality |"),
        (("dimensions", *LITE), "| 6 | 89 |"),
        (("memory", "--seconds", "1", "--height", "130", *LITE), "motion_smoothness"),
        (("reencode", *LITE), "motion_smoothness"),
        (("report", "--samples", "1", "--runs", "1"), "946 videos"),
        (("scaling", "--videos", "8", "16"), "| evaluate again |"),
    ],
    ids=lambda part: part[0] if isinstance(part, tuple) else "",
)
def test_a_program_that_measures_starts(call: tuple[str, ...], says: str, tmp_path: Path) -> None:
    name, *options = call
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    program = [sys.executable, str(ROOT / "perf" / f"{name}.py"), *options]
    done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
