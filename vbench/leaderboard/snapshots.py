"""What the board shows, read from its database once per change: rows, and each benchmark's ranking.

A server asks the database for a counter with every view, and reads rows again where it has moved; the scores of a
submission, which never change but by a rebuild, are read once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vbench.analysis.statistics import Figure
from vbench.benchmarks.registry import BENCHMARKS, benchmark_named
from vbench.leaderboard.db.database import BOARD, FIGURES, Database
from vbench.leaderboard.db.tables import PUBLISHED, Certification, Change, Medium, Score, Submission, Verdict
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.leaderboard.submissions.validate import CHECK_VERSION
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.views.published_figures import published_entries
from vbench.leaderboard.views.ranking import Ranking

OUTDATED = (
    "Scored by another version of this board's rules: whoever keeps the board makes it anew with vbench leaderboard "
    "rebuild."
)
"""Why a submission stands apart after an update, until it is made anew."""

AT_ONCE = 500
"""Rows that are asked for by their numbers in one statement."""

Figures = Mapping[str, Figure]


@dataclass(frozen=True)
class Snapshot:
    """The published rows at one moment.

    Attributes:
        revision: of the database; another one where anything of it is different.
        entries: submissions, the newest first, then published figures; without scores by category.
        rankings: of each benchmark that has rows.
        videos: sampled ones: prompt -> submission -> name.
    """

    revision: str
    entries: tuple[BoardRow, ...]
    rankings: Mapping[str, Ranking]
    videos: Mapping[str, Mapping[int, str]]

    def ranking(self, benchmark: str) -> Ranking:
        """The ranking of a benchmark; an empty one where it has no rows."""
        return self.rankings.get(benchmark) or Ranking(benchmark_named(benchmark), ())


class Snapshots:
    """The newest snapshot of a database.

    Args:
        database: of the board.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._kept: Snapshot | None = None
        self._scores: dict[int, Figures] = {}
        self._figures = -1
        self._lock = Lock()

    def now(self) -> Snapshot:
        """What the board shows now."""
        counters = self.database.counters()
        revision = f"{counters.get(BOARD, 0)}.{counters.get(FIGURES, 0)}"
        kept = self._kept
        if kept is not None and kept.revision == revision:
            return kept
        with self._lock:
            if self._kept is None or self._kept.revision != revision:
                self._kept = self._read(revision, counters.get(FIGURES, 0))
            return self._kept

    def _read(self, revision: str, figures: int) -> Snapshot:
        if figures != self._figures:
            self._scores, self._figures = {}, figures
        with self.database.reading() as session:
            states = states_of(session)
            wanted = [number for number, state in states.items() if state == PUBLISHED]
            new = [number for number in wanted if number not in self._scores]
            self._scores |= {number: found.get("", {}) for number, found in figures_of(session, new, False).items()}
            entries = (
                *entries_of(session, wanted, states, {n: {"": self._scores[n]} for n in wanted}),
                *published_entries(),
            )
            videos = videos_of(session, wanted)
        of: dict[str, list[BoardRow]] = defaultdict(list)
        for entry in entries:
            of[entry.benchmark].append(entry)
        rankings = {name: Ranking(benchmark_named(name), rows) for name, rows in of.items() if name in BENCHMARKS.table}
        return Snapshot(revision, entries, rankings, videos)


def states_of(session: Session, numbers: Iterable[int] | None = None) -> dict[int, str]:
    """State of submissions, the newest first.

    Args:
        session: on the database.
        numbers: of the submissions; all by default, which costs more the more there are.
    """
    latest = select(func.max(Change.id)).group_by(Change.submission_id)
    wanted = [latest]
    if numbers is not None:
        parts = in_parts(sorted(numbers, reverse=True))
        wanted = [latest.where(Change.submission_id.in_(some)) for some in parts]
    columns = select(Change.submission_id, Change.state).order_by(Change.submission_id.desc())
    return {number: state for one in wanted for number, state in session.execute(columns.where(Change.id.in_(one)))}


def figures_of(session: Session, numbers: Sequence[int], by_category: bool = True) -> dict[int, dict[str, Figures]]:
    """Submission -> category -> score -> figure; the category of all prompts is ``""``."""
    found: dict[int, dict[str, dict[str, Figure]]] = {number: defaultdict(dict) for number in numbers}
    columns = (Score.submission_id, Score.category, Score.name, Score.value, Score.low, Score.high, Score.videos)
    for some in in_parts(numbers):
        asked = select(*columns).where(Score.submission_id.in_(some)).order_by(Score.id)
        for row in session.execute(asked if by_category else asked.where(Score.category == "")):
            found[row.submission_id][row.category][row.name] = Figure(row.value, row.low, row.high, row.videos)
    return {number: dict(figures) for number, figures in found.items()}


def entries_of(
    session: Session,
    numbers: Sequence[int],
    states: Mapping[int, str],
    figures: Mapping[int, Mapping[str, Figures]],
) -> list[BoardRow]:
    """The rows of submissions, the newest first.

    Args:
        session: on the database.
        numbers: of the submissions.
        states: of them.
        figures: of them, as of :func:`figures_of`.
    """
    marks = _marks_of(session, numbers)
    columns = (
        Submission.id, Submission.card, Submission.received, Submission.sha256, Verdict.format, Verdict.benchmark,
        Verdict.suite, Verdict.profile, Verdict.findings, Verdict.check_version,
    )  # fmt: skip
    found = [
        row
        for some in in_parts(sorted(numbers, reverse=True))
        for row in session.execute(
            select(*columns)
            .join(Verdict, Verdict.submission_id == Submission.id)
            .where(Submission.id.in_(some))
            .order_by(Submission.id.desc())
        )
    ]
    return [
        BoardRow(
            id=str(row.id),
            format=row.format,
            state=states[row.id],
            card=ModelCard(**row.card),
            benchmark=row.benchmark,
            suite=row.suite,
            profile=row.profile,
            received=row.received,
            scores=figures[row.id].get("", {}),
            by_category={name: found for name, found in figures[row.id].items() if name},
            apart=(*row.findings["apart"], *([OUTDATED] if row.check_version != CHECK_VERSION else [])),
            notes=tuple(row.findings["notes"]),
            unverified=tuple(row.findings.get("unverified", ())),
            certification=marks.get(row.id, ""),
            sha256=row.sha256,
        )
        for row in found
    ]


def _marks_of(session: Session, numbers: Sequence[int]) -> dict[int, str]:
    """The latest certification of each submission that has one."""
    columns = select(Certification.submission_id, Certification.mark).order_by(Certification.id)
    parts = (columns.where(Certification.submission_id.in_(some)) for some in in_parts(numbers))
    return {number: mark for one in parts for number, mark in session.execute(one)}


def videos_of(session: Session, numbers: Sequence[int]) -> dict[str, dict[int, str]]:
    """Sampled videos of submissions: prompt -> submission -> name."""
    videos: dict[str, dict[int, str]] = defaultdict(dict)
    for some in in_parts(sorted(numbers)):
        found = session.execute(
            select(Medium.prompt, Medium.submission_id, Medium.name)
            .where(Medium.name.startswith("videos/"), Medium.submission_id.in_(some))
            .order_by(Medium.prompt, Medium.submission_id, Medium.name.desc())
        )
        for prompt, number, name in found:
            videos[prompt][number] = name
    return dict(sorted(videos.items()))


def in_parts(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    """Numbers of rows, as many at a time as are asked for in one statement; a database takes some thousands at most."""
    return (numbers[start : start + AT_ONCE] for start in range(0, len(numbers), AT_ONCE))
