"""A run as its reader has it: the folder, what was asked, every row, and the score card."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from vbench.benchmarks.score_card import ScoreCard
from vbench.errors import MissingExtra
from vbench.notebook import Shown
from vbench.runs.record import RunRecord, read_record
from vbench.runs.results import read_rows, read_score_card
from vbench.runs.store import Row

if TYPE_CHECKING:
    import pandas as pd

    from vbench.runs.plan import Plan
    from vbench.runs.row_writer import Outcome


@dataclass(frozen=True)
class Run(Shown):
    """Stored scores of a set of videos.

    Attributes:
        folder: with ``run.json`` and ``run.sqlite``.
        outcome: what the call that returned it did; ``None`` where the run was only opened.
        plan: what that call looked at.
    """

    folder: Path
    outcome: Outcome | None = field(default=None, repr=False)
    plan: Plan | None = field(default=None, repr=False)

    @cached_property
    def record(self) -> RunRecord:
        """What was asked, with which models, on which machine."""
        return read_record(self.folder)

    @cached_property
    def card(self) -> ScoreCard:
        """The scores by dimension and category, the parts and the Total, and what is missing for them."""
        return read_score_card(self.folder)

    @property
    def is_whole(self) -> bool:
        """Whether every score that was planned is there, over all dimensions that were asked for."""
        return not (self.card.not_evaluated or self.record.unfinished or self.card.incomplete)

    def rows(self) -> list[Row]:
        """Every unit that was looked at: status, value, frames, reason; ordered by dimension, video and prompt."""
        return read_rows(self.folder)

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a table, a column for each field of :class:`~vbench.runs.store.Row`.

        Its ``attrs["completeness"]`` says for each dimension how many scores there are and how many a whole run has.

        Raises:
            MissingExtra: pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise MissingExtra("A table needs pandas. Install it with: pip install pandas") from error
        table = pandas.DataFrame([asdict(row) for row in self.rows()], columns=list(Row.__dataclass_fields__))
        table.attrs["completeness"] = {
            name: {"scored": result.videos, "planned": result.planned} for name, result in self.card.dimensions.items()
        }
        return table


def open_run(folder: str | Path) -> Run:
    """Open a run that ``vbench evaluate`` made.

    Raises:
        UsageError: the folder holds no run, or one of a newer version.
    """
    run = Run(Path(folder))
    assert run.record
    return run
