"""Addresses as folders: a real web server, real transfers that break, a stage that is too small, and no secret told."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest

from tests.web_folder import WebFolder
from vbench.errors import MissingExtra, UsageError
from vbench.files import ours, place, stage
from vbench.files.digest import digest
from vbench.files.lock import alone_in
from vbench.files.remote import located, recorded_place
from vbench.runs.discover import discover

KILOBYTE = 1000


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebFolder]:
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(place, "PAUSE", 0.0)
    folder = tmp_path / "web"
    (folder / "more").mkdir(parents=True)
    for index in range(4):
        (folder / f"a cat, 100%-{index}.mp4").write_bytes(bytes([index]) * 10 * KILOBYTE)
    (folder / "more" / "a dög-0.mp4").write_bytes(b"dog")
    with WebFolder(folder) as served:
        yield served


def copies() -> set[bytes]:
    """What is in the stage, by content."""
    return {path.read_bytes() for path in stage.stage_dir().glob("[!.]*/*")}


def test_a_folder_on_the_web_looks_like_the_folder_itself(web: WebFolder) -> None:
    there, here = discover(located(web.address)), discover(web.path)
    assert [path.relative_to(there.root).as_posix() for path in there.videos] == [
        path.relative_to(here.root).as_posix() for path in here.videos
    ]
    assert there.described() == here.described()
    assert not [name for name in web.asked if name.endswith(".mp4")], "listing fetches nothing"


def test_a_path_is_told_as_the_address_and_read_as_a_file(web: WebFolder) -> None:
    root = located(web.address)
    path = root / "more" / "a dög-0.mp4"
    assert str(root) == web.address
    assert f"{path}" == f"{web.address}/more/a dög-0.mp4"
    assert path.read_bytes() == b"dog"
    assert path.stat().st_size == 3
    assert (path.parent, path.suffix, path.resolve(), path.is_file()) == (root / "more", ".mp4", path, True)
    assert not (root / "samples.jsonl").exists()
    with pytest.raises(FileNotFoundError):
        (root / "none.mp4").read_bytes()
    with pytest.raises(IsADirectoryError):
        os.scandir(root)  # what the system would see of it is never all of it
    for search in (root.glob, root.rglob):
        with pytest.raises(OSError, match="listed by iterdir alone"):
            search("*.mp4")
    with pytest.raises(OSError, match="only read"):
        path.write_text("x")


def test_what_fits_is_fetched_once_whoever_asks(web: WebFolder) -> None:
    paths = discover(located(web.address)).videos
    sums = [digest(path) for path in paths]
    code = (
        "import pickle, sys; from vbench.files.digest import digest; print(*map(digest, pickle.load(sys.stdin.buffer)))"
    )
    other = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(paths), capture_output=True)
    assert other.stdout.decode().split() == sums, other.stderr
    anew = [digest(path) for path in discover(located(web.address)).videos]
    assert anew == sums
    assert {count for name, count in web.asked.items() if name.endswith(".mp4")} == {1}


def test_a_bound_smaller_than_the_set_fetches_again_what_was_not_used_longest(
    web: WebFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(stage.BOUND, str(25 * KILOBYTE / 1e9))
    root = located(web.address)
    first, second, third = (root / f"a cat, 100%-{index}.mp4" for index in range(3))
    first.read_bytes(), second.read_bytes(), first.read_bytes(), third.read_bytes()
    assert copies() == {bytes([index]) * 10 * KILOBYTE for index in (0, 2)}
    assert first.read_bytes()[:1] == b"\0"
    assert second.read_bytes()[:1] == b"\1"
    assert [web.asked[path.name] for path in (first, second, third)] == [1, 2, 1]


def test_a_file_larger_than_the_bound_is_there_alone(web: WebFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(stage.BOUND, "0")
    root = located(web.address)
    for index in range(3):
        assert (root / f"a cat, 100%-{index}.mp4").read_bytes()[0] == index
        assert copies() == {bytes([index]) * 10 * KILOBYTE}


def test_what_one_thread_brings_makes_no_room_for_another_before_it_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv(stage.BOUND, "0")
    calls, brought = 200, []

    def ask(name: str) -> None:
        for number in range(calls):
            stage.copy(f"{name}{number}", ".mp4", lambda path: brought.append(path.write_bytes(b"content")))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, "abcd"))
    assert len(brought) == 4 * calls


def test_a_bound_that_is_no_number_is_refused(web: WebFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(stage.BOUND, "20 GB")
    with pytest.raises(
        UsageError, match="VBENCH_STAGE_GB is the gigabytes of copies to keep, such as 20; found '20 GB'"
    ):
        located(web.address)


def test_a_transfer_that_breaks_is_tried_again(web: WebFolder) -> None:
    path = located(web.address) / "a cat, 100%-1.mp4"
    web.breaks[path.name] = 2
    assert path.read_bytes() == b"\1" * 10 * KILOBYTE
    assert web.asked[path.name] == 3


def test_a_transfer_that_breaks_each_time_is_that_files_error_and_leaves_nothing(web: WebFolder) -> None:
    path = located(web.address) / "a cat, 100%-1.mp4"
    web.breaks[path.name] = 100
    with pytest.raises(OSError, match="it could not be fetched") as raised:
        path.read_bytes()
    assert raised.value.filename == str(path)
    assert web.asked[path.name] == 3
    assert not list(stage.stage_dir().iterdir())
    web.breaks.clear()
    assert len(path.read_bytes()) == 10 * KILOBYTE


def test_a_process_that_is_killed_in_a_transfer_leaves_no_half_file(web: WebFolder) -> None:
    name = "a cat, 100%-2.mp4"
    web.stalls.add(name)
    code = f"from vbench.files.remote import located; (located({web.address!r}) / {name!r}).read_bytes()"
    process = subprocess.Popen([sys.executable, "-c", code])
    assert web.half_sent.wait(60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (left,) = stage.stage_dir().iterdir()
    assert left.name.startswith(".")
    web.stalls.clear()
    stage._since.clear()  # as a new process has it
    assert (located(web.address) / name).read_bytes() == b"\2" * 10 * KILOBYTE
    assert copies() == {b"\2" * 10 * KILOBYTE}
    assert not left.exists()


def test_a_file_that_changed_is_fetched_anew_by_the_next_run(web: WebFolder) -> None:
    name = "a cat, 100%-0.mp4"
    assert (located(web.address) / name).read_bytes()[0] == 0
    (web.path / name).write_bytes(b"new")
    os.utime(web.path / name, (0, 2_000_000_000))  # a server tells seconds
    assert (located(web.address) / name).read_bytes() == b"new"


def test_one_file_has_an_address_too(web: WebFolder) -> None:
    web.token = "open-sesame"
    video = located(f"{web.address}/a%20cat%2C%20100%25-0.mp4?sig=open-sesame")
    assert str(video) == f"{web.address}/a cat, 100%-0.mp4"
    assert [*discover(video).videos] == [video]
    assert len(video.read_bytes()) == 10 * KILOBYTE
    assert not (video.parent / "samples.jsonl").exists()


def test_the_proxy_of_the_environment_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is for everything else that is fetched."""
    monkeypatch.setattr(place, "PAUSE", 0.0)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with WebFolder(tmp_path) as proxy:
        monkeypatch.setenv("http_proxy", proxy.address)
        with pytest.raises(UsageError):
            located("http://videos.example.org/set")
        assert proxy.asked["set"]


