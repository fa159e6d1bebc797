"""Damaged and cut videos are told from whole ones, though every decoder reads them."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.footage import noise, write_gif, write_stills, write_text, write_video
from tests.media.odd_containers import encoded, trimmed
from vbench.errors import Unavailable, VideoError
from vbench.media.decode import decode, probe
from vbench.media.video import Video

CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("plain.mp4", ""),
        ("a cat-0.avi", ""),
        ("one_short_gap.mp4", ""),
        ("damaged_middle.mp4", "2 of 16 frames are damaged"),
        (
            "cut60_seq.avi",
            "1 of 10 frames are damaged, it states 16 frames and gives 10, it ends after 60,589 of 100,982 bytes",
        ),
    ],
)
def test_found_files(name: str, damage: str) -> None:
    assert Video(CASES / name).damage == damage


@pytest.mark.parametrize("name", ["a.webm", "a.mkv", "a.avi", "a.gif"])
def test_a_cut_file_says_so(tmp_path: Path, name: str) -> None:
    codec = {"a.webm": "libvpx-vp9", "a.mkv": "libx264", "a.avi": "mpeg4"}.get(name)
    whole = encoded(tmp_path / name, noise(48, 96, 128), codec=codec) if codec else write_gif(tmp_path / name)
    assert Video(whole).damage == ""
    content = whole.read_bytes()
    cut = tmp_path / f"cut{whole.suffix}"
    cut.write_bytes(content[: int(0.9 * len(content))])
    video = Video(cut)
    try:
        assert 0 < video.frame_count < 48
        assert "ends after" in video.damage or "end is missing" in video.damage
    except VideoError as error:
        assert name == "a.gif", error  # Pillow refuses a frame that is not whole


def test_a_stream_of_unknown_length_is_whole_until_it_is_cut(tmp_path: Path) -> None:
    path = write_video(tmp_path / "live.mkv", noise(24), live="1")
    assert Video(path).damage == ""
    content = path.read_bytes()
    path.write_bytes(content[: int(0.7 * len(content))])
    assert "it ends after" in Video(path).damage


def test_a_trimmed_clip_is_whole(tmp_path: Path) -> None:
    video = Video(trimmed(tmp_path / "a.mp4"))
    assert (video.frame_count, video.damage) == (12, "")


def test_frames_that_damaged_tables_lack_are_told(tmp_path: Path) -> None:
    """FFmpeg leaves such frames out of its index, and says nothing."""
    path = encoded(tmp_path / "a.mp4", noise(48))
    content = bytearray(path.read_bytes())
    frames_of_a_piece = content.index(b"stsc") + len("stsc") + 4 + 4 + 4
    content[frames_of_a_piece : frames_of_a_piece + 4] = (7).to_bytes(4, "big")
    path.write_bytes(content)
    assert Video(path).damage == "it states 48 frames and gives 7"


def test_frames_that_an_edit_list_hides_with_all_that_need_them_are_told(tmp_path: Path) -> None:
    video = Video(trimmed(tmp_path / "a.mp4", seconds=1.25, group=4))
    assert video.damage == f"it states 14 frames and gives {video.frame_count}"


def test_packets_that_a_transport_stream_lost_are_counted(tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.ts", noise(32))
    content = path.read_bytes()
    middle = len(content) // 2 // 188 * 188
    path.write_bytes(content[:middle] + content[middle + 5 * 188 :])
    assert "1 packets are damaged" in Video(path).damage


def test_a_lost_packet_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.avi", noise(16), codec="png", pixels="rgb24")
    content = bytearray(path.read_bytes())
    chunk = content.index(b"00dc", len(content) // 2)
    content[chunk + 8 : chunk + 100] = bytes(92)
    path.write_bytes(content)
    video = Video(path)
    assert 12 < video.frame_count < 16
    assert f"cannot be decoded, it states 16 frames and gives {video.frame_count}" in video.damage


def test_what_the_system_says_is_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "link.mp4").symlink_to(tmp_path / "gone.mp4")
    for name, words in (("gone.mp4", "does not exist"), ("link.mp4", "is a link to nothing")):
        with pytest.raises(Unavailable, match=words):
            probe(tmp_path / name)
    folder = write_stills(tmp_path / "frames")
    frames = decode(folder)
    next(frames)
    for still in folder.iterdir():
        still.unlink()
    with pytest.raises(Unavailable):
        list(frames)


def test_what_a_decoder_says_of_the_bytes_is_one(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.gif", "a.png", "a.webp", "a.ts"):
        with pytest.raises(VideoError) as caught:
            probe(write_text(tmp_path / name))
        assert not isinstance(caught.value, Unavailable)


def test_a_picture_of_too_many_pixels_is_refused_before_it_takes_the_memory(tmp_path: Path) -> None:
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    (tmp_path / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b""))
    with pytest.raises(VideoError, match="too large"):
        probe(tmp_path / "huge.png")


def test_a_file_that_names_another_is_no_video(tmp_path: Path) -> None:
    write_video(tmp_path / "another.mp4", noise(8))
    (tmp_path / "a-0.mp4").write_text("ffconcat version 1.0\nfile another.mp4\n")
    with pytest.raises(VideoError, match=r"a-0\.mp4 names other files \(concat\), whose frames are not its own"):
        probe(tmp_path / "a-0.mp4")
    with pytest.raises(VideoError, match="names other files"):
        list(decode(tmp_path / "a-0.mp4"))


def test_damaged_tags_of_a_picture_are_passed_over_in_silence(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    Image.fromarray(noise(1)[0]).save(tmp_path / "a.jpg")
    content = (tmp_path / "a.jpg").read_bytes()
    tags = b"\xff\xe1\x00\x20Exif\0\0MM\0*\xff\xff\xff\xff" + b"\x11" * 14
    (tmp_path / "a.jpg").write_bytes(content[:2] + tags + content[2:])
    assert Video(tmp_path / "a.jpg").frame_count == 1
    assert not list(recwarn)


@pytest.mark.parametrize("name", ["a:b.mp4", "http:x.mp4", "a\udce9.mp4"])
def test_any_name_is_a_path(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "plain.mp4").rename(tmp_path / name)
    assert np.stack(list(decode(Path(name)))).shape == (8, 48, 64, 3)


def test_the_same_file_is_damaged_in_the_same_way_each_time() -> None:
    """With several threads a decoder told of fewer damaged frames once in some hundred times."""
    told = {Video(CASES / "damaged_middle.mp4").damage for _ in range(400)}
    assert told == {"2 of 16 frames are damaged"}


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_a_damaged_file_has_the_same_frames_each_time(tmp_path: Path, codec: str) -> None:
    """With several threads some of these files have other pixels in some decodings."""
    options = {"bf": "0", "g": "100"} if codec == "libx264" else {}
    whole = encoded(tmp_path / "whole.mp4", noise(24, 96, 160), codec, options=options)
    with av.open(str(whole)) as container:
        inside = [packet.pos + packet.size // 3 for packet in container.demux(video=0) if packet.pos]
    for place in inside[1::3]:
        content = bytearray(whole.read_bytes())
        content[place : place + 12] = bytes(range(90, 102))
        path = tmp_path / f"{place}.mp4"
        path.write_bytes(content)
        assert len({np.stack(list(decode(path))).tobytes() for _ in range(12)}) == 1
