"""What another package brings works everywhere; a broken one is named, and everything else works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

FORKS = """
import os, sys
import torch
from vbench.cli import main
for command in sys.stdin:
    child = os.fork()
    if not child:
        os.dup2(os.open("out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(os.open("err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        sys.argv = ["vbench", *command.split()]
        sys.exit(main())
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Each line is a command in a process of its own, which begins with torch loaded; answered by its status."""

BOARD = """
import json, sys
from pathlib import Path
from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import Settings
board = Board(Settings(database=f"sqlite:///{sys.argv[1]}"))
number = board.submit(Path(sys.argv[2]).read_bytes(), local=True).id
(entry,) = [entry for entry in board.entries() if entry.id == str(number)]
print(json.dumps(entry.plain()))
"""


class Machine:
    """A machine on which some packages are installed.

    Args:
        folder: its working directory.
        packages: folders of packages beside this file.
    """

    def __init__(self, folder: Path, packages: Sequence[str]) -> None:
        self.folder, site = folder, folder / "site"
        for package in packages:
            install(HERE / package, site)
        paths = [site, *(HERE / package for package in packages), ROOT]
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "VBENCH_CACHE_DIR": str(folder / "cache"),
        }
        self.forks = subprocess.Popen(
            [sys.executable, "-c", FORKS],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run this Python there."""
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)

    def vbench(self, command: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command there; it must end with this status."""
        assert self.forks.stdin is not None
        assert self.forks.stdout is not None
        print(command, file=self.forks.stdin, flush=True)
        ended = int(self.forks.stdout.readline())
        done = subprocess.CompletedProcess(
            command, ended, *((self.folder / name).read_text() for name in ("out", "err"))
        )
        assert done.returncode == status, f"vbench {command}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, command: str, status: int = 0) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.vbench(f"{command} --json", status).stdout)

    def close(self) -> None:
        """Run no more commands."""
        self.forks.communicate()


def install(package: Path, site: Path) -> None:
    """Make a package's entry points known, as pip leaves them."""
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = [
        "\n".join([f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())])
        for group, entries in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n\n".join(groups) + "\n")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """With the toy package, its checkpoint, and two models' videos, sampled and scored."""
    machine = Machine(tmp_path_factory.mktemp("toy"), ["toy"])
    file = machine.folder / "cache/toy/thermometer.pth"
    file.parent.mkdir(parents=True)
    torch.save({"scale": torch.tensor(0.5)}, file)
    for name, model in (("warm", "plain"), ("cold", "plain:cold")):
        machine.vbench(f"generate --model {model} --benchmark toy --out videos/{name}")
        machine.vbench(f"check videos/{name}")
        machine.vbench(f"evaluate videos/{name} --profile lite --output runs/{name}")
    yield machine
    machine.close()


def test_it_is_listed_with_what_it_brings(machine: Machine) -> None:
    (toy,) = [one for one in machine.json("benchmarks") if one["name"] == "toy"]
    assert (toy["samples"], list(toy["dimensions"])) == (2, ["warmth", "variety", "mood"])
    found = {one["name"]: one for one in machine.json("dimensions --profile lite")}
    assert found["warmth"] == {
        "name": "warmth", "part": "look", "meaning": "The picture is red.", "backbones": ["thermometer"],
        "obstacle": "", "package": "vbench-toy",
    }  # fmt: skip
    assert "clips of one colour" in machine.vbench("generators plain").stdout
    assert machine.vbench("weights path toy_thermometer").stdout.strip().endswith("cache/toy/thermometer.pth")


def test_its_benchmark_is_scored_by_its_own_rules(machine: Machine) -> None:
    card = machine.json("score runs/warm")
    scores = {name: result["score"] for name, result in card["dimensions"].items()}
    record = json.loads((machine.folder / "runs/warm/run.json").read_text())
    assert card["benchmark"] == record["benchmark"] == "toy"
    assert [result["videos"] for result in card["dimensions"].values()] == [6, 6, 4]
    assert card["look"] == pytest.approx((scores["warmth"] / 0.5 + 0.5 * scores["variety"]) / 1.5)
    assert card["meaning"] == scores["mood"]
    assert card["total"] == pytest.approx((2 * card["look"] + card["meaning"]) / 3)
    assert record["checkpoints"].keys() == {"toy_thermometer"}


def test_a_dimension_that_judges_samples_together_has_a_score_of_each_prompt(machine: Machine) -> None:
    with (machine.folder / "runs/warm/results_eval_results.json").open() as file:
        results = json.load(file)
    values: dict[str, list[float]] = {}
    for one in results["variety"][1]:
        values.setdefault(Path(one["video_path"]).stem.rpartition("-")[0], []).append(one["video_results"])
    spread = [max(found) - min(found) for found in values.values()]
    assert len(spread) == 3
    assert results["variety"][0] == pytest.approx(sum(spread) / 3)


def test_runs_are_compared_and_held_against_conditions(machine: Machine) -> None:
    both = "compare runs/warm runs/cold --format json --gate"
    met = machine.vbench(f"{both} mood>-101,variety>-101")
    (compared,) = json.loads(met.stdout)["comparisons"]
    assert set(compared["differences"]) == {"warmth", "variety", "mood", "look", "meaning", "total"}
    assert compared["differences"]["warmth"]["second"] == 0
    assert "warmth>-1: no, it changed by" in machine.vbench(f"{both} warmth>-1", status=1).stderr
    assert "no score named 'quality' in toy" in machine.vbench(f"{both} quality>-1", status=2).stderr


def test_a_report_and_a_submission_are_of_its_benchmark(machine: Machine) -> None:
    machine.vbench("report runs/warm runs/cold -o report.html")
    page = (machine.folder / "report.html").read_text()
    assert all(title in page for title in ("Look", "Meaning", "Total", "Warmth", "Variety", "Mood"))
    told = machine.json("submit runs/warm --model-name Plain --organisation Nobody -o plain.zip")
    assert not [reason for reason in told["apart"] if "suite" in reason]
    done = machine.python("-c", BOARD, str(machine.folder / "board.sqlite"), str(machine.folder / "plain.zip"))
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert (row["benchmark"], row["kind"]) == ("toy", "apart" if told["apart"] else "ranked")
    assert {name: figure["value"] for name, figure in row["scores"].items()} == told["scores"]
    assert set(told["scores"]) == {"warmth", "variety", "mood", "look", "meaning", "total"}


def test_its_dimensions_judge_beside_those_of_the_protocol(machine: Machine) -> None:
    custom = "evaluate videos/warm --benchmark vbench-t2v --mode custom_input --profile lite"
    card = machine.json(f"{custom} -d warmth -o t2v")
    assert card["benchmark"] == "vbench-t2v"
    assert list(card["dimensions"]) == ["warmth"]
    refused = machine.vbench(f"{custom} -d mood -o no", status=2)
    assert "mood: not for custom_input, as the prompts bring no facts" in refused.stderr
    planned = machine.python(
        "-c", "from vbench.runs.dimensions_asked import dimensions_asked as asked; print(*asked(None, 'custom_input'))"
    ).stdout.split()
    assert "warmth" in planned
    assert "mood" not in planned
    without = machine.vbench("evaluate videos/warm --suite mini -d warmth --profile official -o other", status=3)
    assert "Asked: warmth. None of the" in without.stderr
    assert "prompts of mini tests warmth; they test" in without.stderr


def test_nothing_to_score_says_what_was_asked_and_why_nothing_is_left(machine: Machine) -> None:
    other = machine.folder / "other"
    other.mkdir()
    shutil.copy(machine.folder / "videos/warm/snow-0.mp4", other / "a lamp-0.mp4")
    told = machine.vbench("evaluate other --benchmark toy -d warmth --profile lite -o none", status=3).stderr
    assert "Asked: warmth. 3 prompts test it, such as 'a fire', 'snow', 'a stove'" in told
    assert "of the 6 videos that they want, such as 'a fire-0', none is in other" in told
    assert "1 of other names, such as 'a lamp-0.mp4'" in told


@pytest.fixture
def with_packages(tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    """Makes a machine."""
    made: list[Machine] = []

    def machine(*packages: str) -> Machine:
        made.append(Machine(tmp_path, packages))
        return made[-1]

    yield machine
    for one in made:
        one.close()


def test_a_broken_package_is_named_and_everything_else_works(with_packages: Callable[..., Machine]) -> None:
    machine = with_packages("toy", "broken")
    listed = machine.vbench("dimensions --profile lite --json")
    names = [one["name"] for one in json.loads(listed.stdout)]
    assert {"warmth", "scene", "imaging_quality"} <= set(names)
    assert "nobody" not in names
    broken = "of the package vbench-broken is broken"
    assert f"The dimension nobody {broken}: RuntimeError: nobody is at home" in listed.stderr
    assert "scene is claimed by vbench-suite and vbench-broken: that of vbench-suite is used" in listed.stderr
    assert "niqe is claimed by vbench-suite and vbench-broken: that of vbench-suite is used" in listed.stderr
    assert f"The profile thief {broken}" in listed.stderr
    benchmarks = machine.vbench("benchmarks --json")
    assert "toy" in [one["name"] for one in json.loads(benchmarks.stdout)]
    assert f"The benchmark nothing {broken}" in benchmarks.stderr
    assert "gone" in machine.vbench("generators --json").stdout
    asked = machine.vbench("generate --model gone --prompt x --out videos", status=4)
    assert f"The generator gone {broken}" in asked.stderr
    machine.vbench("generate --model plain --prompt snow --samples 1 --out videos")
    card = machine.json("evaluate videos -d temporal_flickering --profile lite -o run")
    assert card["dimensions"]["temporal_flickering"]["score"] == 1.0


def test_malformed_parts_are_named_with_package_and_error_and_everything_else_works(
    with_packages: Callable[..., Machine],
) -> None:
    machine = with_packages("toy", "malformed")
    told = ""
    for command in (
        "benchmarks",
        "dimensions --profile lite",
        "dimensions --profile greedy",
        "generators",
        "weights list",
    ):
        done = machine.vbench(command)
        assert "Traceback" not in done.stderr
        told += done.stdout + done.stderr
    told = " ".join(told.split())
    package = "of the package vbench-malformed is broken"
    for what, why in {
        "benchmark class_of_one": "vbench.benchmarks.base:Benchmark: is <class",
        "benchmark worded": "samples is 'five', expected int",
        "benchmark flat": "ValueError: the benchmark flat needs a minimum below the maximum of scene",
        "benchmark quitter": "SystemExit: I end here",
        "dimension untitled": "has no title",
        "dimension unfinished": "does not implement score",
        "dimension nowhere": "AttributeError",
        "dimension mistaken": "json:dumps: is <function dumps",
        "dimension unlocated": "ModuleNotFoundError",
        "profile listed": "roles is ['flow'], expected",
        "checkpoint unnamed": "path is 3, expected str",
        "generator crashing": "KeyError: 'no settings'",
        "generator instance": "is Benchmark(name='odd'",
        "enhancer idle": "does not implement enhance",
    }.items():
        assert f"{what} {package}: " in told, what
        assert why in told.partition(f"{what} {package}: ")[2][:300], what
    assert (
        "The profile ghost of the package vbench-malformed is left out: there is no backbone named nobody_at_all"
        in told
    )
    assert "There is no checkpoint named 'no_such_file'" in told
    assert "renamed missing, size not stated, none" in told
    for name in ("warmth", "scene", "toy", "synthetic", "plain", "raft_things"):
        assert name in told
    asked = machine.vbench("generate --model instance --prompt x --out videos", status=4)
    assert f"The generator instance {package}" in asked.stderr
    machine.vbench("generate --model plain --prompt snow --samples 1 --out videos")
    card = machine.json("evaluate videos --profile lite -d temporal_flickering -o run")
    assert card["dimensions"]["temporal_flickering"]["score"] == 1.0
    asked = machine.vbench("evaluate videos -d mistaken --profile lite -o no", status=3)
    assert f"The dimension mistaken {package}" in asked.stderr
