"""The command line as a user meets it: what is printed, where, and the exit status."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.footage import noise, write_text, write_truncated, write_video
from tests.schemas import checked
from vbench.benchmarks.t2v import RULES
from vbench.cli import main
from vbench.errors import MissingExtra, NothingToScore, Refused, StorageError, UsageError

pytestmark = pytest.mark.usefixtures("toy_dimensions", "empty_cache")


@dataclass
class Result:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Result]


@pytest.fixture
def vbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)

    def run(*args: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["vbench", *map(str, args)])
        with pytest.raises(SystemExit) as exited:
            main()
        printed = capsys.readouterr()
        return Result(int(exited.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for index in range(3):
        write_video(tmp_path / "videos" / f"clip {index}-0.mp4", noise(4, seed=index))
    return tmp_path / "videos"


def test_all_scored(vbench: Command, videos: Path) -> None:
    result = vbench("evaluate", videos, "-d", "brightness", "--profile", "toy")
    assert result.status == 0
    assert "brightness" in result.out
    assert "needs all 16 dimensions" in result.out
    assert "3 scores to make" in result.err
    assert Path("vbench-runs/videos-toy/results_eval_results.json").exists()


def test_json_on_standard_output_is_strict_and_alone(vbench: Command, videos: Path) -> None:
    result = vbench("evaluate", videos, "-d", "brightness", "--profile", "toy", "--json", "-o", "run")
    checked("evaluate", result.out)
    assert result.json["dimensions"]["brightness"]["videos"] == 3
    assert result.json["total"] is None
    assert result.json["comparable"] is False
    assert vbench("score", "run", "--json").json["dimensions"] == result.json["dimensions"]


def test_some_failed(vbench: Command, videos: Path) -> None:
    write_text(videos / "text-0.mp4")
    write_truncated(videos / "cut-0.mp4")
    write_video(videos / "short-0.mp4", noise(1))
    result = vbench("evaluate", videos, "-d", "brightness", "--profile", "toy")
    assert result.status == 1
    assert "text-0.mp4: no brightness (unreadable)" in result.err
    assert "cut off" in result.err
    assert "short-0.mp4: no brightness (too_short)" in result.err
    assert "2 unreadable, 1 too short" in " ".join(result.out.split())


def test_missing_weights_are_named_with_the_command(vbench: Command, videos: Path) -> None:
    result = vbench("evaluate", videos, "-d", "weighing", "-d", "brightness", "--profile", "toy")
    assert result.status == 1
    assert "vbench weights download amt_s" in result.err + result.out
    assert vbench("evaluate", videos, "-d", "weighing", "--profile", "toy", "-o", "other").status == 3


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ValueError("a bug"), 4, "Traceback"),
        (ModuleNotFoundError("no", name="vbench.none"), 4, "Traceback"),
        (ModuleNotFoundError("no", name="s3fs.core"), 4, "vbench: this needs the package s3fs"),
        (OSError(errno.ENOSPC, "No space left on device", "run"), 4, "vbench: run: No space left on device."),
        (OSError(errno.EFBIG, "File too large", "a cat-0.mp4"), 4, "vbench: a cat-0.mp4: File too large."),
        (OSError(errno.EBADF, "Bad file descriptor"), 4, "Traceback"),
        (StorageError("the disk"), 4, "vbench: the disk"),
        (MissingExtra("pip install it"), 4, "vbench: pip install it"),
        (UsageError("wrong"), 2, "vbench: wrong"),
        (NothingToScore("nothing"), 3, "vbench: nothing"),
        (Refused(["the name", "the date"]), 1, "vbench: the name\nthe date"),
    ],
)  # fmt: skip
def test_only_an_answer_is_1(
    vbench: Command, videos: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, said: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("vbench.interface.evaluate", fail)
    result = vbench("evaluate", videos, "-d", "brightness", "--profile", "toy")
    assert result.status == status
    assert said in result.err
    assert ("Traceback" in result.err) == (said == "Traceback")


def test_nothing_could_be_scored(vbench: Command, tmp_path: Path) -> None:
    write_text(tmp_path / "bad" / "text-0.mp4")
    assert vbench("evaluate", tmp_path / "bad", "-d", "brightness", "--profile", "toy").status == 3


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "Name the folder of the videos"),
        (("none",), "none does not exist"),
        (("empty",), "holds no videos"),
        (("videos", "-d", "brightnes"), "Did you mean brightness?"),
        (("videos", "--profile", "best"), "no profile named 'best'"),
        (("videos", "--device", "tpu9"), "is no device that networks compute on: expected auto or one of cpu"),
        (("videos", "--device", "cuda:none"), "cannot be used here"),
        (("videos", "--mode", "odd"), "no mode named 'odd'"),
        (("videos", "--mode", "vbench_standard"), "needs a prompt suite"),
        (("videos", "--suite", "none.json"), "no prompt suite 'none.json'"),
        (("videos", "--prompt", "a", "--prompt-file", "b"), "exclude each other"),
        (("videos", "--category", "animal"), "Name the suite whose content category is meant"),
        (("videos", "--suite", "open", "--category", "anmal"), "Did you mean animal?"),
        (("videos", "--suite", "mni"), "Did you mean mini?"),
    ],
)
def test_wrong_calls_say_what_to_do(vbench: Command, videos: Path, args: tuple[str, ...], message: str) -> None:
    Path("empty").mkdir()
    result = vbench("evaluate", *args)
    assert result.status == 2
    assert message in result.err
    assert "Traceback" not in result.err


def test_the_references_flags_are_taken(vbench: Command, videos: Path) -> None:
    flags = ("--mode", "custom_input", "--load_ckpt_from_local", "True", "--read_frame", "False", "--ngpus", "1")
    result = vbench(
        "evaluate", "--videos_path", videos, "--dimension", "brightness", "fragile", "--output_path", "out",
        "--prompt", "a prompt", "--imaging_quality_preprocessing_mode", "longer", "--profile", "toy", *flags,
    )  # fmt: skip
    assert result.status == 1  # fragile breaks on one video
    written = json.loads(Path("out/results_eval_results.json").read_text())
    assert list(written) == ["brightness", "fragile"]
    info = json.loads(Path("out/results_full_info.json").read_text())
    assert info[0]["prompt_en"] == "a prompt"


def test_check(vbench: Command, videos: Path) -> None:
    assert vbench("check", videos).status == 0
    write_text(videos / "text-0.mp4")
    write_video(videos / "short-0.mp4", noise(1))
    write_video(videos / "large-0.mp4", noise(2, 64, 64))
    result = vbench("check", videos, "--json")
    checked("check", result.out)
    assert result.status == 1
    assert {(finding["kind"], finding["video"]) for finding in result.json["findings"]} == {
        ("unreadable", "text-0.mp4"),
        ("one_frame", "short-0.mp4"),
        ("odd_format", "short-0.mp4"),
        ("odd_format", "large-0.mp4"),
    }
    suite = videos.parent / "suite.json"
    suite.write_text(json.dumps([{"prompt_en": "clip 0", "dimension": ["brightness"]}]))
    kinds = [finding["kind"] for finding in vbench("check", videos, "--suite", suite, "--json").json["findings"]]
    assert kinds.count("missing") == 4
    assert kinds.count("unexpected") == 5


def test_check_says_what_will_have_no_score(vbench: Command, videos: Path) -> None:
    listed = vbench("check", videos, "--json").json["will_not_be_scored"]
    assert "vbench weights download amt_s" in {one["dimension"]: one["why"] for one in listed}["motion_smoothness"]
    small = vbench("check", videos, "-d", "imaging_quality", "--profile", "lite")
    assert small.status == 0
    assert "What the lite profile will not score" in small.out
    assert "64x48 px are too small for NIQE" in " ".join(small.out.split())
    assert vbench("check", videos, "-d", "imaging_quality", "--profile", "lite", "--strict").status == 1
    ready = vbench("check", videos, "-d", "temporal_flickering", "--strict", "--json")
    assert (ready.status, ready.json["will_not_be_scored"]) == (0, [])


def test_score_reads_the_references_files_and_refuses_a_partial_total(vbench: Command, tmp_path: Path) -> None:
    scores = dict.fromkeys(RULES, 0.9)
    file = tmp_path / "model_eval_results.json"
    file.write_text(json.dumps({name: [score, []] for name, score in scores.items()}))
    complete = vbench("score", file, "--json")
    checked("score", complete.out)
    assert complete.status == 0
    assert complete.json["total"] is not None
    del scores["scene"]
    file.write_text(json.dumps({name: [score, []] for name, score in scores.items()}))
    partial = vbench("score", tmp_path)
    assert partial.status == 1
    assert "not computed: 1 of 9 dimensions have no score: scene" in " ".join(partial.out.split())
    assert "a part, not the protocol's score" in vbench("score", tmp_path, "--partial").out
    assert vbench("score", tmp_path / "none").status == 2
    file.write_text('{"scene": [NaN, []]}')
    assert "NaN" in vbench("score", file).err


def test_weights(vbench: Command, empty_cache: Path) -> None:
    listed = checked("weights-list", vbench("weights", "list", "--json").out)
    assert listed["cache"] == str(empty_cache)
    assert {"dino_vitb16", "clip_vit_b_32", "amt_s", "raft_things"} <= {row["name"] for row in listed["checkpoints"]}
    where = vbench("weights", "path", "raft_things")
    assert (where.status, where.out.strip()) == (1, str(empty_cache / "raft_model/models/raft-things.pth"))
    wrong = empty_cache / "pyiqa_model/musiq_spaq_ckpt-358bb6af.pth"
    wrong.parent.mkdir(parents=True)
    wrong.write_bytes(b"something else")
    verified = vbench("weights", "verify", "musiq_spaq", "dino_vitb16")
    assert verified.status == 1
    assert "is not the published file" in verified.out
    assert "vbench weights download dino_vitb16" in verified.out
    assert vbench("weights", "path", "nothing").status == 2


def test_dimensions(vbench: Command) -> None:
    listed = {row["name"]: row for row in checked("dimensions", vbench("dimensions", "--profile", "toy", "--json").out)}
    assert listed["brightness"]["obstacle"] == ""
    assert "vbench weights download amt_s" in listed["weighing"]["obstacle"]


def test_version_and_help(vbench: Command) -> None:
    assert vbench("--version").out.startswith("vbench-suite ")
    assert "Examples" in vbench("evaluate", "--help").out
