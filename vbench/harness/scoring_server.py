"""Scores over HTTP, for reward models that are trained in another process, another environment or another language.

One worker scores one video after the other, so that an answer is that of ``vbench evaluate`` whatever else is asked at
the time. A request takes a place before its body is read; where none is left the answer is 429 and says when to come
back. Bodies wait on disk, so memory holds one request's video at a time.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from PIL import Image
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from vbench.errors import Refused, Unavailable, UsageError, VideoError
from vbench.files.atomic import NO_ROOM
from vbench.harness.scorer_apart import Attempts
from vbench.harness.sent_videos import read_sent
from vbench.harness.server_metrics import Counted, Metrics
from vbench.leaderboard.web.heard_out import heard_out
from vbench.leaderboard.web.http import later, refusal
from vbench.media.decode import ASSUMED_FPS
from vbench.runs.score_video import described

log = logging.getLogger("vbench.serve")

JSON = "application/json"

SUFFIXES = {"image/gif": ".gif", "image/webp": ".webp", "image/png": ".png"}
"""Of what is no container; in one, the decoder looks for itself."""


NO_ROOM_HERE = "The server's disk has no room for the body."


@dataclass(frozen=True)
class Limits:
    """What a server takes.

    Attributes:
        places: requests that are there at once, the one that is being scored with them.
        videos: of one request.
        body_bytes: of a request.
        body_seconds: within which it has arrived.
        wait_seconds: within which its turn comes.
    """

    places: int = 64
    videos: int = 64
    body_bytes: int = 64 << 20
    body_seconds: float = 60.0
    wait_seconds: float = 600.0


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="vbench-serve-")


class Desk:
    """The worker, and the places of those who wait for it.

    Args:
        scorer: whose models are loaded.
        limits: how many places there are, and for how long one waits.
    """

    def __init__(self, scorer: Attempts, limits: Limits) -> None:
        self.scorer, self.limits, self.taken, self.seconds = scorer, limits, 0, 1.0
        self.metrics = Metrics(limits.places, lambda: self.taken)
        self._turn = asyncio.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="scorer")
        self._made = _folder()

    @property
    def _bodies(self) -> Path:
        """Where bodies wait; made anew where a cleaner of temporary files has taken it, as it does of idle ones."""
        if not Path(self._made.name).is_dir():
            self._made.cleanup()
            self._made = _folder()
        return Path(self._made.name)

    @property
    def is_full(self) -> bool:
        """Whether no place is left."""
        return self.taken >= self.limits.places

    @property
    def has_room(self) -> bool:
        """Whether the disk holds one more body, of any size that is allowed."""
        try:
            return shutil.disk_usage(self._bodies).free >= self.limits.body_bytes
        except OSError:
            return False

    @contextmanager
    def place(self, suffix: str) -> Iterator[Path | None]:
        """A place for as long as a request is there: where its body goes, ``None`` if no place is left."""
        if self.is_full:
            yield None
            return
        body = self._bodies / f"{secrets.token_hex(8)}{suffix}"
        self.taken += 1
        try:
            yield body
        finally:
            self.taken -= 1
            body.unlink(missing_ok=True)

    async def answer(self, request: Request, body: Path, kind: str, prompt: str) -> Any:
        """What is said of a body, once its turn comes.

        Raises:
            Refused: it is JSON of another form, or a prompt is no text.
            HTTPException: its turn did not come, or its sender did not wait for it.
        """
        try:
            with anyio.fail_after(self.limits.wait_seconds):
                await self._turn.acquire()
        except TimeoutError:
            waited = f"Its turn did not come within {self.limits.wait_seconds:g} s."
            raise HTTPException(503, waited, later(self.seconds)) from None
        try:
            if await request.is_disconnected():  # nobody waits for others on behalf of who is gone
                raise _gone()
            return await asyncio.get_running_loop().run_in_executor(self._worker, self._answer, body, kind, prompt)
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the worker, and delete what is left of bodies."""
        self._worker.shutdown(cancel_futures=True)
        self._made.cleanup()

    def _answer(self, body: Path, kind: str, prompt: str) -> Any:
        began = time.monotonic()
        try:
            if kind != JSON:
                return self._scores(body, prompt, ASSUMED_FPS)
            videos, several = read_sent(body.read_bytes(), self.limits.videos)
            answers = [self._scores(one.frames(), one.prompt, one.fps) for one in videos]
            return answers if several else answers[0]
        finally:
            self.seconds = time.monotonic() - began

    def _scores(self, video: Path | list[Image.Image], prompt: str, fps: float) -> dict[str, Any]:
        began = time.monotonic()
        try:
            scores, reasons = self.scorer.attempt(video, prompt, fps)
        except UsageError as error:
            raise Refused([str(error)]) from error
        except Exception as error:  # of a fault, too, the next video does not suffer
            if not isinstance(error, VideoError) or isinstance(error, Unavailable):
                log.error("a fault over a video", exc_info=error)
            scores, reasons = {}, dict.fromkeys(self.scorer.dimensions, described(error))
        self.metrics.scored(scores, reasons, time.monotonic() - began)
        private = str(video) if isinstance(video, Path) else "frames in memory"
        known = {name: {"value": float(score.value), "weight": float(score.weight)} for name, score in scores.items()}
        why = {name: {"reason": reason.replace(private, "the video")} for name, reason in reasons.items()}
        return {"dimensions": {name: {**known, **why}[name] for name in self.scorer.dimensions}}


