"""Settings, floods and files for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.leaderboard.archives import card
from vbench.errors import UsageError
from vbench.leaderboard.settings import Settings, from_environment
from vbench.leaderboard.views.export import RUNNABLE, as_csv, as_json, cell
from vbench.leaderboard.views.published_figures import published_entries
from vbench.leaderboard.web.rate_limit import MOST_SENDERS, RateLimiter


def test_settings_come_from_the_environment() -> None:
    environment = {
        "VBENCH_BOARD_DATABASE": "postgresql://host/board",
        "VBENCH_BOARD_UPLOAD_BYTES": "1000",
        "VBENCH_BOARD_ADMIN_TOKENS": "first-long-token-0, second-long-token",
    }
    found = from_environment(environment, suite="open", database=None)
    assert (found.database, found.upload_bytes, found.suite) == ("postgresql://host/board", 1000, "open")
    assert found.admin_tokens == ("first-long-token-0", "second-long-token")
    assert from_environment({}) == Settings()
    assert "long-token" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UPLOAD_BYTES", "many"),
        ("UPLOAD_BYTES", "0"),
        ("ADMIN_TOKENS", "short"),
        ("SUBMIT_TOKENS", "with a space in it"),
    ],
)
def test_settings_that_cannot_be(name: str, value: str) -> None:
    with pytest.raises(UsageError):
        from_environment({f"VBENCH_BOARD_{name}": value})


def test_a_flood_is_held_back_for_as_long_as_it_must() -> None:
    now = [0.0]
    flood = RateLimiter(2, 10, lambda: now[0])
    assert [flood.wait("a"), flood.wait("a"), flood.wait("a"), flood.wait("b")] == [0, 0, 10, 0]
    now[0] = 4
    assert flood.wait("a") == 6
    now[0] = 10
    assert [flood.wait("a"), flood.wait("a"), flood.wait("a")] == [0, 0, 10]


def test_a_flood_of_senders_does_not_fill_the_memory() -> None:
    flood = RateLimiter(1, 10, lambda: 0.0)
    for sender in range(3 * MOST_SENDERS):
        flood.wait(str(sender))
    assert len(flood._visits) <= MOST_SENDERS


@given(st.text())
def test_no_text_runs_in_a_spreadsheet(text: str) -> None:
    assert not cell(text).startswith(RUNNABLE)
    assert cell(text).removeprefix("'") == text.removeprefix("'")


def test_numbers_stay_numbers() -> None:
    assert [cell(-0.25), cell(3), cell(None)] == [-0.25, 3, ""]


def test_files() -> None:
    entries = [*published_entries(), replace(published_entries()[0], id="9", card=card("@SUM(A1)"), scores={})]
    table = list(csv.DictReader(io.StringIO(as_csv(entries))))
    assert table[-1]["name"] == "'@SUM(A1)"
    assert table[-1]["total"] == ""
    assert float(table[0]["quality"]) == entries[0].value("quality")
    assert [row["id"] for row in json.loads(as_json(entries))["rows"]] == [entry.id for entry in entries]
    assert as_csv([]) == ""