def test_no_secret_is_told(web: WebFolder) -> None:
    web.login = "me:open sesame"
    root = located(web.address.replace("//", "//me:open%20sesame@"))
    assert str(root) == web.address
    assert (root / "a cat, 100%-0.mp4").stat().st_size == 10 * KILOBYTE
    for address in (web.address.replace("//", "//me:wrong%20word@"), f"{web.address}/x.mp4?sig=wrong%20word"):
        with pytest.raises(UsageError) as refused:
            located(address)
        assert "wrong" not in str(refused.value)
        assert web.host in str(refused.value)


def test_a_web_server_that_refuses_is_no_file_that_is_not_there(web: WebFolder) -> None:
    video = located(f"{web.address}/more/a%20d%C3%B6g-0.mp4")
    web.login = "me:word"
    with pytest.raises(OSError, match=r"it could not be fetched .*401"):
        video.read_bytes()
    with pytest.raises(UsageError, match="cannot be read: 401"):
        located(str(video) + "?sig=x")


def test_what_is_not_there_is_said(web: WebFolder) -> None:
    with pytest.raises(UsageError, match="/none does not exist"):
        located(f"{web.address}/none")
    web.__exit__()
    with pytest.raises(UsageError, match=r"^http://127\.0\.0\.1:\d+ cannot be read: "):
        located(web.address)


def test_the_package_of_a_protocol_is_named() -> None:
    with pytest.raises(MissingExtra, match="s3://bucket/videos needs a package that is not installed: Install s3fs"):
        located("s3://bucket/videos")
    with pytest.raises(UsageError, match="nowhere://x cannot be opened: Protocol not known: nowhere"):
        located("nowhere://x")
    with pytest.raises(UsageError, match="several addresses in one"):
        located("zip://*.mp4::s3://bucket/videos.zip")


def test_a_file_address_is_a_path_of_this_machine(tmp_path: Path) -> None:
    assert located((tmp_path / "a b").as_uri()) == tmp_path / "a b"
    assert type(located(str(tmp_path))) is type(tmp_path)


def test_nothing_is_written_to_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for place_ in ("s3://bucket/run", "https://me:word@host/run?sig=x"):
        with pytest.raises(UsageError, match="is an address, and nothing is written to addresses") as refused:
            ours.write(Path(place_) / "report.html", "x")
        assert "word" not in str(refused.value)
        with pytest.raises(UsageError, match="is an address"), alone_in(Path(place_)):
            pass
    assert not list(tmp_path.iterdir())


def test_an_object_store_is_a_folder_and_a_record_finds_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path))
    store = fsspec.filesystem("memory")
    for name in ("what is this?-0.mp4", "deep/er/x-0.mp4", "odd//name.mp4"):
        store.pipe(f"/bucket/videos/{name}", name.encode())
    root = located("memory://bucket/videos")
    assert [path.name for path in root.iterdir()] == ["deep", "what is this?-0.mp4"]
    monkeypatch.setattr(place, "_places", {})
    found = recorded_place(str(root))
    assert (found / "what is this?-0.mp4").read_bytes() == b"what is this?-0.mp4"
    assert (found / "deep").is_dir()


def test_an_address_without_a_host_keeps_its_slashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path))
    fsspec.filesystem("memory").pipe("/slashes/a-0.mp4", b"a")
    (path,) = located("memory:///slashes").iterdir()
    assert (str(path), path.read_bytes()) == ("memory:///slashes/a-0.mp4", b"a")
    assert pickle.loads(pickle.dumps(path)) == path
