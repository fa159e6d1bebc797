from __future__ import annotations

import hashlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vbench.errors import CheckpointError
from vbench.weights import cards
from vbench.weights.download import REDUNDANT, _wanted, download

CONTENT = bytes(range(256)) * 40_000


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves one file, with ranges, and can hang up half-way or lose the file."""

    content = CONTENT
    ranges: list[str] = []
    stop_after: int | None = None
    ranged = True

    def do_GET(self) -> None:
        if self.path != "/file":
            self.send_error(404)
            return
        asked = self.headers.get("Range", "")
        self.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.ranged else 0
        if start >= len(self.content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(self.content) - start))
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
    assert server.ranges == ["", "bytes=3000000-"]


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
    publish(monkeypatch, cards.CHECKPOINTS["amt_s"].url, member="models/weights.pth")
    assert download("amt_s").read_bytes() == b"weights"
    assert not (empty_cache / "escape").exists()


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
    ],
)
def test_of_a_repository_what_is_used_is_fetched(name: str, there: list[str], wanted: list[str]) -> None:
    from huggingface_hub.utils._paths import filter_repo_objects

    kept = filter_repo_objects(there, allow_patterns=_wanted(cards.checkpoint(name)), ignore_patterns=list(REDUNDANT))
    assert list(kept) == wanted
