"""Every page of the board over every kind of entry: whole, partial, of one video, lite, of another benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.leaderboard.archives import archive, card, rows, run
from tests.leaderboard.conftest import ADMIN
from vbench.analysis.influence import interval_of, selection
from vbench.benchmarks.base import Part
from vbench.benchmarks.registry import benchmark_named
from vbench.benchmarks.t2v import T2V
from vbench.leaderboard.board import Board
from vbench.leaderboard.comparisons import Comparisons
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.submissions.pack import pack
from vbench.leaderboard.views.conclusions import trade_off
from vbench.leaderboard.views.ranking import View
from vbench.leaderboard.web.ui.pages import board as board_page
from vbench.leaderboard.web.ui.pages import compare as compare_page
from vbench.leaderboard.web.ui.pages import conclusions, distances
from vbench.leaderboard.web.ui.pages import model as model_page
from vbench.leaderboard.web.ui.pages.common import never_blank

BROKEN = "This page cannot be shown"


def partial(folder: Path, name: str, kept: list[Any], **record: Any) -> bytes:
    return pack(run(folder / name / "run", kept, **record), card(name, version=name), partial=True)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    folder = tmp_path_factory.mktemp("pages")
    made = rows(1)
    quality = benchmark_named("vbench-t2v").of_part("quality")
    video_quality = benchmark_named("video-quality").rules
    first = made[0]
    archives = [
        archive(folder / "whole"),
        partial(folder, "one-dimension", [row for row in rows(2) if row.dimension == "imaging_quality"]),
        partial(folder, "one-video", [row for row in made if row.video == first.video][:1]),
        partial(folder, "one-prompt", [row for row in rows(3) if row.prompt == first.prompt]),
        partial(folder, "only-quality", [row for row in rows(4) if row.dimension in quality]),
        partial(folder, "lite", [row for row in rows(5) if row.dimension == "scene"], profile="lite", checkpoints={}),
        partial(folder, "foreign", [row for row in rows(6, samples=1) if row.dimension in video_quality],
                benchmark="video-quality"),
    ]  # fmt: skip
    board = Board(Settings(database=f"sqlite:///{folder}/board.sqlite", suite="mini", admin_tokens=(ADMIN,)))
    for content in archives:
        board.submit(content, local=True)
    yield board
    board.close()


def test_every_entry_has_a_model_page(board: Board) -> None:
    entries = board.entries()
    assert sum(entry.format == "vbench" for entry in entries) == 7
    for entry in entries:
        page = model_page._page(board, entry.id)
        assert BROKEN not in page, entry.card.name
        assert "Scores" in page
        assert "Cite this row" in page


def test_every_pair_has_a_comparison(board: Board) -> None:
    comparisons = Comparisons(board)
    submitted = [entry for entry in board.entries() if entry.format == "vbench"]
    for pair in permutations(submitted, 2):
        assert BROKEN not in compare_page._page(pair, comparisons, {}), [entry.card.name for entry in pair]
    assert BROKEN not in compare_page._page(submitted[:6], comparisons, {})
    first, second = submitted[:2]
    filmed = {"a cat": {int(first.id): "a.mp4", int(second.id): "b.mp4"}, "a dog": {int(first.id): "c.mp4"}}
    page = compare_page._page(submitted[:3], comparisons, filmed)
    assert page.count("side by side") == 1
    assert f'"samples?ids={first.id},{second.id}">Their videos side by side, on 1 prompt<' in page
    comparisons.close()


def test_a_comparison_says_why_a_row_stands_apart_from_the_others(tmp_path: Path) -> None:
    board = Board(Settings(database=f"sqlite:///{tmp_path}/board.sqlite", suite="mini", admin_tokens=(ADMIN,)))
    changed = {"imaging_quality": {"preprocessing": "None"}}
    for number, (name, record) in enumerate({"as-published": {}, "changed": {"options": changed}}.items(), 1):
        content = pack(run(tmp_path / name, rows(number), **record), card(name, version=name))
        board.submit(content, local=True)
    comparisons = Comparisons(board)
    pair = [entry for entry in board.entries() if entry.format == "vbench"]
    page = compare_page._page(pair, comparisons, {})
    assert page.count("stands apart from the others.") == 1
    assert "changed stands apart from the others. Settings outside the protocol" in page
    assert "stands apart" not in compare_page._page(pair[:1], comparisons, {})
    comparisons.close()
    board.close()


def test_the_tables_show_them_all(board: Board) -> None:
    comparisons = Comparisons(board)
    pages = {name: board_page.page(board.snapshot(), View(name), {}, comparisons) for name in board_page.TABS}
    comparisons.close()
    assert BROKEN not in "".join(pages.values())
    for name in ("one-dimension", "one-video", "lite"):
        assert name in pages["vbench-t2v"]
    assert "foreign" in pages["video-quality"]
    assert not any("foreign" in page for name, page in pages.items() if name != "video-quality")


def test_a_selection_of_ones_own_has_an_interval(board: Board) -> None:
    comparisons = Comparisons(board)
    view = View(ticked=("imaging_quality", "scene"))
    page = board_page.page(board.snapshot(), view, {}, comparisons)
    whole = next(entry for entry in board.snapshot().entries if entry.card.name == "Model")
    interval = interval_of(comparisons.table(whole), selection(T2V, view.ticked))
    comparisons.close()
    assert interval is not None
    assert f"{100 * interval.low:.2f}\N{EN DASH}{100 * interval.high:.2f}" in page
    assert "by the normal approximation" in page


@pytest.mark.parametrize("benchmark", ["vbench-t2v", "vbench-i2v", "video-quality", "vbench-trustworthiness"])
def test_what_follows_from_a_board_has_pages(board: Board, benchmark: str) -> None:
    snapshot, view = board.snapshot(), View(benchmark)
    axes = conclusions.axes_of(view, ("motion_smoothness", "dynamic_degree"))
    pages = [
        conclusions.trade_offs(snapshot, view, axes), conclusions.compositionality(snapshot),
        conclusions.potentials(board, snapshot, view), distances.page(snapshot),
    ]  # fmt: skip
    assert BROKEN not in "".join(pages)
    assert axes[0] != axes[1]
    found = trade_off(snapshot.ranking(benchmark), *axes)
    assert f"ver {found.models} models" in pages[0]
    assert benchmark != "vbench-i2v" or (found.models == 33 and found.correlation is not None)


def test_a_fault_of_ours_is_said_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    @never_blank
    def page() -> str:
        return str(Part("x").weight / 0)

    assert BROKEN in page()
    assert "ZeroDivisionError" in caplog.text
