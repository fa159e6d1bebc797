"""The next video is read while one is scored, and what is said of it stays the same."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.footage import noise, write_truncated, write_video
from vbench.interface import evaluate
from vbench.media.decode import decode
from vbench.runs.one_video import OneVideo
from vbench.runs.read_ahead import PART_OF_BUDGET, read_ahead

BYTES = 5 * 24 * 32 * 3


@pytest.fixture
def videos(tmp_path: Path) -> list[Path]:
    return [write_video(tmp_path / "videos" / f"a cat {number}-0.mp4", noise(5, 24, 32, number)) for number in range(3)]


@pytest.fixture
def decodings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Every file that is decoded, and whether the main thread does it."""
    noted: list[tuple[str, bool]] = []

    def noting(path: Path, *args: Any, **how: Any) -> Any:
        noted.append((path.name, threading.current_thread() is threading.main_thread()))
        return decode(path, *args, **how)

    monkeypatch.setattr("vbench.media.video.decode", noting)
    return noted


def test_all_but_the_first_are_decoded_by_another_thread_and_once(
    videos: list[Path], tmp_path: Path, decodings: list[tuple[str, bool]]
) -> None:
    run = evaluate(
        videos[0].parent, dimensions=["temporal_flickering", "subject_consistency"], profile="lite", device="cpu",
        output=tmp_path / "run",
    )  # fmt: skip
    assert len(run.rows()) == 6
    assert sorted(decodings) == [(path.name, number == 0) for number, path in enumerate(videos)]


def test_the_next_is_read_while_one_is_at_work(videos: list[Path]) -> None:
    jobs = [OneVideo(path, ()) for path in videos]
    seen = []
    for job, video in read_ahead(jobs, 2**20):
        assert isinstance(job, OneVideo)
        seen.append((job.path, video and video.path))
    assert seen == [(videos[0], None), (videos[1], videos[1]), (videos[2], videos[2])]


def test_pictures_are_read_where_they_are_scored(tmp_path: Path) -> None:
    jobs = [OneVideo(tmp_path / name, ()) for name in ("a-0.png", "b-0.gif", "c-0")]
    assert list(read_ahead(jobs, 2**20)) == [(job, None) for job in jobs]


@pytest.mark.parametrize(("budget", "decoded"), [(PART_OF_BUDGET * BYTES, 2), (PART_OF_BUDGET * BYTES - 1, 0)])
def test_no_more_than_a_part_of_the_budget_is_decoded_ahead(
    videos: list[Path], budget: int, decoded: int, decodings: list[tuple[str, bool]]
) -> None:
    assert len(list(read_ahead([OneVideo(path, ()) for path in videos], budget))) == 3
    assert len(decodings) == decoded


def test_what_cannot_be_read_is_told_by_who_scores_it(videos: list[Path], tmp_path: Path) -> None:
    write_truncated(videos[1])
    run = evaluate(
        videos[0].parent, dimensions=["temporal_flickering"], profile="lite", device="cpu", output=tmp_path / "run"
    )
    assert [row.status for row in run.rows()] == ["scored", "unreadable", "scored"]


def test_nobody_waits_for_a_video_that_nobody_wants(videos: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    silent = threading.Event()
    monkeypatch.setattr("vbench.runs.read_ahead.SharedVideo", lambda *_: silent.wait(60))
    jobs = read_ahead([OneVideo(path, ()) for path in videos], 2**20)
    next(jobs)
    jobs.close()  # type: ignore[attr-defined]
    assert not silent.is_set()
    silent.set()
