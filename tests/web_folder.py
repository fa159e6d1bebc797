"""A folder on a real web server of this machine, whose transfers break, stall or ask for a password when told to."""

from __future__ import annotations

import base64
import http.server
import threading
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit


class _Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, folder: WebFolder, *args: Any) -> None:
        self.folder = folder
        super().__init__(*args, directory=str(folder.path))

    def do_GET(self) -> None:
        name = unquote(urlsplit(self.path).path).rsplit("/", 1)[-1]
        self.folder.asked[name] += 1
        if not self._is_let_in():
            return
        if name in self.folder.stalls or self.folder.breaks[name] > 0:
            self.folder.breaks[name] -= 1
            self._half(Path(self.translate_path(self.path)).read_bytes(), stays=name in self.folder.stalls)
            return
        super().do_GET()
        self.folder.sent(name)

    def do_HEAD(self) -> None:
        if self._is_let_in():
            super().do_HEAD()

    def _is_let_in(self) -> bool:
        given = base64.b64encode(self.folder.login.encode()).decode()
        if self.folder.login and self.headers.get("Authorization") != f"Basic {given}":
            self.send_error(401)
            return False
        if self.folder.token and urlsplit(self.path).query != f"sig={self.folder.token}":
            self.send_error(403, f"no such token in {self.path}")
            return False
        return True

    def _half(self, content: bytes, stays: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
        self.folder.half_sent.set()
        if stays:
            self.folder.closing.wait(60)
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


class WebFolder:
    """The folder and its server; use it in a ``with``.

    Attributes:
        asked: how often each file was asked for.
        breaks: so many times the transfer of a file ends in the middle.
        stalls: files whose transfer stops in the middle and goes on no more.
        half_sent: once a transfer has stopped.
        login: ``user:password`` that is asked for.
        token: that is asked for as ``?sig=``.
        later: file -> content that it has once it was sent a first time.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.asked, self.breaks, self.stalls = path, Counter[str](), Counter[str](), set[str]()
        self.half_sent, self.closing = threading.Event(), threading.Event()
        self.login = self.token = ""
        self.later: dict[str, bytes] = {}
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.server.daemon_threads = True

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    @property
    def address(self) -> str:
        return f"http://{self.host}"

    def sent(self, name: str) -> None:
        if content := self.later.pop(name, None):
            (self.path / name).write_bytes(content)

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
