"""The board over HTTP: a real server process, on both kinds of database."""

from __future__ import annotations

import csv
import hashlib
import io
import random
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select

from tests.footage import write_video
from tests.leaderboard.archives import archive, rewritten, rows, with_rows, with_videos, zipped
from tests.leaderboard.conftest import ADMIN, Serve, Server, SmallDatabase
from tests.schemas import checked
from vbench.benchmarks.t2v import RULES
from vbench.errors import Refused
from vbench.leaderboard import client
from vbench.leaderboard.board import Board
from vbench.leaderboard.db.tables import Base, Change, Submission, Verdict, VideoRow
from vbench.leaderboard.keys import new_key, withdraw_token
from vbench.leaderboard.settings import Settings

pytestmark = pytest.mark.slow


def many(folder: Path, count: int) -> list[bytes]:
    return [archive(folder, seed, f"Model {seed % 9}", version=str(seed)) for seed in range(count)]


def post(server: Server, content: bytes, **headers: str) -> httpx.Response:
    return httpx.post(f"{server.url}/api/submissions", content=content, headers=headers, timeout=120)


def all_at_once(server: Server, contents: list[bytes]) -> list[httpx.Response]:
    start = threading.Barrier(len(contents))

    def send(content: bytes) -> httpx.Response:
        start.wait()
        return post(server, content)

    with ThreadPoolExecutor(len(contents)) as pool:
        return list(pool.map(send, contents))


def assert_whole(database: str, known: dict[str, bytes]) -> set[int]:
    """Every submission that exists is whole; returns their numbers."""
    board = Board(Settings(database=database, suite="mini"))
    with board.database.reading() as session:
        numbers = set(session.scalars(select(Submission.id)))
        for table in (Verdict, Change, VideoRow):
            assert set(session.scalars(select(table.submission_id))) == numbers
    for number in numbers:
        content, detail = board.archive(number, local=True), board.submission(number, local=True)
        assert hashlib.sha256(content).hexdigest() == detail.entry.sha256
        assert known[detail.entry.sha256] == content
        assert len(board.rows(number, local=True)) == len(rows())
        assert not detail.entry.missing
        assert detail.entry.value("total") is not None
        assert detail.entry.by_category
    board.close()
    return numbers


def test_sixty_submissions_at_once_are_each_accepted_once(database: str, serve: Serve, tmp_path: Path) -> None:
    contents = many(tmp_path, 60)
    answers = all_at_once(serve(database), contents)
    assert [answer.status_code for answer in answers] == [201] * 60
    receipts = [answer.json() for answer in answers]
    assert [receipt["sha256"] for receipt in receipts] == [hashlib.sha256(content).hexdigest() for content in contents]
    known = {hashlib.sha256(content).hexdigest(): content for content in contents}
    assert assert_whole(database, known) == {receipt["id"] for receipt in receipts}


def test_the_same_archive_fifty_times_at_once_is_accepted_once(database: str, serve: Serve, tmp_path: Path) -> None:
    content = archive(tmp_path)
    answers = all_at_once(serve(database), [content] * 50)
    accepted = [answer.json() for answer in answers if answer.status_code == 201]
    others = [answer.json() for answer in answers if answer.status_code == 409]
    assert (len(accepted), len(others)) == (1, 49)
    assert {other["first"] for other in others} == {accepted[0]["id"]}
    assert all(f"submission {accepted[0]['id']}" in other["reasons"][0] for other in others)


def test_one_request_fifty_times_at_once_is_one_submission(database: str, serve: Serve, tmp_path: Path) -> None:
    content, key = archive(tmp_path), new_key()
    server, start = serve(database), threading.Barrier(50)

    def send(_: int) -> dict[str, Any]:
        start.wait()
        return dict(post(server, content, **{"Idempotency-Key": key}).json())

    with ThreadPoolExecutor(50) as pool:
        receipts = list(pool.map(send, range(50)))
    assert all(receipt == receipts[0] for receipt in receipts)
    assert receipts[0]["withdraw_token"] == withdraw_token(key)
    assert_whole(database, {receipts[0]["sha256"]: content})


