"""How much one sender may have: so many times, or so many bytes, in any stretch of so many seconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

MOST_SENDERS = 10_000
"""Senders that are remembered at least; beyond that, those who have been quiet are forgotten."""


class RateLimiter:
    """A limit on how much each sender may have.

    Args:
        limit: times, or whatever else is counted.
        seconds: in which.
        clock: gives seconds that never go back.
    """

    def __init__(self, limit: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit, self.seconds, self.clock = limit, seconds, clock
        self._visits: dict[str, deque[tuple[float, int]]] = {}
        self._lock = Lock()

    def wait(self, sender: str, amount: int = 1) -> float:
        """Count a visit, unless it is too much.

        Args:
            sender: whose.
            amount: how much it takes of the limit.

        Returns:
            0 where it is welcome, otherwise the seconds after which the next one is.
        """
        with self._lock:
            now = self.clock()
            if sender not in self._visits and len(self._visits) >= MOST_SENDERS:
                self._forget(now)
            visits = self._visits.setdefault(sender, deque())
            while visits and visits[0][0] <= now - self.seconds:
                visits.popleft()
            if sum(had for _, had in visits) + amount > self.limit:
                return visits[0][0] + self.seconds - now if visits else self.seconds
            visits.append((now, amount))
            return 0.0

    def _forget(self, now: float) -> None:
        quiet = [sender for sender, visits in self._visits.items() if not visits or visits[-1][0] <= now - self.seconds]
        for sender in quiet or list(self._visits)[: MOST_SENDERS // 10]:
            del self._visits[sender]
