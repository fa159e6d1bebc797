"""A row as other sites show it: its name, its place among the ranked ones, and one score."""

from __future__ import annotations

from dataclasses import dataclass

from vbench.benchmarks.score_card import TOTAL
from vbench.leaderboard.board import Board
from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.snapshots import Snapshot
from vbench.leaderboard.views.board_row import BoardRow


@dataclass(frozen=True)
class SharedRow:
    """A row.

    Attributes:
        entry: of the board.
        place: by the Total, ``None`` where it has none.
        ranked: how many have a place.
    """

    entry: BoardRow
    place: int | None
    ranked: int

    @property
    def headline(self) -> str:
        """The Total in percent and the place, or why there is none, in a few words.

        >>> from vbench.leaderboard.views.published_figures import published_entries
        >>> SharedRow(published_entries()[0], 3, 28).headline.endswith("place 3 of 28")
        True
        """
        total = self.entry.value(TOTAL)
        if total is None:
            return f"{len(self.entry.scores)} scores, no Total"
        said = f"Total {100 * total:.2f} %"
        return f"{said}, place {self.place} of {self.ranked}" if self.place else f"{said}, not ranked"


def shared_row(board: Board, name: str) -> SharedRow:
    """A published row by its id.

    Raises:
        NotFound: there is none.
    """
    return found_row(board.snapshot(), name)


def found_row(snapshot: Snapshot, name: str) -> SharedRow:
    """The same of a snapshot that is at hand."""
    entry = next((entry for entry in snapshot.entries if entry.id == name), None)
    if entry is None:
        raise NotFound(f"There is no entry {name!r:.60}.")
    ranking = snapshot.ranking(entry.benchmark)
    if not ranking.benchmark.has_total:
        return SharedRow(entry, None, 0)
    return SharedRow(entry, ranking.place(entry, TOTAL), ranking.count(TOTAL))
