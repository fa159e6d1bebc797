"""The board as a data set: what pandas reads is what the board shows, and versions follow its changes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas
import pytest
import yaml
from typer.testing import CliRunner

from tests.leaderboard.archives import archive
from tests.schemas import checked
from vbench.benchmarks.t2v import RULES
from vbench.cli.leaderboard import leaderboard
from vbench.errors import UsageError
from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.views import dataset
from vbench.leaderboard.views.dataset import TABLES, export_dataset
from vbench.runs.store import Row


def test_pandas_reads_what_the_board_shows(tmp_path: Path) -> None:
    address, out = f"sqlite:///{tmp_path}/board.sqlite", tmp_path / "out"
    board = Board(Settings(database=address, suite="mini"))
    board.submit(archive(tmp_path, 1, "=HYPERLINK(1)"), local=True)
    board.submit(archive(tmp_path, 2, "Waiting"))
    first = export_dataset(board, out)
    assert (first.version, export_dataset(board, out)) == (1, first)  # nothing has changed
    tables = {name: pandas.read_parquet(out / "data" / f"{name}.parquet") for name in TABLES}
    assert {name: len(table) for name, table in tables.items()} == dict(first.rows)
    entries = {entry.id: entry for entry in board.entries()}
    shown = tables["board"].set_index("id")
    assert set(shown.index) == set(entries)
    assert shown.loc["1", "name"] == "=HYPERLINK(1)"
    assert shown.loc["1", "fps"] == 8.0
    for number, entry in entries.items():
        total = shown.loc[number, "total"]
        assert (None if pandas.isna(total) else total) == entry.value("total")
        assert list(shown.loc[number, "apart"]) == list(entry.apart)
    scores = tables["scores"].set_index(["id", "category", "score"])
    for name in RULES:
        assert scores.loc[("1", "", name), "value"] == entries["1"].value(name)
        assert scores.loc[("1", "", name), "low"] == entries["1"].scores[name].low
    assert len(tables["videos"]) == len(board.rows(1))
    assert set(tables["videos"]["id"]) == {"1"}
    board.edit_card(1, replace(entries["1"].card, licence="MIT"), local=True)
    second = export_dataset(board, out)
    assert second.version == 2
    cards = pandas.read_parquet(out / "data" / "cards.parquet")
    assert list(cards["licence"]) == ["Apache-2.0", "MIT"]
    assert [json.loads(line)["version"] for line in (out / "versions.jsonl").read_text().splitlines()] == [1, 2]
    board.close()
    again = CliRunner().invoke(leaderboard, ["export-dataset", str(out), "--database", address, "--json"])
    assert checked("leaderboard-export-dataset", again.output)["version"] == 2
    _card_names_every_file(out)


def _card_names_every_file(out: Path) -> None:
    _, head, text = (out / "README.md").read_text().split("---\n", 2)
    configs = yaml.safe_load(head)["configs"]
    assert [config["config_name"] for config in configs if config.get("default")] == ["board"]
    assert {config["data_files"] for config in configs} == {f"data/{path.name}" for path in (out / "data").iterdir()}
    assert "Version 2 of" in text


def test_nobody_elses_folder_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "README.md").write_text("mine")
    board = Board(Settings(database=f"sqlite:///{tmp_path}/board.sqlite", suite="mini"))
    with pytest.raises(UsageError, match="did not make"):
        export_dataset(board, tmp_path / "out")
    board.close()


def test_a_withdrawal_meanwhile_changes_nothing_and_rows_are_written_some_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Board(Settings(database=f"sqlite:///{tmp_path}/board.sqlite", suite="mini"))
    for seed in (1, 2):
        board.submit(archive(tmp_path, seed, f"Model {seed}"), local=True)
    whole = export_dataset(board, tmp_path / "whole")
    read = board.rows

    def withdrawn(number: int, **more: Any) -> list[Row]:
        if board.states()[2] == "published":
            board.withdraw(2, local=True)
        return read(number, **more)

    monkeypatch.setattr(board, "rows", withdrawn)
    monkeypatch.setattr(dataset, "ROWS_AT_A_TIME", 3)
    monkeypatch.setattr(dataset, "ENTRIES_AT_A_TIME", 1)
    parts = export_dataset(board, tmp_path / "parts")
    assert (parts.sha256, parts.rows) == (whole.sha256, whole.rows)
    for name in TABLES:
        found = [pandas.read_parquet(tmp_path / out / "data" / f"{name}.parquet") for out in ("whole", "parts")]
        pandas.testing.assert_frame_equal(*found)
    assert export_dataset(board, tmp_path / "parts").rows["videos"] == whole.rows["videos"] / 2
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    board.close()
