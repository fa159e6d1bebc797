"""Files that are cut or damaged anywhere: whoever reads them refuses in words, and a folder's others are scored."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from tests.damaged import damaged, refusals
from tests.footage import noise, write_video
from tests.media.odd_containers import encoded
from vbench.errors import Refused, VBenchError, VideoError
from vbench.harness.sent_videos import SentVideo
from vbench.interface import evaluate
from vbench.leaderboard.submissions.archive import _is_jpeg
from vbench.media.decode import decode, is_moving, packets, probe
from vbench.media.picture import ORIENTATION, as_sent, read_picture
from vbench.runs.results import read_rows
from vbench.runs.store import SCORED, UNREADABLE

MOVING = (".gif", ".webp", ".apng")

KINDS = {
    ".gif": "GIF", ".webp": "WEBP", ".apng": "PNG", ".png": "PNG", ".jpg": "JPEG", ".jpeg": "MPO", ".bmp": "BMP",
}  # fmt: skip

CUTS, CHANGES = 1000, 300
"""Copies that are cut, and with some bytes changed."""

PICTURE_READERS: Sequence[Callable[[Path], object]] = (
    lambda path: list(decode(path)), probe, is_moving, read_picture, as_sent, lambda path: _is_jpeg(path.read_bytes()),
)  # fmt: skip

VIDEO_READERS: Sequence[Callable[[Path], object]] = (lambda path: list(decode(path)), probe, packets)


def whole(suffix: str) -> bytes:
    """A small file of three frames, or of one, that says how it was held."""
    first, *others = (Image.fromarray(frame) for frame in noise(3, 6, 8))
    tags, content = Image.Exif(), io.BytesIO()
    tags[ORIENTATION] = 6
    several = {"save_all": True, "append_images": others, "duration": 80} if suffix in (*MOVING, ".jpeg") else {}
    first.save(content, KINDS[suffix], exif=tags, **several)
    return content.getvalue()


@pytest.mark.filterwarnings("ignore:::PIL")
@pytest.mark.parametrize("suffix", KINDS)
def test_what_is_wrong_with_a_picture_is_said(suffix: str, tmp_path: Path) -> None:
    contents = damaged(whole(suffix), suffix, CUTS, CHANGES)
    assert refusals(tmp_path / f"a{suffix}", contents, *PICTURE_READERS) > CHANGES


CODECS = {
    ".mp4": "libx264",
    ".mov": "mpeg4",
    ".webm": "libvpx-vp9",
    ".mkv": "ffv1",
    ".avi": "mjpeg",
    ".ts": "mpeg2video",
}


@pytest.mark.parametrize("suffix", CODECS)
def test_what_is_wrong_with_a_container_is_said(suffix: str, tmp_path: Path) -> None:
    codec = CODECS[suffix]
    pixels = {"ffv1": "bgr0", "mjpeg": "yuvj420p"}.get(codec, "yuv420p")
    content = encoded(tmp_path / f"whole{suffix}", noise(3, 32, 48), codec=codec, pixels=pixels, rate=25).read_bytes()
    contents = damaged(content, suffix, CUTS, CHANGES)
    assert refusals(tmp_path / f"a{suffix}", contents, *VIDEO_READERS) > CHANGES / 4


@pytest.mark.parametrize(
    ("suffix", "name", "other"), [(".mp4", b"avc1", b"zzz1"), (".mkv", b"V_MPEG4/ISO/AVC", b"V_ZZZZZ/ISO/AVC")]
)
def test_a_codec_that_nobody_knows_is_named_as_the_cause(
    suffix: str, name: bytes, other: bytes, tmp_path: Path
) -> None:
    path = encoded(tmp_path / f"a{suffix}")
    content = path.read_bytes()
    assert content.count(name) >= 1
    path.write_bytes(content.replace(name, other))
    for read in VIDEO_READERS:
        with pytest.raises(VideoError, match="in a way that this FFmpeg cannot decode"):
            read(path)


def cut_in_a_description() -> bytes:
    """A GIF that ends where the pixels of its second frame were to begin."""
    content = whole(".gif")
    for end in range(len(content)):
        try:
            with Image.open(io.BytesIO(content[:end])) as image:
                image.seek(1)
        except IndexError:
            return content[:end]
        except (OSError, EOFError, SyntaxError):
            continue
    raise AssertionError("Pillow says it otherwise now")


def test_an_animation_that_ends_early_costs_its_own_score_alone(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a dog-0.mp4", noise(4))
    (tmp_path / "videos" / "a cat-0.gif").write_bytes(cut_in_a_description())
    run = evaluate(tmp_path / "videos", dimensions=["temporal_flickering"], profile="lite", output=tmp_path / "run")
    assert run is not None
    found = {row.video: row for row in read_rows(tmp_path / "run")}
    assert {video: row.status for video, row in found.items()} == {"a dog-0.mp4": SCORED, "a cat-0.gif": UNREADABLE}
    assert "it is cut or damaged" in found["a cat-0.gif"].reason


def test_a_small_file_of_a_frame_that_takes_many_minutes_is_refused(tmp_path: Path) -> None:
    """A WebP states the width of its canvas in three bytes; frames of it are read line by line."""
    content = bytearray(whole(".webp"))
    content[24:27] = (1 << 23).to_bytes(3, "little")
    path = tmp_path / "a.webp"
    path.write_bytes(content)
    for read in (lambda: list(decode(path)), lambda: probe(path), lambda: read_picture(path), lambda: as_sent(path)):
        with pytest.raises(VBenchError, match=r"is too large: 8388609x6, where .* and 65,536 of a side"):
            read()
    with pytest.raises(Refused, match="Frame 0 is too large: 8388609x6"):
        SentVideo([base64.b64encode(content).decode()]).frames()


def test_only_kinds_that_are_named_are_read(tmp_path: Path) -> None:
    """Pillow starts Ghostscript for the one below, whatever its name ends in."""
    path = tmp_path / "a.png"
    Image.new("RGB", (8, 8)).save(path, "EPS")
    with pytest.raises(VBenchError, match="cannot identify image file"):
        list(decode(path))
