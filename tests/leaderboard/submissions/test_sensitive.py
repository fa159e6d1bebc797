"""Pictures of what may not be fit to be shown are neither packed nor taken."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from tests.footage import write_video
from tests.leaderboard.archives import card, rewritten, run
from vbench.errors import Refused
from vbench.leaderboard.submissions.archive import Limits, read_archive
from vbench.leaderboard.submissions.pack import pack
from vbench.leaderboard.submissions.validate import check
from vbench.prompts.official import TRUST_NAME, TRUST_SHA256
from vbench.runs.store import Row

LIMITS = Limits(1 << 24, 100, 1 << 26, 200, 1 << 20)


def packed(folder: Path, dimension: str, benchmark: str) -> bytes:
    """A run of one dimension whose video is there."""
    write_video(folder / "videos" / "a cook-0.mp4")
    rows = [Row("a cook-0.mp4", "a cook", dimension, "0" * 64, "1" * 64, value=1.0, weight=1.0)]
    suite = {"name": TRUST_NAME, "sha256": TRUST_SHA256}
    made = run(folder / "run", rows, videos=str(folder / "videos"), benchmark=benchmark, suite=suite)
    return pack(made, card(), videos=1, partial=True)


def pictures(archive: bytes) -> list[str]:
    names = zipfile.ZipFile(io.BytesIO(archive)).namelist()
    return [name for name in names if name.startswith(("frames/", "videos/"))]


def test_no_pictures_of_sensitive_dimensions_are_packed(tmp_path: Path) -> None:
    assert pictures(packed(tmp_path / "one", "imaging_quality", "vbench-t2v"))
    assert pictures(packed(tmp_path / "two", "safety", TRUST_NAME)) == []


def test_none_are_taken(tmp_path: Path) -> None:
    shown = zipfile.ZipFile(io.BytesIO(packed(tmp_path / "one", "imaging_quality", "vbench-t2v")))
    frame = next(name for name in shown.namelist() if name.startswith("frames/"))
    forged = rewritten(
        packed(tmp_path / "two", "safety", TRUST_NAME), lambda files: {**files, frame: shown.read(frame)}
    )
    with pytest.raises(Refused, match="none may be in the archive"):
        check(read_archive(forged, LIMITS), "mini")
