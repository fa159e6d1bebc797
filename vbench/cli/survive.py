"""A command whose process a video ends is taken up by another process, which goes past that video.

The command runs in a child, made before anything heavy is imported; the parent only waits, hands signals on, and ends
as the child did. So what crashes a decoder, or has the system end who took too much memory, ends no evaluation.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

import typer

from vbench.cli.streams import open_closed_streams
from vbench.worker import OUTSIDE, how_ended

RESUMABLE = ("evaluate",)
"""Commands that find out at what the one before was ended, and that do nothing twice."""

HANDED_ON = ("SIGINT", "SIGTERM", "SIGHUP")


def survived(command: Callable[[], None]) -> None:
    """Do what the command line asks for; where a crash ends it, once more.

    Args:
        command: reads ``sys.argv``, and ends with ``SystemExit``.
    """
    open_closed_streams()
    if sys.argv[1:2] and sys.argv[1] in RESUMABLE and hasattr(os, "fork"):
        status = _status_of(command)
        if status is not None and _is_crash(status):
            with suppress(OSError):
                typer.echo(
                    f"\nvbench: the process that scored has ended: {how_ended(status)}. Another goes on.", err=True
                )
            again = _status_of(command)
            status = status if again is None else again
        if status is not None:
            _end_like(status)
    command()


def _is_crash(status: int) -> bool:
    return status < 0 and status not in {-number for name in OUTSIDE if (number := getattr(signal, name, 0))}


def _status_of(command: Callable[[], None]) -> int | None:
    """How a command in a process of its own ended: its exit status, or the number of a signal below 0.

    Returns:
        ``None`` where the system gives no other process.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it is ignored nobody learns how a child ended
    closes_with_parent, held_by_parent = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(closes_with_parent)
        os.close(held_by_parent)
        return None
    if not child:
        os.close(held_by_parent)
        Thread(target=_end_with, args=(closes_with_parent,), daemon=True).start()
        command()
        sys.exit()
    os.close(closes_with_parent)
    before = {
        number: signal.signal(number, lambda number, frame: os.kill(child, number))
        for name in HANDED_ON
        if (number := getattr(signal, name, None)) and signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        _, status = os.waitpid(child, 0)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(held_by_parent)
    return os.waitstatus_to_exitcode(status)


def _end_with(parent: int) -> None:
    """Leave at once when the parent is gone, also if it was killed: its end of a pipe closes then."""
    os.read(parent, 1)
    os._exit(1)


def _end_like(status: int) -> None:
    """Whoever called is to see what became of the child."""
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
        status = 128 - status  # the first process of a container is not ended so
    sys.exit(status)
