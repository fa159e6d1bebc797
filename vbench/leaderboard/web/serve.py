"""The server process: the application behind its gate, connections with deadlines, a log, no secrets lying about."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
from functools import partial

import uvicorn

from vbench.leaderboard.board import Board
from vbench.leaderboard.settings import PREFIX, Settings
from vbench.leaderboard.web.api import create_app
from vbench.leaderboard.web.connections import Connections, deadlines
from vbench.leaderboard.web.gate import Gate, is_loopback
from vbench.leaderboard.web.ui.mount import mount

log = logging.getLogger("vbench.board")

HEAD_BYTES = 1 << 15
"""Of a request's head."""

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""Of ``mallopt`` in the GNU C library."""

SECRETS = ("ADMIN_TOKENS", "SUBMIT_TOKENS", "METRICS_TOKENS", "DATABASE")
"""Settings that nobody else should read; the database's address may have a password."""


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve the board until the process is told to stop.

    Args:
        settings: of the board.
        host: address to listen on.
        port: to listen on.

    Raises:
        UsageError: the database cannot be opened.
    """
    forget_secrets()
    _give_memory_back()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of the processes that check archives
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s", level=logging.WARNING)
    log.setLevel(logging.INFO)
    app = create_app(settings)
    mount(app, app.state.board, app.state.desk)
    if outdated := len(app.state.board.scored(outdated=True)):
        log.warning("%d submissions stand apart, as older rules scored them: vbench leaderboard rebuild", outdated)
    name_of = partial(token_name, app.state.board)
    gate = Gate(app, settings, app.state.desk, app.state.metrics, name_of, alone=is_loopback(host))
    connections = Connections(settings, app.state.senders)
    uvicorn.run(
        gate, host=host, port=port, http=deadlines(connections), ws="none", h11_max_incomplete_event_size=HEAD_BYTES,
        proxy_headers=False, server_header=False, access_log=False, log_level="warning",
    )  # fmt: skip


def token_name(board: Board, token: str) -> str:
    """Whose a token is, for the log: ``admin 1`` for the first of the admins', an account's, or ``?``."""
    if name := board.settings.token_name(token):
        return name
    holder = board.accounts.holder(token)
    return repr(holder.name) if holder else "?"


def forget_secrets() -> None:
    """Take the secrets out of this process's environment, and out of what the system shows of it."""
    for name in (PREFIX + secret for secret in SECRETS):
        if name in os.environ:
            if sys.platform == "linux":
                _blacken(name)
            del os.environ[name]


def _give_memory_back() -> None:
    """Have every large block of memory go back to the system as soon as it is free; otherwise threads keep some."""
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(M_MMAP_THRESHOLD, 1 << 20)
        library.mallopt(M_ARENA_MAX, 2)


def _blacken(name: str) -> None:
    """Overwrite a variable where the process was given it: ``/proc/PID/environ`` shows that memory to the end."""
    library = ctypes.CDLL(None)
    library.getenv.restype = ctypes.c_void_p
    if place := library.getenv(name.encode()):
        ctypes.memset(place, ord("*"), len(os.environb[name.encode()]))
