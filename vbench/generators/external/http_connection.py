"""Calls to a service: at its pace, and tried again only where that costs nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Event, Lock
from typing import Any, TypeVar

import httpx

from vbench.generators.base import SamplingError
from vbench.generators.external.http_key import Key
from vbench.generators.external.http_service import Service, found, origin

T = TypeVar("T")

REFUSALS = (401, 402)
"""Wrong key, nothing left to pay with: true of every job (while 403 may be true of one prompt)."""

BUSY = (429, 503)
"""Nothing was done, and may be asked for again later; where the service itself says so (:func:`_is_between`)."""

REDIRECTS = 5

BLOCK = 1 << 16

LONGEST_WAIT = 60.0
"""Seconds between tries, and without a byte from a service that has polling."""

WORDS = 300
"""Characters of a service's own words in a reason."""

UNKNOWN = "whether it was accepted, and costs, only the service knows"


class Refused(SamplingError):
    """The service said no, or was not reached: nothing was done, and nothing is to be paid.

    Args:
        message: what happened.
        status: of HTTP, 0 where no answer came.
        then: what a rule of the description says of it, ``""`` where none does.
    """

    def __init__(self, message: str, status: int = 0, then: str = "") -> None:
        super().__init__(message)
        self.status, self.then = status, then


@dataclass(frozen=True)
class Meaning:
    """What an answer means.

    Attributes:
        then: as in a description, or ``take`` (it is what was asked for) or ``retry`` (the service broke).
        told: what was answered, for people.
        ruled: whether a rule of the description says so.
    """

    then: str
    told: str = ""
    ruled: bool = False


