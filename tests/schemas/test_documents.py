"""What the commands print and leave is what its schema says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.runs.test_record import FIXTURES, VERSIONS
from tests.schemas import checked, validator
from vbench.cli import main
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.leaderboard.submissions.pack import pack
from vbench.reports.video_scores import video_scores
from vbench.runs.record import RECORD_VERSION, read_record
from vbench.runs.results import read_rows
from vbench.runs.run import open_run
from vbench.sampling.manifest import read_manifest

Printed = Callable[..., Any]

LITE = ("--profile", "lite", "--device", "cpu", "--progress", "none")

FLICKER = ("-d", "temporal_flickering")


NEWEST = f"v{RECORD_VERSION}"


def copied(version: str, folder: Path) -> Path:
    """A stored run; SQLite leaves files beside what it reads."""
    return Path(shutil.copytree(FIXTURES / version, folder))


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Printed:
    """What a command prints on standard output, called beside a run, its copy and its videos."""
    for name in ("run", "again"):
        copied(NEWEST, tmp_path / name)
    shutil.copytree(FIXTURES / "videos", tmp_path / "videos")
    monkeypatch.chdir(tmp_path)

    def call(*args: object) -> str:
        monkeypatch.setattr(sys, "argv", ["vbench", *map(str, args)])
        with pytest.raises(SystemExit):
            main()
        return capsys.readouterr().out

    return call


def test_what_is_said_of_a_run(printed: Printed) -> None:
    card = checked("score", printed("score", "run", "--json"))
    assert "per_video" not in card
    assert checked("score", printed("score", "run", "--videos", "--partial", "--json"))["per_video"]
    assert checked("card", printed("card", "run", "--json"))["scores"]
    assert checked("diff", printed("diff", "run", "again", "--json")) == {"differences": [], "moved": []}
    same = printed("verify", "run", "videos", "--fraction", 0.1, "--device", "cpu", "--json")
    assert checked("verify", same)["scored_again"]
    changed = json.loads(Path("again/run.json").read_text())
    Path("again/run.json").write_text(json.dumps({**changed, "options": {"scene": {"size": 1}}, "packages": {}}))
    assert checked("diff", printed("diff", "run", "again", "--json"))["differences"]


def test_what_is_said_of_videos(printed: Printed) -> None:
    Path("videos/sampling.json").unlink()  # its suite is where it was made
    one = ("evaluate", "videos", *FLICKER, *LITE, "--mode", "custom_input", "-o")
    assert checked("evaluate", printed(*one, "one", "--json"))["run"] == "one"
    shard = (*one[:-1], "--shard", "1/2", "-o", "part")
    printed(*shard)
    assert checked("merge", printed("merge", "part", "-o", "merged", "--json"))["missing_shards"] == ["2/2"]
    checked("run.json", Path("part/run.json").read_text())
    checked("run.json", Path("merged/run.json").read_text())
    verdicts = printed("verify", "one", "run", "--fraction", 0.5, "--device", "cpu", "--json")
    assert checked("verify", verdicts)["findings"]


def test_what_is_sampled(printed: Printed) -> None:
    small = ("--size", "64x64", "--frames", 4, "--progress", "none", "--json")
    told = printed("generate", "-m", "synthetic", "--prompt", "a red bus", "--samples", 1, "-o", "bus", *small)
    assert checked("generate", told)["made"] == 1
    checked("sampling.json", Path("bus/sampling.json").read_text())
    for line in Path("bus/samples.jsonl").read_text().splitlines():
        assert len(checked("samples.jsonl", line)) == len(asdict(read_manifest(Path("bus"))[0]))
    filtered = ("filter-static", "bus", "--profile", "lite", "--scope", "all", "--output", "still", "--device", "cpu")
    assert checked("filter-static", printed(*filtered, "--progress", "none", "--json"))["unjudged"] == {}


def test_what_is_listed(printed: Printed) -> None:
    checked("benchmarks", printed("benchmarks", "--json"))
    checked("prompts-list", printed("prompts", "list", "--json"))
    for line in printed("plan", "mini", "--samples", 1, "--json").splitlines():
        checked("plan", line)
    checked("schema", printed("schema", "--json"))


@pytest.mark.parametrize("version", VERSIONS)
def test_runs_of_every_version_become_records_of_this_one(version: str, tmp_path: Path) -> None:
    folder = copied(version, tmp_path / "run")
    checked("run.json", read_record(folder).plain())
    for row in read_rows(folder):
        checked("run.sqlite", asdict(row))
    for one in video_scores(read_rows(folder)):
        checked("video-scores.csv", one)
    for line in (folder / "samples.jsonl").read_text().splitlines():
        checked("samples.jsonl", line)


def test_the_file_of_a_run_of_this_version_is_what_its_schema_says() -> None:
    checked("run.json", (FIXTURES / NEWEST / "run.json").read_text())


def test_a_submission_that_is_packed(tmp_path: Path) -> None:
    card = ModelCard("Model", "Lab", "Lab", fps=8.0, frames=16, access="open weights")
    checked("card.json", {"name": "Model"})
    with zipfile.ZipFile(BytesIO(pack(copied(NEWEST, tmp_path / "run"), card))) as archive:
        checked("card.json", checked("submission.json", archive.read("submission.json"))["card"])
        for line in archive.read("scores.jsonl").splitlines():
            checked("scores.jsonl", line)
        for line in archive.read("samples.jsonl").splitlines():
            checked("samples.jsonl", line)


def test_a_field_that_the_schema_does_not_know_is_refused(tmp_path: Path) -> None:
    run = open_run(copied(NEWEST, tmp_path / "run"))
    for name, document in (("run.json", run.record.plain()), ("run.sqlite", asdict(run.rows()[0]))):
        plain = checked(name, document)
        assert not validator(name).is_valid({**plain, "more": 1})
        assert not validator(name).is_valid({key: value for key, value in plain.items() if key != "dimension_versions"
                                             and key != "cache_key"})  # fmt: skip


def test_a_machine_without_the_boards_packages_has_its_schemas() -> None:
    code = (
        "import sys\n"
        "for name in ('sqlalchemy', 'fastapi', 'gradio', 'alembic', 'jinja2', 'matplotlib', 'pyarrow', 'scipy',\n"
        "             'transformers', 'diffusers', 'timm', 'cv2'):\n"
        "    sys.modules[name] = None\n"
        "from vbench.cli import main\n"
        "sys.argv = ['vbench', 'schema', 'board.json']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert json.loads(done.stdout)["$id"] == "urn:vbench-suite:board.json:2", done.stderr
