"""The board over HTTP: submissions come in, tables go out.

An archive is counted while it arrives and dropped as soon as it is too large. Refusals are JSON:
``{"error": ..., "reasons": [...]}``.
"""

from __future__ import annotations

import math
from asyncio import Semaphore
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any

import anyio
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy import text
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from vbench.errors import Refused
from vbench.files.strict_json import loads
from vbench.leaderboard.board import Board, Receipt
from vbench.leaderboard.errors import Duplicate, NotAllowed, NotFound
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.submissions.model_card import ModelCard, read_card
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.views.export import as_csv, as_json
from vbench.leaderboard.views.ranking import View, rows
from vbench.leaderboard.web.http import GUARDED
from vbench.leaderboard.web.rate_limit import RateLimiter

MINUTE, HOUR = 60, 3600

KINDS = {"jpg": "image/jpeg", "mp4": "video/mp4"}


def create_app(settings: Settings) -> FastAPI:
    """The application; ``app.state.board`` is the board.

    Args:
        settings: of the board.

    Raises:
        UsageError: the database cannot be opened.
    """
    board = Board(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        board.close()

    app = FastAPI(title="VBench leaderboard", docs_url="/api/docs", openapi_url="/api/openapi.json", lifespan=lifespan)
    app.state.board = board
    app.include_router(_routes(board, settings))
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(NotAllowed, _not_allowed)
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _wrong_call)
    return app


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve the board until the process is told to stop.

    Behind a proxy on the same machine, a sender's address is what the proxy writes into ``X-Forwarded-For``.
    """
    from vbench.leaderboard.web.ui.mount import mount

    app = create_app(settings)
    mount(app, app.state.board)
    uvicorn.run(app, host=host, port=port, log_level="warning")


def token_of(request: Request) -> str:
    """The bearer token of a request, ``""`` without one."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


Token = Annotated[str, Depends(token_of)]


def _routes(board: Board, settings: Settings) -> APIRouter:
    requests = RateLimiter(settings.requests_per_minute, MINUTE)
    submissions = RateLimiter(settings.submissions_per_hour, HOUR)
    places = Semaphore(settings.uploads_at_once)
    routes = APIRouter(dependencies=[Depends(_limited(requests))])

    @routes.post("/api/submissions", status_code=201, dependencies=[Depends(_limited(submissions))])
    async def submit(request: Request, token: Token, card: str = "") -> dict[str, Any]:
        """Send an archive as the request's body; ``card`` is a model card as JSON for archives without one."""
        given = _card(card) if card else None
        async with places:
            archive = await _body(request, settings)
            key, earlier = (request.headers.get(name, "") for name in ("idempotency-key", "earlier-token"))
            send = partial(board.submit, archive, token, _address(request), given, key=key, earlier=earlier)
            return _receipt(await run_in_threadpool(send))

    @routes.get("/api/submissions/{number}")
    def submission(number: int, token: Token) -> dict[str, Any]:
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
    def publish(number: int, token: Token) -> dict[str, Any]:
        """Show a pending submission on the board; with an admin's token."""
        board.publish(number, token)
        return {"id": number, "state": board.submission(number, token).entry.state}

    @routes.post("/api/submissions/{number}/certify/{mark}")
    def certify(number: int, mark: str, token: Token) -> dict[str, Any]:
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
    def withdraw(number: int, token: Token) -> dict[str, Any]:
        """Take a submission off the board; with the token of its receipt or an admin's."""
        board.withdraw(number, token)
        return {"id": number, "state": board.submission(number, token).entry.state}

    @routes.get("/api/submissions/{number}/archive")
    def archive(number: int, token: Token) -> Response:
        """The archive of a submission, as it was received."""
        name = f'attachment; filename="submission-{number}.zip"'
        headers = {**GUARDED, "Content-Disposition": name}
        return Response(board.archive(number, token), media_type="application/zip", headers=headers)

    @routes.get("/api/submissions/{number}/media/{name:path}")
    def media(number: int, name: str, token: Token) -> Response:
        """A frame or video of a submission."""
        content = board.medium(number, name, token)
        return Response(content, media_type=KINDS[name.rsplit(".", 1)[-1]], headers=GUARDED)

    @routes.get("/api/board.json")
    def board_json(request: Request) -> Response:
        """The board for programs; of a view, where the query is that of its page."""
        return Response(as_json(_shown(board, request)), media_type="application/json")

    @routes.get("/api/board.csv")
    def board_csv(request: Request) -> Response:
        """The board for tables; of a view, where the query is that of its page."""
        headers = {**GUARDED, "Content-Disposition": 'attachment; filename="board.csv"'}
        return Response(as_csv(_shown(board, request)), media_type="text/csv; charset=utf-8", headers=headers)

    @routes.get("/healthz")
    def healthz() -> dict[str, str]:
        """Whether the database answers."""
        with board.database.reading() as session:
            session.execute(text("SELECT 1"))
        return {"status": "ok"}

    return routes


def _limited(flood: RateLimiter) -> Any:
    """A dependency that turns a sender away who comes too often, by address and by token."""

    def limited(request: Request, token: Token) -> None:
        waits = [flood.wait(f"address {_address(request)}")]
        if token:
            waits.append(flood.wait(f"token {token}"))
        if any(waits):
            seconds = math.ceil(max(waits))
            raise HTTPException(429, f"Too many requests; come back in {seconds} s.", {"Retry-After": str(seconds)})

    return limited


async def _body(request: Request, settings: Settings) -> bytes:
    """The body of a request, given up as soon as it is too large or too slow."""
    too_large = HTTPException(
        413, f"The archive is larger than {settings.upload_bytes:,} bytes.", {"Connection": "close"}
    )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > settings.upload_bytes:
        raise too_large
    content = bytearray()
    try:
        with anyio.fail_after(settings.upload_seconds):
            async for chunk in request.stream():
                content += chunk
                if len(content) > settings.upload_bytes:
                    raise too_large
    except TimeoutError:
        raise HTTPException(408, f"The archive did not arrive in {settings.upload_seconds} s.") from None
    except ClientDisconnect:
        raise HTTPException(400, "The sender went away.") from None
    return bytes(content)


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


def _shown(board: Board, request: Request) -> list[BoardRow]:
    """The rows of a view, in its order; everything where none is asked for."""
    entries = board.entries()
    return [line.entry for line in rows(entries, View.from_query(request.url.query))] if request.url.query else entries


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _error(status: int, error: str, reasons: Any = (), headers: Any = None, **more: Any) -> JSONResponse:
    return JSONResponse({"error": error, "reasons": list(reasons), **more}, status, headers)


def _refused(_: Request, error: Exception) -> JSONResponse:
    if isinstance(error, Duplicate):
        return _error(409, "This is there already.", error.reasons, first=error.first)
    reasons = error.reasons if isinstance(error, Refused) else ()
    return _error(422, "This is refused.", reasons)


def _not_allowed(request: Request, error: Exception) -> JSONResponse:
    if token_of(request):
        return _error(403, str(error))
    return _error(401, str(error), headers={"WWW-Authenticate": "Bearer"})


def _not_found(_: Request, error: Exception) -> JSONResponse:
    return _error(404, str(error))


def _http_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return _error(error.status_code, str(error.detail), headers=error.headers)


def _wrong_call(_: Request, error: Exception) -> JSONResponse:
    wrong = error.errors() if isinstance(error, RequestValidationError) else ()
    return _error(
        422, "This call is not understood.", [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong]
    )