def create_app(scorer: Attempts, profile: str, token: str = "", limits: Limits | None = None) -> FastAPI:
    """The application.

    Args:
        scorer: whose models are loaded.
        profile: that it was made with, as ``/health`` tells it.
        token: that a request must bear, ``""`` for none.
        limits: of what is taken.
    """
    limits = limits or Limits()
    desk = Desk(scorer, limits)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()

    app = FastAPI(title="vbench serve", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_middleware(Counted, metrics=desk.metrics)

    def refuse_strangers(request: Request) -> JSONResponse | None:
        given = request.headers.get("authorization", "")
        if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return refusal(401, "Send the server's token: Authorization: Bearer ...", headers=_BEARER)
        return None

    @app.post("/score", response_model=None)
    async def score(request: Request, prompt: str = "") -> Any:
        """Score the video in the body: a file, with its prompt in the address, or JSON (:mod:`.sent_videos`)."""
        if "origin" in request.headers:
            return refusal(403, "A page of a site may not call this server.")
        if stranger := refuse_strangers(request):
            return stranger
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        with desk.place(SUFFIXES.get(kind, ".mp4")) as body:
            if body is None:
                return full()
            await _receive(request, body, limits)
            return await desk.answer(request, body, kind, prompt)

    def full(status: int = 429) -> JSONResponse:
        return refusal(status, f"All {limits.places} places are taken.", headers=later(desk.seconds))

    @app.get("/health")
    async def health() -> dict[str, Any]:
        """Whether it is there, what it scores, and how many of its places are taken."""
        return {
            "status": "ok", "version": version("vbench-suite"), "profile": profile,
            "dimensions": list(scorer.dimensions), "taken": desk.taken, "places": limits.places,
        }  # fmt: skip

    @app.get("/ready", response_model=None)
    async def ready() -> Any:
        """Whether a request would be taken now; for a balancer before several servers."""
        if desk.is_full:
            return full(503)
        return {"status": "ready"} if desk.has_room else refusal(503, NO_ROOM_HERE)

    @app.get("/metrics", response_model=None)
    async def metrics(request: Request) -> Response:
        """Figures for Prometheus."""
        return refuse_strangers(request) or Response(desk.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Exception, _refused)
    return app


_BEARER = {"WWW-Authenticate": "Bearer"}


async def _receive(request: Request, body: Path, limits: Limits) -> None:
    """Keep a body; one that says it is too large is refused before it is sent, where its sender waits to be told."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated[:20]) > limits.body_bytes:
        raise _too_large(limits)
    size = 0
    try:
        with anyio.fail_after(limits.body_seconds), body.open("wb") as kept:
            async for chunk in request.stream():
                size += len(chunk)
                if size > limits.body_bytes:
                    raise _too_large(limits)
                kept.write(chunk)
    except TimeoutError:
        raise HTTPException(408, f"The body did not arrive in {limits.body_seconds:g} s.", _CLOSED) from None
    except ClientDisconnect:
        raise _gone() from None
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        log.error("a body cannot be kept: %s", error)
        raise HTTPException(507, NO_ROOM_HERE, _CLOSED) from None


_CLOSED = {"Connection": "close"}


def _too_large(limits: Limits) -> HTTPException:
    return HTTPException(413, f"The body is larger than {limits.body_bytes:,} bytes.", _CLOSED)


def _gone() -> HTTPException:
    return HTTPException(400, "The sender went away.")


def _refused(_: Request, error: Exception) -> JSONResponse:
    match error:
        case HTTPException():
            return refusal(error.status_code, str(error.detail), headers=error.headers)
        case Refused():
            return refusal(422, "This is refused.", error.reasons)
    log.error("a fault of the server", exc_info=error)
    return refusal(500, "This is a fault of the server; its log has more.")


def serve(app: FastAPI, host: str, port: int, limits: Limits) -> None:
    """Serve until the process is told to stop; what has come in by then is answered."""
    http = heard_out(limits.body_seconds)
    uvicorn.run(
        app, host=host, port=port, http=http, ws="none", proxy_headers=False, server_header=False, access_log=False,
        log_level="warning",
    )  # fmt: skip
