"""Differences between submissions: each pair is computed once, kept in the database, and read by every server.

Letters, which say who cannot be told apart, need many pairs. Most of them are so far apart that no draw is needed
(:func:`vbench.analysis.influence.surely_apart`); the others are drawn in the background, and a page that is quicker
does without letters.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from threading import Lock

from sqlalchemy import select

from vbench.analysis.influence import surely_apart, weights_of
from vbench.analysis.prompt_table import Table, table
from vbench.analysis.statistics import PairedDifference, beyond_noise, compare_tables
from vbench.benchmarks.registry import benchmark_named
from vbench.leaderboard.board import Board
from vbench.leaderboard.db.database import NOTHING
from vbench.leaderboard.db.tables import Pair, PromptTable
from vbench.leaderboard.errors import Unavailable
from vbench.leaderboard.prompt_tables import packed, unpacked
from vbench.leaderboard.submissions.validate import CHECK_VERSION
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.views.ranking import Ranking, groups

log = logging.getLogger("vbench.board")

METHOD = 100 * CHECK_VERSION + 2
"""Version of the arithmetic of a pair; the hundreds are those of the scores."""

TABLES = 512
"""Submissions whose sums per prompt are kept unpacked, about a quarter of a MB each."""

Key = tuple[str, str, str]
"""SHA-256 of both archives, and the benchmark."""

Beyond = Mapping[str, bool]


class Comparisons:
    """The differences between a board's submissions.

    Args:
        board: whose.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._table = lru_cache(maxsize=TABLES)(self._read_table)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="comparisons")
        self._lock = Lock()
        self._letters: dict[tuple[str, str], tuple[str, Future[dict[str, str]]]] = {}
        self._beyond: dict[Key, Beyond] | None = None
        self._new: dict[Key, Beyond] = {}
        self._revision = ""
        self._closed = False

    def between(self, first: BoardRow, second: BoardRow) -> Mapping[str, PairedDifference]:
        """The second minus the first, by dimension, part and Total; empty where scores per video are not known."""
        if not (first.id.isdecimal() and second.id.isdecimal()) or first.benchmark != second.benchmark:
            return {}
        key = (first.sha256, second.sha256, first.benchmark)
        with self._board.database.reading() as session:
            kept = session.get(Pair, (*key, METHOD))
            found = kept.differences if kept else None
        if found is not None:
            return {name: PairedDifference(**one) for name, one in found.items()}
        computed = compare_tables(self.table(first), self.table(second))
        self._keep({key: {"differences": {name: asdict(one) for name, one in computed.items()}}})
        return computed

    def settled(self, first: BoardRow, second: BoardRow, column: str) -> bool:
        """Whether their difference in a column is beyond noise."""
        one, two = sorted((first, second), key=lambda entry: int(entry.id))
        weights = weights_of(benchmark_named(one.benchmark), column)
        if surely_apart(self.table(one), self.table(two), weights):
            return True
        key = (one.sha256, two.sha256, one.benchmark)
        known = self._known()
        if key not in known:
            known[key] = self._new[key] = beyond_noise(self.table(one), self.table(two))
        return known[key].get(column, False)

    def letters(self, ranking: Ranking, column: str, revision: str) -> dict[str, str] | None:
        """Who cannot be told apart (:func:`vbench.leaderboard.views.ranking.groups`); ``None`` while it is computed.

        Args:
            ranking: of a benchmark.
            column: a dimension, a part or ``total``.
            revision: of the board; with another one letters are found anew, from the pairs that are known.
        """
        place = ranking.benchmark.name, column
        with self._lock:
            self._revision = revision
            if place not in self._letters or self._letters[place][0] != revision:
                self._letters[place] = revision, self._pool.submit(self._find, ranking, column, revision)
            job = self._letters[place][1]
        if not job.done() or job.cancelled():
            return None
        error = job.exception()
        if error is None or isinstance(error, CancelledError):
            return None if error else job.result()
        log.error("rows could not be compared by %s", column, exc_info=error)
        return {}

    def table(self, entry: BoardRow) -> Table:
        """The sums per prompt of a submission."""
        return self._table(int(entry.id), entry.sha256, entry.benchmark)

    def close(self) -> None:
        """Stop before the next pair."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _find(self, ranking: Ranking, column: str, revision: str) -> dict[str, str]:
        def settled(first: BoardRow, second: BoardRow, by: str) -> bool:
            if self._closed or self._revision != revision:
                raise CancelledError
            return self.settled(first, second, by)

        try:
            return groups(ranking.entries, column, settled)
        finally:
            new, self._new = self._new, {}
            if new and not self._closed:
                self._keep({key: {"beyond": dict(beyond)} for key, beyond in new.items()})

    def _known(self) -> dict[Key, Beyond]:
        """Verdicts on pairs, those of the database first."""
        if self._beyond is None:
            self._beyond = dict(self._kept())
        return self._beyond

    def _kept(self) -> Iterator[tuple[Key, Beyond]]:
        columns = (Pair.first, Pair.second, Pair.benchmark, Pair.beyond)
        with self._board.database.reading() as session:
            for first, second, benchmark, beyond in session.execute(select(*columns).where(Pair.method == METHOD)):
                if beyond is not None:
                    yield (first, second, benchmark), beyond

    def _keep(self, found: Mapping[Key, Mapping[str, object]]) -> None:
        """Write what pairs gave; another server may have been quicker, and what cannot be written is found again."""
        with suppress(Unavailable), self._board.database.writing(NOTHING) as session:
            for (first, second, benchmark), columns in found.items():
                kept = session.get(Pair, (first, second, benchmark, METHOD))
                if kept is None:
                    kept = Pair(first=first, second=second, benchmark=benchmark, method=METHOD)
                    session.add(kept)
                for name, value in columns.items():
                    setattr(kept, name, value)

    def _read_table(self, number: int, _: str, benchmark: str) -> Table:
        with self._board.database.reading() as session:
            content = session.scalar(select(PromptTable.content).where(PromptTable.submission_id == number))
        if content is None:  # an older version wrote the submission
            content = packed(table(self._board.rows(number, local=True), benchmark_named(benchmark)))
            with self._board.database.writing(NOTHING) as session:
                session.merge(PromptTable(submission_id=number, content=content))
        return unpacked(content, benchmark_named(benchmark))
