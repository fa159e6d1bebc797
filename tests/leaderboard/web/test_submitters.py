"""What submitters meet at a server: a file is looked at before it is sent, and a card is edited after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.leaderboard.archives import archive, card, with_rows
from tests.leaderboard.conftest import ADMIN, Server, start_server
from tests.leaderboard.web.hostile import VISITOR, client, collect, events, file_data, join
from tests.schemas import checked
from vbench.cli import app
from vbench.cli.leaderboard import leaderboard
from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server and the address of its database."""
    folder = tmp_path_factory.mktemp("submitters")
    database = f"sqlite:///{folder}/board.sqlite"
    server = start_server(folder, database)
    yield server, database
    server.kill()


def test_the_submit_page_says_it_as_soon_as_a_file_is_chosen(site: tuple[Server, str], tmp_path: Path) -> None:
    server, _ = site
    wrong = with_rows(archive(tmp_path), lambda lines: lines[0].update(value=7.0))
    with client(server, VISITOR) as visitor:
        answer = checked("api-check", visitor.post("/api/check", content=wrong).text)
        assert not answer["accepted"]
        assert visitor.post("/api/check", content=archive(tmp_path)).json()["accepted"]
        (path,) = visitor.post("/gradio_api/upload", files={"files": ("x.zip", wrong)}).json()
        fields = len(card().plain()) + 2
        for event in [one for one in events(visitor).values() if len(one["inputs"]) == fields]:
            if len(event["outputs"]) == 1:  # the preview
                data = [file_data(path), "", *[""] * (fields - 2)]
                assert join(visitor, event["id"], data, "tab").status_code == 200
                shown = collect(visitor, "tab")
                assert "It would be refused" in shown
                assert Path(path).exists()  # to be submitted, or not
        assert "It would be refused" in shown
        assert visitor.get("/api/board.json").text.count('"pending"') == 0


def test_a_card_is_edited_from_the_command_line(
    site: tuple[Server, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server, database = site
    admin = {"Authorization": f"Bearer {ADMIN}"}
    httpx.post(f"{server.url}/api/submissions", content=archive(tmp_path), headers=admin, timeout=60)
    file = tmp_path / "card.json"
    file.write_text(json.dumps(card(licence="MIT").plain()))
    monkeypatch.setenv("VBENCH_BOARD_TOKEN", ADMIN)
    app(["edit-card", "1", "--card", str(file), "--to", server.url], standalone_mode=False)
    file.write_text(json.dumps(card(licence="BSD").plain()))
    leaderboard(["edit-card", "1", "--card", str(file), "--database", database], standalone_mode=False)
    assert "version 3 of its card" in capsys.readouterr().out
    cards = checked("api-cards", httpx.get(f"{server.url}/api/submissions/1/cards").text)["cards"]
    assert [one["card"]["licence"] for one in cards] == ["Apache-2.0", "MIT", "BSD"]
    address = f"{server.url}/api/submissions/1/card"
    assert httpx.put(address, content=b"{}").status_code == 422
    assert httpx.put(address, content=file.read_bytes()).status_code == 401
    assert httpx.put(address, content=b" " * 70_000, headers=admin).status_code == 413
    board = Board(Settings(database=database, suite="mini"))
    assert board.submission(1).entry.card.licence == "BSD"
    board.close()
