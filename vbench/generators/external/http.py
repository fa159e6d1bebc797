"""A hosted model: a TOML file describes its job API (:mod:`vbench.generators.external.http_service`).

Its key is in a variable of the environment.

A submitted job costs. It is therefore written down before and after it is sent, into ``SERVICE.jobs.jsonl`` beside the
description (``--option journal=FILE`` for another place; for descriptions that come with the suite, in the working
folder); a call that was killed or lost the network finds its jobs there and asks after them instead of paying twice.
What failed for good, was sent without an answer, or can no longer be had is submitted anew only by ``--retry-failed``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Condition, Thread
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from vbench.errors import UsageError, VideoError
from vbench.files.lock import alone_with
from vbench.generators.base import Delivery, Generator, Request, SamplingError, Settings
from vbench.generators.external.http_connection import UNKNOWN, Connection, Refused
from vbench.generators.external.http_journal import Entry, Journal
from vbench.generators.external.http_key import Key
from vbench.generators.external.http_service import (
    READY,
    Poll,
    address,
    as_text,
    filled,
    found,
    read_service,
    ready_services,
)
from vbench.generators.options import Options
from vbench.media.apart import once_apart
from vbench.media.clip import Encoded
from vbench.media.picture import as_sent
from vbench.media.video import probe

GONE = (404, 410)
"""The service does not know the job any more."""

ANEW = "--retry-failed submits it anew"

GRACE = 10.0
"""Seconds that calls under way have to end, so that the job that they submit is written down."""


@dataclass(frozen=True)
class HttpOptions(Options):
    """What may be paid for, and where that is remembered.

    Attributes:
        journal: file; ``SERVICE.jobs.jsonl`` beside the description without one.
        max_jobs: how many jobs a call may submit; 0 for any number.
        retry_failed: whether what failed for good, or may have been paid for without a video, is submitted anew.
    """

    journal: str = ""
    max_jobs: int = 0
    retry_failed: bool = False


class Http(Generator[HttpOptions]):
    """``http:SERVICE``: jobs are submitted, polled and downloaded, several at a time, within the stated limits."""

    options_type: ClassVar[type[Options]] = HttpOptions
    meaning: ClassVar[str] = (
        "A hosted model: http:SERVICE.toml describes its job API. Ready, from public documentation and untried: "
        f"{', '.join(ready_services())}."
    )

    def __init__(self, name: str, argument: str, options: HttpOptions) -> None:
        super().__init__(name, argument, options)
        if not argument:
            raise UsageError(
                "http needs the description of a service: http:SERVICE.toml, or one of "
                f"{', '.join(f'http:{ready}' for ready in ready_services())}."
            )
        if options.max_jobs < 0:
            raise UsageError("max_jobs must be 0 or more.")
        ready = argument in ready_services() and not Path(argument).exists()
        self.service = read_service(READY / f"{argument}.toml" if ready else Path(argument))
        beside = Path(f"{argument}.jobs.jsonl") if ready else Path(argument).with_suffix(".jobs.jsonl")
        self.journal = Path(options.journal) if options.journal else beside

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
        told = {"service": self.service.name, "url": submit.url.partition("?")[0], "body": submit.body}
        return told if self.service.tried else {**told, "tried": False}

    def prepare(self, requests: Sequence[Request]) -> None:
        """Look for the key and the journal; see :meth:`Generator.prepare`.

        Raises:
            UsageError: there is no key, the service takes no images, jobs cannot be written down, or another call
                writes its own there.
        """
        Key(self.service)
        takes_image = self.service.asks_for("image") or self.service.asks_for("image_base64")
        if any(request.image for request in requests) and not takes_image:
            raise UsageError(f"{self.service.name} takes no image: the body in {self.argument} has no {{image}}.")
        try:
            with alone_with(self.journal):  # two calls that submit at once would not know each other's jobs
                Journal(self.journal)
        except OSError as error:
            raise UsageError(
                f"Jobs cannot be written down in {self.journal}: {error.strerror}. Name another --option journal=FILE."
            ) from error

    def sample_all(self, requests: Sequence[Request]) -> Iterator[Delivery]:
        """Answers as they come, each to be taken at once; a job is over when its video is said to be stored."""
        waiting, answers = SimpleQueue[Request](), SimpleQueue[Delivery]()
        for request in requests:
            waiting.put(request)
        temporary = TemporaryDirectory(prefix="vbench-", ignore_cleanup_errors=True)
        with alone_with(self.journal), temporary as scratch:
            connection, journal = Connection(self.service), Journal(self.journal)
            jobs = _Jobs(self, connection, journal, Path(scratch))
            workers = [
                Thread(target=jobs.work, args=(waiting, answers), daemon=True)
                for _ in range(min(self.service.limits.concurrent, len(requests)))
            ]
            try:
                for worker in workers:
                    worker.start()
                for _ in requests:
                    yield answers.get()
            finally:
                connection.stop("the call was ended")
                deadline = time.monotonic() + GRACE
                for worker in workers:
                    worker.join(max(0.0, deadline - time.monotonic()))
                connection.close()


class _NoVideo(SamplingError):
    """What came is no video; the link may have expired."""


class _Lost(SamplingError):
    """The video of a job that was paid cannot be had."""


class _Jobs:
    """From requests to files, over one connection."""

    def __init__(self, generator: Http, connection: Connection, journal: Journal, scratch: Path) -> None:
        self.service, self.connection, self.journal = generator.service, connection, journal
        self.options, self.scratch = generator.options, scratch
        self._spent, self._pending, self._budget = 0, 0, Condition()

    def work(self, waiting: SimpleQueue[Request], answers: SimpleQueue[Delivery]) -> None:
        """Answer requests until none is left."""
        while True:
            try:
                request = waiting.get_nowait()
            except Empty:
                return
            try:
                video = self._sampled(request)
                answers.put(Delivery(request, video, stored=partial(self.journal.close, self.ticket(request))))
            except SamplingError as error:
                answers.put(Delivery(request, None, self._cleaned(str(error))))
            except Exception as error:  # as in Generator.sample_all
                answers.put(Delivery(request, None, self._cleaned(f"{type(error).__name__}: {error}")))

    def ticket(self, request: Request) -> str:
        """What a request's job is remembered by: the same words for the same file are the same job."""
        asked = json.dumps([self.service.submit.url, self._body(request), request.file], sort_keys=True)
        return hashlib.sha256(asked.encode()).hexdigest()

    def _sampled(self, request: Request) -> Encoded:
        path, ticket = self.scratch / request.file, self.ticket(request)
        job = self._remembered(ticket)
        if not (self.service.poll or self.service.download):
            with self._submitting(request, ticket) as once:
                self.connection.save(self.service.submit.url, path, self._body(request), once)
                _look(path, self.service.submit.url)
            return Encoded(path)
        try:
            job = job or self._new_job(request, ticket)
            self._fetch(ticket, job, path)
        except _Lost:
            if not self.options.retry_failed:
                raise
            job = self._new_job(request, ticket)
            self._fetch(ticket, job, path)
        return Encoded(path, facts={"job": job.job} if job.job else None)

    def _remembered(self, ticket: str) -> Entry | None:
        """The job that was submitted before, ``None`` where one is to be submitted.

        Raises:
            SamplingError: none is, as that would pay for it again.
        """
        entry = self.journal.of(ticket)
        silent = entry.sent and not self.service.submit.idempotency
        if self.options.retry_failed and (entry.failed or silent):
            return None
        if entry.failed:
            raise SamplingError(f"{entry.failed}; {ANEW}")
        if silent:
            raise SamplingError(f"an earlier call sent this job and has no answer; {UNKNOWN}; {ANEW}")
        return entry if entry.job is not None else None

    @contextmanager
    def _submitting(self, request: Request, ticket: str) -> Iterator[str]:
        """Within the budget, and written down before it is sent; gives what names the job."""
        self._take_from_budget()
        refused = False
        try:
            once = self.journal.attempt(ticket)
            self.journal.write(ticket, Entry(sent=True, file=request.file))
            yield once
        except Refused as error:
            refused = True
            if error.then == "final":
                self._fail(ticket, str(error), request.file)
            else:
                self.journal.close(ticket)
            raise
        except SamplingError as error:
            raise error if self.service.submit.idempotency else SamplingError(f"{error}; {ANEW}") from error
        finally:
            with self._budget:
                self._pending -= 1
                self._spent += not refused
                self._budget.notify_all()

    def _take_from_budget(self) -> None:
        """Wait until it is known whether a job may be submitted: one that is being submitted may yet be refused."""
        most = self.options.max_jobs
        with self._budget:
            while self._spent < most <= self._spent + self._pending:
                self._budget.wait()
            if 0 < most <= self._spent:
                raise SamplingError(f"not submitted: this call may submit no more than {most} jobs")
            self._pending += 1

    def _new_job(self, request: Request, ticket: str) -> Entry:
        submit = self.service.submit
        with self._submitting(request, ticket) as once:
            answer = self.connection.post(submit.url, self._body(request), once)
            identity = found(answer, submit.id) if submit.id else ""
            if submit.id and identity in (None, ""):
                told = f"the answer to submit has no {submit.id!r}: {json.dumps(answer)[:300]}"
                raise SamplingError(f"{told}; {UNKNOWN}")
        job = Entry(job=str(identity), answer=self._cleaned_answer(answer), file=request.file)
        self.journal.write(ticket, job)
        if self.service.poll:
            self.connection.wait(self.service.poll.every)
        return job

    def _fetch(self, ticket: str, job: Entry, path: Path) -> None:
        """Write the video of a job; a link that has expired, or leads to something else, is asked for anew, once."""
        trouble = ""
        for _ in range(2 if self.service.poll else 1):
            url = self._place(job, self._finished(ticket, job))
            try:
                self.connection.save(url, path)
                _look(path, url)
                return
            except (Refused, _NoVideo) as error:
                if isinstance(error, Refused) and not error.status:
                    raise
                trouble = str(error)
        self._lose(ticket, job, trouble)

    def _finished(self, ticket: str, job: Entry) -> list[Any]:
        """The answers about a finished job, the last first.

        Raises:
            SamplingError: it failed, or takes too long.
        """
        answers: list[Any] = []
        if self.service.poll:
            answers.insert(0, self._polled(ticket, job, self.service.poll))
        if self.service.result:
            answers.insert(0, self._asked(ticket, job, self._filled(self.service.result.url, job, answers)))
        return answers

    def _polled(self, ticket: str, job: Entry, poll: Poll) -> Any:
        deadline = time.monotonic() + self.service.limits.timeout
        url = self._filled(poll.url, job, [])
        while True:
            answer = self._asked(ticket, job, url)
            state = found(answer, poll.state)
            if state is None and not poll.absent:
                raise SamplingError(f"the answer about job {job.job} has no {poll.state!r}: {json.dumps(answer)[:300]}")
            if as_text(state) in poll.done:
                return answer
            if as_text(state) in poll.failed:
                reason = found(answer, poll.reason) if poll.reason else None
                told = f"job {job.job} ended as {state}{f': {reason}' if reason else ''}"
                self._fail(ticket, told, job.file)
                raise SamplingError(f"{told}; {ANEW}")
            if time.monotonic() + poll.every > deadline:
                raise SamplingError(
                    f"job {job.job} is still {state or 'running'} after {self.service.limits.timeout:g} seconds; "
                    "the same command asks after it again"
                )
            self.connection.wait(poll.every)

    def _asked(self, ticket: str, job: Entry, url: str) -> Any:
        """An answer about a job; one that ends it is written down."""
        try:
            return self.connection.get(url)
        except Refused as error:
            if error.then == "final":
                self._fail(ticket, str(error), job.file)
                raise SamplingError(f"{error}; {ANEW}") from error
            if error.then == "again":
                self.journal.close(ticket)
            elif error.status in GONE:
                self._lose(ticket, job, str(error))
            raise

    def _fail(self, ticket: str, reason: str, file: str) -> None:
        self.journal.write(ticket, Entry(failed=self._cleaned(reason), file=file))

    def _lose(self, ticket: str, job: Entry, reason: str) -> None:
        """Write down that the video of a job cannot be had; asking for it again costs nothing."""
        self.journal.write(ticket, replace(job, lost=self._cleaned(reason)))
        raise _Lost(f"{reason}; the same command asks again, and {ANEW}")

    def _place(self, job: Entry, answers: Sequence[Any]) -> str:
        """Where the video of a finished job lies."""
        assert self.service.download
        place = self._filled(self.service.download.url, job, answers)
        url = urljoin(self.service.submit.url, place)
        if urlsplit(url).scheme not in ("http", "https"):
            raise SamplingError(f"job {job.job} says that its video lies at {url[:100]}, which is no web address")
        return url

    def _filled(self, template: str, job: Entry, answers: Sequence[Any]) -> str:
        """An address with what answers, and before them the answer to submit, say."""

        def value(name: str) -> Any:
            if name == "id" and job.job:
                return job.job
            said = (found(answer, name) for answer in (*answers, job.answer))
            return next((one for one in said if one is not None), None)

        url = address(template, value)
        if url is None:
            last = json.dumps([*answers, job.answer][0])[:300]
            raise SamplingError(f"the last answer of job {job.job} has no {template}: {last}")
        return url

    def _body(self, request: Request) -> Any:
        values = {
            **asdict(request.settings),
            "prompt": request.prompt,
            "seed": request.seed,
            "index": request.index,
            **_picture(request.image),
        }
        return filled(self.service.submit.body, values)

    def _cleaned(self, text: str) -> str:
        return self.connection.key.cleaned(text)

    def _cleaned_answer(self, answer: Any) -> Any:
        if isinstance(answer, dict):
            return {name: self._cleaned_answer(value) for name, value in answer.items()}
        if isinstance(answer, list):
            return [self._cleaned_answer(value) for value in answer]
        return self._cleaned(answer) if isinstance(answer, str) else answer


def _look(path: Path, url: str) -> None:
    """See that a video came, whatever the status was.

    Raises:
        _NoVideo: something else did.
    """
    try:
        once_apart(probe, path)
    except VideoError as error:
        with path.open("rb") as file:
            start = file.read(100).decode(errors="replace").replace("\n", " ")
        raise _NoVideo(f"{url.partition('?')[0]} gave no video but {start!r}") from error


def _picture(image: Path | None) -> dict[str, str | None]:
    """The forms in which a body may hold a picture."""
    if image is None:
        return {"image": None, "image_base64": None, "image_type": None}
    sent, kind = as_sent(image)
    content = base64.b64encode(sent).decode()
    return {"image": f"data:{kind};base64,{content}", "image_base64": content, "image_type": kind}
