"""Bad archives: each is refused with its reason, and none costs much memory."""

from __future__ import annotations

import io
import json
import random
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.leaderboard.archives import archive, rewritten, zipped
from vbench.errors import Refused
from vbench.files.strict_json import loads
from vbench.leaderboard.submissions.archive import Limits, read_archive

LIMITS = Limits(archive_bytes=1 << 20, files=20, unpacked_bytes=1 << 22, ratio=200, frame_bytes=1 << 16)


def entry(name: str, content: bytes = b"{}", mode: int = 0, **changes: int) -> bytes:
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    made.compress_type = zipfile.ZIP_DEFLATED
    for attribute, value in changes.items():
        setattr(made, attribute, value)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr(made, content)
    return file.getvalue()


def twice() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened, pytest.warns(UserWarning, match="Duplicate name"):
        opened.writestr("scores.jsonl", b"1")
        opened.writestr("scores.jsonl", b"2")
    return file.getvalue()


def encrypted() -> bytes:
    content = bytearray(entry("scores.jsonl"))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)


def lying(size: int) -> bytes:
    """An entry that claims to be small and is not."""
    content = bytearray(entry("scores.jsonl", b"0" * 50_000_000))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(signature) + offset, size)
    return bytes(content)


def overlapping() -> bytes:
    """Many entries that share one packed file."""
    content = entry("frames/0.jpg", random.Random(0).randbytes(5000))
    start = content.index(b"PK\x01\x02")
    central, end = content[start : content.index(b"PK\x05\x06")], bytearray(content[content.index(b"PK\x05\x06") :])
    entries = [central.replace(b"frames/0", b"frames/%d" % number) for number in range(10)]
    struct.pack_into("<HH", end, 8, 10, 10)
    struct.pack_into("<I", end, 12, sum(map(len, entries)))
    return content[:start] + b"".join(entries) + bytes(end)


def with_table(entries: int, content: bytes, signature: bytes = b"") -> bytes:
    """A zip whose last record counts so many entries, and whose table of contents is this."""
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, entries, entries, len(content), 0, 0)
    return content + signature + end


CENTRAL = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0) + b"a/"

BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "parent": (lambda: entry("../submission.json"), "points outside"),
    "parent within": (lambda: entry("frames/../../x.jpg"), "points outside"),
    "absolute": (lambda: entry("/etc/submission.json"), "points outside"),
    "drive": (lambda: entry("C:/submission.json"), "points outside"),
    "backslash": (lambda: entry("..\\submission.json"), "points outside"),
    "link": (lambda: entry("scores.jsonl", b"/etc/passwd", stat.S_IFLNK | 0o777), "is a link"),
    "device": (lambda: entry("scores.jsonl", b"", stat.S_IFCHR | 0o666), "is a link or a device"),
    "nested": (lambda: entry("more.zip", entry("scores.jsonl")), "does not belong"),
    "nested by another name": (lambda: entry("scores.jsonl", entry("x")), "is no text"),
    "pickle": (lambda: entry("scores.pkl"), "does not belong"),
    "script": (lambda: entry("frames/<script>.svg"), "does not belong"),
    "wrong type": (lambda: entry("frames/a.jpg", b"<svg onload=alert(1)>"), "no JPEG"),
    "a page as a video": (lambda: entry("videos/a.mp4", b"<html></html>"), "no MP4"),
    "control character": (lambda: entry("frames/a\x1b[2J.jpg"), "unseen character U\\+001B"),
    "twice": (twice, "holds 'scores.jsonl' 2 times"),
    "twice but for case": (lambda: zipped({"frames/a.jpg": b"", "FRAMES/A.jpg": b""}), "2 times"),
    "encrypted": (encrypted, "is encrypted"),
    "other method": (lambda: zipped({"scores.jsonl": b"{}"}, zipfile.ZIP_LZMA), "other than deflate"),
    "bomb": (lambda: entry("scores.jsonl", b"0" * 3_000_000), "200 times its packed size"),
    "large bomb": (lambda: entry("scores.jsonl", b"0" * 9_000_000), "unpacks to 9,000,000 bytes"),
    "lying bomb": (lambda: lying(100), "no readable zip"),
    "overlapping": (overlapping, "overlap"),
    "too many": (lambda: zipped({f"frames/{n}.jpg": b"" for n in range(21)}), "21 files; at most 20"),
    "too many folders": (lambda: with_table(20_000, CENTRAL * 20_000), "20,000 files; at most 20"),
    "too many folders, uncounted": (lambda: with_table(1, CENTRAL * 20_000), "table of contents has 960,000 bytes"),
    "counted a second time": (lambda: with_table(1, CENTRAL, b"PK\x06\x07" + bytes(16)), "more than 4 GiB"),
    "a large head": (lambda: zipped({"submission.json": b"[]," * 350_000}), "at most 1,048,576"),
    "too large": (lambda: b"PK" + bytes(1 << 20), "at most 1,048,576 are allowed"),
    "no archive": (lambda: b"hello", "no readable zip"),
    "nothing": (lambda: b"", "no readable zip"),
    "cut": (lambda: entry("scores.jsonl", b"{}" * 999)[:-30], "no readable zip"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_archives_are_refused(kind: str) -> None:
    make, reason = BAD[kind]
    content = make()
    tracemalloc.start()
    with pytest.raises(Refused, match=reason):
        read_archive(content, LIMITS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * LIMITS.unpacked_bytes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_result_file_alone_is_taken_as_an_editor_saves_it(encoding: str) -> None:
    results = {"color": [0.5, []]}
    (content,) = read_archive(json.dumps(results).encode(encoding), LIMITS).values()
    assert loads(content, "eval_results.json") == results


def test_a_picture_larger_than_any_frame_is_refused() -> None:
    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (8192, 8192)).save(file, format="jpeg")
    with pytest.raises(Refused, match="no JPEG"):
        read_archive(zipped({"frames/a.jpg": file.getvalue()}), Limits(1 << 22, 20, 1 << 22, 2000, 1 << 22))
    with pytest.raises(Refused, match="at most 1,000 are allowed"):
        read_archive(zipped({"frames/a.jpg": file.getvalue()}), Limits(1 << 22, 20, 1 << 22, 2000, 1000))


def test_what_packers_add_is_ignored(tmp_path: Path) -> None:
    plain = archive(tmp_path)
    added = rewritten(plain, lambda files: {**files, "__MACOSX/._scores.jsonl": b"\0", ".DS_Store": b"\0"})
    assert read_archive(added, LIMITS) == read_archive(plain, LIMITS)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_archive_is_refused_or_whole(data: st.DataObject) -> None:
    """Whatever bytes are changed: either nothing is read, or what was packed (or another name for it)."""
    content = bytearray(zipped({"scores.jsonl": b'{"a": 1}\n' * 50}))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        files = read_archive(bytes(content), LIMITS)
    except Refused as error:
        assert error.reasons
    else:
        assert set(files.values()) <= {b'{"a": 1}\n' * 50, bytes(content)}
