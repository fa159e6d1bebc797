"""The board over HTTP: submissions come in, tables go out.

An archive is counted while it arrives and dropped as soon as it is too large. Refusals are JSON
(:func:`vbench.leaderboard.web.http.refusal`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path as File
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Depends, FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from vbench.errors import Refused, VBenchError
from vbench.files.strict_json import loads
from vbench.leaderboard.answers import Receipt
from vbench.leaderboard.board import Board
from vbench.leaderboard.errors import TooLarge
from vbench.leaderboard.jobs import Jobs
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.submissions.model_card import ModelCard, read_card
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.views.export import as_csv, as_json
from vbench.leaderboard.views.ranking import View
from vbench.leaderboard.web.desk import Desk
from vbench.leaderboard.web.gate import bearer, too_many
from vbench.leaderboard.web.http import GUARDED, in_words, refusal
from vbench.leaderboard.web.kept_answers import KeptAnswers
from vbench.leaderboard.web.metrics import Metrics
from vbench.leaderboard.web.ranges import ranged
from vbench.leaderboard.web.salt import Salt, SharedSalt
from vbench.leaderboard.web.senders import Senders, one_of
from vbench.leaderboard.web.shared_limits import Limits, wait
from vbench.leaderboard.web.ui.render import render

TITLE = "VBench leaderboard"

HOUR = 3600

LARGEST_CARD = 1 << 16
"""Bytes of a model card alone."""

LARGEST_NUMBER = 2**31 - 1
"""Of a submission; the database has no larger ones."""

KINDS = {"jpg": "image/jpeg", "mp4": "video/mp4"}


def create_app(settings: Settings) -> FastAPI:
    """The application; ``app.state`` has the ``board``, the ``senders``, the ``desk`` of archives and the ``metrics``.

    It is served behind a :class:`vbench.leaderboard.web.gate.Gate`.

    Args:
        settings: of the board.

    Raises:
        UsageError: the database cannot be opened.
    """
    board = Board(settings, check_here=False)
    hours = settings.address_hours
    salt = SharedSalt(board.database, hours) if board.database.is_shared else Salt(hours)
    senders = Senders(settings.trusted_proxies, salt)
    desk = Desk(settings, senders, Limits(board.database, senders))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()
        board.close()

    app = FastAPI(title=TITLE, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json", lifespan=lifespan)
    metrics = Metrics(board, desk.places)
    app.state.board, app.state.senders, app.state.desk, app.state.metrics = board, senders, desk, metrics
    app.include_router(_routes(board, desk, metrics))
    app.add_exception_handler(VBenchError, _cannot)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _wrong_call)
    return app


def token_of(request: Request) -> str:
    """The bearer token of a request, ``""`` without one."""
    return bearer(request.headers)


Token = Annotated[str, Depends(token_of)]

Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]


def _routes(board: Board, desk: Desk, metrics: Metrics) -> APIRouter:
    submissions = desk.limits.of("submissions", board.settings.submissions_per_hour, HOUR)
    previews = desk.limits.of("previews", board.settings.submissions_per_hour, HOUR)
    routes, kept = APIRouter(), KeptAnswers()

    @routes.post("/api/submissions", status_code=201)
    async def submit(request: Request, token: Token, card: str = "") -> Any:
        """Send an archive as the request's body; ``card`` is a model card as JSON for archives without one."""
        waits = [await wait(submissions, f"address {one_of(address_of(request))}")]
        waits += [await wait(submissions, f"token {token}")] if token else []
        if any(waits):
            return too_many(max(waits))
        given = _card(card) if card else None
        upload = await _received(request, desk, board.settings)
        sender = desk.senders.name(address_of(request))
        key, earlier = (request.headers.get(name, "") for name in ("idempotency-key", "earlier-token"))
        check = partial(board.submit, token=token, submitter=sender, card=given, key=key, earlier=earlier)
        return _receipt(await desk.take(upload, address_of(request), check))

    @routes.post("/api/check")
    async def check(request: Request, token: Token, card: str = "") -> dict[str, Any]:
        """What would become of an archive or of a run's ``run.json``, sent as the body; nothing of it is kept."""
        if wait_for := await wait(previews, f"address {one_of(address_of(request))}"):
            return too_many(wait_for)  # type: ignore[return-value]
        given = _card(card) if card else None
        upload = await _received(request, desk, board.settings)
        look = partial(board.preview, token=token, card=given)
        return (await desk.take(upload, address_of(request), look)).plain()

    @routes.put("/api/submissions/{number}/card")
    async def edit_card(number: Number, request: Request, token: Token) -> dict[str, Any]:
        """Replace a submission's model card by the body, JSON; with its token, its account's or an admin's."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_CARD:
                raise TooLarge(f"A card has at most {LARGEST_CARD:,} bytes.")
        edit = partial(board.edit_card, number, _card(body.decode("utf-8", "replace")), token)
        return {"id": number, "version": await desk.turn(address_of(request), edit)}

    @routes.get("/api/submissions/{number}/cards")
    def cards(number: Number, token: Token) -> dict[str, Any]:
        """Every model card that a submission had, the first one first."""
        return {"cards": [{**vars(one), "card": one.card.plain()} for one in board.cards(number, token)]}

    @routes.get("/api/jobs")
    def jobs() -> dict[str, Any]:
        """The videos that this board evaluates itself, and how far it is."""
        return {"jobs": [job.public() for job in Jobs(board.database).all()]}

    @routes.get("/api/submissions/{number}")
    def submission(number: Number, token: Token) -> dict[str, Any]:
        """A published submission; with its token, its account's or an admin's whatever its state."""
        detail = board.submission(number, token)
        return {
            **detail.entry.plain(),
            "provenance": detail.provenance,
            "history": [vars(event) for event in detail.history],
            "archive_bytes": detail.archive_bytes,
            "media": [*detail.frames, *detail.videos],
        }

    @routes.post("/api/submissions/{number}/publish")
    def publish(number: Number, token: Token) -> dict[str, Any]:
        """Show a pending submission on the board; with an admin's token."""
        board.publish(number, token)
        return {"id": number, "state": board.submission(number, token).entry.state}

    @routes.post("/api/submissions/{number}/certify/{mark}")
    def certify(number: Number, mark: str, token: Token) -> dict[str, Any]:
        """Mark a submission as ``gold``, ``silver`` or ``none``; with an admin's token."""
        board.certify(number, "" if mark == "none" else mark, token)
        return {"id": number, "certification": board.submission(number, token).entry.certification}

    @routes.get("/api/queue")
    def queue(token: Token) -> dict[str, Any]:
        """The pending submissions with what looks strange about each; with an admin's token."""
        waiting = board.queue(token)
        return {
            "pending": [
                {"id": int(one.entry.id), "model": one.entry.card.name, "account": one.account, "flags": one.flags}
                for one in waiting
            ]
        }

    @routes.post("/api/submissions/{number}/withdraw")
    def withdraw(number: Number, token: Token) -> dict[str, Any]:
        """Take a submission off the board; with the token of its receipt or an admin's."""
        board.withdraw(number, token)
        return {"id": number, "state": board.submission(number, token).entry.state}

    @routes.get("/api/submissions/{number}/archive")
    def archive(number: Number, request: Request, token: Token) -> Response:
        """The archive of a submission, as it was received."""
        name = f'attachment; filename="submission-{number}.zip"'
        found = board.large_archive(number, token)
        headers = {**GUARDED, "Content-Disposition": name}
        return ranged(request.headers, found.size, found.read, "application/zip", headers)

    @routes.get("/api/submissions/{number}/media/{name:path}")
    def media(number: Number, name: str, request: Request, token: Token) -> Response:
        """A frame or video of a submission, or the part of it that the header ``Range`` asks for."""
        found = board.large_medium(number, name, token)
        return ranged(request.headers, found.size, found.read, KINDS[name.rsplit(".", 1)[-1]], GUARDED)

    @routes.get("/api/board.json")
    def board_json(request: Request) -> Response:
        """The boards for programs; of a view, where the query is that of its page."""
        key, make = _shown(board, request, as_json)
        return kept.answer(request, key, make, "application/json")

    @routes.get("/api/board.csv")
    def board_csv(request: Request) -> Response:
        """The boards for tables; of a view, where the query is that of its page."""
        key, make = _shown(board, request, as_csv)
        headers = {**GUARDED, "Content-Disposition": 'attachment; filename="board.csv"'}
        return kept.answer(request, key, make, "text/csv; charset=utf-8", headers)

    @routes.get("/api/docs", include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        """What can be asked; a plain page that loads nothing."""
        return HTMLResponse(render("api.html", schema=request.app.openapi()))

    @routes.get("/healthz")
    def healthz() -> dict[str, str]:
        """Whether the database answers."""
        with board.database.reading() as session:
            session.execute(text("SELECT 1"))
        return {"status": "ok"}

    @routes.get("/metrics")
    def figures(token: Token) -> Response:
        """What Prometheus reads of this server process; with a token for metrics or an admin's."""
        board.demand_metrics(token)
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return routes


async def _received(request: Request, desk: Desk, settings: Settings) -> File:
    """The body of a request on disk, given up as soon as it is too large or too slow."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > settings.upload_bytes:
        raise TooLarge(f"The archive is larger than {settings.upload_bytes:,} bytes.")
    try:
        with anyio.fail_after(settings.upload_seconds):
            return await desk.uploads.receive(request.stream(), one_of(address_of(request)))
    except TimeoutError:
        raise HTTPException(408, f"The archive did not arrive in {settings.upload_seconds} s.") from None
    except ClientDisconnect:
        raise HTTPException(400, "The sender went away.") from None


def _card(given: str) -> ModelCard:
    values = loads(given, "card")
    if not isinstance(values, dict):
        raise Refused(["card must be an object."])
    return read_card(values)


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "id": receipt.id,
        "state": receipt.state,
        "sha256": receipt.sha256,
        "withdraw_token": receipt.withdraw_token,
        "entry": receipt.entry.plain(),
    }


def _shown(
    board: Board, request: Request, written: Callable[[Iterable[BoardRow]], str]
) -> tuple[Hashable, Callable[[], str]]:
    """The rows of a view, in its order, all pages; those of every benchmark where no view is asked for.

    Returns:
        Of which rows, and as what, an answer is, and what makes it.
    """
    snapshot = board.snapshot()
    if not request.url.query:
        return (written.__name__, snapshot.revision), lambda: written(snapshot.entries)
    view = View.from_query(request.url.query)
    lines = partial(snapshot.ranking(view.benchmark).lines, view)
    key = (written.__name__, snapshot.revision, view.to_query(), view.benchmark)
    return key, lambda: written(line.entry for line in lines())


def address_of(request: Request) -> str:
    """Where a request comes from, as the gate has settled it."""
    return request.client.host if request.client else ""


def _cannot(request: Request, error: Exception) -> JSONResponse:
    return in_words(error, token_of(request))


def _http_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return refusal(error.status_code, str(error.detail), headers=error.headers)


def _wrong_call(_: Request, error: Exception) -> JSONResponse:
    wrong = error.errors() if isinstance(error, RequestValidationError) else ()
    reasons = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong)
    return refusal(422, "This call is not understood.", reasons)
