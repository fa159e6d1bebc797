"""Progress on standard error: a bar with an estimate on a terminal, a line now and then elsewhere, or nothing."""

from __future__ import annotations

import sys
import time
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from vbench.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as RichBar
    from rich.progress import TaskID

SECONDS_BETWEEN_LINES = 10.0


class ProgressStyle(StrEnum):
    """How a run tells of its progress."""

    auto = "auto"
    rich = "rich"
    plain = "plain"
    none = "none"


def progress_of(style: ProgressStyle) -> Progress:
    """Whoever shows progress in that style; ``auto`` asks whether standard error is a terminal."""
    if style is ProgressStyle.auto:
        style = ProgressStyle.rich if sys.stderr.isatty() else ProgressStyle.plain
    if style is ProgressStyle.rich:
        return Bar()
    return Lines(every=SECONDS_BETWEEN_LINES if style is ProgressStyle.plain else float("inf"))


class Lines(Progress):
    """A line per finding, and one about the whole every few seconds.

    Args:
        every: seconds between lines about the whole; infinite for findings alone.
    """

    def __init__(self, every: float) -> None:
        self.every = every
        self.total = self.done = self.computed = 0

    def start(self, units: int, done: int, what: str = "scores") -> None:
        """See :class:`vbench.progress.Progress`."""
        self.total, self.done, self.what = units, done, what
        self.begun = self.spoke = time.monotonic()
        if self.every < float("inf"):
            stored = f", {done} stored before" if done else ""
            typer.echo(f"{units - done} {what} to make{stored}", err=True)

    def unit(self, label: str, finding: str = "") -> None:
        """See :class:`vbench.progress.Progress`."""
        self.done += 1
        self.computed += 1
        if finding:
            self.note(finding)
        now = time.monotonic()
        if now - self.spoke >= self.every:
            self.spoke = now
            left = (now - self.begun) / self.computed * (self.total - self.done)
            typer.echo(f"{self.done}/{self.total} {self.what}, about {left:.0f} s left", err=True)

    def skipped(self, units: int) -> None:
        """See :class:`vbench.progress.Progress`."""
        self.total -= units

    def note(self, text: str) -> None:
        """See :class:`vbench.progress.Progress`."""
        typer.echo(text, err=True)

    def finish(self) -> None:
        """See :class:`vbench.progress.Progress`."""


class Bar(Progress):
    """A bar with the unit at hand, the count and the time left."""

    def __init__(self) -> None:
        self.bar: RichBar | None = None
        self.task: TaskID | None = None

    def start(self, units: int, done: int, what: str = "scores") -> None:
        """See :class:`vbench.progress.Progress`."""
        from rich import progress
        from rich.console import Console
        from rich.table import Column

        columns = (
            progress.TextColumn("{task.description}", table_column=Column(overflow="fold")),
            progress.BarColumn(bar_width=20),
            progress.MofNCompleteColumn(),
            progress.TimeRemainingColumn(),
        )
        self.bar = progress.Progress(*columns, console=Console(stderr=True))
        self.task = self.bar.add_task(what, total=units, completed=done)
        self.bar.start()

    def unit(self, label: str, finding: str = "") -> None:
        """See :class:`vbench.progress.Progress`."""
        if finding:
            self.note(finding)
        if self.bar and self.task is not None:
            self.bar.update(self.task, advance=1, description=label)

    def skipped(self, units: int) -> None:
        """See :class:`vbench.progress.Progress`."""
        if self.bar and self.task is not None:
            total = self.bar.tasks[0].total or 0
            self.bar.update(self.task, total=total - units)

    def note(self, text: str) -> None:
        """See :class:`vbench.progress.Progress`."""
        if self.bar:
            self.bar.console.print(text, markup=False, highlight=False)
        else:
            typer.echo(text, err=True)

    def finish(self) -> None:
        """See :class:`vbench.progress.Progress`."""
        if self.bar:
            self.bar.stop()
