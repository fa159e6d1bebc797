"""The command line where there is little: a terminal of few letters, a colon in a path, a full disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.footage import noise, write_video


def vbench(folder: Path, *args: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        [sys.executable, "-m", "vbench", *map(str, args)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": root, **environment},
        capture_output=True,
        timeout=300,
    )


def test_an_output_of_ascii_shows_what_it_can(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a café — at night-0.mp4", noise(4))
    for form in ([], ["--json"]):
        done = vbench(tmp_path, "check", "videos", *form, PYTHONIOENCODING="ascii")
        assert done.returncode == 0, done.stderr
        assert done.stdout.isascii()


def test_a_colon_in_a_relative_path_is_no_protocol(tmp_path: Path) -> None:
    write_video(tmp_path / "run:1" / "a:cat-0.mp4", noise(4))
    assert json.loads(vbench(tmp_path / "run:1", "check", ".", "--json").stdout)["findings"] == []
    assert json.loads(vbench(tmp_path / "run:1", "check", "a:cat-0.mp4", "--json").stdout)["findings"] == []


def test_a_misspelt_dimension_of_a_suite_is_named_with_the_nearest(tmp_path: Path) -> None:
    write_video(tmp_path / "a cat-0.mp4", noise(4))
    suite = tmp_path / "suite.json"
    suite.write_text(json.dumps([{"prompt_en": "a cat", "dimension": ["motion_smothness"]}]))
    done = vbench(tmp_path, "check", ".", "--suite", suite)
    assert done.returncode == 2
    assert b"Did you mean motion_smoothness" in done.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_with_all_streams_closed_a_run_is_made_all_the_same(tmp_path: Path, workers: str) -> None:
    write_video(tmp_path / "videos" / "a-0.mp4", noise(4))
    write_video(tmp_path / "videos" / "b-0.mp4", noise(4, seed=1))
    asked = ["evaluate", "videos", "-d", "temporal_flickering", "--profile", "lite", "--device", "cpu", "-o", "run"]
    command = [sys.executable, "-m", "vbench", *asked, "--workers", workers]
    root = str(Path(__file__).parents[2])
    closed = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command]
    done = subprocess.run(closed, cwd=tmp_path, env={**os.environ, "PYTHONPATH": root}, timeout=300, check=False)
    assert done.returncode == 0
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "finished"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_nobody_reads_any_more_is_no_answer(unbuffered: str) -> None:
    """Whether it is written at the end alone, or line by line."""
    read, written = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "vbench", "dimensions", "--benchmark", "vbench-trustworthiness"]
    narrow = {**os.environ, "COLUMNS": "20", "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(command, stdout=written, stderr=subprocess.PIPE, env=narrow, timeout=300, check=False)
    os.close(written)
    assert not done.stderr
    assert done.returncode == 4  # 1 would mean that a gate does not pass, or that scores lack


def test_a_folder_that_cannot_be_written_is_said_without_a_traceback(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a-0.mp4", noise(4))
    (tmp_path / "file").touch()
    done = vbench(tmp_path, "evaluate", "videos", "-d", "temporal_flickering", "--profile", "lite", "-o", "file/run")
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"file/run" in done.stderr


def test_an_empty_record_is_said_and_written_anew(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a-0.mp4", noise(4))
    asked = ("evaluate", "videos", "-d", "temporal_flickering", "--profile", "lite", "--device", "cpu", "-o", "run")
    assert vbench(tmp_path, *asked).returncode == 0
    before = json.loads((tmp_path / "run" / "run.json").read_text())
    (tmp_path / "run" / "run.json").write_text("")
    done = vbench(tmp_path, "score", "run")
    assert done.returncode == 2
    assert b"is empty" in done.stderr
    done = vbench(tmp_path, *asked)
    assert done.returncode == 0
    assert b"was empty" in done.stderr
    assert b"1 stored before" in done.stderr
    assert json.loads((tmp_path / "run" / "run.json").read_text())["dimensions"] == before["dimensions"]


def test_a_folder_whose_name_is_no_text_is_evaluated_into_and_from_it_is_said_why_not(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a-0.mp4", noise(4))
    folder = os.fsdecode(b"caf\xe9")
    asked = ("-d", "temporal_flickering", "--profile", "lite", "--device", "cpu", "-o", folder)
    for command in (("evaluate", "videos", *asked), ("evaluate", "videos", *asked), ("report", folder, "-o", "a.html")):
        done = vbench(tmp_path, *command)
        assert done.returncode == 0, done.stderr
    (tmp_path / "videos").rename(tmp_path / os.fsdecode(b"vid\xe9os"))
    done = vbench(tmp_path, "evaluate", os.fsdecode(b"vid\xe9os"), "--profile", "lite")
    assert done.returncode == 2
    assert b"Not read: 1 file, such as a-0.mp4 (its name is not UTF-8: rename it)" in done.stderr
