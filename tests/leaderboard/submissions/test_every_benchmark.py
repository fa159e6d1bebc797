"""Runs of every benchmark are submitted end to end: packed, checked, ranked in their own board and in no other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.analysis.test_comparison import write_run
from tests.leaderboard.archives import CUT, MINI, RECORDED, card, rows, run, scored
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.registry import benchmark_named
from vbench.benchmarks.t2v import FILTER_VERSION, T2V
from vbench.errors import Refused
from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.submissions.archive import limits_of, read_archive
from vbench.leaderboard.submissions.pack import pack
from vbench.leaderboard.submissions.provenance import checkpoints_of
from vbench.leaderboard.submissions.validate import check
from vbench.leaderboard.views.board_row import FIGURE, RANKED
from vbench.leaderboard.web.ui.pages import model as model_page
from vbench.leaderboard.web.ui.pages.model import courses_of
from vbench.media.decode import VERSION as DECODING
from vbench.media.spans import video_of
from vbench.provenance import NOT_RECORDED
from vbench.runs.results import score_card
from vbench.runs.store import Row
from vbench.weights.cards import checkpoint

CLIPS = 3

FALLING = ("subject_consistency", "background_consistency", "imaging_quality", "aesthetic_quality")
"""Dimensions whose scores need not be a number of frames."""

OWN = {"mode": "custom_input", "suite": {"name": "", "sha256": ""}}


def checkpoints(benchmark: Benchmark) -> dict[str, dict[str, str]]:
    names = dict.fromkeys(name for found in checkpoints_of(benchmark).values() for name in found)
    return {
        name: {
            "file": Path(checkpoint(name).path).name,
            "sha256": (checkpoint(name).sha256 + hashlib.sha256(name.encode()).hexdigest())[:64],
        }
        for name in names
    }


def long_rows() -> list[Row]:
    """Every video of the mini suite as three clips whose scores fall."""
    made = []
    for row in rows(3):
        for clip in range(CLIPS):
            value = max(float(row.value or 0) - 0.01 * clip * (row.dimension in FALLING), 0)
            made.append(replace(row, video=f"{row.video}#t={2 * clip},{2 * clip + 2}", value=value, weight=1.0))
    return made


def gate_rows() -> list[Row]:
    rules = benchmark_named("mlperf-wan22").rules
    return [row for row in rows(4, samples=1) if row.dimension in rules]


def own_rows() -> list[Row]:
    rng = np.random.default_rng(5)
    rules = benchmark_named("video-quality").rules
    made = []
    for number in range(8):
        content = hashlib.sha256(str(number).encode()).hexdigest()
        for name in rules:
            row = Row(f"clip {number}.mp4", f"clip {number}", name, "0" * 64, content)
            value = rng.random() < 0.5 if name == "dynamic_degree" else rng.uniform(0.5, 0.9)
            made.append(scored(row, float(value)))
    return made


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    return Board(Settings(database=f"sqlite:///{tmp_path_factory.mktemp('every')}/board.sqlite", suite="mini"))


@pytest.mark.parametrize(
    ("name", "make", "changes"),
    [("vbench-long", long_rows, CUT), ("mlperf-wan22", gate_rows, {}), ("video-quality", own_rows, OWN)],
)
def test_a_run_is_ranked_in_its_own_board(
    board: Board, tmp_path: Path, name: str, make: Callable[[], Iterable[Row]], changes: dict[str, object]
) -> None:
    benchmark, made = benchmark_named(name), list(make())
    record = {
        "benchmark": name, "suite": {"name": "mini", "sha256": MINI.digest}, "videos": "/home/somebody/videos",
        "checkpoints": checkpoints(benchmark), **RECORDED, **changes,
    }  # fmt: skip
    folder = write_run(tmp_path / "run", made, **record)
    receipt = board.submit(pack(folder, card(name, frames=None, seconds=None)), local=True)
    assert (receipt.entry.kind, receipt.entry.benchmark, receipt.entry.apart) == (RANKED, name, ())
    found = score_card(made, benchmark=benchmark)
    for dimension, score in found.scores.items():
        assert receipt.entry.value(dimension) == pytest.approx(score)
    assert receipt.entry.value("total") == (pytest.approx(found.total) if benchmark.has_total else None)
    snapshot = board.snapshot()
    where = {
        which for which, ranking in snapshot.rankings.items() for entry in ranking.entries if entry.format != FIGURE
        and entry.card.name == name
    }  # fmt: skip
    assert where == {name}
    assert snapshot.ranking(name).place(receipt.entry, benchmark.parts[0].name if benchmark.parts else "total")


def test_the_model_page_of_a_long_entry_shows_its_course(board: Board) -> None:
    (number,) = [entry.id for entry in board.snapshot().ranking("vbench-long").entries if entry.format != FIGURE]
    courses = {course.dimension: course for course in courses_of(board, int(number))}
    assert courses["imaging_quality"].drift.slope.value == pytest.approx(-0.005)
    assert courses["imaging_quality"].drift.drift == pytest.approx(-0.02)
    assert courses["imaging_quality"].seconds == (1.0, 3.0, 5.0)
    assert courses["scene"].drift.slope.value == 0
    page = model_page._page(board, number)
    assert "Over time" in page
    assert "cannot be shown" not in page
    assert "Over time" not in model_page._page(board, "published-veo-3")


def test_clips_belong_to_benchmarks_of_clips(board: Board, tmp_path: Path) -> None:
    made = [replace(row, video=f"{row.video}#t=0,2") for row in rows(3)]
    with pytest.raises(Refused, match="is a clip; vbench-t2v judges whole videos"):
        board.submit(pack(run(tmp_path / "run", made), card("Clips")), local=True)


def test_clips_are_counted_as_their_videos(board: Board, tmp_path: Path) -> None:
    lacking = [row for row in long_rows() if video_of(row.video) != rows(3)[0].video]
    record = {
        "benchmark": "vbench-long", "suite": {"name": "mini", "sha256": MINI.digest}, "videos": "/home/somebody",
        "checkpoints": checkpoints(benchmark_named("vbench-long")), **RECORDED, **CUT,
    }  # fmt: skip
    content = pack(write_run(tmp_path / "run", lacking, **record), card("Part", frames=None, seconds=None))
    with pytest.raises(Refused, match=r"is incomplete: \d+ of \d+ videos"):
        board.submit(content, local=True)


@pytest.mark.parametrize("version", [2, 4])
def test_scores_of_another_version_of_a_dimension_are_not_ranked_beside_todays(tmp_path: Path, version: int) -> None:
    packages = {"vbench-suite": "0.1.0", "torch": "2.7.0; 2.9.1"}  # a run that was continued after an update
    versions = {"imaging_quality": version, "scene": 1, "of_a_plugin": 7}
    content = pack(run(tmp_path / "run", packages=packages, dimension_versions=versions), card("Older"))
    found = check(read_archive(content, limits_of(Settings())), "mini")
    other = "Scored by other versions of dimensions than this board ranks"
    assert found.apart == [f"{other}: imaging_quality {version} instead of {T2V.rules['imaging_quality'].version}."]


def test_a_run_whose_record_was_lost_is_taken_and_what_nobody_knows_is_said(tmp_path: Path) -> None:
    packages = {"vbench-suite": f"{NOT_RECORDED}; 0.1.0", "torch": NOT_RECORDED}
    content = pack(run(tmp_path / "run", packages=packages, started=""), card("Lost"))
    found = check(read_archive(content, limits_of(Settings())), "mini")
    assert not found.apart
    assert "Not recorded: which version of vbench-suite evaluated." in found.unverified
    assert "Not recorded: when the run started." in found.unverified


def test_scores_of_videos_that_were_read_or_chosen_otherwise_are_not_ranked_beside_todays(tmp_path: Path) -> None:
    older = run(tmp_path / "run", decoding_versions={"scene": 4}, filter_versions={"scene": 99})
    found = check(read_archive(pack(older, card("Older")), limits_of(Settings())), "mini")
    other = "Scored by other versions of the {} than this board ranks: scene {} instead of {}."
    assert found.apart == [
        other.format("decoding", 4, DECODING),
        other.format("static filter", 99, FILTER_VERSION),
    ]
    untold = run(tmp_path / "untold", dimension_versions={"scene": 1})
    found = check(read_archive(pack(untold, card("Older")), limits_of(Settings())), "mini")
    assert not found.apart
    assert "Not recorded: which version of the decoding read the videos." in found.unverified


@pytest.mark.parametrize("changes", [{"version": 1}, {"reencode": False}, {"scenes": True}])
def test_clips_of_another_kind_are_not_ranked_beside_the_protocols(tmp_path: Path, changes: dict[str, object]) -> None:
    cutting = {**CUT["cutting"], **changes}
    record = {
        "benchmark": "vbench-long", "suite": {"name": "mini", "sha256": MINI.digest}, "videos": "/home/somebody",
        "checkpoints": checkpoints(benchmark_named("vbench-long")), **RECORDED, "cutting": cutting,
    }  # fmt: skip
    folder = write_run(tmp_path / "run", long_rows(), **record)
    found = check(read_archive(pack(folder, card("Cut", frames=None, seconds=None)), limits_of(Settings())), "mini")
    said, ours = (json.dumps(one, sort_keys=True) for one in (cutting, CUT["cutting"]))
    assert found.apart == [f"Clips cut in another way than this board ranks: {said}, not {ours}."]
