"""What all answers of the board have in common: how a refusal looks, and headers for foreign bytes."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import JSONResponse

from vbench.errors import Refused
from vbench.leaderboard.errors import Busy, Duplicate, NotAllowed, NotFound, TooLarge, Unavailable

log = logging.getLogger("vbench.board")

GUARDED = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
"""Whatever somebody uploaded is never taken for a page."""


def refusal(
    status: int, error: str, reasons: Iterable[str] = (), headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """An answer that says why not: ``{"error": ..., "reasons": [...]}``."""
    return JSONResponse({"error": error, "reasons": list(reasons), **more}, status, headers)


def later(seconds: float) -> dict[str, str]:
    """The header that says when to come back."""
    return {"Retry-After": str(max(1, math.ceil(seconds)))}


def in_words(error: Exception, token: str = "") -> JSONResponse:
    """The answer to an error, with the status that fits it; one that is no answer to anybody is a fault of the board.

    Args:
        error: what was raised.
        token: that came with the request.
    """
    match error:
        case Duplicate():
            return refusal(409, "This is there already.", error.reasons, first=error.first)
        case Refused():
            return refusal(422, "This is refused.", error.reasons)
        case NotAllowed():
            return refusal(403, str(error)) if token else refusal(401, str(error), headers=_BEARER)
        case NotFound():
            return refusal(404, str(error))
        case TooLarge():
            return refusal(413, str(error), headers={"Connection": "close"})
        case Busy():
            return refusal(503, str(error), headers=later(error.seconds))
        case Unavailable():
            log.error("%s", error)
            return refusal(507 if error.full else 503, str(error), headers=later(30))
    log.error("a fault of the board", exc_info=error)
    return refusal(500, "This is a fault of the board; its log has more.")


_BEARER = {"WWW-Authenticate": "Bearer"}
