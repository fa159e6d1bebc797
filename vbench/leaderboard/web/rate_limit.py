"""How often one sender may come: so many times in any stretch of so many seconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

MOST_SENDERS = 10_000
"""Senders that are remembered at least; beyond that, those who have been quiet are forgotten."""


class RateLimiter:
    """A limit on how often each sender may come.

    Args:
        limit: times.
        seconds: in which.
        clock: gives seconds that never go back.
    """

    def __init__(self, limit: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit, self.seconds, self.clock = limit, seconds, clock
        self._visits: dict[str, deque[float]] = {}
        self._lock = Lock()

    def wait(self, sender: str) -> float:
        """Count a visit, unless it is one too many.

        Returns:
            0 where it is welcome, otherwise the seconds after which the next one is.
        """
        with self._lock:
            now = self.clock()
            if sender not in self._visits and len(self._visits) >= MOST_SENDERS:
                self._forget(now)
            visits = self._visits.setdefault(sender, deque())
            while visits and visits[0] <= now - self.seconds:
                visits.popleft()
            if len(visits) >= self.limit:
                return visits[0] + self.seconds - now
            visits.append(now)
            return 0.0

    def _forget(self, now: float) -> None:
        quiet = [sender for sender, visits in self._visits.items() if visits[-1] <= now - self.seconds]
        for sender in quiet or list(self._visits)[: MOST_SENDERS // 10]:
            del self._visits[sender]
