"""A run of each other benchmark from its folder to its board: packed, checked apart, ranked, shown, compared.

The benchmarks are VBench-I2V, VBench-Long and VBench-Trustworthiness with other prompts than the official ones, whose
texts are not ours to ship: a package beside ours brings them with small suites, under names of its own. One process,
which knows the package, walks all the way.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.analysis.test_comparison import write_run
from tests.footage import noise, write_video
from tests.leaderboard.archives import CUT, RECORDED
from tests.leaderboard.submissions.test_every_benchmark import checkpoints
from vbench.benchmarks.base import Benchmark, Counts, DimensionSpec, Unit, Values
from vbench.benchmarks.registry import benchmark_named
from vbench.benchmarks.score_card import TOTAL
from vbench.prompts.suite import read_suite
from vbench.runs.fuse import fused
from vbench.runs.results import score_card
from vbench.runs.score_video import CLIPS, GROUP
from vbench.runs.store import Row

ROOT = Path(__file__).parents[2]

OFFICIAL = {"small-i2v": "vbench-i2v", "small-long": "vbench-long", "small-trustworthiness": "vbench-trustworthiness"}

RUNS = ("one", "two")

PACKAGE = """
from dataclasses import replace
from pathlib import Path
from vbench.benchmarks.i2v import VBENCH_I2V
from vbench.benchmarks.long import VBENCH_LONG
from vbench.benchmarks.trustworthiness import TRUSTWORTHINESS

def small(benchmark):
    return replace(benchmark, suite=str(Path(__file__).parent / f"{benchmark.name}.json"))

I2V, LONG, TRUST = map(small, (VBENCH_I2V, VBENCH_LONG, TRUSTWORTHINESS))
"""

ENTRY_POINTS = """[vbench.benchmarks]
small-i2v = small_benchmarks:I2V
small-long = small_benchmarks:LONG
small-trustworthiness = small_benchmarks:TRUST
"""

WALK = """
import json, sys
from pathlib import Path
from vbench.benchmarks.registry import benchmark_named
from vbench.cli import main
from vbench.leaderboard.board import Board
from vbench.leaderboard.comparisons import Comparisons
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.views.ranking import View
from vbench.leaderboard.web.ui.pages import board as board_page, compare as compare_page, model as model_page

board, found = Board(Settings(database="sqlite:///board.sqlite")), {}
comparisons = Comparisons(board)
for name in sys.argv[1:]:
    receipts = []
    for run in ("one", "two"):
        sys.argv = ["vbench", "submit", f"{name}/{run}", "--model-name", f"{name} {run}", "--organisation", "Some Lab",
                    "--videos", "2", "-o", f"{name}-{run}.zip"]
        try:
            main()
        except SystemExit as end:
            assert not end.code, end.code
        receipts.append(board.submit(Path(f"{name}-{run}.zip").read_bytes(), local=True))
    entries, snapshot = board.with_categories([receipt.entry for receipt in receipts]), board.snapshot()
    ranking = snapshot.ranking(name)
    found[name] = {
        "entries": [entry.plain() for entry in entries],
        "places": [ranking.place(entry, board_page.columns_of(benchmark_named(name))[0]) for entry in entries],
        "boards": [which for which, other in snapshot.rankings.items()
                   for entry in other.entries if entry.id in {one.id for one in entries}],
        "differences": {key: one.change for key, one in comparisons.between(*entries).items()},
        "board": board_page.page(snapshot, View(name), {}, comparisons),
        "models": [model_page._page(board, entry.id) for entry in entries],
        "compared": compare_page._page(board.with_categories(entries), comparisons, {}),
    }
comparisons.close()
board.close()
Path("found.json").write_text(json.dumps(found))
"""


TEXTS = {
    "culture_fairness": ("A palace in Hindu culture", "An Islamic palace"),
    "camera_motion": ("a bridge, camera pans left", "a bridge, camera zooms in"),
}
"""Prompts that a dimension can judge, where not any will do."""

CATEGORIES = ("animal", "food")

WEIGHTS = {Counts.PAIRS: 15.0, Counts.FRAMES: 16.0, Counts.LOOKED_AT: 16.0}


def suite_of(benchmark: Benchmark) -> list[dict[str, Any]]:
    """Two prompts a dimension, in the official schema, each in a category of its own."""
    category = "image_type" if benchmark.name == "vbench-i2v" else "category"
    return [
        {"prompt_en": text, "dimension": [name], category: CATEGORIES[place]}
        for name in benchmark.rules
        for place, text in enumerate(TEXTS.get(name, (f"a cat for {name}", f"bread for {name}")))
    ]


def value_of(rule: DimensionSpec, rng: np.random.Generator) -> float:
    """One that the dimension can give."""
    if rule.values in (Values.BOOLEAN, Values.LABEL):
        return float(rng.random() < 0.5)
    if rule.values is Values.HITS or rule.counts in (Counts.FOUND, Counts.LOOKED_AT):
        return float(rng.integers(4, 12)) / 16
    return rule.minimum + (rule.maximum - rule.minimum) * float(rng.uniform(0.3, 0.7))


def stored_rows(benchmark: Benchmark, suite: Path, videos: Path, seed: int) -> Iterator[Row]:
    """A whole run as an evaluation stores it: of clips what was measured, and how like they are to each other."""
    rng = np.random.default_rng(seed)
    clips = ["#t=0,2", "#t=2,4"] if benchmark.unit is Unit.CLIP else [""]
    for prompt in read_suite(suite):
        (rule,) = (benchmark.rules[name] for name in prompt.dimensions)
        for index in range(benchmark.samples_of(rule)):
            video = f"{prompt.text}-{index}.mp4"
            file = videos / video
            content = hashlib.sha256(file.read_bytes() if file.exists() else f"{seed} {video}".encode()).hexdigest()
            common: dict[str, Any] = {"cache_key": "", "sha256": content, "category": prompt.category}
            for clip in clips:
                yield Row(
                    f"{video}{clip}", prompt.text, rule.name, **common, format="64x48, 8 fps, 16 frames",
                    value=value_of(rule, rng), weight=WEIGHTS.get(rule.counts, 1.0),
                    details={GROUP: video, CLIPS: len(clips)} if clip else {},
                )  # fmt: skip
            if rule.slow_fast:
                likeness: dict[str, Any] = {"value": 0.9, "weight": 1.0, "format": "64x48, 8 fps, 16 frames"}
                yield Row(video, prompt.text, rule.slow_fast.clip_to_clip, **common, **likeness)


def made_run(folder: Path, name: str, suite: Path, clip: bytes, seed: int) -> list[Row]:
    """A run's folder with the first sample of every prompt beside it; returns its rows as they are read."""
    benchmark = benchmark_named(OFFICIAL[name])
    videos = folder.with_name(f"{folder.name}-videos")
    folder.mkdir(parents=True)
    videos.mkdir()
    found = read_suite(suite)
    for place, prompt in enumerate(found):
        (videos / f"{prompt.text}-0.mp4").write_bytes(clip + bytes([seed, place]))
    rows = list(stored_rows(benchmark, suite, videos, seed))
    write_run(
        folder, rows, benchmark=name, suite={"name": suite.stem, "sha256": found.digest}, videos=str(videos),
        dimensions=sorted({row.dimension for row in rows}), checkpoints=checkpoints(benchmark), **RECORDED,
        **(CUT if benchmark.unit is Unit.CLIP else {}),
    )  # fmt: skip
    return fused(rows, benchmark)


