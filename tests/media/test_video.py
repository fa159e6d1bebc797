from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.footage import noise, write_gif, write_stills, write_text, write_truncated, write_video
from tests.parity.conftest import clip
from vbench.errors import VideoError
from vbench.media.video import Video, is_video, middle_indices, probe


def all_frames(video: Video) -> np.ndarray:
    return torch.cat(list(video.batches(3))).permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".avi"])
def test_lossless_containers_give_every_pixel_back(tmp_path: Path, suffix: str) -> None:
    frames = noise(9)
    video = Video(write_video(tmp_path / f"clip{suffix}", frames, fps=12))
    assert video.size == (48, 64)
    assert video.fps == pytest.approx(12)
    assert video.frame_count == 9
    np.testing.assert_array_equal(all_frames(video), frames)


def test_webm_is_read(tmp_path: Path) -> None:
    video = Video(write_video(tmp_path / "clip.webm", noise(6)))
    assert video.frame_count == 6
    assert abs(all_frames(video).astype(int) - noise(6)).mean() < 12


def test_gif_is_read_as_pillow_reads_it(tmp_path: Path) -> None:
    video = Video(write_gif(tmp_path / "clip.gif", milliseconds=50))
    assert video.fps == pytest.approx(20)
    with Image.open(tmp_path / "clip.gif") as image:
        for index, frame in enumerate(all_frames(video)):
            image.seek(index)
            np.testing.assert_array_equal(frame, np.asarray(image.convert("RGB")))
    assert video.frame_count == 8


def test_still_is_one_frame(tmp_path: Path) -> None:
    Image.fromarray(noise(1)[0]).save(tmp_path / "still.png")
    video = Video(tmp_path / "still.png")
    assert video.frame_count == 1
    np.testing.assert_array_equal(all_frames(video), noise(1))


def test_folder_of_stills_is_a_video(tmp_path: Path) -> None:
    folder = write_stills(tmp_path / "frames")
    assert is_video(folder)
    np.testing.assert_array_equal(all_frames(Video(folder)), noise())


@pytest.mark.parametrize(
    "name", ["fast_square_rgb", "flicker_yuv", "large_yuv", "pan_wide_rgb", "portrait_rgb", "still_rgb"]
)
def test_parity_clips_have_the_pixels_of_opencv(name: str) -> None:
    cv2 = pytest.importorskip("cv2")
    capture = cv2.VideoCapture(str(clip(name)))
    video = Video(clip(name))
    for frame in all_frames(video):
        found, expected = capture.read()
        assert found
        np.testing.assert_array_equal(frame, expected[..., ::-1])
    assert not capture.read()[0]
    assert video.fps == capture.get(cv2.CAP_PROP_FPS)


@pytest.mark.parametrize("budget", [0, 20_000, 10**9])
def test_the_memory_budget_changes_no_frame(tmp_path: Path, budget: int) -> None:
    video = Video(write_video(tmp_path / "clip.mp4"), budget)
    first, second = all_frames(video), all_frames(video)
    np.testing.assert_array_equal(first, noise())
    np.testing.assert_array_equal(second, noise())


def test_frames_are_kept_only_within_the_budget(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4")
    kept, decoded_again = Video(path), Video(path, budget=20_000)
    assert kept.frame_count == decoded_again.frame_count == 8
    path.unlink()
    assert len(all_frames(kept)) == 8
    with pytest.raises(VideoError, match="does not exist"):
        all_frames(decoded_again)


def test_selections(tmp_path: Path) -> None:
    frames = noise(7)
    video = Video(write_video(tmp_path / "clip.mp4", frames))
    channels_first = torch.from_numpy(frames).permute(0, 3, 1, 2)
    assert torch.equal(torch.cat(list(video.batches(2, step=3))), channels_first[::3])
    assert torch.equal(video.frames([5, 0, 5]), channels_first[[5, 0, 5]])
    assert [window.shape[0] for window in video.windows(3, stride=2)] == [3, 3, 3]
    assert torch.equal(list(video.windows(2, step=3))[1], channels_first[[3, 6]])
    assert video.scaled_frames([1, 1], 24, 32).shape == (2, 3, 24, 32)
    with pytest.raises(VideoError, match="no frame 9"):
        video.frames([9])


def test_middle_indices_of_short_and_long_videos() -> None:
    assert middle_indices(1, 3) == [0, 0, 0]
    assert middle_indices(16, 16) == list(range(16))
    assert middle_indices(100, 4) == [12, 37, 62, 87]


def test_memo_is_made_once(tmp_path: Path) -> None:
    video = Video(write_video(tmp_path / "clip.mp4"))
    values = iter(("first", "second"))
    assert video.memo("key", lambda: next(values)) == "first"
    assert video.memo("key", lambda: next(values)) == "first"
    assert video.memo("other key", lambda: next(values)) == "second"


def test_text_under_a_videos_name(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="cannot be decoded"):
        probe(write_text(tmp_path / "text.mp4"))


def test_truncated_video_says_how_much_is_lost(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"cut off: \d+ of its 24 frames"):
        probe(write_truncated(tmp_path / "cut.mp4"))


def test_truncated_before_the_index(tmp_path: Path) -> None:
    path = write_video(tmp_path / "cut.mp4", noise(24))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(VideoError, match="cannot be decoded"):
        probe(path)


def test_empty_file_and_missing_file(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(VideoError):
        probe(tmp_path / "empty.mp4")
    with pytest.raises(VideoError, match="does not exist"):
        probe(tmp_path / "none.mp4")


def test_frames_of_two_sizes_are_refused(tmp_path: Path) -> None:
    folder = write_stills(tmp_path / "frames")
    Image.fromarray(noise(1, 20, 20)[0]).save(folder / "0099.png")
    with pytest.raises(VideoError, match="changes its size at frame 8"):
        all_frames(Video(folder))


def test_broken_gif_and_png(tmp_path: Path) -> None:
    for name in ("broken.gif", "broken.png"):
        with pytest.raises(VideoError, match="cannot be decoded"):
            probe(write_text(tmp_path / name))
