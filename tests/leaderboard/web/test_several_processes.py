"""Several server processes on one PostgreSQL: what one counts, hands out or is sent, the others know."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.footage import write_video
from tests.leaderboard.archives import archive, card, rows, run, with_head, with_rows, with_videos
from tests.leaderboard.conftest import ADMIN, Serve, new_database
from tests.leaderboard.web.hostile import client
from vbench.errors import Refused
from vbench.leaderboard.arena import LEFT, RIGHT, Arena
from vbench.leaderboard.board import Board
from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.submissions.pack import pack
from vbench.leaderboard.web.salt import SharedSalt
from vbench.leaderboard.web.senders import Senders
from vbench.leaderboard.web.shared_limits import SharedLimiter

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@pytest.fixture(params=["postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database that several processes may serve."""
    return new_database(request, tmp_path)


@pytest.fixture
def boards(shared: str) -> Iterator[list[Board]]:
    """What two processes have of one board."""
    made = [Board(Settings(database=shared, suite="mini", admin_tokens=(ADMIN,))) for _ in range(2)]
    yield made
    for board in made:
        board.close()


def test_a_limit_is_of_all_processes_together(boards: list[Board]) -> None:
    salts = [SharedSalt(board.database, 24) for board in boards]
    senders = [Senders((), salt) for salt in salts]
    assert senders[0].name("192.0.2.7") == senders[1].name("192.0.2.7") != senders[0].name("192.0.2.8")
    limiters = [
        SharedLimiter(board.database, who, "tries", 20, 3600) for board, who in zip(boards, senders, strict=True)
    ]
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda place: limiters[place % 2].wait("somebody"), range(50)))
    assert waits.count(0) == 20
    assert all(3500 < wait <= 3600 for wait in waits if wait)
    assert limiters[1].wait("somebody else", 20) == 0
    assert limiters[0].wait("somebody else") > 0
    assert limiters[0].wait("a third", 21) == 3600


def test_a_stretch_of_time_ends_for_all(boards: list[Board]) -> None:
    senders = Senders((), SharedSalt(boards[0].database, 24))
    first, second = (SharedLimiter(board.database, senders, "short", 1, 0.05) for board in boards)
    assert first.wait("somebody") == 0
    waits = [second.wait("somebody") for _ in range(200)]
    assert 0 in waits
    assert SharedLimiter(boards[0].database, senders, "other", 1, 3600).wait("somebody") == 0


def test_names_of_senders_change_for_all_at_once(boards: list[Board]) -> None:
    now = [1e9]
    salts = [SharedSalt(board.database, 1, lambda: now[0]) for board in boards]
    for salt in salts:
        salt.renew()
    before = salts[0].value
    assert salts[1].value == before
    now[0] += 3600
    assert all(salt.is_due for salt in salts)
    for salt in salts:
        salt.renew()
    assert salts[0].value == salts[1].value != before


def test_a_ballot_of_one_process_is_voted_on_at_another(boards: list[Board], tmp_path: Path) -> None:
    video = write_video(tmp_path / "v.mp4", lossless=False).read_bytes()
    for seed in range(2):
        sent = with_videos(archive(tmp_path, seed, f"Model {seed}"), {rows()[0].video: video + bytes(seed)})
        boards[seed].submit(sent, local=True)
    here, there = (Arena(board, random.Random(0)) for board in boards)
    voter = here.voter()
    name = here.draw(voter) or ""
    assert there.ballot(name) == here.ballot(name)
    assert there.addresses(name) == here.addresses(name)
    for address in here.addresses(name).values():
        assert there.video(address) == here.video(address)  # parts of it may come from either
    with pytest.raises(Refused, match="somebody else"):
        there.vote(name, LEFT, there.voter())
    there.vote(name, RIGHT, voter)
    with pytest.raises(NotFound, match="closed"):
        here.vote(name, RIGHT, voter)
    assert len(boards[0].ballot_box.votes()) == 1


def test_a_hundred_submissions_to_two_servers_are_a_hundred(shared: str, serve: Serve, tmp_path: Path) -> None:
    """Sent to each in turn by one sender, who may send no more; each archive under its key is one submission."""
    servers = [serve(shared, submissions_per_hour=100) for _ in range(2)]
    contents = _small(tmp_path, 104)

    def send(job: tuple[int, bytes]) -> httpx.Response:
        place, content = job
        with client(servers[place % 2]) as sender:
            return sender.post("/api/submissions", content=content, headers={"Idempotency-Key": f"{place:040}"})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, enumerate(contents)))
    assert Counter(answer.status_code for answer in answers) == {201: 100, 429: 4}
    receipts = [answer.json() for answer in answers if answer.status_code == 201]
    assert len({receipt["id"] for receipt in receipts}) == 100
    board = Board(Settings(database=shared, suite="mini"))
    kept = {row.sha256 for row in board.entries(everything=True) if row.state == "pending"}
    board.close()
    assert kept == {receipt["sha256"] for receipt in receipts}
    admin, wrong = ({"Authorization": f"Bearer {token}"} for token in (ADMIN, "somebody's own token"))
    for place, server in zip(range(4), cycle(servers)):  # what one was sent, the other publishes and shows
        number = receipts[place]["id"]
        assert httpx.post(f"{server.url}/api/submissions/{number}/publish", headers=admin).status_code == 200
        assert httpx.get(f"{server.url}/api/submissions/{number}").json()["state"] == "published"
    told = [httpx.get(f"{server.url}/metrics", headers=admin).text for server in servers]
    for said in told:
        assert 'vbench_board_submissions{state="published"} 4.0' in said
        assert 'vbench_board_submissions{state="pending"} 96.0' in said
    taken = re.compile(r'vbench_board_requests_total{area="api",method="POST",status="201"} (.*)')
    sent = [taken.findall(said) for said in told]
    assert sum(float(count) for found in sent for count in found) == 100
    assert [httpx.get(f"{servers[0].url}/metrics", headers=who).status_code for who in ({}, wrong)] == [401, 403]


def _small(folder: Path, count: int) -> list[bytes]:
    """Parts of results: what one dimension says of the videos of one prompt, of so many models."""
    made = [row for row in rows() if row.dimension == "imaging_quality"][:5]
    one = pack(run(folder / "small", made), card(), partial=True)
    rng = random.Random(0)

    def change(lines: list[dict[str, Any]]) -> None:
        for line in lines:
            line["value"] = rng.random()

    named = [with_head(one, lambda head, n=n: head["card"].update(name=f"Model {n}")) for n in range(count)]  # type: ignore[misc]
    return [with_rows(content, change) for content in named]
