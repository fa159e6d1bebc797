"""A hosted model's job API on the loopback interface, which behaves, or misbehaves, as the prompt tells it to."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tests.footage import noise, write_video

KEY = "sk-open-sesame/4711"


class Handler(http.server.BaseHTTPRequestHandler):
    """Talks for the service that its server belongs to."""

    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.service.note(self)
        self.server.service.submit(self, body)

    def do_GET(self) -> None:
        self.server.service.note(self)
        self.server.service.look(self, urlsplit(self.path).path)

    def answer(self, status: int, body: Any, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        with suppress(BrokenPipeError, ConnectionResetError):  # who asked may be dead
            self.end_headers()
            self.wfile.write(content)

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service: Service, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.service = service


class Service:
    """The service: what it was asked, and what it answers.

    Attributes:
        calls: method and path of everything.
        submitted: bodies of the jobs that were accepted, and so paid for, by id.
        keys: what was sent as a key, by path.
        early: calls that came while the service had asked to wait.
        on_accept, on_look: called when a job was accepted and not answered yet, and when something is asked for.
    """

    def __init__(self, folder: Path) -> None:
        self.video = write_video(folder / "service.mp4", noise(3, 16, 16)).read_bytes()
        self.calls: list[str] = []
        self.submitted: dict[str, dict[str, Any]] = {}
        self.keys: list[str] = []
        self.named: dict[str, str] = {}
        self.early, self.busy_until = 0, 0.0
        self.times: Counter[str] = Counter()
        self.elsewhere = ""
        self.on_look: Callable[[], None] = lambda: None
        self.on_accept: Callable[[], None] = lambda: None
        self.server: Server | None = None
        self.port = 0

    def start(self) -> Self:
        self.server = Server(self, self.port)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def note(self, call: Handler) -> None:
        self.calls.append(f"{call.command} {call.path}")
        self.keys.append(call.headers.get("Authorization", ""))
        self.early += time.monotonic() < self.busy_until

    def submit(self, call: Handler, body: dict[str, Any]) -> None:
        key, prompt = call.headers.get("Authorization", ""), body["prompt"]
        self.times[prompt] += 1
        first = self.times[prompt] == 1
        if key != f"Bearer {KEY}":
            call.answer(401, {"error": f"wrong key: {key}"})
        elif prompt == "bad words":
            call.answer(400, {"error": f"not allowed for {key}"})
        elif prompt == "forbidden words":
            call.answer(403, {"error": {"code": "moderation", "message": "against the rules"}})
        elif prompt == "nothing left":
            call.answer(402, {"error": "pay first"})
        elif prompt == "breaks inside":
            call.answer(500, {"error": "oh"})
        elif prompt == "busy once" and first:
            self.busy_until = time.monotonic() + 0.3
            call.answer(429, {}, Retry_After="0.3")
        elif prompt == "busy for a minute":
            self.busy_until = time.monotonic() + 60
            call.answer(429, {}, Retry_After="60")
        elif prompt == "always busy":
            call.answer(429, {"error": "quota"})
        elif prompt == "busy for long":
            call.answer(429, {}, Retry_After="86400")
        elif prompt == "moved":
            call.answer(307, {}, Location=f"{self.elsewhere}/v2/videos")
        elif prompt == "no json":
            call.answer(200, b"<html>welcome</html>")
        elif prompt == "no id":
            call.answer(200, {"task": 1})
        elif call.path == "/sync":
            call.answer(200, self.video)
        else:
            named = call.headers.get("Idempotency-Key", "")
            job = self.named.get(named) or str(len(self.submitted) + 1)
            if named:
                self.named[named] = job
            self.submitted[job] = body
            self.on_accept()
            if prompt == "breaks" or (prompt == "breaks once" and first):
                call.hang_up()
            elif prompt == "lost between":
                call.answer(503, b"upstream connect error or disconnect/reset before headers")
            elif prompt == "mangled":
                call.answer(201, b"no gzip", Content_Encoding="gzip")
            else:
                call.answer(201, {"data": {"id": int(job)}, "url": f"/files/{job}.mp4"})

    def look(self, call: Handler, path: str) -> None:
        self.on_look()
        job = Path(path).stem
        prompt = self.submitted[job]["prompt"] if job in self.submitted else ""
        self.times[path] += 1
        if path.startswith("/v1/videos/"):
            self._state(call, job, prompt, self.times[path])
        elif not path.startswith("/files/") or prompt == "expired":
            call.answer(404, {})
        elif prompt == "link expires" and "signature=1" in call.path:
            call.answer(403, b"<Error>Request has expired</Error>")
        elif prompt == "page once" and self.times[path] == 1:
            call.answer(200, b"<html>one moment</html>")
        elif prompt == "redirected" and self.elsewhere:
            call.answer(302, b"", Location=f"{self.elsewhere}{call.path}")
        elif prompt == "in circles":
            call.answer(302, b"", Location=call.path)
        elif prompt == "garbage":
            call.answer(200, b"<html>not a video</html>")
        elif prompt == "empty":
            call.answer(200, b"")
        elif prompt == "cut" or (prompt == "cut once" and self.times[path] == 1):
            call.answer(200, self.video[:100], Content_Length=str(len(self.video)))
        else:
            call.answer(200, self.video)

    def _state(self, call: Handler, job: str, prompt: str, times: int) -> None:
        if not prompt:
            call.answer(404, {"error": "no such job"})
        elif prompt == "shaky" and times < 3:
            call.answer(500, {"error": "try again"})
        elif prompt == "mangled once" and times < 2:
            call.answer(200, b"no gzip", Content_Encoding="gzip")
        elif prompt == "fails":
            call.answer(200, {"status": "failed", "error": {"message": "out of capacity"}})
        elif prompt == "stuck" or times < 2:
            call.answer(200, {"status": "processing"})
        elif prompt == "stateless":
            call.answer(200, {"state": "?"})
        elif prompt == "no output":
            call.answer(200, {"status": "done", "output": []})
        elif prompt == "on disk":
            call.answer(200, {"status": "done", "output": [{"url": "file:///etc/passwd"}]})
        else:
            host = self.elsewhere if prompt == "elsewhere" else ""
            link = f"{host}/files/{job}.mp4?signature={times - 1 if prompt == 'link expires' else 's3cret'}"
            call.answer(200, {"status": "done", "output": [{"url": link}]})


DESCRIPTION = """
name = "acme-video-1"
key_env = "ACME_KEY"
headers = {{ Authorization = "Bearer {{key}}" }}
settings = {{ frames = 24, height = 16, width = 32 }}

[submit]
url = "{url}/v1/videos"
body = {{ prompt = "{{prompt}}", seed = "{{seed}}", size = "{{width}}x{{height}}", more = {{ fps = "{{fps}}" }} }}
id = "data.id"
{submit}
[poll]
url = "{url}/v1/videos/{{id}}"
state = "status"
done = ["done"]
failed = ["failed"]
reason = "error.message"
every = 0.01

[download]
url = "{{output.0.url}}"

[limits]
concurrent = {concurrent}
per_minute = {per_minute}
timeout = {timeout}
retries = 2
backoff = 0.01
"""


def describe(
    url: str, path: Path, submit: str = "", concurrent: int = 1, per_minute: float = 1e6, timeout: float = 5
) -> Path:
    """Write the description of the service."""
    path.write_text(
        DESCRIPTION.format(url=url, submit=submit, concurrent=concurrent, per_minute=per_minute, timeout=timeout)
    )
    return path
