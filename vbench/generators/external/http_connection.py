"""Calls to a service: at its pace, tried again where that costs nothing, with a key that is never shown."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Event, Lock
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from vbench.errors import UsageError
from vbench.generators.base import SamplingError
from vbench.generators.external.http_service import Service, origin

T = TypeVar("T")

REFUSALS = (401, 402, 403)
"""Wrong key, nothing left to pay with, not allowed: true of every request."""

BUSY = (429, 503)
"""Nothing was done, and may be asked for again later."""

REDIRECTS = 5

BLOCK = 1 << 16

LONGEST_WAIT = 60.0
"""Seconds between tries, and without a byte from a service that has polling."""

WORDS = 300
"""Characters of a service's own words in a reason."""


class Answered(SamplingError):
    """The service answered with a status that is no success.

    Args:
        message: what happened.
        status: of HTTP.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Connection:
    """All calls to one service; safe to use from several threads.

    Args:
        service: its description.
    """

    def __init__(self, service: Service) -> None:
        self.service, self.limits = service, service.limits
        self._key = read_key(service)
        self._headers = {name: value.replace("{key}", self._key) for name, value in service.headers.items()}
        self._stopped, self._why = Event(), ""
        self._pace, self._next = Lock(), 0.0
        silence = min(self.limits.timeout, LONGEST_WAIT) if service.poll else self.limits.timeout
        self._client = httpx.Client(timeout=httpx.Timeout(min(30.0, silence), read=silence, pool=None))

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def stop(self, why: str) -> None:
        """Make no further call; whoever waits is told why."""
        self._why = self._why or why
        self._stopped.set()

    def wait(self, seconds: float) -> None:
        """Do nothing for a while.

        Raises:
            SamplingError: the connection was stopped.
        """
        if self._stopped.wait(seconds):
            raise SamplingError(self._why)

    def cleaned(self, text: str) -> str:
        """A text without the key, should a service have repeated it."""
        for secret in {self._key, quote(self._key), quote(self._key, safe="")} - {""}:
            text = text.replace(secret, "***")
        return text

    def post(self, url: str, body: Any, once: str) -> Any:
        """The answer to a submitted job.

        Args:
            url: where to.
            body: as JSON.
            once: what the service can tell a repeated job by, where it knows such a header.

        Raises:
            SamplingError: there is none.
        """
        return self._tried("POST", url, _json, body, once)

    def get(self, url: str) -> Any:
        """The JSON of an address.

        Raises:
            SamplingError: there is none.
        """
        return self._tried("GET", url, _json)

    def save(self, url: str, path: Path, body: Any = None, once: str = "") -> None:
        """Write what an address has, or what it answers to a body, into a file.

        Raises:
            SamplingError: it does not come, or not whole, or is too large.
        """
        method = "GET" if body is None else "POST"
        self._tried(method, url, lambda response: self._saved(response, path), body, once)

    def _tried(self, method: str, url: str, take: Callable[[httpx.Response], T], body: Any = None, once: str = "") -> T:
        """What is taken of the answer, from the first try that has one."""
        header = self.service.submit.idempotency
        again = method == "GET" or bool(header)
        extra = {header: once} if header and method == "POST" else {}
        trouble = ""
        for number in range(1 + self.limits.retries):
            pause = min(self.limits.backoff * 2**number, LONGEST_WAIT)
            try:
                with self._answer(method, url, body, extra) as (response, own):
                    if response.status_code in BUSY:
                        pause = self._asked_pause(response, pause)
                        if own:
                            self._hold(pause)
                    elif response.is_success:
                        return take(response)
                    self._refuse(response, own, again)
                    trouble = f"status {response.status_code}{_words(response)}"
            except httpx.TransportError as error:
                trouble = str(error) or type(error).__name__
                if not (again or isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))):
                    raise SamplingError(
                        f"{_shown(url)}: the connection broke after the job was sent ({trouble}); whether it was "
                        "accepted, and costs, only the service knows"
                    ) from error
            if number < self.limits.retries:
                self.wait(pause)
        raise SamplingError(f"{_shown(url)}: {trouble}; tried {1 + self.limits.retries} times")

    @contextmanager
    def _answer(self, method: str, url: str, body: Any, extra: dict[str, str]) -> Iterator[tuple[httpx.Response, bool]]:
        """The answer of where the address leads, and whether that is the service itself."""
        for _ in range(1 + REDIRECTS):
            own = origin(url) in self.service.origins
            self.wait(0)
            if own:
                self._take_turn()
            headers = {**self._headers, **extra} if own else {}
            with self._client.stream(method, url, json=body, headers=headers) as response:
                if response.next_request is None:
                    yield response, own
                    return
                if method != "GET":
                    raise SamplingError(
                        f"{_shown(url)} redirects to {_shown(str(response.next_request.url))}; state that address"
                    )
                url = str(response.next_request.url)
        raise SamplingError(f"{_shown(url)} redirects more than {REDIRECTS} times")

    def _refuse(self, response: httpx.Response, own: bool, again: bool) -> None:
        """Raise what no further try can change."""
        status, url = response.status_code, str(response.url)
        if status in BUSY or (status >= 500 and again):
            return
        message = f"{_shown(url)} answered with status {status}{_words(response)}"
        if status in REFUSALS and own:
            self.stop(f"the service refuses the key: {message}")
            raise SamplingError(self._why)
        raise Answered(message, status)

    def _asked_pause(self, response: httpx.Response, otherwise: float) -> float:
        """Seconds that a busy service asks to wait."""
        pause = _seconds(response.headers.get("Retry-After", ""))
        if pause is not None and pause > self.limits.timeout:
            raise SamplingError(
                f"{_shown(str(response.url))} asks to wait {pause:.0f} seconds, more than the limit of "
                f"{self.limits.timeout:g}; run the same command again after that"
            )
        return otherwise if pause is None else pause

    def _take_turn(self) -> None:
        """Wait until the next call may start."""
        while True:
            with self._pace:
                now = time.monotonic()
                left = self._next - now
                if left <= 0:
                    self._next = now + 60 / self.limits.per_minute
                    return
            self.wait(left)

    def _hold(self, seconds: float) -> None:
        """Let no call start before that."""
        with self._pace:
            self._next = max(self._next, time.monotonic() + seconds)

    def _saved(self, response: httpx.Response, path: Path) -> None:
        most, deadline = self.limits.megabytes * 1e6, time.monotonic() + self.limits.timeout
        written = 0
        with path.open("wb") as file:
            for block in response.iter_bytes(BLOCK):
                self.wait(0)
                written += file.write(block)
                if written > most:
                    raise SamplingError(f"the video has more than {self.limits.megabytes:g} megabytes")
                if time.monotonic() > deadline:
                    raise SamplingError(f"the video did not come within {self.limits.timeout:g} seconds")
        if not written:
            raise SamplingError(f"{_shown(str(response.url))} gave an empty file")


def read_key(service: Service) -> str:
    """The key of a service, from the environment.

    Raises:
        UsageError: it is not there, or cannot be one.
    """
    if not service.key_env:
        return ""
    key = os.environ.get(service.key_env, "").strip()
    if not key:
        raise UsageError(f"{service.name} needs a key: set the environment variable {service.key_env}.")
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"The key in {service.key_env} cannot be sent: it has characters beyond printable ASCII.")
    return key


def _json(response: httpx.Response) -> Any:
    response.read()
    try:
        return response.json()
    except ValueError as error:
        raise SamplingError(f"{_shown(str(response.url))} answered with no JSON{_words(response)}") from error


def _words(response: httpx.Response) -> str:
    response.read()
    words = " ".join(response.text.split())
    return f": {words[:WORDS]}" if words else ""


def _shown(url: str) -> str:
    """An address without its query, where signatures stand."""
    return url.partition("?")[0]


def _seconds(text: str) -> float | None:
    """A ``Retry-After``: seconds or a date."""
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=timezone.utc)
    return max(0.0, (date - datetime.now(timezone.utc)).total_seconds())
