"""A real server answers with the command's numbers, loses no request, and takes no more than it said."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families

from tests.footage import Frames, noise, write_gif, write_video
from vbench.cli import main
from vbench.errors import Refused
from vbench.harness.scoring_server import Limits, create_app
from vbench.harness.sent_videos import read_sent
from vbench.interface import evaluate
from vbench.runs.scorer import Scorer

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "harnesses.md"

NAME = "temporal_flickering"

TOKEN = "an-open-secret/4711"

PARALLEL = 50

MIB = 1 << 20

CLIENT = httpx.Client(timeout=120, limits=httpx.Limits(max_keepalive_connections=0))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


Serve = Callable[..., str]


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Starts ``vbench serve`` and gives its address."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> str:
        address = f"http://127.0.0.1:{free_port()}"
        command = [sys.executable, "-m", "vbench", "serve", "-d", NAME, "--profile", "lite", "--device", "cpu"]
        environment = {**os.environ, "VBENCH_SERVE_TOKEN": TOKEN}
        started.append(subprocess.Popen([*command, "--port", address.rpartition(":")[2], *options], env=environment))
        for _ in range(1200):
            assert started[-1].poll() is None
            try:
                httpx.get(f"{address}/health")
                return address
            except httpx.TransportError:
                time.sleep(0.05)
        raise TimeoutError("the server did not start")

    yield start
    for process in started:
        process.terminate()
    assert [process.wait(30) for process in started] == [143] * len(started)


@pytest.fixture(scope="module")
def server(serve: Serve) -> str:
    return serve("--body-mib", "1", "--videos", "3")


@pytest.fixture(scope="module")
def small_server(serve: Serve) -> str:
    return serve("--places", "2", "--token", "")


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("videos")
    files = [write_video(folder / f"a wave-{index}.mp4", noise(8, seed=index)) for index in range(5)]
    return [*files, write_gif(folder / "a loop-0.gif")]


@pytest.fixture(scope="module")
def expected(videos: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """What ``vbench evaluate`` says, by file."""
    run = evaluate(videos[0].parent, dimensions=[NAME], profile="lite", output=tmp_path_factory.mktemp("runs") / "run")
    return {row.video: row.value for row in run.rows() if row.value is not None}


def post(server: str, token: str = TOKEN, **sent: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", **sent.pop("headers", {})}
    return CLIENT.post(f"{server}/score", headers=headers, **sent)


def send(server: str, file: Path) -> httpx.Response:
    kind = "image/gif" if file.suffix == ".gif" else "video/mp4"
    return post(server, content=file.read_bytes(), params={"prompt": "a wave"}, headers={"Content-Type": kind})


def value(answer: Any) -> float:
    return float(answer["dimensions"][NAME]["value"])


def as_json(frames: Frames, kind: str = "PNG") -> dict[str, Any]:
    texts = []
    for frame in frames:
        Image.fromarray(frame).save(file := io.BytesIO(), kind)
        texts.append(base64.b64encode(file.getvalue()).decode())
    return {"frames": texts, "prompt": "a wave", "fps": 8}


def test_files_and_frames_have_the_numbers_of_the_command(
    server: str, videos: list[Path], expected: dict[str, float]
) -> None:
    assert {file.name: value(send(server, file).json()) for file in videos} == expected
    alone = post(server, json=as_json(noise(8, seed=1))).json()
    assert alone == {"dimensions": {NAME: {"value": expected["a wave-1.mp4"], "weight": 1.0}}}
    both = post(server, json=[as_json(noise(8, seed=2)), as_json(noise(8, seed=3))]).json()
    assert [value(one) for one in both] == [expected["a wave-2.mp4"], expected["a wave-3.mp4"]]


def test_of_fifty_at_once_none_is_lost(server: str, videos: list[Path], expected: dict[str, float]) -> None:
    asked = [videos[index % len(videos)] for index in range(PARALLEL)]
    with ThreadPoolExecutor(PARALLEL) as clients:
        answers = list(clients.map(lambda file: send(server, file), asked))
    assert Counter(answer.status_code for answer in answers) == {200: PARALLEL}
    assert [value(answer.json()) for answer in answers] == [expected[file.name] for file in asked]
    assert httpx.get(f"{server}/health").json()["taken"] == 0


def test_where_no_place_is_left_one_is_told_when_to_come_back(
    small_server: str, videos: list[Path], expected: dict[str, float]
) -> None:
    refused: list[int] = []

    def ask(file: Path) -> float:
        while (answer := send(small_server, file)).status_code == 429:
            refused.append(int(answer.headers["Retry-After"]))
            time.sleep(0.2)
        return value(answer.json())

    asked = [videos[index % len(videos)] for index in range(12)]
    with ThreadPoolExecutor(12) as clients:
        assert list(clients.map(ask, asked)) == [expected[file.name] for file in asked]
    assert refused
    assert min(refused) >= 1


def test_the_page_sends_frames_that_are_scored(small_server: str, expected: dict[str, float]) -> None:
    (code,) = re.findall(r"```python\n(import base64.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    frames = [[Image.fromarray(frame) for frame in noise(8, seed=seed)] for seed in (0, 4)]
    found = names["rewards"](frames, ["a wave", "a wave"], server=small_server)
    assert found == [expected["a wave-0.mp4"], expected["a wave-4.mp4"]]


def test_what_cannot_be_scored_has_a_reason(server: str, tmp_path: Path) -> None:
    short = post(server, json=as_json(noise(1))).json()["dimensions"][NAME]
    assert short["reason"].startswith("the video has 1 frame")
    nothing = post(server, content=b"this is no video").json()["dimensions"][NAME]
    assert nothing["reason"].startswith("the video")
    assert "/" not in nothing["reason"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"frames": []}', "one at least"),
        ('{"frames": ["AAAA"]}', "Frame 0 cannot be read"),
        ('{"frames": ["not base64!"]}', "Frame 0 cannot be read"),
        ('{"frames": ["AAAA"], "fps": 0}', "above 0"),
        ('{"frames": ["AAAA"], "prompt": 3}', "must be a text"),
        ('[{"frame": ["AAAA"]}]', "video 0 must be"),
        ("3", "the video must be"),
        ("{", "no JSON"),
    ],
)
def test_json_of_another_form_is_refused_with_its_reason(server: str, body: str, said: str) -> None:
    answer = post(server, content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert answer.status_code == 422
    assert said in answer.json()["reasons"][0]


def test_frames_that_grow_too_large_are_refused_before_they_are_decoded() -> None:
    Image.new("1", (9_000, 9_000)).save(file := io.BytesIO(), "PNG")
    (sent,), _ = read_sent(json.dumps({"frames": [base64.b64encode(file.getvalue()).decode()] * 3}).encode(), 1)
    with pytest.raises(Refused, match="512 MiB"):
        sent.frames()


def test_only_so_much_is_taken_and_only_from_who_may(server: str, videos: list[Path]) -> None:
    for body in (bytes(MIB + 1), iter([bytes(MIB), b"x"])):  # its length is stated, and it is not
        large = post(server, content=body)
        assert (large.status_code, large.json()["error"]) == (413, "The body is larger than 1,048,576 bytes.")
    assert post(server, token="another").status_code == 401
    assert post(server, headers={"Origin": "http://page.example"}).status_code == 403
    assert httpx.get(f"{server}/score", headers={"Authorization": f"Bearer {TOKEN}"}).json()["error"] == (
        "Method Not Allowed"
    )
    health = httpx.get(f"{server}/health").json()
    assert (health["status"], health["dimensions"], health["taken"]) == ("ok", [NAME], 0)
    assert send(server, videos[0]).status_code == 200


@contextmanager
def begun(server: str, header: str, token: str = TOKEN) -> Iterator[socket.socket]:
    """A connection on which the head of a request was sent whose body is far too large."""
    address = urlsplit(server)
    head = f"POST /score HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{header}\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=60) as line:
        line.sendall(f"{head}Content-Length: {20 * MIB}\r\n\r\n".encode())
        yield line


@pytest.mark.parametrize(("token", "status"), [(TOKEN, b"413"), ("another", b"401")])
@pytest.mark.parametrize("connection", ["keep-alive", "close"])
def test_who_is_refused_in_the_midst_of_a_body_reads_why(
    server: str, token: str, status: bytes, connection: str
) -> None:
    """All of it may be sent before anything is read, as most senders do and proxies between."""
    with begun(server, f"Connection: {connection}", token) as line:
        for _ in range(20):
            line.sendall(bytes(MIB))
        assert line.recv(MIB).startswith(b"HTTP/1.1 " + status)


def test_who_asks_before_sending_sends_nothing_that_is_too_large(server: str) -> None:
    with begun(server, "Expect: 100-continue") as line:
        assert line.recv(MIB).startswith(b"HTTP/1.1 413")


def test_what_is_asked_is_counted_for_prometheus(server: str, videos: list[Path]) -> None:
    def counted() -> dict[str, float]:
        answer = httpx.get(f"{server}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.text)
        return {f"{one.name}{sorted(one.labels.values())}": one.value for family in families for one in family.samples}

    assert httpx.get(f"{server}/metrics").status_code == 401
    assert httpx.get(f"{server}/ready").json() == {"status": "ready"}
    before = counted()
    assert send(server, videos[0]).status_code == 200
    assert post(server, json=[as_json(noise(8)), as_json(noise(1))]).status_code == 200
    many = post(server, json=[as_json(noise(1))] * 4)
    assert many.json()["reasons"] == ["The body has 4 videos; at most 3 are allowed."]
    after = counted()
    more = {name: value - before.get(name, 0.0) for name, value in after.items()}
    assert more["vbench_serve_requests_total['/score', '200']"] == 2
    assert more["vbench_serve_requests_total['/score', '422']"] == 1
    assert more[f"vbench_serve_scores_total['{NAME}', 'value']"] == 2
    assert more[f"vbench_serve_scores_total['reason', '{NAME}']"] == 1
    assert more["vbench_serve_video_seconds_count[]"] == 3
    assert (after["vbench_serve_places['taken']"], after["vbench_serve_places['free']"]) == (0, 64)
    assert after["process_resident_memory_bytes[]"] > 0


class Held(Scorer):
    """A scorer that waits to be let go."""

    def __init__(self) -> None:
        super().__init__([NAME], profile="lite", device="cpu")
        self.begun, self.free, self.asked = threading.Event(), threading.Event(), 0

    def attempt(self, *given: Any, **named: Any) -> Any:
        self.asked += 1
        self.begun.set()
        assert self.free.wait(60)
        return super().attempt(*given, **named)


@pytest.mark.parametrize(
    ("limits", "answered", "ready", "said"),
    [
        (Limits(places=1), 429, 503, "All 1 places are taken."),
        (Limits(places=2, wait_seconds=0.2), 503, 200, "Its turn did not come within 0.2 s."),
    ],
)
def test_beside_one_that_takes_long_the_next_is_told_to_come_back(
    limits: Limits, answered: int, ready: int, said: str
) -> None:
    scorer, frames = Held(), as_json(noise(8))

    async def scene() -> None:
        app = create_app(scorer, "lite", limits=limits)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            first = asyncio.create_task(client.post("/score", json=frames))
            assert await asyncio.to_thread(scorer.begun.wait, 60)
            second = await client.post("/score", json=frames)
            assert (second.status_code, second.json()["error"]) == (answered, said)
            assert int(second.headers["Retry-After"]) >= 1
            assert (await client.get("/ready")).status_code == ready
            scorer.free.set()
            assert (await first).status_code == 200
            assert (await client.get("/ready")).status_code == 200
            assert (await client.post("/score", json=frames)).status_code == 200

    asyncio.run(scene())


def test_whoever_goes_away_while_waiting_is_not_waited_for() -> None:
    scorer, frames = Held(), as_json(noise(8))
    body = {"type": "http.request", "body": json.dumps(frames).encode(), "more_body": False}
    scope = {"type": "http", "method": "POST", "path": "/score", "query_string": b"",
             "headers": [(b"content-type", b"application/json")]}  # fmt: skip

    async def scene() -> None:
        app, heard, answers, arrived = create_app(scorer, "lite"), iter([body]), list[Any](), asyncio.Event()

        async def receive() -> Any:
            arrived.set()
            return next(heard, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            answers.append(message)

        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            first = asyncio.create_task(client.post("/score", json=frames))
            assert await asyncio.to_thread(scorer.begun.wait, 60)
            gone = asyncio.create_task(app(scope, receive, send))
            await arrived.wait()
            scorer.free.set()
            await asyncio.gather(first, gone)
            assert (scorer.asked, answers[0]["status"]) == (1, 400)
            assert (await client.get("/health")).json()["taken"] == 0

    asyncio.run(scene())


class Faulty(Scorer):
    """A scorer with a fault that one prompt brings out."""

    def __init__(self) -> None:
        super().__init__([NAME], profile="lite", device="cpu")

    def attempt(self, frames: Any, prompt: Any = "", fps: float = 8) -> Any:
        if prompt == "a fault":
            raise RuntimeError("no such kernel")
        return super().attempt(frames, prompt, fps)


@pytest.fixture(scope="module")
def faulty() -> Faulty:
    return Faulty()


Answers = list[httpx.Response]


def asked(scorer: Scorer, *bodies: Any) -> Answers:
    """What an application in this process answers to one body after the other: bytes, or what is sent as JSON."""

    async def scene() -> Answers:
        transport = httpx.ASGITransport(create_app(scorer, "lite"))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            kinds = [{"content": body} if isinstance(body, bytes) else {"json": body} for body in bodies]
            return [await client.post("/score", **kind) for kind in kinds]

    return asyncio.run(scene())


def test_a_fault_over_one_video_of_a_list_costs_the_others_nothing(
    faulty: Faulty, expected: dict[str, float], caplog: pytest.LogCaptureFixture
) -> None:
    sound = as_json(noise(8))
    (answer,) = asked(faulty, [sound, {**sound, "prompt": "a fault"}, sound])
    first, second, third = answer.json()
    assert value(first) == value(third) == expected["a wave-0.mp4"]
    assert second["dimensions"][NAME] == {"reason": "RuntimeError: no such kernel"}
    assert "no such kernel" in caplog.text


def test_a_prompt_that_is_no_text_is_refused(server: str) -> None:
    body = json.dumps({**as_json(noise(8)), "prompt": "\ud800"})
    answer = post(server, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["reasons"][0].startswith("The prompt '\\ud800' is no text")


def test_a_disk_without_room_for_a_body_is_told(faulty: Faulty, videos: list[Path]) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    sound = videos[0].read_bytes()
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(sound), before[1]))
    try:
        full, small = asked(faulty, sound + bytes(1), sound)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (full.status_code, full.json()["error"]) == (507, "The server's disk has no room for the body.")
    assert small.status_code == 200


def test_it_is_ready_only_where_its_disk_holds_a_body() -> None:
    async def ready(limits: Limits) -> tuple[int, str]:
        transport = httpx.ASGITransport(create_app(Held(), "lite", limits=limits))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            answer = await client.get("/ready")
            return answer.status_code, answer.json().get("error", "")

    assert asyncio.run(ready(Limits())) == (200, "")
    assert asyncio.run(ready(Limits(body_bytes=1 << 60))) == (503, "The server's disk has no room for the body.")


def test_a_folder_of_bodies_that_a_cleaner_took_is_made_anew(
    faulty: Faulty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    app = create_app(faulty, "lite")
    (made,) = tmp_path.iterdir()
    made.rmdir()

    async def scene() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return (await client.post("/score", json=as_json(noise(8)))).status_code

    assert asyncio.run(scene()) == 200


def test_a_server_that_cannot_be_is_refused_before_a_model_is_loaded(
    server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for options, said in (
        (["--host", "0.0.0.0"], "VBENCH_SERVE_TOKEN"),
        (["--port", server.rpartition(":")[2]], "Something is listening"),
    ):
        monkeypatch.setattr(sys, "argv", ["vbench", "serve", "-d", NAME, "--profile", "lite", *options])
        with pytest.raises(SystemExit) as exited:
            main()
        assert exited.value.code == 2
        assert said in capsys.readouterr().err


def test_the_server_needs_nothing_of_the_board() -> None:
    code = "import vbench.harness.scoring_server, sys; print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(printed.stdout.split()) & {"sqlalchemy", "alembic", "gradio", "httpx", "jinja2"}
