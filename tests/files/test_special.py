"""A pipe in a file's place is told instead of waited for; what a shell hands over is read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vbench.distances.reference import read_reference
from vbench.errors import VBenchError
from vbench.files.json_file import read_json
from vbench.generators.recipe import read_table
from vbench.media.decode import decode
from vbench.media.picture import read_picture
from vbench.prompts.suite import read_category, read_suite

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("read", [read_suite, read_category, read_table, read_reference, read_picture, decode])
def test_a_pipe_is_told(tmp_path: Path, read: Callable[[Path], object]) -> None:
    os.mkfifo(pipe := tmp_path / "a.mp4")
    with pytest.raises(VBenchError, match="is a pipe and no file"):
        list(read(pipe))  # type: ignore[call-overload]


def test_a_pipe_is_an_error_of_the_system_to_readers_of_text(tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "a.json")
    with pytest.raises(OSError, match="it is a pipe and no file"):
        read_json(pipe)


CODE = "from pathlib import Path; from vbench.files.json_file import read_json; print(*read_json(Path('/dev/stdin')))"


def test_what_another_program_writes_is_read() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], input='["a cat"]', capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "a cat\n", done.stderr
