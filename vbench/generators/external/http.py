"""A hosted model: a TOML file describes its job API (:mod:`vbench.generators.external.http_service`).

Its key is in a variable of the environment.

A submitted job costs. Its id is therefore written down before anything else happens, into ``SERVICE.jobs.jsonl`` beside
the description (``--option journal=FILE`` for another place); a call that was killed or lost the network finds its jobs
there and asks after them instead of paying twice. A job that failed, or whose video is gone or no video, is submitted
anew by the next call. One call at a time uses a journal.
"""

from __future__ import annotations

import base64
import hashlib
import json
import mimetypes
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from vbench.errors import UsageError
from vbench.generators.base import Delivery, Generator, Request, SamplingError, Settings
from vbench.generators.external.http_connection import Answered, Connection, read_key
from vbench.generators.external.http_service import Poll, address, filled, found, read_service
from vbench.generators.options import Options
from vbench.media.clip import Encoded

GONE = (403, 404, 410)
"""A job that the service has forgotten, or a video that it no longer has."""

GRACE = 10.0
"""Seconds that calls under way have to end, so that the job that they submit is written down."""


@dataclass(frozen=True)
class HttpOptions(Options):
    """Where jobs are remembered.

    Attributes:
        journal: file; ``SERVICE.jobs.jsonl`` beside the description without one.
    """

    journal: str = ""


class Http(Generator[HttpOptions]):
    """``http:SERVICE.toml``: jobs are submitted, polled and downloaded, several at a time, within the stated limits."""

    options_type: ClassVar[type[Options]] = HttpOptions
    meaning: ClassVar[str] = "A hosted model: http:SERVICE.toml, which describes its job API."

    def __init__(self, name: str, argument: str, options: HttpOptions) -> None:
        super().__init__(name, argument, options)
        if not argument:
            raise UsageError("http needs the description of a service: http:SERVICE.toml.")
        self.service = read_service(Path(argument))
        self.journal = Path(options.journal) if options.journal else Path(argument).with_suffix(".jobs.jsonl")

    @property
    def defaults(self) -> Settings:
        """As the description states."""
        return self.service.settings

    @property
    def seeded(self) -> bool:  # type: ignore[override]
        """Whether the service is told a seed."""
        return self.service.asks_for("seed")

    @property
    def provenance(self) -> dict[str, Any]:
        """The service, and what it is asked for."""
        submit = self.service.submit
        return {"service": self.service.name, "url": submit.url.partition("?")[0], "body": submit.body}

    def prepare(self, requests: Sequence[Request]) -> None:
        """Look for the key and the journal; see :meth:`Generator.prepare`.

        Raises:
            UsageError: there is no key, the service takes no images, or jobs cannot be written down.
        """
        read_key(self.service)
        if any(request.image for request in requests) and not self.service.asks_for("image"):
            raise UsageError(f"{self.service.name} takes no image: the body in {self.argument} has no {{image}}.")
        try:
            Journal(self.journal)
        except OSError as error:
            raise UsageError(
                f"Jobs cannot be written down in {self.journal}: {error.strerror}. Name another --option journal=FILE."
            ) from error

    def sample_all(self, requests: Sequence[Request]) -> Iterator[Delivery]:
        """Answers as they come, each to be taken at once; see :meth:`Generator.sample_all`."""
        waiting, answers = SimpleQueue[Request](), SimpleQueue[Delivery]()
        for request in requests:
            waiting.put(request)
        with TemporaryDirectory(prefix="vbench-", ignore_cleanup_errors=True) as scratch:
            connection, journal = Connection(self.service), Journal(self.journal)
            job = _Jobs(self, connection, journal, Path(scratch))
            workers = [
                Thread(target=job.work, args=(waiting, answers), daemon=True)
                for _ in range(min(self.service.limits.concurrent, len(requests)))
            ]
            try:
                for worker in workers:
                    worker.start()
                for _ in requests:
                    delivery = answers.get()
                    yield delivery
                    if delivery.video:  # whoever asked has it now
                        journal.close(job.ticket(delivery.request))
            finally:
                connection.stop("the call was ended")
                deadline = time.monotonic() + GRACE
                for worker in workers:
                    worker.join(max(0.0, deadline - time.monotonic()))
                connection.close()


OPENING = '{"ticket": "'
"""How every line of a journal begins."""