def test_killed_with_25_in_flight_nothing_is_half_written_or_doubled(
    database: str, serve: Serve, tmp_path: Path
) -> None:
    contents, server = many(tmp_path, 31), serve(database)
    keys = {content: new_key() for content in contents}
    accepted: list[int] = []
    enough = threading.Event()

    def send(content: bytes) -> None:
        try:
            answer = post(server, content, **{"Idempotency-Key": keys[content]})
        except httpx.TransportError:
            return  # the server is dead
        accepted.append(answer.json()["id"])
        if len(accepted) >= 6:
            enough.set()

    with ThreadPoolExecutor(31) as pool:
        sent = [pool.submit(send, content) for content in contents]
        assert enough.wait(60)
        server.kill()
        for one in sent:
            one.result()
    assert len(accepted) < 31
    known = {hashlib.sha256(content).hexdigest(): content for content in contents}
    assert set(accepted) <= assert_whole(database, known)

    again = serve(database)
    for content, key in keys.items():
        answer = post(again, content, **{"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["withdraw_token"]) == (201, withdraw_token(key))
    assert len(assert_whole(database, known)) == 31


def test_on_a_full_disk_nothing_that_was_accepted_is_lost(
    small_database: SmallDatabase, serve: Serve, tmp_path: Path
) -> None:
    server, known, refused = serve(small_database.url, **small_database.limits), {}, 0
    video = write_video(tmp_path / "v.mp4").read_bytes()
    for seed in range(12):
        filler = random.Random(seed).randbytes(2 << 20)
        box = (8 + len(filler)).to_bytes(4, "big") + b"free" + filler
        content = with_videos(archive(tmp_path, seed, f"Model {seed}"), {rows()[0].video: video + box})
        answer = post(server, content)
        if answer.status_code == 201:
            known[answer.json()["sha256"]] = content
        else:
            assert answer.status_code >= 500
            refused += 1
    assert known
    assert refused
    assert httpx.get(f"{server.url}/api/board.json").status_code == 200
    server.kill()
    small_database.make_room()  # PostgreSQL takes no new connection without any
    assert len(assert_whole(small_database.url, known)) == len(known)


@pytest.fixture
def server(serve: Serve, tmp_path: Path) -> Server:
    return serve(f"sqlite:///{tmp_path}/board.sqlite")


def test_from_submission_to_withdrawal(server: Server, tmp_path: Path) -> None:
    receipt = client.submit(server.url, archive(tmp_path))
    number = receipt["id"]
    assert receipt["state"] == "pending"
    assert _rows(server) == []
    owner = _bearer(receipt["withdraw_token"])
    seen = checked("api-submission", httpx.get(f"{server.url}/api/submissions/{number}", headers=owner).text)
    assert checked("api-jobs", httpx.get(f"{server.url}/api/jobs").text) == {"jobs": []}
    assert seen["history"][0]["state"] == "pending"
    published = httpx.post(f"{server.url}/api/submissions/{number}/publish", headers=_bearer(ADMIN))
    assert published.json() == {"id": number, "state": "published"}
    (row,) = _rows(server)
    assert (row["id"], row["kind"]) == (str(number), "ranked")
    assert set(row["scores"]) == {*RULES, "quality", "semantic", "total"}
    kept = httpx.get(f"{server.url}/api/submissions/{number}/archive")
    assert hashlib.sha256(kept.content).hexdigest() == receipt["sha256"]
    assert client.withdraw(server.url, number, receipt["withdraw_token"])["state"] == "withdrawn"
    assert _rows(server) == []


@pytest.mark.parametrize("state", ["pending", "withdrawn"])
def test_what_is_not_published_is_nowhere(server: Server, tmp_path: Path, state: str) -> None:
    video = write_video(tmp_path / "v.mp4").read_bytes()
    content = with_videos(archive(tmp_path, name="A name that nobody sees"), {rows()[0].video: video})
    receipt = client.submit(server.url, content, ADMIN if state == "withdrawn" else "")
    number = receipt["id"]
    if state == "withdrawn":
        client.withdraw(server.url, number, receipt["withdraw_token"])
    (medium,) = httpx.get(f"{server.url}/api/submissions/{number}", headers=_bearer(receipt["withdraw_token"])).json()[
        "media"
    ]
    nothing = httpx.get(f"{server.url}/api/submissions/99").json()["error"]
    for path in ("", "/archive", f"/media/{medium}"):
        address = f"{server.url}/api/submissions/{number}{path}"
        for headers in ({}, _bearer("somebody-elses-token")):
            answer = httpx.get(address, headers=headers)
            assert answer.status_code == 404
            assert answer.json()["error"] == nothing.replace("99", str(number))
        for token in (receipt["withdraw_token"], ADMIN):
            assert httpx.get(address, headers=_bearer(token)).status_code == 200
    for path in ("/api/board.json", "/api/board.csv", "/api/board.json?search=nobody"):
        assert "nobody sees" not in httpx.get(server.url + path).text


def test_an_admins_submission_is_published_at_once(server: Server, tmp_path: Path) -> None:
    assert client.submit(server.url, archive(tmp_path), ADMIN)["state"] == "published"


def test_rights(server: Server, tmp_path: Path) -> None:
    number = client.submit(server.url, archive(tmp_path))["id"]
    for action in ("publish", "withdraw"):
        address = f"{server.url}/api/submissions/{number}/{action}"
        missing = 401 if action == "publish" else 404
        assert httpx.post(address).status_code == missing
        assert httpx.post(address, headers=_bearer("wrong")).status_code == {401: 403, 404: 404}[missing]
    assert httpx.post(f"{server.url}/api/submissions/99/publish", headers=_bearer(ADMIN)).status_code == 404
    assert httpx.post(f"{server.url}/api/submissions/x/publish", headers=_bearer(ADMIN)).status_code == 422


def test_a_refusal_has_its_reasons_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    def spoil(lines: list[dict[str, Any]]) -> None:
        next(line for line in lines if line["dimension"] == "temporal_style")["value"] = 323.0

    with pytest.raises(Refused, match="a model without its weights"):
        client.submit(server.url, with_rows(archive(tmp_path), spoil))
    board = Board(Settings(database=f"sqlite:///{tmp_path}/board.sqlite"))
    with board.database.reading() as session:
        received = [table for table in Base.metadata.sorted_tables if table.name != "secret"]  # it made that itself
        assert all(session.execute(select(table)).all() == [] for table in received)
    board.close()


BAD: dict[str, Callable[[bytes], bytes]] = {
    "no zip": lambda content: b"hello",
    "nothing": lambda content: b"",
    "cut": lambda content: content[:-100],
    "leaves the archive": lambda content: rewritten(content, lambda files: {**files, "../x": b""}),
    "wrong type": lambda content: rewritten(content, lambda files: {**files, "x.exe": b""}),
    "nested": lambda content: zipped({"scores.jsonl": content}),
    "no JSON": lambda content: rewritten(content, lambda files: {**files, "submission.json": b"[" * 100_000}),
    "not UTF-8": lambda content: rewritten(content, lambda files: {**files, "scores.jsonl": b"\xff\xfe"}),
    "bomb": lambda content: rewritten(content, lambda files: {**files, "samples.jsonl": b"\n" * 10_000_000}),
}


def test_bad_archives_over_http(server: Server, tmp_path: Path) -> None:
    content = archive(tmp_path)
    for kind, spoil in BAD.items():
        answer = post(server, spoil(content))
        assert answer.status_code == 422, kind
        assert answer.json()["reasons"], kind
    assert post(server, content).json()["id"] == 1


def test_an_endless_upload_is_dropped_on_the_way(serve: Serve, tmp_path: Path) -> None:
    """The server answers, although the sender would never stop and has not said how much will come."""
    server = serve(f"sqlite:///{tmp_path}/board.sqlite", upload_bytes=1_000_000)
    assert post(server, bytes(1_000_001)).status_code == 413
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(b"POST /api/submissions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent = 0
        try:
            while sent < 100_000_000:
                connection.sendall(b"10000\r\n" + bytes(0x10000) + b"\r\n")
                sent += 0x10000
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert sent < 50_000_000
    assert post(server, archive(tmp_path)).status_code == 201


def test_a_slow_upload_is_given_up(serve: Serve, tmp_path: Path) -> None:
    server = serve(f"sqlite:///{tmp_path}/board.sqlite", upload_seconds=1, uploads_at_once=1)
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(b"POST /api/submissions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nPK")
        assert post(server, archive(tmp_path)).status_code == 201  # it waited for the place
        assert b"408" in connection.recv(1000)


def test_floods(serve: Serve, tmp_path: Path) -> None:
    server = serve(f"sqlite:///{tmp_path}/board.sqlite", submissions_per_hour=3)
    answers = [post(server, b"x") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 3 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) > 3000
    assert "come back" in answers[-1].json()["error"]
    assert httpx.get(f"{server.url}/api/board.json").status_code == 200


def test_markup_stays_text(server: Server, tmp_path: Path) -> None:
    name = "<script>alert(1)</script>"
    client.submit(server.url, archive(tmp_path, name=name, organisation='=HYPERLINK("http://x")'), ADMIN)
    answer = httpx.get(f"{server.url}/api/board.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["rows"][0]["card"]["name"] == name
    table = httpx.get(f"{server.url}/api/board.csv")
    assert table.headers["x-content-type-options"] == "nosniff"
    (row, *_) = csv.DictReader(io.StringIO(table.text))
    assert row["organisation"] == '\'=HYPERLINK("http://x")'
    assert float(row["total"]) == answer.json()["rows"][0]["scores"]["total"]["value"]


def test_uploads_are_never_pages(server: Server, tmp_path: Path) -> None:
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, format="jpeg")
    name = f"frames/{rows()[0].video.removesuffix('.mp4')}.jpg"
    content = rewritten(archive(tmp_path), lambda files: {**files, name: picture.getvalue()})
    number = client.submit(server.url, content, ADMIN)["id"]
    (medium,) = httpx.get(f"{server.url}/api/submissions/{number}").json()["media"]
    answer = httpx.get(f"{server.url}/api/submissions/{number}/media/{medium}")
    assert answer.content == picture.getvalue()
    assert answer.headers["content-type"] == "image/jpeg"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert httpx.get(f"{server.url}/api/submissions/{number}/media/frames/none.jpg").status_code == 404
    assert httpx.get(f"{server.url}/api/nothing").json()["error"] == "Not Found"


def _rows(server: Server) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = checked("board.json", httpx.get(f"{server.url}/api/board.json").text)["rows"]
    return [row for row in rows if not row["id"].startswith("published-")]


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
