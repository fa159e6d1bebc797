"""Parts of a large answer: a player asks for the bytes from where somebody has jumped to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from fastapi.responses import Response, StreamingResponse
from starlette.datastructures import Headers

from vbench.leaderboard.web.http import refusal

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

Read = Callable[[int, int], Iterator[bytes]]
"""The bytes from one place to another, in pieces."""


def ranged(asked: Headers, size: int, read: Read, kind: str, headers: Mapping[str, str]) -> Response:
    """The whole of something, or the part that is asked for; of several parts the whole.

    Args:
        asked: headers of the request.
        size: of the whole, in bytes.
        read: gives the bytes between two places.
        kind: media type.
        headers: of the answer.
    """
    headers = {**headers, "Accept-Ranges": "bytes"}
    said = _RANGE.fullmatch(asked.get("range", ""))
    if not said or not any(said.groups()) or "if-range" in asked:
        return StreamingResponse(read(0, size), media_type=kind, headers={**headers, "Content-Length": str(size)})
    first, last = said.groups()
    start = int(first) if first else max(size - int(last), 0)
    stop = min(int(last) + 1, size) if first and last else size
    if not start < stop:
        return refusal(416, f"There are {size:,} bytes.", headers={**headers, "Content-Range": f"bytes */{size}"})
    headers |= {"Content-Range": f"bytes {start}-{stop - 1}/{size}", "Content-Length": str(stop - start)}
    return StreamingResponse(read(start, stop), 206, media_type=kind, headers=headers)
