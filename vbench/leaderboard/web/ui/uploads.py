"""How often one address may upload a file through the pages, whether or not it is submitted afterwards."""

from __future__ import annotations

import math

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from vbench.leaderboard.web.rate_limit import RateLimiter

UPLOAD = "/gradio_api/upload"


class UploadLimit:
    """Turns a sender away who uploads too often, before anything of the file is read.

    Args:
        app: what comes behind.
        flood: counts by address.
    """

    def __init__(self, app: ASGIApp, flood: RateLimiter) -> None:
        self.app, self.flood = app, flood

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        upload = scope["type"] == "http" and scope["path"].rstrip("/") == UPLOAD
        address = (scope.get("client") or ("",))[0]
        if upload and (wait := self.flood.wait(address)):
            answer = PlainTextResponse("Too many uploads.", 429, {"Retry-After": str(math.ceil(wait))})
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)
