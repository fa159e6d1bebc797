from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from tests.footage import noise
from vbench.errors import UsageError
from vbench.media.picture import ORIENTATION, TooLarge, _webp_canvas, as_sent, fitted, opened, read_picture

GRADIENT = np.arange(60 * 40, dtype=np.uint16).reshape(40, 60) * 27
"""16 bits, from black to nearly white."""


def turned(path: Path) -> Path:
    """A picture whose camera was held upright, stored lying: 60x40 that is to be seen as 40x60."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.fromarray(noise(1, height=40, width=60)[0]).save(path, exif=exif, quality=100)
    return path


def test_a_picture_is_turned_as_its_camera_was_held(tmp_path: Path) -> None:
    path = turned(tmp_path / "a cat.jpg")
    picture = read_picture(path)
    assert picture.size == (40, 60)
    with Image.open(path) as stored:
        assert np.array_equal(np.array(picture), np.rot90(np.array(stored), -1))
    content, kind = as_sent(path)
    assert kind == "image/png"
    assert np.array_equal(np.array(Image.open(io.BytesIO(content))), np.array(picture))


def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path) -> None:
    Image.fromarray(GRADIENT).save(tmp_path / "deep.png")
    picture = np.array(read_picture(tmp_path / "deep.png").convert("RGB"))
    assert np.array_equal(picture[..., 0], GRADIENT >> 8)
    content, kind = as_sent(tmp_path / "deep.png")
    assert kind == "image/png"
    assert np.array_equal(np.array(Image.open(io.BytesIO(content))), GRADIENT >> 8)


def test_a_plain_picture_is_sent_as_it_is(tmp_path: Path) -> None:
    Image.fromarray(noise(1, height=40, width=60)[0]).save(tmp_path / "plain.jpg")
    assert as_sent(tmp_path / "plain.jpg") == ((tmp_path / "plain.jpg").read_bytes(), "image/jpeg")


@pytest.mark.parametrize(("fit", "size"), [("crop", (40, 40)), ("pad", (60, 60)), ("stretch", (60, 40))])
def test_proportions_are_made_the_video_s(fit: str, size: tuple[int, int]) -> None:
    pixels = np.full((40, 60, 3), 200, np.uint8)
    picture, done = fitted(Image.fromarray(pixels), 32, 32, fit)
    assert (picture.size, done) == (size, fit)
    seen = np.array(picture)
    if fit == "pad":
        assert not seen[:10].any()
        assert not seen[50:].any()
        seen = seen[10:50]
    assert (seen == 200).all()


def test_what_fits_is_left_alone_and_what_does_not_can_be_refused() -> None:
    picture = Image.fromarray(noise(1, height=40, width=60)[0])
    assert fitted(picture, 600, 402, "refuse") == (picture, "as it is")
    with pytest.raises(UsageError, match=r"has 60x40 pixels, other .* 32x32: .* --option fit=crop, pad or stretch"):
        fitted(picture, 32, 32, "refuse")


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(UsageError, match=r"a\.png cannot be read as an image"):
        read_picture(tmp_path / "a.png")


def test_a_picture_that_is_a_program_is_started_by_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", "EPS")
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *_: pytest.fail("Ghostscript was started"))
    with pytest.raises(UsageError, match=r"a\.png cannot be read as an image"):
        read_picture(tmp_path / "a.png")


WEBP_SIZES = {
    "lossy": (b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 0x3FFF, 0x3FFF)),
    "lossless": (b"VP8L", b"\x2f" + b"\xff" * 5 + bytes(4)),
    "extended": (b"VP8X", bytes(4) + b"\xff" * 6),
}
"""The kinds of WebP, and a beginning of each that says it is as large as that kind can be."""


@pytest.mark.parametrize("kind", WEBP_SIZES)
def test_a_webp_that_is_too_large_is_refused_before_memory_is_set_aside(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "open", lambda *args, **options: pytest.fail("Pillow sets it aside while it opens one"))
    name, header = WEBP_SIZES[kind]
    content = b"RIFF" + struct.pack("<I", 22) + b"WEBP" + name + struct.pack("<I", 10) + header
    with pytest.raises(TooLarge, match="is too large"):
        opened(io.BytesIO(content))


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": bytes(8)}], ids=list(WEBP_SIZES))
def test_the_size_of_a_webp_is_told_by_its_beginning(options: dict[str, object]) -> None:
    content = io.BytesIO()
    Image.fromarray(noise(1, height=40, width=60)[0]).save(content, "webp", **options)
    assert _webp_canvas(content.getvalue()[:30]) == (60, 40)
