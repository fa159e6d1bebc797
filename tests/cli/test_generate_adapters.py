"""``vbench generate`` with programs and services that fail: what worked is kept, what failed is listed, and said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.footage import noise, write_video
from tests.services import KEY, Service, describe
from vbench.cli import main

PROGRAM = """
import json, pathlib, shutil, sys, time
folder = pathlib.Path(__file__).parent
for line in sys.stdin:
    request = json.loads(line)
    with open(folder / "asked", "a") as asked:
        asked.write(request["id"] + "\\n")
    broken = not (folder / "repaired").exists()
    if broken and request["prompt"] == "crash":
        sys.exit("the model fell over")
    if broken and request["prompt"] == "slow":
        time.sleep(60)
    if broken and request["prompt"] == "garbage":
        pathlib.Path(request["file"]).write_text("this is no video")
    else:
        shutil.copy(folder / "video.mp4", request["file"])
    print(json.dumps({"id": request["id"], "facts": {"precision": "fp16"}}), flush=True)
"""

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def vbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ACME_KEY", KEY)

    def run(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["vbench", *args])
        with pytest.raises(SystemExit) as exited:
            main()
        return int(exited.value.code or 0), *capsys.readouterr()

    return run


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    started = Service(tmp_path).start()
    yield started
    started.stop()


@pytest.fixture
def program(tmp_path: Path) -> str:
    write_video(tmp_path / "video.mp4", noise(3, 16, 16))
    (tmp_path / "program.py").write_text(PROGRAM)
    return f"command:{sys.executable} program.py"


def asked(model: str, *prompts: str, options: tuple[str, ...] = ()) -> list[str]:
    """The call that samples these prompts once each."""
    told = [part for text in prompts for part in ("--prompt", text)]
    given = [part for text in options for part in ("--option", text)]
    return ["generate", "--model", model, *told, "--samples", "1", "--out", "videos", *given]


def manifest() -> dict[str, dict[str, Any]]:
    lines = Path("videos/samples.jsonl").read_text().splitlines()
    return {record["prompt"]: record for record in map(json.loads, lines)}


def failures() -> dict[str, str]:
    found: dict[str, str] = json.loads(Path("videos/sampling.json").read_text())["failures"]
    return found


def test_a_program_that_fails_at_some(vbench: Command, program: str) -> None:
    prompts = ("one", "crash", "slow", "garbage", "two")
    call = asked(program, *prompts, options=("timeout=3", "retries=0"))
    status, _, err = vbench(*call)
    assert status == 1
    assert set(manifest()) == {"one", "two"}
    assert manifest()["one"]["settings"] == {"precision": "fp16"}
    assert set(failures()) == {"crash-0.mp4", "slow-0.mp4", "garbage-0.mp4"}
    assert "the model fell over" in failures()["crash-0.mp4"]
    assert "no answer in 3 seconds" in failures()["slow-0.mp4"]
    assert "cannot be decoded" in failures()["garbage-0.mp4"]
    assert "the model fell over" in err
    assert sorted(path.name for path in Path("videos").glob("*.mp4")) == ["one-0.mp4", "two-0.mp4"]

    Path("repaired").touch()
    Path("asked").unlink()
    assert vbench(*call)[0] == 0
    assert Path("asked").read_text().split() == ["crash-0.mp4", "slow-0.mp4", "garbage-0.mp4"]
    assert set(manifest()) == set(prompts)
    assert failures() == {}


def test_a_program_that_always_fails(vbench: Command, program: str) -> None:
    status, _, err = vbench(*asked(program, "crash", options=("retries=0",)))
    assert status == 3
    assert "exit status 1" in err
    assert vbench(*asked("command:no-such-program", "a cat"))[0] == 2


def test_a_service_that_fails_at_some(vbench: Command, service: Service) -> None:
    describe(service.url, Path("acme.toml"), concurrent=2, timeout=2)
    call = asked("http:acme.toml", "one", "bad words", "busy once", "fails", "garbage", "stuck", "two")
    status, out, err = vbench(*call)
    assert status == 1
    assert set(manifest()) == {"one", "two", "busy once"}
    assert set(failures()) == {"bad words-0.mp4", "fails-0.mp4", "garbage-0.mp4", "stuck-0.mp4"}
    assert "out of capacity" in failures()["fails-0.mp4"]
    paid = len(service.submitted)

    for job in service.submitted.values():
        job["prompt"] = "a cat" if job["prompt"] == "stuck" else job["prompt"]
    again = vbench(*call)
    assert again[0] == 1
    assert set(manifest()) == {"one", "two", "busy once", "stuck"}
    assert len(service.submitted) == paid, "the slow job was asked after, and so was the one that gave garbage"
    assert "--retry-failed submits it anew" in failures()["fails-0.mp4"]
    vbench(*call, "--retry-failed", "--max-jobs", "1")
    assert len(service.submitted) == paid + 1
    assert vbench("generate", "-m", "synthetic", "-o", "x", "--prompt", "a", "--max-jobs", "1")[0] == 2
    written = "".join(path.read_text() for path in [*Path("videos").glob("*.json*"), *Path().glob("*.jsonl")])
    assert KEY not in written + out + err + again[1] + again[2]


def test_a_wrong_key(vbench: Command, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    describe(service.url, Path("acme.toml"))
    monkeypatch.setenv("ACME_KEY", "sk-wrong")
    status, out, err = vbench(*asked("http:acme.toml", "one", "two"))
    assert status == 3
    assert len(service.calls) == 1
    assert "refuses the key" in err
    assert all("refuses the key" in reason for reason in failures().values())
    assert "sk-wrong" not in out + err + Path("videos/sampling.json").read_text()
    monkeypatch.setenv("ACME_KEY", KEY)
    assert vbench(*asked("http:acme.toml", "one", "two"))[0] == 0


def test_videos_that_exist(vbench: Command, tmp_path: Path) -> None:
    for number, text in enumerate(("one", "two")):
        write_video(tmp_path / f"pika/scene/{text}-0.MP4", noise(3, 16, 16, seed=number))
    status, _, err = vbench(*asked("directory:pika", "one", "two", "three"))
    assert status == 1
    assert "expected 'three-0.mp4'" in err
    assert manifest()["one"]["seed"] is None
    one = manifest()["one"]
    assert one["settings"] == {"source": "scene/one-0.MP4", "started_from": [one["sha256"]]}
    assert Path("videos/one-0.mp4").read_bytes() == Path("pika/scene/one-0.MP4").read_bytes()


MOMENTS = ("between submit and its answer", "between submit and poll", "between poll and download")


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_call_pays_for_no_job_twice(service: Service, tmp_path: Path, moment: str, idempotent: bool) -> None:
    describe(service.url, tmp_path / "acme.toml", submit='idempotency = "Idempotency-Key"' if idempotent else "")
    call = [sys.executable, "-m", "vbench", *asked("http:acme.toml", "one", "two")]
    environment = {**os.environ, "ACME_KEY": KEY, "PYTHONPATH": str(Path(__file__).parents[2])}

    def kill() -> None:
        if moment == MOMENTS[2] and "/files/" not in service.calls[-1]:
            return
        service.on_accept = service.on_look = lambda: None
        process.kill()
        process.wait()

    if moment == MOMENTS[0]:
        service.on_accept = kill
    else:
        service.on_look = kill
    process = subprocess.Popen(
        call, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert len(service.submitted) == 1
    ended = subprocess.run(call, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert len(service.submitted) == 2
    assert KEY not in ended.stdout + ended.stderr
    if moment == MOMENTS[0] and not idempotent:  # nobody but the service can tell
        assert ended.returncode == 1
        assert "whether it was accepted, and costs, only the service knows" in ended.stderr
    else:
        assert ended.returncode == 0, ended.stderr
        assert len((tmp_path / "videos/samples.jsonl").read_text().splitlines()) == 2
