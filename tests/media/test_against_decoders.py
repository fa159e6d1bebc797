"""Frames and rates against the decoders of the reference, over a table of odd containers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.footage import Frames, noise
from tests.media.odd_containers import ALIKE, DECORD_ONLY, OPENCV_ONLY, SCALED, Make, animated, encoded, turned
from vbench.media.decode import Health, decode, probe
from vbench.media.video import Video, middle_indices

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2 = pytest.importorskip("cv2")

CASES = Path(__file__).parent / "cases"
READ_ALIKE = [
    "plain.mp4",
    "one_short_gap.mp4",
    "rotated90.mp4",
    "a cat-0.avi",
    "cut60_seq.avi",
    "comfy_png/a cat-0.mp4",
]

Seen = tuple[list[Frames], float]


def by_opencv(path: Path) -> Seen:
    capture, frames = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        frames.append(read[1][..., ::-1])
    return frames, capture.get(cv2.CAP_PROP_FPS)


def by_decord(path: Path) -> Seen:
    decord: Any = pytest.importorskip("decord")
    reader = decord.VideoReader(str(path))
    return [frame.asnumpy() for frame in reader], reader.get_avg_fps()


def agrees(path: Path, seen: Seen) -> None:
    frames, rate = seen
    ours = list(decode(path))
    assert len(ours) == len(frames)
    np.testing.assert_array_equal(np.stack(ours), np.stack(frames))
    facts = probe(path)
    assert facts.fps == pytest.approx(rate, rel=1e-6)
    assert (facts.height, facts.width) == frames[0].shape[:2]


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in ALIKE.items()])
def test_what_both_read_alike_is_read_as_they_do(tmp_path: Path, make: Make, request: pytest.FixtureRequest) -> None:
    path = make(tmp_path / request.node.callspec.id)
    agrees(path, by_opencv(path))
    agrees(path, by_decord(path))


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in OPENCV_ONLY.items()])
def test_opencv_is_followed(tmp_path: Path, make: Make, request: pytest.FixtureRequest) -> None:
    path = make(tmp_path / request.node.callspec.id)
    agrees(path, by_opencv(path))


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in DECORD_ONLY.items()])
def test_decord_is_followed(tmp_path: Path, make: Make, request: pytest.FixtureRequest) -> None:
    path = make(tmp_path / request.node.callspec.id)
    agrees(path, by_decord(path))


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in SCALED.items()])
def test_frames_of_a_size_are_those_of_decord(tmp_path: Path, make: Make, request: pytest.FixtureRequest) -> None:
    decord: Any = pytest.importorskip("decord")
    path = make(tmp_path / request.node.callspec.id)
    theirs = [frame.asnumpy() for frame in decord.VideoReader(str(path), width=384, height=384)]
    np.testing.assert_array_equal(np.stack(list(decode(path, scale=(384, 384)))), np.stack(theirs))


@pytest.mark.parametrize(
    ("make", "alike"),
    [
        (lambda path: encoded(path, noise(1, 384, 640)), False),
        (lambda path: encoded(path, noise(1, 384, 640), pixels="yuv444p"), True),
        (lambda path: encoded(path, noise(1, 64, 801), "libx264rgb", "rgb24"), False),
        (lambda path: encoded(path, noise(1, 64, 800), "libx264rgb", "rgb24"), True),
        (lambda path: turned(path, 0, 1, -1, 0, frames=noise(1), pixels="yuv422p"), False),
        (lambda path: turned(path, 0, 1, -1, 0, frames=noise(1), pixels="yuv444p"), True),
    ],
)
def test_where_a_newer_ffmpeg_scales_otherwise(tmp_path: Path, make: Make, alike: bool) -> None:
    decord: Any = pytest.importorskip("decord")
    path = make(tmp_path / "a.mp4")
    (ours,) = decode(path, scale=(384, 384))
    assert np.array_equal(ours, decord.VideoReader(str(path), width=384, height=384)[0].asnumpy()) is alike


def test_of_open_groups_of_pictures_the_frames_that_are_asked_for_are_read(tmp_path: Path) -> None:
    """As OpenCV and decord read them one after the other; decord jumps to others where it is asked for some."""
    decord: Any = pytest.importorskip("decord")
    options = {"x265-params": "keyint=12:log-level=none"}  # open groups are the default of x265
    path = encoded(tmp_path / "open groups.mp4", noise(60), codec="libx265", options=options)
    agrees(path, by_opencv(path))
    agrees(path, by_decord(path))
    asked = middle_indices(60, 8)
    ours = Video(path).frames(asked).permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(ours, np.stack(by_decord(path)[0])[asked])
    assert not np.array_equal(ours, decord.VideoReader(str(path)).get_batch(asked).asnumpy())


@pytest.mark.parametrize("name", READ_ALIKE)
def test_found_files_are_read_as_both_do(name: str) -> None:
    agrees(CASES / name, by_opencv(CASES / name))
    agrees(CASES / name, by_decord(CASES / name))


def test_frames_before_the_damage_are_read_as_both_do() -> None:
    """From there on each makes up what it cannot read, with several threads not the same each time."""
    path, health = CASES / "damaged_middle.mp4", Health()
    ours = np.stack(list(decode(path, health=health)))
    before = min(health.corrupt)
    assert before == 3
    for theirs in (by_opencv(path)[0], by_decord(path)[0]):
        assert len(theirs) == len(ours)
        np.testing.assert_array_equal(ours[:before], np.stack(theirs)[:before])


@pytest.mark.parametrize("name", ["a.gif", "a.apng", "a.webp"])
def test_an_animation_has_the_average_rate_of_its_delays(tmp_path: Path, name: str) -> None:
    options = {"lossless": True} if name == "a.webp" else {"format": "png"} if name == "a.apng" else {}
    path = animated(tmp_path / name, [50, 100, 150, 100, 100, 100, 100, 500], **options)
    facts = probe(path)
    assert facts.frames == 8
    assert facts.fps == pytest.approx(8 / 1.2)
    if name == "a.gif":
        frames, rate = by_opencv(path)
        assert len(frames) == 8
        assert rate == pytest.approx(facts.fps)
    else:
        np.testing.assert_array_equal(np.stack(list(decode(path))), noise(8))


def test_a_delay_that_nobody_shows_is_a_tenth_of_a_second(tmp_path: Path) -> None:
    assert probe(animated(tmp_path / "a.gif", [0, 10, 0, 10])).fps == pytest.approx(10)


def test_frames_are_in_the_order_of_their_numbers() -> None:
    padded, unpadded = (np.stack(list(decode(CASES / "frames" / name))) for name in ("padded-0", "unpadded-0"))
    np.testing.assert_array_equal(padded, unpadded)


@pytest.mark.parametrize("name", ["grey 16 bit.png", "on its side.jpg", "see-through.png"])
def test_stills_are_read_as_opencv_reads_them(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.startswith("grey"):
        Image.fromarray((np.arange(48 * 64).reshape(48, 64) * 21).astype(np.uint16)).save(path)
    elif name.startswith("see"):
        Image.fromarray(np.dstack([noise(1)[0], np.full((48, 64), 7, np.uint8)])).save(path)
    else:
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.fromarray(noise(1)[0]).save(path, exif=exif, quality=95, subsampling=0)
    (ours,) = decode(path)
    theirs = cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1]
    np.testing.assert_allclose(ours.astype(int), theirs, atol=2 if name.endswith("jpg") else 0)
