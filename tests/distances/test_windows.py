"""Which frames are compared, and what they look like before a network sees them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from tests.footage import Frames, noise, write_text, write_video
from vbench.distances.protocols import Side, protocol_named, with_settings
from vbench.distances.windows import choose, fitting, starts_of, windows_of
from vbench.errors import VideoError


def side(**changes: object) -> Side:
    settings = {"frames": 4, "stride": 2, "start": "every", "samples": 0, "choice": "random", "seed": 0}
    return Side(**{**settings, **changes})  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index, frames in enumerate((7, 8, 15, 16, 30)):
        write_video(tmp_path / f"{index}.mp4", noise(frames, seed=index))
    write_text(tmp_path / "text.mp4")
    return tmp_path


def test_every_video_is_taken_or_said_why_not(folder: Path) -> None:
    found = choose(folder, side())
    assert [(one.video.name, one.starts) for one in found.taken] == [
        ("1.mp4", (0,)), ("2.mp4", (0,)), ("3.mp4", (0, 8)), ("4.mp4", (0, 8, 16)),
    ]  # fmt: skip
    assert found.short == {"0.mp4": 7}
    assert list(found.unreadable) == ["text.mp4"]
    assert found.sizes == {(48, 64)}


def test_windows_hold_the_frames_that_they_name(folder: Path) -> None:
    whole = noise(30, seed=4)
    found = list(windows_of(folder / "4.mp4", (0, 8, 17), 4, 2, lambda frame: frame))
    expected = [whole[start : start + 8 : 2] for start in (0, 8, 17)]
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))
    with pytest.raises(VideoError, match=r"ends before frame 30, where its windows need 31 frames"):
        list(windows_of(folder / "4.mp4", (24,), 4, 2, lambda frame: frame))


def test_what_is_drawn_does_not_depend_on_what_lies_beside_it(folder: Path) -> None:
    random = side(start="random")
    before = {one.video.name: one.starts for one in choose(folder, random).taken}
    for name in ("1.mp4", "text.mp4"):
        (folder / name).unlink()
    write_video(folder / "another.mp4", noise(9, seed=9))
    after = {one.video.name: one.starts for one in choose(folder, random).taken}
    assert {name: starts for name, starts in after.items() if name in before} == {
        name: starts for name, starts in before.items() if name in after
    }
    two, three = ({one.video.name for one in choose(folder, side(samples=count)).taken} for count in (2, 3))
    assert two < three
    assert choose(folder, side(samples=3)).beyond == 1
    assert [one.video.name for one in choose(folder, side(samples=2, choice="first")).taken] == ["2.mp4", "3.mp4"]


def test_a_random_start_can_be_at_every_place_where_a_window_fits(folder: Path) -> None:
    video = choose(folder, side()).taken[1].video  # 15 frames, of which a window spans 7
    starts = {starts_of(video, side(start="random", seed=seed))[0] for seed in range(200)}
    assert starts == set(range(9))


def fitted(frame: Frames, **settings: object) -> Frames:
    return fitting(with_settings(protocol_named("free"), settings))(frame)


FRAME = noise(1, 60, 90)[0]


def test_frames_stay_as_they_are_unless_a_protocol_says_otherwise() -> None:
    assert np.array_equal(fitted(FRAME), FRAME)


@pytest.mark.parametrize("width", [90, 63, 61])
@pytest.mark.parametrize("upright", [False, True])
def test_the_middle_square_is_scaled_as_by_latte(width: int, upright: bool) -> None:
    transforms = pytest.importorskip("torchvision.transforms.functional")
    frame = FRAME[:, :width].swapaxes(0, 1) if upright else FRAME[:, :width]
    square = transforms.center_crop(Image.fromarray(frame), [60, 60])
    scaled = transforms.resize(square, 32, transforms.InterpolationMode.LANCZOS)
    assert np.array_equal(fitted(frame, fit="crop-lanczos", size=32), np.array(scaled))


@pytest.mark.parametrize("width", [90, 73, 61])
def test_frames_are_scaled_and_cropped_as_by_stylegan_v(width: int) -> None:
    transforms = pytest.importorskip("torchvision.transforms.functional")
    frame = FRAME[:, :width]
    scaled = transforms.resize(Image.fromarray(frame), 32, transforms.InterpolationMode.LANCZOS)
    assert np.array_equal(
        fitted(frame, fit="lanczos-crop", size=32), np.array(transforms.center_crop(scaled, [32, 32]))
    )


def test_frames_are_scaled_cropped_and_cut_off_to_bytes_as_by_cd_fvd() -> None:
    pixels = torch.from_numpy(FRAME.copy()).permute(2, 0, 1)[None].float() / 255
    scaled = F.interpolate(pixels, (32, 48), mode="bilinear", align_corners=False, antialias=True)[0, :, :, 8:40]
    assert np.array_equal(fitted(FRAME, fit="antialias-crop", size=32), (scaled * 255).byte().permute(1, 2, 0).numpy())


def test_files_of_quality_75_are_what_pillow_writes_when_nobody_says_a_quality() -> None:
    file = io.BytesIO()
    Image.fromarray(FRAME).save(file, format="JPEG", q=95)
    stored = fitted(FRAME, coding="jpeg-75")
    assert np.array_equal(stored, np.array(Image.open(file)))
    assert not np.array_equal(stored, FRAME)
