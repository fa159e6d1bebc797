"""Addresses, as fsspec has them: ``s3://bucket/videos``, ``https://host/videos/``, ``sftp://host/videos`` and so on."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from vbench.errors import UsageError

_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]+:/"
"""Two letters at least: with one it is a drive."""

_OPENED = re.compile(rf"({_SCHEME}/)(?:([^/?#\s]*)@)?")
_QUERY = re.compile(r"(https?://[^?#\s'\"<>]*)[?#][^\s'\"<>)]*", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Whether a text names a place by its protocol, and not by a path; ``file:`` does, too.

    >>> is_address("s3://bucket/videos"), is_address("videos/mine"), is_address("C:/videos")
    (True, False, False)
    """
    return bool(re.match(rf"{_SCHEME}/", text))


def refuse_as_output(place: Path) -> None:
    """Have nothing written to an address, nor to a folder that one becomes when it is read as a path.

    Raises:
        UsageError: it is one.
    """
    if found := re.match(f"({_SCHEME})/*(.*)", str(place), re.DOTALL):
        said = without_secrets(f"{found[1]}/{found[2]}")
        raise UsageError(f"{said} is an address, and nothing is written to addresses: name a place of this machine.")


def without_secrets(text: str) -> str:
    """A text with addresses as anybody may read them: without passwords, tokens and queries.

    A user's name stays where it has no password and can be part of the place, as in ``abfs://container@account``.

    >>> without_secrets("sftp://me:secret@host/videos"), without_secrets("https://token@host/a.mp4?sig=secret")
    ('sftp://me@host/videos', 'https://host/a.mp4')
    >>> without_secrets("abfs://container@account.host/videos"), without_secrets("videos/what?.mp4")
    ('abfs://container@account.host/videos', 'videos/what?.mp4')
    """
    return _QUERY.sub(r"\1", _OPENED.sub(_without_password, text))


def secrets_of(address: str) -> list[str]:
    """What :func:`without_secrets` leaves out of an address, the longest first: it may stand alone in a message."""
    opened, query = _OPENED.match(address), _QUERY.match(address)
    user = (opened[2] or "") if opened else ""
    found = [user if _is_web(address) or ":" in user else "", user.partition(":")[2]]
    found.append(address[len(query[1]) + 1 :] if query else "")
    return sorted({*filter(None, found), *map(unquote, filter(None, found))}, key=len, reverse=True)


def _without_password(found: re.Match[str]) -> str:
    user = (found[2] or "").partition(":")[0]
    return f"{found[1]}{user}@" if user and not _is_web(found[1]) else found[1]


def _is_web(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))
