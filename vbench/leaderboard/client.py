"""Talking to a board over HTTP: a submission goes out, a receipt comes back."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import urlsplit

from vbench.errors import Refused, UsageError, VBenchError
from vbench.files.json_file import plain_json
from vbench.leaderboard.keys import new_key

TIMEOUT = 600

KINDS = {"POST": "application/zip", "PUT": "application/json"}
"""What is sent by each method."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")

REDIRECTS = (301, 302, 303, 307, 308)

UNKNOWN_END = (502, 504)
"""Something between has no answer from the board, which may have one."""


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
    return _sent(board, "/api/submissions", archive, token, secrets, says=("id", "state", "withdraw_token"))


def withdraw(board: str, number: int, token: str) -> dict[str, Any]:
    """Take a submission back; raises as :func:`submit`."""
    return _sent(board, f"/api/submissions/{number}/withdraw", b"", token, says=("state",))


def edit_card(board: str, number: int, card: Mapping[str, Any], token: str) -> dict[str, Any]:
    """Put another model card in the place of a submission's; raises as :func:`submit`."""
    return _sent(
        board, f"/api/submissions/{number}/card", json.dumps(card).encode(), token, method="PUT", says=("version",)
    )


def _sent(
    board: str,
    path: str,
    body: bytes,
    token: str,
    secrets: Mapping[str, str] | None = None,
    method: str = "POST",
    says: Sequence[str] = (),
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
        with _opener(parts.hostname).open(request, timeout=TIMEOUT) as response:
            return _object(response, says)
    except urllib.error.HTTPError as error:
        raise _refusal(board, error) from None
    except (OSError, ValueError, HTTPException) as error:
        raise BoardError(f"{board} could not be reached: {error}") from error


def _opener(host: str) -> urllib.request.OpenerDirector:
    """How a board is asked: one on this machine by nobody else, whatever proxies the environment names."""
    direct = [urllib.request.ProxyHandler({})] if host in LOOPBACK else []
    return urllib.request.build_opener(_NoRedirect, *direct)


def _object(answer: IO[bytes], says: Sequence[str] = ()) -> dict[str, Any]:
    """What a board answers.

    Raises:
        ValueError: something else on the way does, such as a proxy.
    """
    content = answer.read()
    try:
        found = plain_json(content)
    except ValueError:
        found = " ".join(content[:1000].decode("utf-8", "replace").split())
    if not isinstance(found, dict) or not all(name in found for name in says):
        raise ValueError(f"what answers there is no board: it says {found!r:.60}")
    return found


def _refusal(board: str, error: urllib.error.HTTPError) -> VBenchError:
    status = f"{error.code} {error.reason}"
    if error.code in REDIRECTS:
        return BoardError(f"{board} leads to {error.headers.get('Location', 'nowhere')} ({status}); use that address.")
    try:
        answer = _object(error, ("error",))
    except (OSError, ValueError, HTTPException):
        known = "; whether the board did what was asked is not known" if error.code in UNKNOWN_END else ""
        by = error.headers.get("Server", "")
        return BoardError(f"{by or 'Something'} between here and the board answers {status}{known}.")
    if reasons := answer.get("reasons"):
        return Refused([str(reason) for reason in reasons])
    return BoardError(f"The board answers {error.code}: {answer.get('error')}")
