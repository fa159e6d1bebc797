"""The ``vbench`` command: thin functions over the Python interface, nothing heavy imported before it is needed."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import typer

from vbench.cli.align import align
from vbench.cli.benchmarks import benchmarks
from vbench.cli.board_cards import edit_card
from vbench.cli.check import check
from vbench.cli.cite import card
from vbench.cli.compare import compare
from vbench.cli.demo import demo
from vbench.cli.diff import diff
from vbench.cli.dimensions import dimensions
from vbench.cli.distance import distance
from vbench.cli.environment import name_options
from vbench.cli.evaluate import ReferenceFlags, evaluate
from vbench.cli.explain import explain
from vbench.cli.filter_static import filter_static
from vbench.cli.gate import gate
from vbench.cli.generate import generate, generators
from vbench.cli.leaderboard import leaderboard
from vbench.cli.merge import merge
from vbench.cli.names import complete_names
from vbench.cli.parity import parity
from vbench.cli.plain_help import PlainHelp
from vbench.cli.prompts import plan, prompts
from vbench.cli.report import report
from vbench.cli.schema import schema
from vbench.cli.score import score
from vbench.cli.sensitivity import sensitivity
from vbench.cli.serve import serve
from vbench.cli.streams import open_closed_streams
from vbench.cli.submit import submit, withdraw
from vbench.cli.verify import verify
from vbench.cli.weights import weights
from vbench.errors import NothingToScore, Refused, UsageError, VBenchError
from vbench.files.atomic import NO_ROOM

OK, NO, USAGE, NOTHING_SCORED, IN_THE_WAY = 0, 1, 2, 3, 4
"""Exit statuses. 1 is an answer (not whole, worse, refused), and what keeps a command from one is never 1."""

ENVIRONMENT = (
    *NO_ROOM, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENAMETOOLONG, errno.ESTALE,
    errno.ENOTDIR, errno.EISDIR, errno.ELOOP,
)  # fmt: skip
"""What a machine can be short of; its words are shown, without a traceback."""

app = typer.Typer(
    name="vbench",
    help="Sample videos with generative models and score them, dimension by dimension.",
    epilog="First time here? Run: vbench demo. Names are completed by the shell after: vbench --install-completion. "
    "Exit status 4 of any command: something is in its way, such as a full disk or a missing package.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SAMPLE, EVALUATE, COMPARE, BOARD, SETUP = (
    "Sample videos", "Evaluate them", "Compare and understand", "Leaderboard",
    "Benchmarks, prompts, weights, demonstration",
)  # fmt: skip

app.command(rich_help_panel=SAMPLE, cls=PlainHelp)(generate)
app.command(rich_help_panel=SAMPLE, cls=PlainHelp)(generators)
app.command(rich_help_panel=SAMPLE, cls=PlainHelp)(plan)
app.command(rich_help_panel=EVALUATE, cls=PlainHelp)(check)
app.command(rich_help_panel=EVALUATE, cls=PlainHelp)(filter_static)
app.command("static_filter", hidden=True, cls=PlainHelp)(filter_static)  # the reference's name for it
app.command(rich_help_panel=EVALUATE, cls=ReferenceFlags)(evaluate)
app.command(rich_help_panel=EVALUATE, cls=PlainHelp)(merge)
app.command(rich_help_panel=EVALUATE, cls=PlainHelp)(score)
app.command(rich_help_panel=EVALUATE, cls=PlainHelp)(distance)
app.command(rich_help_panel=EVALUATE, cls=PlainHelp)(serve)
app.command(rich_help_panel=EVALUATE, cls=PlainHelp)(card)
app.command(rich_help_panel=EVALUATE, cls=PlainHelp)(dimensions)
app.command(rich_help_panel=COMPARE, cls=PlainHelp)(report)
app.command(rich_help_panel=COMPARE, cls=PlainHelp)(explain)
app.command(rich_help_panel=COMPARE, cls=PlainHelp)(compare)
app.command(rich_help_panel=COMPARE, cls=PlainHelp)(gate)
app.command(rich_help_panel=COMPARE, cls=PlainHelp)(diff)
app.command(rich_help_panel=COMPARE, cls=PlainHelp)(verify)
app.command(rich_help_panel=COMPARE, cls=PlainHelp)(parity)
app.command(rich_help_panel=COMPARE, cls=PlainHelp)(sensitivity)
app.command(rich_help_panel=BOARD, cls=PlainHelp)(submit)
app.command("edit-card", rich_help_panel=BOARD, cls=PlainHelp)(edit_card)
app.command(rich_help_panel=BOARD, cls=PlainHelp)(withdraw)
app.command(rich_help_panel=BOARD, cls=PlainHelp)(align)
app.add_typer(leaderboard, name="leaderboard", rich_help_panel=BOARD)
app.command(rich_help_panel=SETUP, cls=PlainHelp)(benchmarks)
app.add_typer(prompts, name="prompts", rich_help_panel=SETUP)
app.add_typer(weights, name="weights", rich_help_panel=SETUP)
app.command(rich_help_panel=SETUP, cls=PlainHelp)(schema)
app.command(rich_help_panel=SETUP, cls=PlainHelp)(demo)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"vbench-suite {version('vbench-suite')}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Sample videos with generative models and score them, dimension by dimension."""


class Stopped(BaseException):
    """The process was told to end, by Ctrl-C or otherwise; what it was doing is left, and cleaned up behind it."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__()


def _status(error: Exception) -> int:
    known = ((NothingToScore, NOTHING_SCORED), (UsageError, USAGE), (Refused, NO))
    return next((status for kind, status in known if isinstance(error, kind)), IN_THE_WAY)


def _told(error: Exception) -> str:
    """What is the input's, the installation's or the machine's, in a paragraph; ``""`` of a bug."""
    if isinstance(error, VBenchError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and (package := (error.name or "").split(".")[0]) != "vbench":
        return f'this needs the package {package}: pip install "vbench-suite[all]"'
    if isinstance(error, OSError) and error.errno in ENVIRONMENT:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}. What was finished is stored."
    return ""


def main() -> None:
    """Run the command line; what is the input's or the machine's prints one paragraph, a bug keeps its traceback."""
    open_closed_streams()
    command: Any = typer.main.get_command(app)
    name_options(command)
    complete_names(command)
    before = _listen()
    try:
        command()
    except Stopped as stopped:
        typer.echo("\nvbench: interrupted. What was finished is stored; the same command continues.", err=True)
        sys.exit(128 + stopped.number)
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError) or not _is_read():  # who read it has gone: that is no answer
            sys.exit(IN_THE_WAY)
        raise
    except Exception as error:
        if told := _told(error):
            typer.echo(f"vbench: {told}", err=True)
        else:
            traceback.print_exception(error)
        sys.exit(_status(error))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_read() -> bool:
    """Whether all that was printed is handed on; where nobody reads it any more, the rest goes nowhere."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


AT_ONCE = 0.5
"""Seconds in which the same is heard once: a terminal tells all of its processes, and a parent hands it on as well."""


def _listen() -> dict[int, Any]:
    """Be told to end as by Ctrl-C, and print what an output of few letters cannot show as something else.

    Returns:
        Who answered before.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    before: dict[int, Any] = {}
    if threading.current_thread() is not threading.main_thread():
        return before
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):  # not under nohup
            before[number] = signal.signal(number, _stopping())
    return before


def _stopping() -> Callable[[int, object], None]:
    heard = -AT_ONCE

    def stop(number: int, frame: object) -> None:
        nonlocal heard
        before, heard = heard, time.monotonic()
        if heard - before >= AT_ONCE:
            raise Stopped(number)

    return stop
