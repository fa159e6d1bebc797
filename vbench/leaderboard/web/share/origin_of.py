"""Under which address a board was asked for, as far as its gate has believed it."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Scope


def origin_of(scope: Scope) -> str:
    """The board's own address as its visitor knows it, with a slash at the end."""
    headers = Headers(scope=scope)
    host = headers.get("x-forwarded-host") or headers.get("host", "")
    return f"{scope.get('scheme', 'http')}://{host}{scope.get('root_path', '')}/"
