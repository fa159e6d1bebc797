"""The check of an archive in a process of its own, so that it cannot use up the caller's memory or time.

The process knows no secrets, writes no files, and is stopped at its limits. It answers with the verdict or the reasons.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass, replace
from multiprocessing.connection import Connection
from threading import Timer
from typing import Any

from vbench.errors import Refused
from vbench.leaderboard.settings import MIB, Settings
from vbench.leaderboard.submissions.archive import Limits, limits_of, read_archive
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.leaderboard.submissions.validate import Checked, check

NICENESS = 5
"""The pages come first."""


def check_apart(archive: bytes, settings: Settings, card: ModelCard | None = None, edited: bool = False) -> Checked:
    """What an archive is worth; as :func:`vbench.leaderboard.submissions.validate.check`, but apart.

    Args:
        archive: as it was received.
        settings: with the limits and the suite that is ranked.
        card: where the archive has none.
        edited: whether the card comes before the one in the archive.

    Raises:
        Refused: it does not hold, or cannot be checked within the limits; with the reasons.
    """
    with _process(settings) as line:
        try:
            line.send((limits_of(settings), settings.suite, card, edited))
            line.send_bytes(archive)
            answer = _Answer(io.BytesIO(line.recv_bytes())).load()
            if isinstance(answer, Checked):
                media = {name: (prompt, line.recv_bytes()) for name, (prompt, _) in answer.media.items()}
                return replace(answer, media=media)
        except Exception:  # the process was stopped, or wrote something else
            answer = (f"Its check takes more than {settings.check_seconds} s or {settings.check_bytes // MIB} MiB.",)
    raise Refused(answer)


@contextmanager
def _process(settings: Settings) -> Iterator[Connection]:
    """A line to a process that checks one archive."""
    here, there = _STARTING.Pipe()
    limits = settings.check_bytes, settings.check_seconds
    process = _STARTING.Process(target=_answer, args=(there, *limits), daemon=True)
    process.start()
    there.close()
    clock = Timer(2 * settings.check_seconds, process.kill)  # what sleeps uses no computing time
    clock.start()
    try:
        yield here
    finally:
        clock.cancel()
        here.close()
        process.kill()
        process.join()


def _starting() -> Any:
    """Processes are copies of one that has loaded everything and seen nothing; on Windows they start afresh."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", __name__])
    return context


_STARTING = _starting()


class _Answer(pickle.Unpickler):
    """Reads values of our own classes that hold values only, whatever the other process was brought to write."""

    def find_class(self, module: str, name: str) -> Any:
        """A class by name, if it is one of those."""
        found = super().find_class(module, name) if module.startswith("vbench.") and "." not in name else None
        if not (isinstance(found, type) and is_dataclass(found)):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")
        return found


def _answer(line: Connection, most_bytes: int, seconds: int) -> None:
    """Check one archive; runs in a process of its own."""
    _limit(most_bytes, seconds)
    limits, suite, card, edited = line.recv()
    answer = _verdict(line.recv_bytes(), limits, suite, card, edited)
    if not isinstance(answer, Checked):
        line.send_bytes(pickle.dumps(answer))
        return
    named = {name: (prompt, b"") for name, (prompt, _) in answer.media.items()}
    line.send_bytes(pickle.dumps(replace(answer, media=named)))
    for _, content in answer.media.values():
        line.send_bytes(content)


def _verdict(
    archive: bytes, limits: Limits, suite: str, card: ModelCard | None, edited: bool
) -> Checked | tuple[str, ...]:
    try:
        return check(read_archive(archive, limits), suite, card, edited=edited)
    except Refused as error:
        return error.reasons
    except MemoryError:
        return ("Its check takes more memory than a check may have.",)


def _limit(most_bytes: int, seconds: int) -> None:
    """Limit this process; where the system knows no such limits (Windows), only the caller's clock does."""
    if sys.platform == "win32":
        return
    import resource

    os.nice(NICENESS)
    for what, most in (
        (resource.RLIMIT_AS, most_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
