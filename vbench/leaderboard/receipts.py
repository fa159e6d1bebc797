"""What a sender keeps of each submission, written before anything is sent: the key, and what follows from it.

Whoever is cut off sends the same archive again and gets the same receipt: the key of the first time is found here.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from vbench.errors import UsageError
from vbench.files.atomic import write_atomically
from vbench.files.json_file import plain_json
from vbench.leaderboard.keys import new_key, withdraw_token
from vbench.malformed import flaw


@dataclass(frozen=True)
class Sent:
    """One submission, as its sender remembers it.

    Attributes:
        board: address of the board.
        sha256: of the archive.
        key: under which it is sent.
        withdraw_token: that follows from the key.
        id: number that the board gave it; ``None`` until there is an answer.
    """

    board: str
    sha256: str
    key: str
    withdraw_token: str
    id: int | None = None


def folder_of_receipts() -> Path:
    """``$XDG_STATE_HOME/vbench/submissions``, otherwise in ``~/.local/state``."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "vbench" / "submissions"


def about_to_send(board: str, archive: bytes) -> Sent:
    """The record of an archive for a board, from an earlier try or made and written now.

    Raises:
        UsageError: it can be neither read nor written.
    """
    sha256 = hashlib.sha256(archive).hexdigest()
    path = _path(board, sha256)
    if path.exists():
        return _read(path)
    key = new_key()
    return _write(Sent(board.rstrip("/"), sha256, key, withdraw_token(key)))


def answered(sent: Sent, number: int) -> Sent:
    """Keep the number that a submission was given."""
    return _write(replace(sent, id=number))


def token_of(board: str, number: int) -> str:
    """The token that withdraws a submission that was sent from here, ``""`` if it was not."""
    for path in sorted(folder_of_receipts().glob("*.json")):
        sent = _read(path)
        if (sent.board, sent.id) == (board.rstrip("/"), number):
            return sent.withdraw_token
    return ""


def where(sent: Sent) -> Path:
    """The file of a record."""
    return _path(sent.board, sent.sha256)


def _path(board: str, sha256: str) -> Path:
    name = hashlib.sha256(f"{board.rstrip('/')} {sha256}".encode()).hexdigest()[:32]
    return folder_of_receipts() / f"{name}.json"


def _read(path: Path) -> Sent:
    try:
        sent = Sent(**plain_json(path.read_text(encoding="utf-8")))
        if told := flaw(sent, [Sent]):
            raise ValueError(told)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{path} is no record of a submission: {error}. Move it away and try again.") from error
    return sent


def _write(sent: Sent) -> Sent:
    path = where(sent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.chmod(0o700)
        write_atomically(path, json.dumps(asdict(sent), indent=1) + "\n")
        path.chmod(0o600)
    except OSError as error:
        raise UsageError(
            f"The key is kept in {path.parent}, which cannot be written: {error}. Set XDG_STATE_HOME to "
            "a folder that can."
        ) from error
    return sent
