"""Digests outlive the process that made them, and are never those of another content."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vbench.files import digest as digests
from vbench.files.digest import content_of, digest, forget, git_blob
from vbench.files.kept_digests import NAME, WORTH, FileState, keep

ROOT = Path(__file__).parents[2]

LONG_AGO = 1_000_000_000
"""Seconds since 1970."""


@pytest.fixture(autouse=True)
def settles_at_once(monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> Path:
    """A file need not be old for its digest to be kept, which no test has the time for; the cache is the test's own."""
    monkeypatch.setattr("vbench.files.kept_digests.SETTLED", -1.0)
    digests._here.clear()
    return empty_cache


def large(path: Path, first: bytes = b"a") -> Path:
    path.write_bytes(first + bytes(WORTH))
    return path


def wait_for_the_clock_after(path: Path) -> None:
    """Until a file that is written now has a later time than this one."""
    beside = path.with_name("clock")
    while not beside.exists() or beside.stat().st_ctime_ns <= path.stat().st_ctime_ns:
        beside.touch()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_in_another_process(path: Path) -> str:
    """The digest that a new process gives of a file that it may not read."""
    script = """
import sys
from pathlib import Path
from vbench.files import digest
digest._sha256 = lambda path: "read anew"
print(digest.digest(Path(sys.argv[1])))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script, str(path)]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def test_another_process_need_not_read_it_again(tmp_path: Path) -> None:
    path = large(tmp_path / "film.mp4")
    assert digest(path) == sha256(path)
    assert read_in_another_process(path) == sha256(path)


def test_a_changed_file_of_the_same_size_and_time_is_seen(tmp_path: Path) -> None:
    path = large(tmp_path / "film.mp4")
    os.utime(path, (LONG_AGO, LONG_AGO))
    before = digest(path)
    wait_for_the_clock_after(path)
    large(path, b"b")
    os.utime(path, (LONG_AGO, LONG_AGO))
    assert digest(path) == sha256(path) != before


def test_another_file_in_its_place_is_seen(tmp_path: Path) -> None:
    path, other = large(tmp_path / "film.mp4"), large(tmp_path / "other.mp4", b"b")
    digest(path)
    other.replace(path)
    digests._here.clear()
    assert digest(path) == sha256(path)


def test_a_file_that_was_just_written_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vbench.files.kept_digests.SETTLED", 3600.0)
    path = large(tmp_path / "film.mp4")
    os.utime(path, (LONG_AGO, LONG_AGO))  # as a program that copies sets it
    digest(path)
    assert read_in_another_process(path) == "read anew"


def test_a_file_that_changes_while_it_is_read_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, read = large(tmp_path / "film.mp4"), digests._sha256

    def changed_meanwhile(file: Path) -> str:
        found = read(file)
        large(file, b"b").write_bytes(b"longer" + bytes(WORTH))
        return found

    monkeypatch.setattr(digests, "_sha256", changed_meanwhile)
    digest(path)
    assert read_in_another_process(path) == "read anew"


def test_small_files_are_read(tmp_path: Path, empty_cache: Path) -> None:
    (tmp_path / "note").write_text("a cat")
    digest(tmp_path / "note")
    assert not (empty_cache / NAME).exists()


def test_what_git_calls_it_is_kept_beside_it(tmp_path: Path) -> None:
    path = large(tmp_path / "weights.bin")
    expected = hashlib.sha1(b"blob %d\0" % path.stat().st_size + path.read_bytes()).hexdigest()
    for _ in range(2):
        assert (git_blob(path), digest(path)) == (expected, sha256(path))
        digests._here.clear()


def test_what_is_forgotten_is_read_anew_and_replaces_what_was_untrue(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    path = large(folder / "1.png")
    state = FileState.of(path)
    keep("sha256", state, "0" * 64)
    untrue = content_of(folder)
    forget(folder)
    assert content_of(folder) == hashlib.sha256(f"1.png{sha256(path)}".encode()).hexdigest() != untrue
    assert read_in_another_process(path) == sha256(path)


@pytest.mark.parametrize("damage", [b"", b"no database at all", b"SQLite format 3\0" + bytes(4080)])
def test_a_damaged_store_is_dropped_and_does_no_harm(tmp_path: Path, empty_cache: Path, damage: bytes) -> None:
    path = large(tmp_path / "film.mp4")
    empty_cache.mkdir()
    (empty_cache / NAME).write_bytes(damage)
    for _ in range(2):
        assert digest(path) == sha256(path)
        digests._here.clear()
    assert read_in_another_process(path) == sha256(path)


def test_a_wrong_bit_in_what_is_kept_is_noticed(tmp_path: Path, empty_cache: Path) -> None:
    path = large(tmp_path / "film.mp4")
    found, store = digest(path), empty_cache / NAME
    store.write_bytes(store.read_bytes().replace(found.encode(), found[::-1].encode()))
    digests._here.clear()
    assert digest(path) == found


def test_a_cache_that_cannot_be_made_is_done_without(tmp_path: Path, empty_cache: Path) -> None:
    empty_cache.write_text("a file where the folder should be")
    path = large(tmp_path / "film.mp4")
    assert digest(path) == sha256(path)


def test_several_at_once_keep_and_find_the_same(tmp_path: Path) -> None:
    paths = [large(tmp_path / f"{number}.mp4", b"%d" % number) for number in range(8)]
    script = """
import sys
from pathlib import Path
from vbench.files import digest, kept_digests
kept_digests.SETTLED = -1.0
print(*[digest.digest(Path(one)) for one in sys.argv[1:]])
"""
    command = [sys.executable, "-c", script, *map(str, paths)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def one(number: int) -> str:
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    with ThreadPoolExecutor(2) as pool:
        found = {*pool.map(one, range(2)), " ".join(map(digest, paths)) + "\n"}
    assert found == {" ".join(map(sha256, paths)) + "\n"}
