"""A bad file is its own state, in a check as in a run: nothing ends or hangs, and only a decoder's word is final."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
import torch

from tests import toys
from tests.footage import noise, write_text, write_video
from tests.schemas import checked
from vbench.runs.custom_plan import custom_plan
from vbench.runs.evaluate import evaluate
from vbench.runs.evaluators import Evaluators
from vbench.runs.results import read_rows
from vbench.runs.row_writer import Outcome
from vbench.runs.store import FAILED, SCORED, UNREADABLE, Row

CASES = Path(__file__).parents[1] / "media" / "cases"


def huge_png(path: Path) -> Path:
    """20,000 x 20,000 pixels in a few hundred kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    line = bytes(1 + 3 * 20_000)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(line) for _ in range(20_000)) + packer.flush()
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b""))
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    write_video(folder / "good-0.mp4", noise(4))
    write_text(folder / "text-0.mp4")
    shutil.copy(CASES / "a cat-0.avi", folder)
    shutil.copy(CASES / "damaged_middle.mp4", folder / "damaged-0.mp4")
    (folder / "link-0.mp4").symlink_to(folder / "nothing")
    (folder / "disk-0.mp4").symlink_to("/proc/self/mem")  # gives an I/O error
    os.mkfifo(folder / "pipe-0.mp4")
    (folder / "stills").mkdir()
    huge_png(folder / "stills" / "0.png")
    shutil.copy(folder / "good-0.mp4", folder / os.fsdecode(b"caf\xc3-0.mp4"))
    return folder


def vbench(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vbench", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_a_check_tells_of_each(bad: Path) -> None:
    done = vbench("check", bad, "--json")
    assert done.returncode == 1, done.stderr
    found = checked("check", done.stdout)
    assert {(one["kind"], one["video"]) for one in found["findings"] if one["kind"] != "odd_format"} == {
        ("unreadable", "text-0.mp4"),
        ("unreadable", "stills"),
        ("unavailable", "link-0.mp4"),
        ("unavailable", "disk-0.mp4"),
        ("damaged", "damaged-0.mp4"),
        ("not_read", "pipe-0.mp4"),
        ("not_read", "caf�-0.mp4"),
    }
    assert found["not_read"] == {"pipe-0.mp4": "a pipe", "caf�-0.mp4": "its name is not UTF-8: rename it"}
    assert sum(found["files"].values()) == 9
    assert vbench("check", bad).stdout.splitlines()[-4:-1] == [
        "9 files: 6 videos, 1 frame of 1 folder, 2 not read",
        "  1 not read: its name is not UTF-8: rename it",
        "  1 not read: a pipe",
    ]


def test_a_run_scores_the_rest(bad: Path, tmp_path: Path) -> None:
    asked = (
        "evaluate",
        bad,
        "-d",
        "temporal_flickering",
        "--profile",
        "lite",
        "--device",
        "cpu",
        "-o",
        tmp_path / "run",
    )
    done = vbench(*asked, "--json")
    assert done.returncode == 1, done.stderr
    rows = {row.video: row for row in read_rows(tmp_path / "run")}
    assert {name: row.status for name, row in rows.items()} == {
        "good-0.mp4": SCORED,
        "a cat-0.avi": SCORED,
        "damaged-0.mp4": SCORED,
        "text-0.mp4": UNREADABLE,
        "stills": UNREADABLE,
        "link-0.mp4": FAILED,
        "disk-0.mp4": FAILED,
    }
    assert rows["damaged-0.mp4"].details["damage"] == "2 of 16 frames are damaged"
    assert "damaged, scored as it decodes: damaged-0.mp4" in done.stderr
    assert "Input/output error" in rows["disk-0.mp4"].reason
    assert "too large" in rows["stills"].reason
    strict = vbench(*asked, "--strict")
    assert strict.returncode == 2
    assert "--strict scores nothing" in strict.stderr


def scores(videos: Path, folder: Path) -> tuple[Outcome, dict[str, Row]]:
    crew = Evaluators(toys.PROFILE, torch.device("cpu"))
    outcome = evaluate(custom_plan(videos, ["brightness"]), crew, folder)
    return outcome, {row.video: row for row in read_rows(folder)}


@pytest.mark.usefixtures("toy_dimensions")
def test_a_file_that_was_away_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    videos = tmp_path / "videos"
    for index in range(3):
        write_video(videos / f"a-{index}.mp4", noise(4, seed=index))

    def take_away(name: str, video: Any) -> None:
        if video.path.name == "a-0.mp4":  # a-1 may have been read by then
            (videos / "a-2.mp4").rename(tmp_path / "a-2.mp4")

    monkeypatch.setattr(toys, "note_call", take_away)
    outcome, rows = scores(videos, tmp_path / "run")
    assert (rows["a-2.mp4"].status, outcome.failures) == (FAILED, {FAILED: 1})
    assert "does not exist" in rows["a-2.mp4"].reason
    (tmp_path / "a-2.mp4").rename(videos / "a-2.mp4")
    monkeypatch.setattr(toys, "note_call", lambda *_: None)
    outcome, rows = scores(videos, tmp_path / "run")
    assert (rows["a-2.mp4"].status, outcome.reused, outcome.computed) == (SCORED, 2, 1)


@pytest.mark.usefixtures("toy_dimensions")
def test_a_file_that_is_still_being_copied_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = write_video(tmp_path / "whole.mp4", noise(4)).read_bytes()
    video = tmp_path / "videos" / "a-0.mp4"
    video.parent.mkdir()
    video.write_bytes(whole)

    def cut(name: str, seen: Any) -> None:
        seen.path.write_bytes(whole[:300])

    monkeypatch.setattr(toys, "note_call", cut)
    _, rows = scores(video.parent, tmp_path / "run")
    assert (rows["a-0.mp4"].status, rows["a-0.mp4"].reason) == (FAILED, "the file changed while it was looked at")
    video.write_bytes(whole)
    monkeypatch.setattr(toys, "note_call", lambda *_: None)
    assert scores(video.parent, tmp_path / "run")[1]["a-0.mp4"].status == SCORED


@pytest.mark.usefixtures("toy_dimensions")
def test_a_score_outlives_a_disk_that_is_away(tmp_path: Path) -> None:
    disk, videos = write_video(tmp_path / "disk" / "a.mp4", noise(4)).parent, tmp_path / "videos"
    videos.mkdir()
    (videos / "a-0.mp4").symlink_to(disk / "a.mp4")
    _, before = scores(videos, tmp_path / "run")
    disk.rename(tmp_path / "unmounted")
    outcome, rows = scores(videos, tmp_path / "run")
    assert outcome.failures == {FAILED: 1}
    assert rows == before
    (tmp_path / "unmounted").rename(disk)
    assert scores(videos, tmp_path / "run")[0].reused == 1


@pytest.mark.usefixtures("toy_dimensions")
def test_what_a_decoder_said_is_final(tmp_path: Path) -> None:
    text = write_text(tmp_path / "videos" / "text-0.mp4")
    assert scores(text.parent, tmp_path / "run")[1]["text-0.mp4"].status == UNREADABLE
    outcome, _ = scores(text.parent, tmp_path / "run")
    assert (outcome.computed, outcome.reused) == (0, 1)
