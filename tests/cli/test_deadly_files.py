"""A video that ends whoever decodes it is a line of what a command says, and the command goes on to its end."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.deadly_files import DECODED, OPENED, TOLD, call, environment
from tests.footage import noise, write_video
from tests.harness.test_serve import free_port
from vbench.runs.results import read_rows

pytestmark = pytest.mark.slow

COUNT = 4

OTHERS = [f"a-{index}.mp4" for index in range(COUNT) if index != 1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos of which the one called -1 is deadly."""
    root = tmp_path_factory.mktemp("deadly")
    for index in range(COUNT):
        write_video(root / "videos" / f"a-{index}.mp4", noise(20, seed=index))
    return root


def test_check_names_it(folder: Path) -> None:
    done = call(folder, "check", "videos", "--profile", "lite", "-d", "temporal_flickering", "--json")
    found = json.loads(done.stdout)
    assert [(one["kind"], one["video"]) for one in found["findings"]] == [("unavailable", "a-1.mp4")]
    assert TOLD in found["findings"][0]["message"]
    assert done.returncode == 1


def test_a_strict_run_names_it(folder: Path) -> None:
    asked = ("videos", "--profile", "lite", "-d", "temporal_flickering", "-o", "strict", "--strict")
    done = call(folder, "evaluate", *asked)
    assert done.returncode == 2
    assert f"a-1.mp4 {TOLD}" in done.stderr


def test_videos_are_cut_into_clips_past_it(folder: Path) -> None:
    """The plan goes past it; of the run in one process it is what ends any such run, and the next goes on."""
    asked = ("videos", "--benchmark", "vbench-long-plain", "--mode", "custom_input", "--profile", "lite")
    command = ("evaluate", *asked, "-d", "temporal_flickering", "--workers", "2", "-o", "long")
    done = call(folder, *command, when=OPENED)
    assert done.returncode == 1, done.stderr
    rows = {row.video.partition("#")[0]: row for row in read_rows(folder / "long")}
    assert sorted(rows) == ["a-0.mp4", "a-1.mp4", "a-2.mp4", "a-3.mp4"]
    assert "SIGSEGV" in rows["a-1.mp4"].reason


def test_the_static_filter_judges_the_others(folder: Path) -> None:
    asked = ("videos", "--scope", "all", "--profile", "lite", "--device", "cpu", "-o", "static", "--json")
    done = call(folder, "filter-static", *asked)
    assert done.returncode == 1, done.stderr
    assert [(Path(path).name, TOLD in why) for path, why in json.loads(done.stdout)["unjudged"].items()] == [
        ("a-1.mp4", True)
    ]
    judged = (folder / "static" / "verdicts.jsonl").read_text().splitlines()
    assert [json.loads(line)["video"] for line in judged] == OTHERS


@pytest.mark.parametrize("when", [OPENED, DECODED])
def test_a_distance_is_of_the_others(folder: Path, when: str) -> None:
    asked = ("videos", "videos", "--protocol", "lite", "--device", "cpu", "--features", when, "--json")
    done = call(folder, "distance", *asked, when=when)
    (found,) = json.loads(done.stdout)
    assert TOLD in found["real"]["unreadable"]["a-1.mp4"]
    assert found["real"]["videos"] == len(OTHERS)


def test_samples_of_others_are_taken_past_it(folder: Path) -> None:
    (folder / "suite.json").write_text(json.dumps([{"prompt_en": "a", "dimension": ["temporal_flickering"]}]))
    asked = ("--model", "directory:videos", "--suite", "suite.json", "--samples", str(COUNT), "--out", "taken")
    done = call(folder, "generate", *asked)
    assert done.returncode == 1, done.stderr
    assert TOLD in done.stderr
    assert sorted(path.name for path in (folder / "taken").glob("*.mp4")) == OTHERS


def test_a_server_answers_the_next(folder: Path) -> None:
    good, deadly = ((folder / "videos" / f"a-{index}.mp4").read_bytes() for index in range(2))
    hooked = environment(folder, which=f"path.stat().st_size == {len(deadly)}")
    port = str(free_port())
    asked = ("-d", "temporal_flickering", "--profile", "lite", "--device", "cpu", "--port", port)
    server = subprocess.Popen([sys.executable, "-m", "vbench", "serve", *asked], env=hooked, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(1200):
            try:
                httpx.get(f"{address}/health")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        answers = [httpx.post(f"{address}/score", content=one, timeout=120).json() for one in (good, deadly, good)]
    finally:
        server.terminate()
        server.wait(60)
    first, second, third = (answer["dimensions"]["temporal_flickering"] for answer in answers)
    assert second["reason"] == f"the video {TOLD}"
    assert first == third
    assert "value" in first
