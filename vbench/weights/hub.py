"""What the Hugging Face hub has, asked without downloading it: names and sizes of files, and headers of safetensors."""

from __future__ import annotations

import http.client
import os
import struct
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from vbench.errors import CheckpointError, VBenchError
from vbench.files.json_file import plain_json
from vbench.weights.card import HUB
from vbench.weights.safetensors_files import LONGEST, Entry, parsed

PATIENCE = 30
"""Seconds that an answer is waited for."""


class NoConnection(VBenchError):
    """The hub could not be asked."""


@dataclass(frozen=True)
class Repository:
    """A repository at a revision.

    Attributes:
        name: ``owner/name``.
        revision: a commit, branch or pull request.
        files: name -> bytes, ``None`` where the hub does not say.
        commit: that the revision is now.
    """

    name: str
    revision: str
    files: dict[str, int | None] = field(default_factory=dict)
    commit: str = ""

    def text(self, file: str) -> bytes:
        """A small file."""
        return _get(self._address(file))

    def header(self, file: str) -> dict[str, Entry]:
        """What a safetensors file says that it holds.

        Raises:
            CheckpointError: it is none, or not as long as it says.
        """
        size = self.files.get(file) or 0
        (length,) = struct.unpack("<Q", _get(self._address(file), 0, 8))
        text = _get(self._address(file), 8, length) if 0 < length <= min(size - 8, LONGEST) else b""
        return parsed(text, f"{self.name}, {file}", size - 8 - length)

    def _address(self, file: str) -> str:
        revision = urllib.parse.quote(self.revision, safe="")
        return f"{_endpoint()}/{self.name}/resolve/{revision}/{urllib.parse.quote(file)}"


def repository(name: str, revision: str) -> Repository:
    """Ask for a repository's files.

    Raises:
        CheckpointError: there is no such repository or revision, or it is not open to everybody.
        NoConnection: the hub did not answer.
    """
    quoted = urllib.parse.quote(revision, safe="")
    address = f"{_endpoint()}/api/models/{name}/revision/{quoted}?blobs=true"
    try:
        told: dict[str, Any] = plain_json(_get(address))
        files = {str(one["rfilename"]): one.get("size") for one in told.get("siblings", ())}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise NoConnection(f"{address} answers something else than a hub does ({error})") from error
    return Repository(name, revision, files, str(told.get("sha", "")))


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", HUB).rstrip("/")


def _get(address: str, first: int = 0, count: int | None = None) -> bytes:
    """The content of an address, or so many of its bytes from one on.

    Raises:
        CheckpointError: it is not there, or not open to everybody.
        NoConnection: it does not come, or not whole.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON"):
        raise NoConnection("HF_HUB_OFFLINE is set")
    headers = {} if count is None else {"Range": f"bytes={first}-{first + count - 1}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=PATIENCE) as answer:
            content: bytes = answer.read() if count is None else answer.read(count)
            if count is not None and (answer.status != http.HTTPStatus.PARTIAL_CONTENT or len(content) != count):
                raise NoConnection(f"{address} gives something else than the {count:,} bytes that were asked for")
            return content
    except urllib.error.HTTPError as error:
        if error.code in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN, http.HTTPStatus.NOT_FOUND):
            raise CheckpointError(
                f"{address} answers {error.code}: it is not there, or only for those who have accepted its licence."
            ) from error
        raise NoConnection(f"{address} answers {error.code}") from error
    except (urllib.error.URLError, http.client.HTTPException, OSError, TimeoutError) as error:
        raise NoConnection(f"{address}: {error}") from error
