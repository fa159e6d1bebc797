from __future__ import annotations

import hashlib
import http.server
import io
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
import torch

from tests.parity.checkpoint_cache import manifest, seeded_state
from vbench.errors import CheckpointError
from vbench.files.lock import THIS_PROCESS
from vbench.weights import cards
from vbench.weights.backbone_files import BACKBONES
from vbench.weights.distance_files import DISTANCES
from vbench.weights.download import _unwanted, _wanted, download
from vbench.weights.load import state_dict
from vbench.weights.part import taken
from vbench.weights.shape_lists import SHAPES, shapes

CONTENT = bytes(range(256)) * 40_000


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves one file, with ranges, and can hang up half-way, lose the file or wait until two ask for it."""

    content = CONTENT
    ranges: list[str] = []
    stop_after: int | None = None
    ranged = True
    tag = ""
    stated = True
    gate: threading.Barrier | None = None

    def do_GET(self) -> None:
        if self.path != "/file":
            self.send_error(404)
            return
        asked = self.headers.get("Range", "")
        self.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.ranged else 0
        if start and start >= len(self.content):
            self.send_error(416)
            return
        if self.gate:
            self.gate.wait(60)
        self.send_response(206 if start else 200)
        if self.stated:
            self.send_header("Content-Length", str(len(self.content) - start))
        if self.tag:
            self.send_header("ETag", self.tag)
        self.end_headers()
        self.wfile.write(self.content[start : self.stop_after])

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> Iterator[type[Handler]]:
    handler = type("OneFile", (Handler,), {"ranges": []})
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    publish(monkeypatch, f"http://127.0.0.1:{httpd.server_port}/file", hashlib.sha256(CONTENT).hexdigest())
    yield handler
    httpd.shutdown()
    httpd.server_close()


def publish(monkeypatch: pytest.MonkeyPatch, url: str, sha256: str = "", member: str = "") -> None:
    entry = replace(cards.CHECKPOINTS["amt_s"], url=url, sha256=sha256, member=member)
    monkeypatch.setitem(cards.CHECKPOINTS, "amt_s", entry)


def test_download_goes_where_the_cache_expects_it(server: type[Handler], empty_cache: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    path = download("amt_s", lambda done, total: seen.append((done, total)))
    assert path == empty_cache / "amt_model/amt-s.pth"
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [file.name for file in path.parent.iterdir()] == ["amt-s.pth"]
    download("amt_s")
    assert len(server.ranges) == 1


def test_an_interrupted_download_continues(server: type[Handler], empty_cache: Path) -> None:
    server.stop_after = 3_000_000
    with pytest.raises(CheckpointError, match="3,000,000 bytes are kept"):
        download("amt_s")
    server.stop_after = None
    assert download("amt_s").read_bytes() == CONTENT
    assert server.ranges == ["", "", "bytes=3000000-"]  # the second asks which body it is


def test_a_server_without_ranges_starts_again(server: type[Handler], empty_cache: Path) -> None:
    server.stop_after = 3_000_000
    with pytest.raises(CheckpointError):
        download("amt_s")
    server.stop_after, server.ranged = None, False
    assert download("amt_s").read_bytes() == CONTENT


def test_another_file_than_the_published_one_is_deleted(
    server: type[Handler], empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, cards.CHECKPOINTS["amt_s"].url, "0" * 64)
    with pytest.raises(CheckpointError, match="another file than the published one"):
        download("amt_s")
    assert list((empty_cache / "amt_model").iterdir()) == []


def test_a_member_of_an_archive_is_extracted(
    server: type[Handler], empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("models/weights.pth", b"weights")
        files.writestr("../escape", b"elsewhere")
    server.content = archive.getvalue()
    sha256 = hashlib.sha256(b"weights").hexdigest()
    publish(monkeypatch, cards.CHECKPOINTS["amt_s"].url, sha256, member="models/weights.pth")
    assert download("amt_s").read_bytes() == b"weights"
    assert not (empty_cache / "escape").exists()


@pytest.mark.parametrize(("size", "told"), [(7, "the published one has 7"), (0, "the disk has room for")])
def test_a_member_that_unpacks_to_more_than_there_may_be_is_not_unpacked(
    server: type[Handler], empty_cache: Path, monkeypatch: pytest.MonkeyPatch, size: int, told: str
) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("weights.pth", bytes(1 << 20))
    server.content = archive.getvalue()
    if not size:  # says that it is larger than any disk
        server.content = server.content.replace((1 << 20).to_bytes(4, "little"), (0xFFFFFFF0).to_bytes(4, "little"))
        usage = shutil.disk_usage(empty_cache.parent)
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=1 << 30))
    publish(monkeypatch, cards.CHECKPOINTS["amt_s"].url, member="weights.pth")
    monkeypatch.setitem(cards.CHECKPOINTS, "amt_s", replace(cards.CHECKPOINTS["amt_s"], size=size))
    with pytest.raises(CheckpointError, match=f"weights.pth unpacks to .* bytes, where {told}"):
        download("amt_s")
    assert list((empty_cache / "amt_model").iterdir()) == []


def checkpoint_bytes(seed: int = 0, change: Mapping[str, torch.Tensor] = MappingProxyType({})) -> bytes:
    """The published file of ``amt_s``, as far as names and shapes go."""
    file = io.BytesIO()
    torch.save({"state_dict": {**seeded_state("amt_s", seed), **change}}, file)
    return file.getvalue()


@pytest.fixture
def without_digest(server: type[Handler], monkeypatch: pytest.MonkeyPatch) -> type[Handler]:
    publish(monkeypatch, cards.CHECKPOINTS["amt_s"].url)
    return server


HTML = b"<!DOCTYPE html><html><body>Too many requests</body></html>"


def with_zeros(content: bytes) -> bytes:
    """A megabyte of zeros in the middle, where the tensors are."""
    middle = len(content) // 2
    return content[:middle] + bytes(1 << 20) + content[middle + (1 << 20) :]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda whole: HTML, "no checkpoint that can be read.*DOCTYPE html"),
        (lambda whole: b"", "an empty file"),
        (lambda whole: whole[: len(whole) // 2], "no checkpoint that can be read"),
        (with_zeros, r"its record archive/data/\d+ is not what was written"),
        (
            lambda whole: checkpoint_bytes(change={"decoder4.convblock.0.0.weight": torch.zeros(1)}),
            r"of another shape: dec",
        ),
    ],
    ids=["a page", "nothing", "a part", "zeros", "another network"],
)
def test_what_is_no_such_checkpoint_is_not_kept(
    without_digest: type[Handler], empty_cache: Path, spoil: Callable[[bytes], bytes], words: str
) -> None:
    without_digest.content, without_digest.stated = spoil(checkpoint_bytes()), False
    with pytest.raises(CheckpointError, match=f"(?s){words}.*Nothing of it was kept"):
        download("amt_s")
    assert list((empty_cache / "amt_model").iterdir()) == []


def test_its_digest_is_pinned_and_another_file_is_refused_from_then_on(
    without_digest: type[Handler], empty_cache: Path
) -> None:
    without_digest.content = checkpoint_bytes()
    path = download("amt_s")
    first = hashlib.sha256(without_digest.content).hexdigest()
    assert path.with_name("amt-s.pth.sha256").read_text() == f"{first}  amt-s.pth\n"
    assert state_dict("amt_s")
    other = checkpoint_bytes(seed=1)
    path.write_bytes(other)
    with pytest.raises(CheckpointError, match="was changed since it was read first"):
        state_dict("amt_s")
    without_digest.content = other
    with pytest.raises(CheckpointError, match=rf"another file than before.*{first} is pinned in .*delete the pin"):
        download("amt_s", force=True)
    path.with_name("amt-s.pth.sha256").unlink()
    assert download("amt_s", force=True).read_bytes() == other


def test_what_an_earlier_call_left_is_continued_by_the_same_body_alone(
    without_digest: type[Handler], empty_cache: Path
) -> None:
    without_digest.content, without_digest.tag, without_digest.stop_after = checkpoint_bytes(), '"one"', 3_000_000
    with pytest.raises(CheckpointError, match="3,000,000 bytes are kept"):
        download("amt_s")
    without_digest.stop_after, without_digest.content, without_digest.tag = None, checkpoint_bytes(1), '"two"'
    assert download("amt_s").read_bytes() == without_digest.content
    assert without_digest.ranges == ["", ""]
    assert {file.name for file in (empty_cache / "amt_model").iterdir()} == {"amt-s.pth", "amt-s.pth.sha256"}


def test_a_stale_part_is_no_beginning(without_digest: type[Handler], empty_cache: Path) -> None:
    part = empty_cache / "amt_model/amt-s.pth.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"of last year" * 1000)
    without_digest.content = checkpoint_bytes()
    assert download("amt_s").read_bytes() == without_digest.content
    assert not part.exists()


def test_a_stale_part_of_a_file_with_a_digest_is_tried_and_then_fetched_from_its_beginning(
    server: type[Handler], empty_cache: Path
) -> None:
    part = empty_cache / "amt_model/amt-s.pth.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"of last year" * 1000)
    assert download("amt_s").read_bytes() == CONTENT
    assert server.ranges == ["", "bytes=12000-", ""]


def test_a_part_that_was_whole_is_taken_also_where_no_length_is_stated(
    server: type[Handler], empty_cache: Path
) -> None:
    part = empty_cache / "amt_model/amt-s.pth.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT)
    part.with_name(".part.amt-s.pth").touch()  # of nobody's
    server.stated = False
    assert download("amt_s").read_bytes() == CONTENT
    assert server.ranges == ["", f"bytes={len(CONTENT)}-"]


def test_what_a_killed_process_left_is_continued(server: type[Handler], empty_cache: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    (empty_cache / "amt_model").mkdir(parents=True)
    part = taken(empty_cache / "amt_model/amt-s.pth", "", afresh=True)
    killed = part.path.with_name(part.path.name.replace(f".{os.getpid()}.", f".{process.pid}."))
    killed.write_bytes(CONTENT[:5_000_000])
    assert download("amt_s").read_bytes() == CONTENT
    assert server.ranges == ["", "bytes=5000000-"]
    assert [file.name for file in killed.parent.iterdir()] == ["amt-s.pth"]


def test_what_an_earlier_process_of_the_same_number_left_is_continued(server: type[Handler], empty_cache: Path) -> None:
    """In a container the command has the same number each time."""
    (empty_cache / "amt_model").mkdir(parents=True)
    part = taken(empty_cache / "amt_model/amt-s.pth", "", afresh=True)
    part.path.with_name(part.path.name.replace(THIS_PROCESS, "0123456789abcdef")).write_bytes(CONTENT[:5_000_000])
    part.path.touch()  # of this process, which is at it
    assert download("amt_s").read_bytes() == CONTENT
    assert server.ranges == ["", "bytes=5000000-"]
    assert sorted(file.name for file in part.path.parent.iterdir()) == sorted([part.path.name, "amt-s.pth"])


def test_two_downloads_at_once_do_not_disturb_each_other(without_digest: type[Handler], empty_cache: Path) -> None:
    without_digest.content, without_digest.gate = checkpoint_bytes(), threading.Barrier(2)
    script = (
        "import sys; from dataclasses import replace; from vbench.weights import cards; "
        "from vbench.weights.download import download; "
        "cards.CHECKPOINTS['amt_s'] = replace(cards.CHECKPOINTS['amt_s'], url=sys.argv[1]); download('amt_s')"
    )
    command = [sys.executable, "-c", script, cards.CHECKPOINTS["amt_s"].url]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=300)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert (empty_cache / "amt_model/amt-s.pth").read_bytes() == without_digest.content
    assert {file.name for file in (empty_cache / "amt_model").iterdir()} == {"amt-s.pth", "amt-s.pth.sha256"}


def test_the_shapes_that_must_be_there_are_those_of_the_published_files() -> None:
    for path in SHAPES.iterdir():
        card = cards.checkpoint(path.stem)
        published = {key: tuple(one["shape"]) for key, one in manifest(card.name)["keys"].items()}
        assert not card.sha256
        assert shapes(card.name).items() <= published.items()
    assert {card.name for card in (*BACKBONES, *DISTANCES) if not (card.sha256 or card.is_folder)} == {
        path.stem for path in SHAPES.iterdir()
    }


def test_no_such_file_on_the_server(server: type[Handler], monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> None:
    publish(monkeypatch, cards.CHECKPOINTS["amt_s"].url + "/gone")
    with pytest.raises(CheckpointError, match=r"404.*put the file at .*amt-s\.pth"):
        download("amt_s")


@pytest.mark.parametrize(
    ("name", "there", "wanted"),
    [
        (
            "Lightricks/LTX-Video",
            [
                "model_index.json",
                "vae/config.json",
                "vae/x.safetensors",
                "vae/x.bin",
                "ltxv-13b.safetensors",
                "README.md",
            ],
            ["model_index.json", "vae/config.json", "vae/x.safetensors"],
        ),
        (
            "wangfuyun/AnimateLCM",
            ["config.json", "x.safetensors", "x.fp16.safetensors", "lora.safetensors", "x.ckpt"],
            ["config.json", "x.safetensors", "lora.safetensors"],
        ),
        (
            "stable-diffusion-v1-4",
            [
                "tokenizer/merges.txt",
                "vae/config.json",
                "vae/x.safetensors",
                "unet/x.safetensors",
                "vae/x.fp16.safetensors",
            ],
            ["tokenizer/merges.txt", "vae/config.json", "vae/x.safetensors"],
        ),
        (
            "showlab/show-1-interpolation",
            ["unet/config.json", "unet/diffusion_pytorch_model.fp16.bin", "text_encoder/model.fp16.safetensors"],
            ["unet/config.json", "unet/diffusion_pytorch_model.fp16.bin"],
        ),
        (
            "DeepFloyd/t5-v1_1-xxl",
            ["config.json", "pytorch_model-00001-of-00002.bin", "pytorch_model.bin.index.json", "tf_model.h5"],
            ["config.json", "pytorch_model-00001-of-00002.bin", "pytorch_model.bin.index.json"],
        ),
    ],
)
def test_of_a_repository_what_is_used_is_fetched(name: str, there: list[str], wanted: list[str]) -> None:
    from huggingface_hub.utils._paths import filter_repo_objects

    card = cards.checkpoint(name)
    kept = filter_repo_objects(there, allow_patterns=_wanted(card), ignore_patterns=_unwanted(card))
    assert list(kept) == wanted