class Journal:
    """Jobs that were submitted and whose videos nobody has yet, on disk.

    Args:
        path: a line for each job that was opened or closed; it grows, and so tells what was paid for.

    Raises:
        UsageError: the file is somebody else's.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._lock = path, Lock()
        self._jobs: dict[str, str | None] = {}
        self._opened: Counter[str] = Counter()
        with path.open("a+", encoding="utf-8") as file:
            file.seek(0)
            text = file.read()
            if not text.startswith(OPENING[: len(text)]):
                raise UsageError(f"{path} is no list of jobs: move it away, or name another journal.")
            if text and not text.endswith("\n"):  # a kill cut the last line
                file.write("\n")
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and "ticket" in entry:
                self._note(entry)

    def job(self, ticket: str) -> str | None:
        """The id of the open job of a ticket."""
        return self._jobs.get(ticket)

    def open(self, ticket: str, job: str, file: str) -> None:
        """Write down a job; it is on disk on return."""
        self._write({"ticket": ticket, "job": job, "file": file})

    def close(self, ticket: str) -> None:
        """Write down that there is nothing more to ask after."""
        if self._jobs.get(ticket):
            self._write({"ticket": ticket, "job": None})

    def attempt(self, ticket: str) -> str:
        """What names the next job of a ticket: the same as long as none was opened, though a kill came in between."""
        return f"{ticket[:32]}-{self._opened[ticket]}"

    def _note(self, entry: Mapping[str, Any]) -> None:
        self._jobs[entry["ticket"]] = entry.get("job")
        self._opened[entry["ticket"]] += bool(entry.get("job"))

    def _write(self, entry: Mapping[str, Any]) -> None:
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            self._note(entry)
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())


class _Jobs:
    """From requests to files, over one connection."""

    def __init__(self, generator: Http, connection: Connection, journal: Journal, scratch: Path) -> None:
        self.service, self.connection, self.journal = generator.service, connection, journal
        self.scratch = scratch

    def work(self, waiting: SimpleQueue[Request], answers: SimpleQueue[Delivery]) -> None:
        """Answer requests until none is left."""
        while True:
            try:
                request = waiting.get_nowait()
            except Empty:
                return
            try:
                answers.put(Delivery(request, self._sampled(request)))
            except SamplingError as error:
                answers.put(Delivery(request, None, self.connection.cleaned(str(error))))
            except Exception as error:  # as in Generator.sample_all
                answers.put(Delivery(request, None, self.connection.cleaned(f"{type(error).__name__}: {error}")))

    def ticket(self, request: Request) -> str:
        """What a request's job is remembered by: the same words for the same file are the same job."""
        asked = json.dumps([self.service.submit.url, self._body(request), request.file], sort_keys=True)
        return hashlib.sha256(asked.encode()).hexdigest()

    def _sampled(self, request: Request) -> Encoded:
        path, submit = self.scratch / request.file, self.service.submit
        ticket = self.ticket(request)
        if self.service.poll:
            job, answer = self._finished(request, ticket, self.service.poll)
        elif self.service.download:
            answer = self.connection.post(submit.url, self._body(request), self.journal.attempt(ticket))
            job = str(found(answer, submit.id) or "") if submit.id else ""
        else:
            self.connection.save(submit.url, path, self._body(request), self.journal.attempt(ticket))
            return Encoded(path)
        try:
            self.connection.save(self._place(job, answer), path)
        except Answered as error:
            if error.status in GONE:
                self.journal.close(ticket)
            raise
        return Encoded(path, facts={"job": job} if job else None)

    def _finished(self, request: Request, ticket: str, poll: Poll) -> tuple[str, Any]:
        """The id and the last answer of a request's job: of the one that was submitted before, where there is one."""
        remembered = self.journal.job(ticket)
        if remembered:
            try:
                return remembered, self._polled(remembered, ticket, poll)
            except Answered as error:
                if error.status not in GONE:
                    raise
                self.journal.close(ticket)
        answer = self.connection.post(self.service.submit.url, self._body(request), self.journal.attempt(ticket))
        job = found(answer, self.service.submit.id)
        if job is None:
            raise SamplingError(f"the answer to submit has no {self.service.submit.id!r}: {json.dumps(answer)[:300]}")
        self.journal.open(ticket, str(job), request.file)
        self.connection.wait(poll.every)
        return str(job), self._polled(str(job), ticket, poll)

    def _polled(self, job: str, ticket: str, poll: Poll) -> Any:
        """The last answer of a job.

        Raises:
            SamplingError: it failed, or takes too long.
        """
        deadline = time.monotonic() + self.service.limits.timeout
        url = str(address(poll.url, {"id": job}.get))
        while True:
            answer = self.connection.get(url)
            state = found(answer, poll.state)
            if state is None:
                raise SamplingError(f"the answer about job {job} has no {poll.state!r}: {json.dumps(answer)[:300]}")
            if str(state) in poll.done:
                return answer
            if str(state) in poll.failed:
                self.journal.close(ticket)
                reason = found(answer, poll.reason) if poll.reason else None
                raise SamplingError(f"job {job} ended as {state}{f': {reason}' if reason else ''}")
            if time.monotonic() + poll.every > deadline:
                raise SamplingError(
                    f"job {job} is still {state} after {self.service.limits.timeout:g} seconds; "
                    "the same command asks after it again"
                )
            self.connection.wait(poll.every)

    def _place(self, job: str, answer: Any) -> str:
        """Where the video of a finished job lies."""
        template = self.service.download.url if self.service.download else self.service.submit.url
        place = address(template, lambda name: job if name == "id" and job else found(answer, name))
        if place is None:
            raise SamplingError(f"the last answer of job {job} has no {template}: {json.dumps(answer)[:300]}")
        url = urljoin(self.service.submit.url, place)
        if urlsplit(url).scheme not in ("http", "https"):
            raise SamplingError(f"job {job} says that its video lies at {url[:100]}, which is no web address")
        return url

    def _body(self, request: Request) -> Any:
        values = {
            **asdict(request.settings),
            "prompt": request.prompt,
            "seed": request.seed,
            "index": request.index,
            "image": _data_url(request.image) if request.image else None,
        }
        return filled(self.service.submit.body, values)


def _data_url(image: Path) -> str:
    kind = mimetypes.guess_type(image.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(image.read_bytes()).decode()}"
