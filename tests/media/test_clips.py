"""Clips of a longer video: where they lie, and that they are the video's own frames."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.footage import noise, write_video
from tests.media.odd_containers import encoded, trimmed
from vbench.errors import VideoError
from vbench.media.clips import clips_of, length_of
from vbench.media.decode import Frame, packets
from vbench.media.encode import X264_DEFAULTS, Writer
from vbench.media.scenes import scene_cuts
from vbench.media.spans import Span, clip_name, seconds_of, spans_of, video_of
from vbench.media.video import Video

GOLDEN = json.loads((Path(__file__).parents[1] / "parity" / "kit" / "goldens" / "long_fusion.json").read_text())


CASES = [case for case in GOLDEN["split"] if "error" not in case["clips"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['frames']}@{case['container_fps']}")
def test_clips_lie_where_the_reference_cuts_them(case: dict[str, Any]) -> None:
    found = spans_of(case["frames"], case["container_fps"], int(case["clip_seconds"]))
    assert [(span.start, span.end) for span in found] == [(clip["start"], clip["end"]) for clip in case["clips"]]


def test_a_rate_below_one_counts_as_one_where_the_reference_divides_by_zero() -> None:
    assert [case["container_fps"] for case in GOLDEN["split"] if "error" in case["clips"]][-1] == 0.5
    assert spans_of(5, 0.5, 2) == [Span(0, 2), Span(2, 4), Span(3, 5)]


def test_each_scene_is_cut_by_itself() -> None:
    spans = spans_of(40, 8.0, 2, cuts=[10, 30])
    first, second, third = (0, 10), (10, 30), (30, 40)
    assert spans == [
        Span(0, 10, 0, first), Span(10, 26, 1, second), Span(14, 30, 1, second), Span(30, 40, 2, third),
    ]  # fmt: skip


def test_scenes_are_of_frames_where_the_rate_varies_as_when_the_scores_were_published(tmp_path: Path) -> None:
    """PySceneDetect 0.6.7.1, through the reference's own function, finds these cuts; with 0.7.2 it says 42 and 63."""
    pytest.importorskip("scenedetect")
    frames = np.zeros((80, 48, 64, 3), np.uint8)
    frames[30:60], frames[60:] = (200, 30, 30), 250
    slower_first = [*range(0, 30 * 60, 60), *range(30 * 60, 30 * 60 + 50 * 30, 30)]
    assert scene_cuts(encoded(tmp_path / "varying.mp4", frames, milliseconds=slower_first)) == [30, 60]


@pytest.mark.parametrize("seconds", [0.5, 1.25])
def test_clips_lie_on_the_frames_that_a_trimmed_video_shows(tmp_path: Path, seconds: float) -> None:
    """Frames that an edit list hides are decoded all the same: others need them."""
    video = Video(trimmed(tmp_path / "trimmed.mp4", seconds))
    assert length_of(video.path) == packets(video.path) == video.frame_count == 16 - 8 * seconds
    assert video.damage == ""
    spans = spans_of(length_of(video.path), 8.0, 1)
    assert [span for span, _ in clips_of(video, spans, 2**30)] == spans


class Counted(Video):
    """Notes how many frames were decoded."""

    decoded = 0

    def _frames(self) -> Iterator[Frame]:
        for frame in super()._frames():
            self.decoded += 1
            yield frame


def pixels(video: Video) -> Any:
    return np.concatenate([batch.numpy() for batch in video.batches()])


@pytest.mark.parametrize("budget", [2**30, 0], ids=["in memory", "in a temporary file"])
def test_a_clip_shows_the_frames_of_the_video_that_it_lies_on(tmp_path: Path, budget: int) -> None:
    path = write_video(tmp_path / "long.mp4", noise(49))
    whole, seen = pixels(Video(path)), []
    for span, clip in clips_of(Video(path, 0), spans_of(49, 8.0, 2), budget):
        assert np.array_equal(pixels(clip), whole[span.start : span.end])
        assert (clip.fps, clip.frame_count, clip.size) == (8.0, 16, (48, 64))
        assert np.array_equal(clip.frames([3, 0]).numpy(), whole[[span.start + 3, span.start]])
        seen.append(span)
    assert seen == spans_of(49, 8.0, 2)


def test_what_lies_in_memory_and_in_a_file_scale_alike(tmp_path: Path) -> None:
    path = write_video(tmp_path / "long.mp4", noise(17))
    scaled = [
        [
            clip.scaled_frames([0, 5], 24, 32).numpy()
            for _, clip in clips_of(Video(path, 0), spans_of(17, 8.0, 2), budget)
        ]
        for budget in (2**30, 0)
    ]
    assert np.array_equal(scaled[0], scaled[1])


def test_the_video_is_decoded_once_whatever_overlaps(tmp_path: Path) -> None:
    video = Counted(write_video(tmp_path / "long.mp4", noise(49)), budget=0)
    assert len(list(clips_of(video, spans_of(49, 8.0, 2), 2**30))) == 4
    assert video.decoded == 49


