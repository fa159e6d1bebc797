"""Secrets of the board and of those who submit: what is kept of them, and what follows from them.

A sender makes one secret before anything is sent, the *key* of the submission. The token that withdraws it follows from
the key, so that whoever was cut off before the answer came has both; the board keeps digests only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from sqlalchemy import select

from vbench.errors import Refused
from vbench.leaderboard.db.database import NOTHING, Database
from vbench.leaderboard.db.tables import Secret

SHORTEST_KEY = 20
"""Characters; a shorter one could be guessed."""

LONGEST_KEY = 200


def new_key() -> str:
    """A key for a submission."""
    return secrets.token_urlsafe(32)


def withdraw_token(key: str) -> str:
    """The token that withdraws what was sent under a key."""
    return base64.urlsafe_b64encode(hashlib.sha256(f"withdraw {key}".encode()).digest()).decode().rstrip("=")


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def demand_key(key: str) -> None:
    """Refuse a key that could be guessed.

    Raises:
        Refused: it is too short, or not printable ASCII.
    """
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Refused([f"A key has {SHORTEST_KEY} to {LONGEST_KEY} printable ASCII characters, drawn at random."])


def own_secret(database: Database, name: str) -> bytes:
    """A secret of the board, made when it is first asked for; the same for every process.

    Args:
        database: that keeps it.
        name: of its use.
    """
    wanted = select(Secret.value).where(Secret.name == name)
    with database.reading() as session:
        value = session.scalar(wanted)
    if value is None:
        with database.writing(NOTHING) as session:
            value = session.scalar(wanted)
            if value is None:
                value = secrets.token_hex(32)
                session.add(Secret(name=name, value=value))
    return bytes.fromhex(value)


def signature(secret: bytes, *parts: str) -> str:
    """What proves that whoever has the secret wrote the parts."""
    return hmac.new(secret, "\n".join(parts).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def signed(secret: bytes, name: str, *parts: str) -> str:
    """A name with the proof that it was given out here, for the parts."""
    return f"{name}.{signature(secret, name, *parts)}"
