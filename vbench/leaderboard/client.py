"""Talking to a board over HTTP: a submission goes out, a receipt comes back."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from vbench.errors import Refused, UsageError, VBenchError
from vbench.files.json_file import plain_json
from vbench.leaderboard.keys import new_key

TIMEOUT = 600

KINDS = {"POST": "application/zip", "PUT": "application/json"}
"""What is sent by each method."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class BoardError(VBenchError):
    """The board could not be reached, or did not do what was asked; the message is its answer."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token is for the board that it was given to, not for wherever that points."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


def submit(board: str, archive: bytes, token: str = "", key: str = "", earlier: str = "") -> dict[str, Any]:
    """Send an archive. Sent again under the same key, it is the same submission, and the receipt is the same.

    Args:
        board: address of the board.
        archive: as :func:`vbench.leaderboard.submissions.pack.pack` makes it.
        token: of an account, or where the board asks for one.
        key: that the sender made and kept (:mod:`vbench.leaderboard.receipts`); by default one is made for this call.
        earlier: withdraw token of an earlier submission of the same scores.

    Returns:
        The receipt.

    Raises:
        UsageError: the address is none, or the token would go over an open line.
        Refused: the board refuses it, with its reasons.
        BoardError: anything else went wrong.
    """
    secrets = {"Idempotency-Key": key or new_key(), **({"Earlier-Token": earlier} if earlier else {})}
    return _sent(board, "/api/submissions", archive, token, secrets)


def withdraw(board: str, number: int, token: str) -> dict[str, Any]:
    """Take a submission back; raises as :func:`submit`."""
    return _sent(board, f"/api/submissions/{number}/withdraw", b"", token)


def edit_card(board: str, number: int, card: Mapping[str, Any], token: str) -> dict[str, Any]:
    """Put another model card in the place of a submission's; raises as :func:`submit`."""
    return _sent(board, f"/api/submissions/{number}/card", json.dumps(card).encode(), token, method="PUT")


def _sent(
    board: str,
    path: str,
    body: bytes,
    token: str,
    secrets: Mapping[str, str] | None = None,
    method: str = "POST",
) -> dict[str, Any]:
    parts = urlsplit(board)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{board!r} is no address of a board: expected https://HOST.")
    known = token or (secrets or {}).get("Earlier-Token")
    if known and parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise UsageError(f"A token is not sent over an open line: use https:// for {parts.hostname}.")
    request = urllib.request.Request(board.rstrip("/") + path, body, {"Content-Type": KINDS[method]}, method=method)
    for name, secret in (secrets or {}).items():
        request.add_unredirected_header(name, secret)
    if token:
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT) as response:
            return _object(response.read())
    except urllib.error.HTTPError as error:
        raise _refusal(error) from None
    except (OSError, ValueError, HTTPException) as error:
        raise BoardError(f"{board} could not be reached: {error}") from error


def _object(answer: bytes) -> dict[str, Any]:
    """What a board answers; a ValueError where something else on the way does, such as a proxy."""
    found = plain_json(answer)
    if not isinstance(found, dict):
        raise ValueError(f"what answers there is no board: it says {found!r:.60}")
    return found


def _refusal(error: urllib.error.HTTPError) -> VBenchError:
    try:
        answer = _object(error.read())
    except (OSError, ValueError, HTTPException):
        return BoardError(f"The board answers {error.code} {error.reason}.")
    if reasons := answer.get("reasons"):
        return Refused([str(reason) for reason in reasons])
    return BoardError(f"The board answers {error.code}: {answer.get('error')}")
