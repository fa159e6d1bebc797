"""From a prompt suite to videos to scores, as a user types it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.schemas import checked
from vbench.cli import main
from vbench.media.video import Video
from vbench.runs.plan import STANDARD
from vbench.runs.record import read_record
from vbench.sampling.manifest import NAME, read_manifest
from vbench.sampling.record import RECORD

SUITE = [
    {
        "prompt_en": "a red bus",
        "dimension": ["temporal_flickering", "color"],
        "auxiliary_info": {"color": {"color": "red"}},
    },
    {"prompt_en": "a cat", "dimension": ["temporal_flickering"], "category": "animal"},
]
SMALL = ("--frames", "4", "--size", "48x32")

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def vbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "suite.json").write_text(json.dumps(SUITE))

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["vbench", *map(str, args)])
        with pytest.raises(SystemExit) as exited:
            main()
        return int(exited.value.code or 0), *capsys.readouterr()

    return run


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != RECORD}


def generate(vbench: Command, *more: object, out: str = "out", samples: int = 2) -> tuple[int, str, str]:
    call = ("generate", "--model", "synthetic", "--suite", "suite.json", "--samples", samples, "--out", out)
    return vbench(*call, *SMALL, "--progress", "none", *more)


def test_evaluate_follows_without_another_word(vbench: Command, tmp_path: Path) -> None:
    status, out, _ = generate(vbench)
    assert status == 0
    assert out == "4 videos sampled, 0 failed.\nNext: vbench evaluate out\n"
    assert Video(tmp_path / "out" / "a cat-1.mp4").size == (32, 48)
    status, out, _ = vbench("check", "out")
    assert (status, "sampled with 2 videos a prompt" in out) == (0, True)
    status, out, _ = vbench("evaluate", "out", "--profile", "lite", "-o", "run", "--json", "--progress", "none")
    assert json.loads(out)["dimensions"]["temporal_flickering"]["videos"] == 4
    record = read_record(tmp_path / "run")
    assert (record.mode, record.suite["name"], record.missing_videos) == (STANDARD, "suite", [])
    assert read_manifest(tmp_path / "run") == read_manifest(tmp_path / "out")


def test_evaluate_sees_what_was_sampled_and_what_is_missing(vbench: Command, tmp_path: Path) -> None:
    generate(vbench, "-d", "color")
    assert {record.prompt for record in read_manifest(tmp_path / "out")} == {"a red bus"}
    (tmp_path / "out" / "a red bus-1.mp4").unlink()
    status, out, _ = vbench("check", "out")
    assert (status, "a red bus-1" in out) == (1, True)
    (tmp_path / "suite.json").write_text(json.dumps(SUITE[:1]))
    status, _, err = vbench("evaluate", "out", "--profile", "lite")
    assert (status, "which has changed since" in err) == (2, True)


def test_own_prompts_and_extended_texts(vbench: Command, tmp_path: Path) -> None:
    (tmp_path / "texts.json").write_text(json.dumps({"a cat": "A fluffy cat, at dawn, 8k"}))
    own = ("generate", "-m", "synthetic", "--prompt", "a cat", "--prompt", "a dog", "--samples", 1, "-o", "own", *SMALL)
    status, out, _ = vbench(*own, "--texts", "texts.json", "--extender", "gpt", "--json")
    assert (status, json.loads(out)) == (0, {"folder": "own", "made": 2, "kept": 0, "failures": {}, "findings": {}})
    cat, dog = read_manifest(tmp_path / "own")
    assert (cat.prompt, cat.text, cat.extender) == ("a cat", "A fluffy cat, at dawn, 8k", "gpt")
    assert (dog.text, dog.extender) == ("a dog", "")
    status, out, _ = vbench("evaluate", "own", "--profile", "lite", "-d", "temporal_flickering", "--json", "-o", "run")
    assert json.loads(out)["dimensions"]["temporal_flickering"]["videos"] == 2


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--suite", "suite.json", "--size", "48"), "--size must be WIDTHxHEIGHT"),
        (("--suite", "suite.json", "--steps", 5), "has no setting steps; it has frames, height, width, fps"),
        (("--suite", "suite.json", "--prompt", "a cat"), "exclude each other"),
        ((), "Say what to sample: --suite open"),
        (("--suite", "nowhere.json"), "There is no prompt suite 'nowhere.json'"),
        (("--suite", "suite.json", "-d", "human_action"), "There is nothing to sample"),
        (("--suite", "suite.json", "--option", "speed=1"), "has no option 'speed=1'"),
        (("--suite", "suite.json", "--images", "nowhere"), "is not a folder of pictures"),
        (("--suite", "suite.json", "--texts", "suite.json"), "must hold"),
    ],
)
def test_wrong_calls_say_what_is_wrong_and_make_nothing(
    vbench: Command, tmp_path: Path, args: tuple[object, ...], message: str
) -> None:
    status, _, err = vbench("generate", "--model", "synthetic", "--out", "out", *args)
    assert status == 2
    assert message in err
    assert not (tmp_path / "out" / NAME).exists()


def test_a_killed_sampling_continues_to_the_same_result(vbench: Command, tmp_path: Path) -> None:
    call = [sys.executable, "-m", "vbench", "generate", "--model", "synthetic", "--suite", "suite.json"]
    call += ["--samples", "8", "--frames", "8", "--size", "320x240", "--out", "killed", "--progress", "none"]
    process = subprocess.Popen(call, cwd=tmp_path, env={**os.environ, "OMP_NUM_THREADS": "1"})
    manifest = tmp_path / "killed" / NAME
    while not (manifest.exists() and manifest.read_bytes().count(b"\n") > 3):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert manifest.read_bytes().count(b"\n") < 16
    again = (*call[3:], "--json")
    status, out, _ = vbench(*again)
    assert status == 0
    told = json.loads(out)
    assert told["made"] + told["kept"] == 16
    assert told["kept"] >= 3
    vbench(*(part if part != "killed" else "whole" for part in again))
    assert files(tmp_path / "killed") == files(tmp_path / "whole")


def test_generators_are_listed_and_described(vbench: Command) -> None:
    status, out, _ = vbench("generators", "--json")
    assert status == 0
    latte = next(entry for entry in checked("generators", out) if entry["name"] == "latte")
    assert latte["settings"] == "512x512, 16 frames, 8 fps, 50 steps, guidance 7.5"
    _, out, _ = vbench("generators", "latte")
    assert "LattePipeline" in out
    assert re.search(r"dtype +text +auto +auto, float32, float16 or bfloat16", out)
    dtype = next(
        one
        for one in checked("generators", vbench("generators", "latte", "--json")[1])["options"]
        if one["name"] == "dtype"
    )
    assert (dtype["default"], dtype["takes"]) == ("auto", "text")
    status, _, err = vbench("generators", "late")
    assert (status, "Did you mean latte" in err) == (2, True)


def test_sensitivity_tells_and_draws(vbench: Command, tmp_path: Path) -> None:
    call = ("sensitivity", "-d", "temporal_flickering", "--profile", "lite", "--steps", 2, "--progress", "none")
    status, out, _ = vbench(*call, "--plot", "flicker.svg")
    assert status == 0
    assert "temporal_flickering against flicker, 6 scenes" in out
    assert "Monotonicity -1.00" in out
    drawn = (tmp_path / "flicker.svg").read_text()
    assert "<svg" in drawn
    assert "var(" not in drawn
    _, out, _ = vbench(*call, "--json")
    assert checked("sensitivity", out)[0]["strengths"] == [0, 1]
