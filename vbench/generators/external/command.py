"""Any program in its own environment: it gets requests as JSON lines and writes files.

A request is one line on the program's standard input::

    {"id": "a cat-0.mp4", "prompt": "a cat", "index": 0, "seed": 1234, "image": null, "file": "/tmp/x/a cat-0.mp4",
     "settings": {"frames": 16, "fps": 8}}

The program writes the video to ``file``, draws its noise from ``seed`` and from nothing else, and answers with one line
on standard output: ``{"id": "a cat-0.mp4"}``, with ``"file": PATH`` if the video lies elsewhere, ``"facts": {...}`` for
the manifest, or ``"error": TEXT`` if it cannot make this one. Settings are those that were given on the command line;
the rest is the program's. All other output is its log, a progress bar before the answer included. It is started once
and ends when its input does; with ``style=once`` it is started for each request and exit status 0 is its answer. It
sees the environment of the caller, which is where keys belong: its command line stands in the manifest.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, ClassVar

from vbench.errors import UsageError
from vbench.files.json_file import plain_json
from vbench.generators.base import Delivery, Generator, Request, SamplingError, Settings
from vbench.generators.options import Options
from vbench.media.clip import Encoded

GRACE = 10.0
"""Seconds that a program has to end after it was told to."""

GLANCE = 0.1
"""Seconds between looks at whether it still runs, and of silence after which an ended program has said everything."""

LAST_LINES, LAST_BYTES = 5, 2000
"""How much of the log a reason quotes, at most."""

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
"""The signal that cannot be ignored; Windows knows but one."""


@dataclass(frozen=True)
class CommandOptions(Options):
    """How to deal with the program.

    Attributes:
        style: ``stay`` (started once) or ``once`` (started for each request).
        timeout: seconds in which a request must be answered; for the first one they hold the loading of the model.
        retries: how often a request is tried again when the program died at it or was too slow.
        seeded: whether the same request gives the same video.
        log: file to which the program's log is appended; without one, only reasons quote it.
    """

    style: str = "stay"
    timeout: float = 3600.0
    retries: int = 1
    seeded: bool = True
    log: str = ""


class AnySettings(Settings):
    """What was given, whatever it is: only the program knows what it can do."""

    takes_any: ClassVar[bool] = True


class Command(Generator[CommandOptions]):
    """``command:PROGRAM ARGUMENTS``: split as a shell would, but run without one."""

    options_type: ClassVar[type[Options]] = CommandOptions
    meaning: ClassVar[str] = "Any program in its own environment: command:PROGRAM ARGUMENTS, asked by JSON lines."

    _scratch: Path
    _program: _Program | None = None

    def __init__(self, name: str, argument: str, options: CommandOptions) -> None:
        super().__init__(name, argument, options)
        if options.style not in ("stay", "once"):
            raise UsageError(f"command's option style must be stay or once, found {options.style!r}.")
        if options.timeout <= 0 or options.retries < 0:
            raise UsageError("command's timeout must be positive, and its retries 0 or more.")
        try:
            self.arguments = shlex.split(argument)
        except ValueError as error:
            raise UsageError(f"{argument!r} cannot be split into a program and its arguments: {error}.") from error
        if not self.arguments:
            raise UsageError('command needs a program: "command:python sample.py --checkpoint last.pt".')

    @property
    def defaults(self) -> Settings:
        """None are known, any can be given."""
        return AnySettings()

    @property
    def seeded(self) -> bool:  # type: ignore[override]
        """As the option says."""
        return self.options.seeded

    def prepare(self, requests: Sequence[Request]) -> None:
        """Find the program; see :meth:`Generator.prepare`.

        Raises:
            UsageError: it is not there or cannot be run, or its log cannot be written.
        """
        if self.options.log and not Path(self.options.log).absolute().parent.is_dir():
            raise UsageError(f"The log {self.options.log} cannot be written: there is no such folder.")
        program = self.arguments[0]
        if shutil.which(program) is None:
            exists = Path(program).exists()
            raise UsageError(
                f"{program} cannot be run: make it executable, or name its interpreter (command:python {program})."
                if exists
                else f'There is no program {program!r}: expected "command:PROGRAM ARGUMENTS".'
            )

    def sample_all(self, requests: Sequence[Request]) -> Iterator[Delivery]:
        """An answer to each request, one after the other, to be taken as it comes; see :meth:`Generator.sample_all`."""
        with TemporaryDirectory(prefix="vbench-", ignore_cleanup_errors=True) as scratch:
            self._scratch = Path(scratch)
            try:
                yield from super().sample_all(requests)
            finally:
                if self._program:
                    self._program.finish()
                    self._program = None

    def sample(self, request: Request) -> Encoded:
        """What the program makes of a request.

        Raises:
            SamplingError: the program says that it cannot, died at every try, or left no file.
        """
        target = self._scratch / request.file
        message = {
            "id": request.file,
            "prompt": request.prompt,
            "index": request.index,
            "seed": request.seed,
            "image": str(request.image.resolve()) if request.image else None,
            "file": str(target),
            "settings": request.settings.stated(),
        }
        deaths: list[str] = []
        while len(deaths) <= self.options.retries:
            target.unlink(missing_ok=True)
            try:
                return _video(self._ask(message), target)
            except _Died as death:
                deaths.append(str(death))
        tried = f"; tried {len(deaths)} times" if len(deaths) > 1 else ""
        raise SamplingError(f"the program {deaths[-1]}{tried}")

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        once = self.options.style == "once"
        if self._program is None:
            log = Path(self.options.log) if self.options.log else self._scratch / "program.log"
            self._program = _Program(self.arguments, log)
        program = self._program
        try:
            answer = program.ask(message, self.options.timeout, once)
        except _Died as death:
            self._program = None
            program.kill()
            raise _Died(f"{death}, {program.last_words()}") from death
        if once:
            self._program = None
            program.kill()  # what it may have left running
        return answer


class _Died(Exception):
    """The program did not answer; the message continues "the program"."""


class _Program:
    """A running program; it leads a process group, so that whatever it starts ends with it.

    Args:
        arguments: program and arguments.
        log: file that gets all its output but the answers.
    """

    def __init__(self, arguments: Sequence[str], log: Path) -> None:
        self.log, self.asked, self.lines = log, False, Queue[bytes]()
        with log.open("ab") as stderr:
            self.log_start = stderr.tell()  # of what it says about the request that it is at
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
            )
        Thread(target=self._listen, daemon=True).start()

    def ask(self, message: dict[str, Any], timeout: float, once: bool) -> dict[str, Any]:
        """Its answer to a message.

        Args:
            message: the request.
            timeout: seconds.
            once: whether it is the only request, and exit status 0 an answer.

        Raises:
            _Died: it ended without an answer, or there was none in time.
        """
        self.asked, deadline = True, time.monotonic() + timeout
        self._tell(message, once)
        answer: dict[str, Any] | None = None
        while line := self._line(deadline):
            answer = _answer(line, message["id"]) or answer
            if answer and not once:
                self.asked, self.log_start = False, self.log.stat().st_size
                return answer
        status = self.process.poll()
        if status is None:
            raise _Died(f"gave no answer in {timeout:g} seconds and was ended")
        if once and (status == 0 or (answer and "error" in answer)):
            return answer or {}
        raise _Died(_ended(status))

    def last_words(self) -> str:
        """The end of its log, for a reason."""
        with self.log.open("rb") as file:
            file.seek(max(self.log_start, self.log.stat().st_size - LAST_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
        words = [line.strip() for line in lines if line.strip()][-LAST_LINES:]
        return f"saying: {' | '.join(words)}" if words else "saying nothing"

    def finish(self) -> None:
        """End it: if nothing is asked of it, by the end of its input."""
        if not self.asked:
            self._close()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(GRACE)
        self.kill()

    def kill(self) -> None:
        """End it and everything that it started."""
        _signal(self.process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE)
        _signal(self.process, KILL)
        self.process.wait()
        self._close()

    def _tell(self, message: dict[str, Any], once: bool) -> None:
        assert self.process.stdin
        with suppress(BrokenPipeError):  # it has ended, as the status will say
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()
        if once:
            self._close()

    def _close(self) -> None:
        assert self.process.stdin
        with suppress(BrokenPipeError):
            self.process.stdin.close()

    def _listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines, self.log.open("ab", buffering=0) as log:
            for line in lines:
                if not _answer(line):
                    log.write(line)
                self.lines.put(line)

    def _line(self, deadline: float) -> bytes:
        """The next line that it prints, empty at its end or the deadline's.

        Its end is that of the process: what it started may hold its output open for longer.
        """
        while (left := deadline - time.monotonic()) > 0:
            ended = self.process.poll() is not None
            try:
                return self.lines.get(timeout=min(left, GLANCE))
            except Empty:
                if ended:
                    break
        return b""


def _answer(line: bytes, identity: str | None = None) -> dict[str, Any] | None:
    r"""A line as an answer, to this request or to any; ``None`` where it is something else.

    >>> _answer(b'\r 50%|==  |\r100%|====|{"id": "a cat-0.mp4"}')
    {'id': 'a cat-0.mp4'}
    """
    try:
        answer = plain_json(_last_written(line))
    except ValueError:
        return None
    if not isinstance(answer, dict) or "id" not in answer:
        return None
    return answer if identity in (None, answer["id"]) else None


def _last_written(line: bytes) -> bytes:
    """What a terminal would show of a line over which a progress bar was drawn, less the bar."""
    shown = line.rstrip().rpartition(b"\r")
    return shown[2][max(shown[2].find(b"{"), 0) :] if shown[1] else line


def _video(answer: dict[str, Any], target: Path) -> Encoded:
    """The file that an answer speaks of.

    Raises:
        SamplingError: there is none.
    """
    if answer.get("error") is not None:
        raise SamplingError(f"the program says: {answer['error']}")
    path, facts = Path(str(answer.get("file") or target)), answer.get("facts") or {}
    if not path.is_file() or not path.stat().st_size:
        raise SamplingError(f"the program answered, but {path} is {'empty' if path.is_file() else 'not there'}")
    if not isinstance(facts, dict):
        raise SamplingError(f"the program answered with facts that are no object: {facts!r}")
    return Encoded(path, borrowed=path.resolve().parent != target.resolve().parent, facts=facts)


def _ended(status: int) -> str:
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a process and everything that it started."""
    with suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