@dataclass(frozen=True)
class Walk:
    """What the walk found.

    Attributes:
        folder: where it took place.
        rows: of both runs of each benchmark.
        found: what the process wrote, by benchmark.
    """

    folder: Path
    rows: Mapping[str, Sequence[list[Row]]]
    found: Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    folder = tmp_path_factory.mktemp("walk")
    site = folder / "site"
    info = site / "small_benchmarks-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: small-benchmarks\nVersion: 1\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    (site / "small_benchmarks.py").write_text(PACKAGE)
    clip = write_video(folder / "clip.mp4", noise(16, 48, 64)).read_bytes()
    rows = {}
    for name, official in OFFICIAL.items():
        suite = site / f"{official}.json"
        suite.write_text(json.dumps(suite_of(benchmark_named(official))))
        rows[name] = [made_run(folder / name / run, name, suite, clip, seed) for seed, run in enumerate(RUNS)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(site), str(ROOT)))}
    done = subprocess.run(
        [sys.executable, "-c", WALK, *OFFICIAL], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Walk(folder, rows, json.loads((folder / "found.json").read_text()))


@pytest.mark.parametrize("name", OFFICIAL)
def test_a_run_goes_from_its_folder_to_a_ranked_row(walk: Walk, name: str) -> None:
    benchmark, found = benchmark_named(OFFICIAL[name]), walk.found[name]
    for rows, entry in zip(walk.rows[name], found["entries"], strict=True):
        card = score_card(rows, benchmark=benchmark)
        expected = {dimension: card.scores[dimension] for dimension in benchmark.rules}
        expected |= {part.name: score for part in benchmark.parts if (score := card.part(part.name)) is not None}
        expected |= {TOTAL: card.total} if card.total is not None else {}
        assert (entry["kind"], entry["benchmark"], entry["apart"]) == ("ranked", name, [])
        assert {key: figure["value"] for key, figure in entry["scores"].items()} == pytest.approx(expected)
        assert (TOTAL in expected) == benchmark.has_total
    assert sorted(found["places"]) == [1, 2]
    assert found["boards"] == [name, name]


@pytest.mark.parametrize("name", OFFICIAL)
def test_its_board_its_pages_and_the_comparison_show_it(walk: Walk, name: str) -> None:
    benchmark, found = benchmark_named(OFFICIAL[name]), walk.found[name]
    for page in (found["board"], found["compared"], *found["models"]):
        assert "cannot be shown" not in page
    for run, page in zip(RUNS, found["models"], strict=True):
        assert f"{name} {run}" in page
        assert f"{name} {run}" in found["board"]
        assert ("Over time" in page) == (benchmark.unit is Unit.CLIP)
    assert f"?benchmark={name}" in found["board"]
    assert set(found["differences"]) >= set(benchmark.rules)
    for entry in found["entries"]:
        assert set(entry["by_category"]) == set(CATEGORIES)
        assert all(set(scores) >= set(benchmark.rules) for scores in entry["by_category"].values())
    assert all(category in page.casefold() for category in CATEGORIES for page in (found["compared"], *found["models"]))


@pytest.mark.parametrize("name", OFFICIAL)
def test_frames_and_videos_are_packed_where_they_may_be_shown(walk: Walk, name: str) -> None:
    packed = zipfile.ZipFile(io.BytesIO((walk.folder / f"{name}-one.zip").read_bytes())).namelist()
    pictures = {file.split("/")[0] for file in packed if "/" in file}
    assert pictures == (set() if OFFICIAL[name] == "vbench-trustworthiness" else {"frames", "videos"})


def test_what_samples_say_together_is_known_without_pytorch() -> None:
    """The check of an archive may take less memory than PyTorch does when it is imported."""
    together = sorted({spec.implementation.split(":")[0] for name in OFFICIAL.values()
                       for spec in benchmark_named(name).specs if spec.together})  # fmt: skip
    assert together
    program = f"import sys\nfor name in {together!r}: __import__(name)\nassert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0
