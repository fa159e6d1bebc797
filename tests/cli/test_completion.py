"""What a shell is told while somebody types a name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def completed(line: str, folder: Path) -> list[str]:
    """What bash would offer at the end of a line."""
    words = line.split(" ")
    asked = {"_VBENCH_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    environment = {**os.environ, **asked, "PYTHONPATH": str(Path(__file__).parents[2])}
    call = [sys.executable, "-c", "import sys; sys.argv[0] = 'vbench'; from vbench.cli import main; main()"]
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("vbench comp", ["compare"]),
        ("vbench evaluate videos --profile o", ["official"]),
        ("vbench evaluate videos --suite m", ["mini", "mine.json"]),
        ("vbench evaluate videos --suite mini --category a", ["animal", "architecture"]),
        ("vbench evaluate videos --benchmark video", ["video-quality"]),
        ("vbench evaluate videos -d motion", ["motion_smoothness"]),
        ("vbench generate --model synth", ["synthetic"]),
        ("vbench generators cogvideox-5", ["cogvideox-5b", "cogvideox-5b-i2v"]),
        ("vbench weights path amt", ["amt_s"]),
        ("vbench weights list amt", ["amt_s"]),
        ("vbench schema run", ["run.json", "run.sqlite"]),
        ("vbench evaluate videos --suite none.json --category a", []),
    ],
)
def test_names_are_completed(line: str, offered: list[str], tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("[]")
    assert set(offered) <= set(completed(line, tmp_path))
    assert all(name.startswith(line.split(" ")[-1]) for name in completed(line, tmp_path))