@pytest.mark.parametrize("size", [(48, 64), (47, 63)], ids=["even", "odd"])
def test_reencoded_clips_are_libx264_at_its_defaults(tmp_path: Path, size: tuple[int, int]) -> None:
    path = write_video(tmp_path / "long.mp4", noise(20, *size))
    (_, first), *_ = (
        (span, pixels(clip)) for span, clip in clips_of(Video(path, 0), spans_of(20, 8.0, 2), 2**30, reencode=True)
    )
    own = pixels(Video(path))[:16]
    assert first.shape == own.shape
    assert 0 < np.abs(first.astype(int) - own).mean() < 20
    if size == (48, 64):  # the same frames, written as the reference's library writes them
        direct = write_video(tmp_path / "direct.mp4", own.transpose(0, 2, 3, 1), lossless=False)
        assert np.abs(first.astype(int) - pixels(Video(direct))).mean() < 0.5


def test_a_scene_is_compressed_before_it_is_cut_as_the_reference_writes_it(tmp_path: Path) -> None:
    path, spans = write_video(tmp_path / "long.mp4", noise(30)), spans_of(30, 8.0, 2, cuts=[6])

    def again(spans: Sequence[Span], path: Path = path) -> dict[tuple[int, int], Any]:
        return {(span.start, span.end): pixels(clip) for span, clip in clips_of(Video(path, 0), spans, 2**30, True)}

    found, scenes = again(spans), again([Span(0, 6), Span(6, 30)])
    assert list(found) == [(0, 6), (6, 22), (14, 30)]
    for (start, end), clip in found.items():
        (first, last) = (0, 6) if start < 6 else (6, 30)
        scene = write_video(tmp_path / f"{start}.mp4", scenes[first, last].transpose(0, 2, 3, 1))
        (alone,) = again([Span(start - first, end - first)], scene).values()
        assert np.array_equal(clip, alone)
    assert again(spans[1:]).keys() == {(6, 22), (14, 30)}  # as where a run is continued
    assert np.array_equal(again(spans[2:])[14, 30], found[14, 30])


@pytest.mark.parametrize(("rows", "slices"), [(128, 2), (200, 3)])
def test_a_picture_has_the_slices_that_the_reference_has_where_cores_are_enough(
    tmp_path: Path, rows: int, slices: int
) -> None:
    path = write_video(tmp_path / "long.mp4", noise(16, rows, 128))
    own = pixels(Video(path)).transpose(0, 2, 3, 1)
    ((_, again),) = ((span, pixels(clip)) for span, clip in clips_of(Video(path, 0), [Span(0, 16)], 2**30, True))

    def direct(threads: int) -> Any:
        return pixels(Video(write_video(tmp_path / f"{threads}.mp4", own, lossless=False, threads=threads)))

    assert np.array_equal(again, direct(slices))
    assert np.array_equal(again, direct(16))
    assert not np.array_equal(again, direct(1))


@pytest.mark.parametrize("size", [(48, 64), (64, 96), (128, 192)], ids=str)
def test_the_same_frames_are_compressed_to_the_same_bytes(tmp_path: Path, size: tuple[int, int]) -> None:
    frames, written = noise(16, *size), set()
    for number in range(12):
        junk = [bytes(range(256)) * (400 * number + 400) for _ in range(3)]  # what lies in memory changes
        writer = Writer(tmp_path / f"{number}.mp4", 8, X264_DEFAULTS)
        for frame in frames:
            writer.add(frame)
        writer.close()
        written.add((tmp_path / f"{number}.mp4").read_bytes())
        del junk
    assert len(written) == 1


def test_no_temporary_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "long.mp4", noise(49))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = clips_of(Video(path, 0), spans_of(49, 8.0, 2), 0)
    next(found)
    assert list(tmp_path.glob("vbench-clip-*"))
    found.close()
    assert not list(tmp_path.glob("vbench-clip-*"))


def test_a_video_that_ends_early_gives_the_clips_that_are_there_and_says_so(tmp_path: Path) -> None:
    path = write_video(tmp_path / "long.mp4", noise(20))
    found = clips_of(Video(path, 0), [Span(0, 16), Span(16, 32)], 2**30)
    assert next(found)[0] == Span(0, 16)
    with pytest.raises(VideoError, match="ends after 20 frames, where its clips need 32"):
        next(found)


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_the_length_is_known_without_decoding(tmp_path: Path, suffix: str) -> None:
    assert length_of(write_video(tmp_path / f"long{suffix}", noise(21))) == 21


def test_a_clip_is_named_by_its_seconds() -> None:
    name = clip_name("a_cat #1-0.mp4", Span(58, 116), 29.0)
    assert name == "a_cat #1-0.mp4#t=2,4"
    assert (video_of(name), seconds_of(name)) == ("a_cat #1-0.mp4", (2.0, 4.0))
    assert (video_of("a_cat-0.mp4"), seconds_of("a_cat-0.mp4")) == ("a_cat-0.mp4", None)
