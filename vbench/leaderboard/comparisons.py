"""Paired differences between submissions: each pair is computed once and kept while the process lives.

A pair of whole results takes about a second, so the groups that cannot be told apart are found in the background; a
page that is quicker does without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from functools import lru_cache
from threading import Lock

from vbench.analysis.statistics import PairedDifference, compare
from vbench.leaderboard.board import Board
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.views.ranking import groups

PATIENCE = 1.5
"""Seconds that a page waits for the groups."""

PAIRS = 4096


class Comparisons:
    """The differences between a board's submissions.

    Args:
        board: whose.
    """

    def __init__(self, board: Board) -> None:
        self._rows = lru_cache(maxsize=8)(board.rows)
        self._found = lru_cache(maxsize=PAIRS)(self._compare)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="comparisons")
        self._lock = Lock()
        self._jobs: dict[tuple[tuple[str, ...], str], Future[dict[str, str]]] = {}
        self._closed = False

    def between(self, first: BoardRow, second: BoardRow) -> Mapping[str, PairedDifference]:
        """The second minus the first, by dimension, side and total; empty where scores per video are not known."""
        if not (first.id.isdecimal() and second.id.isdecimal()):
            return {}
        return self._found(int(first.id), int(second.id))

    def settled(self, first: BoardRow, second: BoardRow, column: str) -> bool:
        """Whether their difference in a column is beyond noise."""
        one, two = sorted((first, second), key=lambda entry: int(entry.id))
        found = self.between(one, two)
        return column in found and found[column].is_significant()

    def groups(self, entries: Sequence[BoardRow], column: str) -> dict[str, str] | None:
        """Who cannot be told apart (:func:`vbench.leaderboard.views.ranking.groups`); ``None`` while it is computed."""
        key = tuple(entry.id for entry in entries), column
        with self._lock:
            if key not in self._jobs:
                if any(ids != key[0] for ids, _ in self._jobs):  # the board has changed
                    self._jobs.clear()
                self._jobs[key] = self._pool.submit(groups, entries, column, self.settled)
            job = self._jobs[key]
        try:
            return job.result(PATIENCE)
        except NotYet:
            return None

    def close(self) -> None:
        """Stop before the next pair."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _compare(self, first: int, second: int) -> Mapping[str, PairedDifference]:
        if self._closed:
            raise CancelledError
        return compare(self._rows(first), self._rows(second))
