"""What the board's table shows: which rows, their score over what is ticked, their order, and who ties with whom.

Plain functions on rows: whatever draws a table only draws it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from vbench.analysis.statistics import Figure, Interval, significance_groups
from vbench.benchmarks.score_card import TOTAL, part_score, total_score
from vbench.benchmarks.t2v import QUALITY, RULES, SEMANTIC
from vbench.leaderboard.submissions.validate import OURS, REFERENCE
from vbench.leaderboard.views.board_row import FIGURE, RANKED, BoardRow

MODEL, SOURCE, SELECTED = "model", "source", "selected"

SCORES = (TOTAL, QUALITY, SEMANTIC, SELECTED, *RULES)
"""Columns that hold scores, the higher the better."""

KINDS = {OURS: "Runs", REFERENCE: "Result files", FIGURE: "Published figures"}
"""Kinds of entry by their format: evaluated by ``vbench``, by the reference, or printed somewhere."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"

Settled = Callable[[BoardRow, BoardRow, str], bool]
"""Whether the difference of two rows in a column is beyond noise."""


def side_of(side: str) -> tuple[str, ...]:
    """The dimensions of Quality or Semantic, in the protocol's order."""
    return tuple(name for name, rule in RULES.items() if rule.part == side)


@dataclass(frozen=True)
class View:
    """What of the board is looked at; the address bar holds it.

    Attributes:
        ticked: dimensions that are shown and enter the selected score.
        search: words that a row must have.
        kinds: kinds of entry that are shown.
        suites: prompt suites that are shown; ``None`` for all there are.
        sort: column that orders the rows.
        descending: whether the highest comes first.
    """

    ticked: tuple[str, ...] = tuple(RULES)
    search: str = ""
    kinds: tuple[str, ...] = tuple(KINDS)
    suites: tuple[str, ...] | None = None
    sort: str = TOTAL
    descending: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns with scores that are shown."""
        return tuple(name for name in SCORES if name not in RULES or name in self.ticked)

    @property
    def ranks_by(self) -> str:
        """The score that gives the places: what the rows are sorted by, otherwise Total."""
        return self.sort if self.sort in self.columns else TOTAL

    @property
    def selected_is(self) -> str | None:
        """The score that the selected one is equal to; ``None`` where it is a mixture of its own."""
        known = {tuple(RULES): TOTAL, side_of(QUALITY): QUALITY, side_of(SEMANTIC): SEMANTIC}
        return self.ticked[0] if len(self.ticked) == 1 else known.get(self.ticked)

    def sorted_by(self, column: str) -> View:
        """The same view by another column, or the other way round by the same one."""
        first = column not in (MODEL, SOURCE)
        return View(
            self.ticked, self.search, self.kinds, self.suites, column,
            not self.descending if column == self.sort else first,
        )  # fmt: skip

    def to_query(self) -> str:
        """The view as a query, without what is as always.

        >>> View(ticked=("scene", "color"), search="a b", sort="color").to_query()
        'ticked=scene%2Ccolor&search=a+b&sort=-color'
        """
        usual = View()
        values = {
            "ticked": "" if self.ticked == usual.ticked else ",".join(self.ticked) or "none",
            "search": self.search,
            "kinds": "" if self.kinds == usual.kinds else ",".join(self.kinds) or "none",
            "suites": "" if self.suites is None else ",".join(self.suites) or "none",
            "sort": "" if (self.sort, self.descending) == (usual.sort, True) else "-" * self.descending + self.sort,
        }
        return urlencode({name: value for name, value in values.items() if value})

    @classmethod
    def from_query(cls, query: str) -> View:
        """The view of a query; what it does not know, it leaves out.

        >>> view = View.from_query("sort=model&ticked=scene,nonsense")
        >>> view.ticked, view.sort, view.descending
        (('scene',), 'model', False)
        """
        values = {name: found[-1] for name, found in parse_qs(query).items()}
        sort = values.get("sort", "")
        column = sort.removeprefix("-")
        ticked = _list(values.get("ticked"), RULES)
        view = cls(
            ticked=cls.ticked if ticked is None else ticked,
            search=values.get("search", ""),
            kinds=kinds if (kinds := _list(values.get("kinds"), KINDS)) is not None else cls.kinds,
            suites=_list(values.get("suites")),
        )
        if column not in (MODEL, SOURCE, *view.columns):
            return view
        return View(view.ticked, view.search, view.kinds, view.suites, column, sort.startswith("-"))


@dataclass(frozen=True)
class Line:
    """A row of the table.

    Attributes:
        entry: whose it is.
        place: among the ranked rows by the score that gives the places, ``None`` where it has none.
        scores: what each column shows; the sides, Total and the selected score on the card's scale, dimensions raw.
    """

    entry: BoardRow
    place: int | None
    scores: Mapping[str, Figure]


def selected_score(scores: Mapping[str, float], ticked: Iterable[str]) -> float | None:
    """The protocol's weighted means over some dimensions: of one side its mean, of both 4 to 1 as in Total.

    Args:
        scores: raw scores by dimension.
        ticked: the dimensions that count.

    Returns:
        The score, ``None`` where nothing is ticked or a ticked dimension has no score.
    """
    chosen = set(ticked)
    if not chosen or not chosen <= scores.keys():
        return None
    quality, semantic = (part_score(side, {name: scores[name] for name in chosen}) for side in (QUALITY, SEMANTIC))
    if quality is None or semantic is None:
        return semantic if quality is None else quality
    return total_score({QUALITY: quality, SEMANTIC: semantic})


def rows(entries: Sequence[BoardRow], view: View) -> list[Line]:
    """The rows of a view: ranked ones first, those apart after them, each part sorted, missing scores last.

    Places are those among all ranked rows: a search does not change them.
    """
    lines = [Line(entry, None, _scores(entry, view)) for entry in entries]
    ranked = [
        line.scores[view.ranks_by].value for line in lines if line.entry.kind == RANKED and view.ranks_by in line.scores
    ]
    shown = [
        Line(line.entry, _place(line, view.ranks_by, ranked), line.scores)
        for line in lines
        if _is_shown(line.entry, view)
    ]
    present = sorted((line for line in shown if _key(line, view.sort) is not None), key=_newest)
    present.sort(key=lambda line: _key(line, view.sort) or 0, reverse=view.descending)
    missing = [line for line in shown if _key(line, view.sort) is None]
    return sorted([*present, *missing], key=lambda line: line.entry.kind != RANKED)


def groups(entries: Iterable[BoardRow], column: str, settled: Settled) -> dict[str, str]:
    """Who cannot be told apart: rows of one letter have no difference beyond noise to the best of them.

    Only rows of one suite and profile compare, and only those whose scores per video are known.

    Args:
        entries: of the board.
        column: a dimension, a side or ``total``.
        settled: whether the difference of two rows is beyond noise.

    Returns:
        Row -> letter, for those that share it.
    """
    alike: dict[tuple[str, str, str], dict[str, BoardRow]] = defaultdict(dict)
    for entry in entries:
        if entry.format != FIGURE and column in entry.scores:
            alike[entry.kind, entry.suite, entry.profile][entry.id] = entry
    found = []
    for part in alike.values():
        scores = {name: _interval(entry.scores[column]) for name, entry in part.items()}
        found += significance_groups(scores, _Pairs(part, column, settled))
    shared = [group for group in found if len(group) > 1]
    return {name: letter(number) for number, group in enumerate(shared) for name in group}


def letter(number: int) -> str:
    """a, b, ... z, aa, bb, ...

    >>> letter(0), letter(25), letter(27)
    ('a', 'z', 'bb')
    """
    return LETTERS[number % len(LETTERS)] * (1 + number // len(LETTERS))


class _Pairs(Mapping[tuple[str, str], bool]):
    """Verdicts on pairs, each found when it is asked for."""

    def __init__(self, entries: Mapping[str, BoardRow], column: str, settled: Settled) -> None:
        self.entries, self.column, self.settled = entries, column, settled

    def __getitem__(self, pair: tuple[str, str]) -> bool:
        return self.settled(self.entries[pair[0]], self.entries[pair[1]], self.column)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((first, second) for first in self.entries for second in self.entries if first != second)

    def __len__(self) -> int:
        return len(self.entries) * (len(self.entries) - 1)


def _list(text: str | None, known: Iterable[str] | None = None) -> tuple[str, ...] | None:
    """Names between commas, in the order of the known ones; ``None`` where nothing is said."""
    if not text:
        return None
    named = tuple(part for part in text.split(",") if part != "none")
    return named if known is None else tuple(name for name in known if name in named)


def _scores(entry: BoardRow, view: View) -> dict[str, Figure]:
    shown = {name: entry.scores[name] for name in view.columns if name in entry.scores}
    value = selected_score({name: entry.scores[name].value for name in RULES if name in entry.scores}, view.ticked)
    if value is not None:
        shown[SELECTED] = _selected(value, entry, view.selected_is)
    return shown


def _selected(value: float, entry: BoardRow, same: str | None) -> Figure:
    """The selected score; with an interval where another score of the row is the same."""
    if same is None or same not in entry.scores:
        return Figure(value)
    figure = entry.scores[same]
    low, high = (
        RULES[same].normalised(end) if end is not None and same in RULES else end for end in (figure.low, figure.high)
    )
    return Figure(value, low, high, figure.videos)


def _place(line: Line, column: str, ranked: Sequence[float]) -> int | None:
    if line.entry.kind != RANKED or column not in line.scores:
        return None
    return 1 + sum(value > line.scores[column].value for value in ranked)


def _is_shown(entry: BoardRow, view: View) -> bool:
    card = entry.card
    texts = (
        card.name, card.version, card.organisation, card.sampled_by, card.evaluated_by, card.notes, card.access,
        entry.suite, entry.profile, KINDS[entry.format],
    )  # fmt: skip
    said = " ".join(texts).casefold()
    return (
        entry.format in view.kinds
        and (view.suites is None or entry.suite in view.suites)
        and all(word in said for word in view.search.casefold().split())
    )


def _key(line: Line, column: str) -> str | float | None:
    """What a row is sorted by, ``None`` where it is missing."""
    card = line.entry.card
    if column == MODEL:
        return f"{card.name} {card.version}".casefold()
    if column == SOURCE:
        return f"{KINDS[line.entry.format]} {card.evaluated_by or card.sampled_by}".casefold()
    return line.scores[column].value if column in line.scores else None


def _newest(line: Line) -> float:
    """Among equals the newest comes first; published figures keep their order."""
    return -int(line.entry.id) if line.entry.id.isdecimal() else math.inf


def _interval(figure: Figure) -> Interval:
    low, high = (figure.value if end is None else end for end in (figure.low, figure.high))
    return Interval(figure.value, low, high)
