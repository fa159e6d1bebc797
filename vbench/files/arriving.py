"""What comes over HTTP in pieces, taken for whole only where all of it came.

Python's client ends an answer that was cut off as it ends a whole one, where it is read in pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPResponse


def stated_length(answer: HTTPResponse) -> int | None:
    """Bytes of a body as its sender states them, ``None`` where it does not."""
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def pieces(answer: HTTPResponse, size: int) -> Iterator[bytes]:
    """A body.

    Args:
        answer: whose body nobody has read yet.
        size: of each piece, in bytes.

    Raises:
        OSError: the connection ended before the body did.
    """
    done, length = 0, stated_length(answer)
    while piece := answer.read(size):
        yield piece
        done += len(piece)
    if length is not None and done < length:
        raise OSError(f"the connection ended after {done:,} of {length:,} bytes")