class Connection:
    """All calls to one service; safe to use from several threads.

    Args:
        service: its description.
    """

    def __init__(self, service: Service) -> None:
        self.service, self.limits, self.key = service, service.limits, Key(service)
        self._stopped, self._why, self._full = Event(), "", ""
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
            Refused: the connection was stopped.
        """
        if self._stopped.wait(seconds):
            raise Refused(self._why)

    def post(self, url: str, body: Any, once: str) -> Any:
        """The answer to a submitted job.

        Args:
            url: where to.
            body: as JSON.
            once: what the service can tell a repeated job by, where it knows such a header.

        Raises:
            Refused: nothing was done.
            SamplingError: there is none, and whether the job was accepted is not known.
        """
        return self._tried("POST", url, _json, body, once)

    def get(self, url: str) -> Any:
        """The JSON of an address.

        Raises:
            Refused: the service says that it has none, or that the job failed.
            SamplingError: there is none.
        """
        return self._tried("GET", url, _json)

    def save(self, url: str, path: Path, body: Any = None, once: str = "") -> None:
        """Write what an address has, or what it answers to a body, into a file.

        Raises:
            Refused: it has nothing.
            SamplingError: it does not come, or not whole, or is too large.
        """
        method = "GET" if body is None else "POST"
        self._tried(method, url, lambda response: self._saved(response, path), body, once)

    def _tried(self, method: str, url: str, take: Callable[[httpx.Response], T], body: Any = None, once: str = "") -> T:
        """What is taken of the answer, from the first try that has one."""
        header = self.service.submit.idempotency
        costs = method == "POST" and not header  # each try may be a job of its own
        extra = {header: once} if header and method == "POST" else {}
        trouble, renewed = "", False
        for number in range(1 + self.limits.retries):
            if method == "POST" and self._full:
                raise Refused(self._full)
            pause, key = min(self.limits.backoff * 2**number, LONGEST_WAIT), self.key.now()
            try:
                with self._answer(method, url, body, key, extra) as (response, own):
                    meaning = self._meaning(response, own, reads=take is _json)
                    if meaning.then == "take":
                        return take(response)
                    trouble = meaning.told
                    if response.status_code == 401 and own and not renewed and self.key.renew(key):
                        renewed, pause = True, 0.0
                    else:
                        pause = self._pause(response, meaning, pause, costs)
            except httpx.RequestError as error:
                trouble = f"{_shown(url)}: {str(error) or type(error).__name__}"
                if costs and not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
                    raise SamplingError(f"{trouble}: the connection broke after the job was sent; {UNKNOWN}") from error
            if number < self.limits.retries:
                self.wait(pause)
        message = f"{trouble}; tried {1 + self.limits.retries} times"
        raise Refused(message) if costs else SamplingError(message)

    def _meaning(self, response: httpx.Response, own: bool, reads: bool) -> Meaning:
        """What an answer means: by the first rule that holds, or by its status; what is no JSON is not read."""
        status = response.status_code
        if response.is_success and not reads:
            return Meaning("take")
        answer = _json_or_none(response)
        told = f"{_shown(str(response.url))} answered with status {status}"
        for rule in self.service.failures if own else ():
            if rule.holds(status, answer):
                reason = found(answer, rule.reason) if rule.reason else None
                words = _words(response) if reason is None else f": {str(reason)[:WORDS]}"
                return Meaning(rule.then, f"{told}{words}", ruled=True)
        if response.is_success:
            return Meaning("take")
        if status in BUSY and not _is_between(response, answer):
            then = "wait_all" if own else "wait"
        elif status >= 500:
            then = "retry"
        else:
            then = "stop" if status in REFUSALS and own else "again"
        return Meaning(then, f"{told}{_words(response)}")

    def _pause(self, response: httpx.Response, meaning: Meaning, pause: float, costs: bool) -> float:
        """Seconds until the next try; raises what no further try can change."""
        if meaning.then in ("wait", "wait_all"):
            return self._asked_pause(response, pause, meaning.then == "wait_all")
        if meaning.then == "retry":
            if costs:
                raise SamplingError(f"{meaning.told}; {UNKNOWN}")
            return pause
        if meaning.then == "stop":
            self._full = self._full or f"the service refuses the key or the account: {meaning.told}"
            raise Refused(self._full, response.status_code)
        raise Refused(meaning.told, response.status_code, meaning.then if meaning.ruled else "")

    @contextmanager
    def _answer(
        self, method: str, url: str, body: Any, key: str, extra: dict[str, str]
    ) -> Iterator[tuple[httpx.Response, bool]]:
        """The answer of where the address leads, and whether that is the service itself."""
        for _ in range(1 + REDIRECTS):
            own = origin(url) in self.service.origins
            self.wait(0)
            if own:
                self._take_turn()
            stated = {name: value.replace("{key}", key) for name, value in self.service.headers.items()}
            headers = {**stated, **extra} if own else {}
            with self._client.stream(method, url, json=body, headers=headers) as response:
                if response.next_request is None:
                    yield response, own
                    return
                if method != "GET":
                    raise Refused(
                        f"{_shown(url)} redirects to {_shown(str(response.next_request.url))}; state that address"
                    )
                url = str(response.next_request.url)
        raise SamplingError(f"{_shown(url)} redirects more than {REDIRECTS} times")

    def _asked_pause(self, response: httpx.Response, otherwise: float, of_all: bool) -> float:
        """Seconds that a busy service asks to wait; where it asks that of all, no call starts before."""
        asked = _seconds(response.headers.get("Retry-After", ""))
        pause = otherwise if asked is None else asked
        if pause > self.limits.timeout:
            message = (
                f"{_shown(str(response.url))} asks to wait {pause:.0f} seconds, more than the limit of "
                f"{self.limits.timeout:g}; run the same command again after that"
            )
            if of_all:
                self._full = self._full or message
            raise Refused(message)
        if of_all:
            self._hold(pause)
        return pause

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
                if self._stopped.is_set():
                    raise SamplingError(self._why)
                written += file.write(block)
                if written > most:
                    raise SamplingError(f"the video has more than {self.limits.megabytes:g} megabytes")
                if time.monotonic() > deadline:
                    raise SamplingError(f"the video did not come within {self.limits.timeout:g} seconds")
        if not written:
            raise SamplingError(f"{_shown(str(response.url))} gave an empty file")


def _json(response: httpx.Response) -> Any:
    response.read()
    try:
        return response.json()
    except ValueError as error:
        raise SamplingError(f"{_shown(str(response.url))} answered with no JSON{_words(response)}") from error


def _json_or_none(response: httpx.Response) -> Any:
    response.read()
    try:
        return response.json()
    except ValueError:
        return None


def _is_between(response: httpx.Response, answer: Any) -> bool:
    """Whether a 503 may be the word of a proxy that lost the service's answer: no JSON, no time to come back."""
    return response.status_code == 503 and answer is None and "Retry-After" not in response.headers


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
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())
