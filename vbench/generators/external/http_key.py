"""The key of a service: read from the environment, or signed anew before it expires, and never shown."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Mapping
from threading import Lock
from typing import Any
from urllib.parse import quote

from vbench.errors import UsageError
from vbench.generators.external.http_service import Service

EARLY = 0.1
"""Share of its lifetime before whose end a token is renewed."""

SKEW = 5
"""Seconds that the clock of a service may be behind."""


class Key:
    """What ``{key}`` in the headers of a service stands for.

    Args:
        service: its description.

    Raises:
        UsageError: it is not in the environment, or cannot be a key.
    """

    def __init__(self, service: Service) -> None:
        self._secret = _read(service.name, service.key_env)
        self._token = service.token
        self._issuer = _read(service.name, service.token.issuer_env) if service.token else ""
        self._signed, self._until, self._lock = "", 0.0, Lock()
        self._shown: set[str] = set()

    def now(self) -> str:
        """What to send."""
        if not self._token:
            return self._secret
        with self._lock:
            if time.time() > self._until:
                self._sign(self._token.lifetime)
            return self._signed

    def renew(self, refused: str) -> bool:
        """Whether there is another to try than one that was refused."""
        if not self._token:
            return False
        with self._lock:
            if self._signed == refused:
                self._until = 0.0
        return True

    def cleaned(self, text: str) -> str:
        """A text without the key, should a service have repeated it."""
        for secret in {self._secret, *self._shown} - {""}:
            for written in (secret, quote(secret), quote(secret, safe="")):
                text = text.replace(written, "***")
        return text

    def _sign(self, lifetime: float) -> None:
        now = time.time()
        claims = {"iss": self._issuer, "exp": int(now + lifetime), "nbf": int(now) - SKEW}
        self._signed, self._until = signed(claims, self._secret), now + lifetime * (1 - EARLY)
        self._shown.add(self._signed)


def signed(claims: Mapping[str, Any], secret: str) -> str:
    """A JSON web token (RFC 7519), signed with HMAC and SHA-256.

    >>> signed({}, "s")
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.cBpLROYKcG1qvnz7s0SARUf4ElNsfEY5kG1wMA2xvXI'
    """
    parts = [_letters(json.dumps(part, separators=(",", ":")).encode()) for part in (HEAD, claims)]
    signature = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, _letters(signature)])


HEAD = {"alg": "HS256", "typ": "JWT"}


def _letters(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _read(service: str, variable: str) -> str:
    if not variable:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise UsageError(f"{service} needs a key: set the environment variable {variable}.")
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"The key in {variable} cannot be sent: it has characters beyond printable ASCII.")
    return key
