"""Answers that are the same for everybody: made once per change of the board, kept, and sent to whoever has another.

An answer's ETag is the digest of what it says; a browser that has it already is told so and nothing else.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from starlette.requests import Request
from starlette.responses import Response

MOST_BYTES = 64 << 20
"""Of all answers that are kept; beyond that the ones that nobody asked for longest are made again."""

SMALLEST = 1024
"""Bytes from which on an answer is packed."""


@dataclass(frozen=True)
class _Kept:
    etag: str
    body: bytes
    packed: bytes

    @property
    def size(self) -> int:
        return len(self.body) + len(self.packed)


@dataclass
class KeptAnswers:
    """Makes answers, and keeps them."""

    _kept: OrderedDict[Hashable, _Kept] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: Lock = field(default_factory=Lock)
    _making: Lock = field(default_factory=Lock)
    """Held while an answer is made: whoever asks for the same waits for it, and there is one large one at a time."""

    def answer(
        self,
        request: Request,
        key: Hashable,
        make: Callable[[], str],
        media_type: str = "text/html",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The answer to a request.

        Args:
            request: from whose headers follows whether anything has to be sent, and how.
            key: of what is said; another one wherever something else would be.
            make: says it.
            media_type: of the answer.
            headers: more of them.
        """
        found = self._found(key, make)
        said = {"ETag": found.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding", **(headers or {})}
        if found.etag in (
            tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")
        ):
            return Response(status_code=304, headers=said)
        if found.packed and "gzip" in request.headers.get("accept-encoding", ""):
            said["Content-Encoding"] = "gzip"
            return Response(found.packed, media_type=media_type, headers=said)
        return Response(found.body, media_type=media_type, headers=said)

    def _found(self, key: Hashable, make: Callable[[], str]) -> _Kept:
        if known := self._known(key):
            return known
        with self._making:
            return self._known(key) or self._made(key, make)

    def _known(self, key: Hashable) -> _Kept | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _made(self, key: Hashable, make: Callable[[], str]) -> _Kept:
        body = make().encode()
        packed = gzip.compress(body, 5, mtime=0) if len(body) >= SMALLEST else b""
        made = _Kept(f'"{hashlib.sha256(body).hexdigest()[:32]}"', body, packed)
        with self._lock:
            self._kept[key] = made
            self._bytes += made.size
            while self._bytes > MOST_BYTES and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].size
        return made
