"""What is waited for is told once it takes long: a decoder or a disk that never answers says nothing itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Self

logger = logging.getLogger(__name__)

LONG = 120.0
"""Seconds without an answer after which it is told, and told again each time that they have doubled."""

BETWEEN_LOOKS = 1.0
"""Seconds."""


class Patience:
    """Tells of what has not answered for long, in a thread of its own, for as long as the block lasts.

    Args:
        note: is told which, and for how long.
    """

    def __init__(self, note: Callable[[str], None] = logger.warning) -> None:
        self._note = note
        self._waits: dict[str, _Wait] = {}
        self._over = Event()

    def __enter__(self) -> Self:
        """Begin to look at the clock."""
        Thread(target=self._look, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is waited for any more."""
        self._over.set()

    def wait_for(self, names: Iterable[str]) -> None:
        """These are waited for: who was waited for before still since then, and nobody else any longer."""
        self._waits = {name: self._waits.get(name) or _Wait() for name in names}

    def heard(self, name: str) -> None:
        """One has answered, and is waited for anew."""
        self._waits = {**self._waits, name: _Wait()}

    def _look(self) -> None:
        while not self._over.wait(BETWEEN_LOOKS):
            for name, wait in self._waits.items():
                waited = time.monotonic() - wait.since
                if waited >= wait.due:
                    wait.due *= 2
                    self._note(f"{name}: nothing has come of it for {waited:.0f} s, and it is still waited for")


@dataclass
class _Wait:
    """Since when, and after how many seconds it is told next."""

    since: float = field(default_factory=time.monotonic)
    due: float = field(default_factory=lambda: LONG)
