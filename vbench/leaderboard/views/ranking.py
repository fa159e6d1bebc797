"""What a board's table shows: which rows, their score over what is ticked, their order, and who ties with whom.

Each benchmark has a ranking of its own. Plain functions on rows: whatever draws a table only draws it.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property, partial
from urllib.parse import parse_qs, urlencode

import numpy as np

from vbench.analysis.influence import selection
from vbench.analysis.interval import Interval
from vbench.analysis.prompt_table import Array
from vbench.analysis.statistics import Figure, Verdicts, significance_groups
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.registry import BENCHMARKS, benchmark_named
from vbench.benchmarks.score_card import TOTAL
from vbench.benchmarks.t2v import T2V
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.leaderboard.submissions.validate import OURS, REFERENCE
from vbench.leaderboard.views.board_row import FIGURE, RANKED, BoardRow

MODEL, SOURCE, SELECTED = "model", "source", "selected"

KINDS = {OURS: "Runs", REFERENCE: "Result files", FIGURE: "Published figures"}
"""Kinds of entry by their format: evaluated by ``vbench``, by the reference, or printed somewhere."""

FACTS = (
    "access", "date", "licence", "parameters", "resolution", "fps", "frames", "seconds", "sampler", "steps",
    "guidance", "prompt_rewriting", "seeds", "precision",
)  # fmt: skip
"""Fields of the model card that can be columns."""

FILTERS = ("access", "licence", "prompt_rewriting", "evaluated_by")
"""Fields of the model card by whose values rows are chosen."""

FIELDS = {field.name for field in fields(ModelCard)}

NUMBERS = {field.name for field in fields(ModelCard) if str(field.type).startswith(("int", "float"))}

PAGE = 40
"""Rows of a page."""

MOST_CHOICES = 50
"""Values of a field that can be chosen; of others a search finds the rows."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"

MOST_FIELDS = 200
"""Of a query; one with more is no view of ours."""

Settled = Callable[[BoardRow, BoardRow, str], bool]
"""Whether the difference of two rows in a column is beyond noise."""

_CONDITION = re.compile(r"([a-z_]+)(:|>=|<=|>|<)(.+)")


@cache
def columns_of(benchmark: Benchmark) -> tuple[str, ...]:
    """Columns of a benchmark that hold scores, the higher the better: Total, parts, Selected, dimensions."""
    total = (TOTAL,) if benchmark.has_total else ()
    mixed = (SELECTED,) if benchmark.has_total or benchmark.parts else ()
    return (*total, *(part.name for part in benchmark.parts), *mixed, *benchmark.rules)


@dataclass(frozen=True)
class View:
    """What of a board is looked at; the address bar holds it.

    Attributes:
        benchmark: whose board it is.
        ticked: dimensions that are shown and enter the selected score; by default all.
        search: words that a row must have, anywhere in its card; ``steps>20`` and ``licence:mit`` ask of one field.
        kinds: kinds of entry that are shown.
        suites: prompt suites that are shown; ``None`` for all there are.
        where: fields of the card and the value that each must have.
        facts: fields of the card that are columns.
        sort: column that orders the rows; by default the first that holds scores.
        descending: whether the highest comes first.
        page: which rows are shown, from 1.
    """

    benchmark: str = T2V.name
    ticked: tuple[str, ...] = ("",)
    search: str = ""
    kinds: tuple[str, ...] = tuple(KINDS)
    suites: tuple[str, ...] | None = None
    where: tuple[tuple[str, str], ...] = ()
    facts: tuple[str, ...] = ()
    sort: str = ""
    descending: bool = True
    page: int = 1

    def __post_init__(self) -> None:
        """Fill in what a benchmark's board shows by default."""
        if self.ticked == ("",):
            object.__setattr__(self, "ticked", tuple(self.rules_of.rules))
        if not self.sort:
            object.__setattr__(self, "sort", columns_of(self.rules_of)[0])

    @property
    def rules_of(self) -> Benchmark:
        """The benchmark."""
        return benchmark_named(self.benchmark)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns with scores that are shown."""
        rules = self.rules_of.rules
        return tuple(name for name in columns_of(self.rules_of) if name not in rules or name in self.ticked)

    @property
    def ranks_by(self) -> str:
        """The score that gives the places: what the rows are sorted by, otherwise the first one."""
        return self.sort if self.sort in self.columns else columns_of(self.rules_of)[0]

    @property
    def selected_is(self) -> str | None:
        """The score that the selected one is equal to; ``None`` where it is a mixture of its own."""
        benchmark = self.rules_of
        known = {benchmark.of_part(part.name): part.name for part in benchmark.parts}
        if benchmark.has_total:
            known[tuple(benchmark.rules)] = TOTAL
        return self.ticked[0] if len(self.ticked) == 1 else known.get(self.ticked)

    def sorted_by(self, column: str) -> View:
        """The same view by another column, or the other way round by the same one; from its first page."""
        first = column in columns_of(self.rules_of)
        return replace(self, sort=column, descending=not self.descending if column == self.sort else first, page=1)

    def on_page(self, page: int) -> View:
        """The same view's other page."""
        return replace(self, page=page)

    def to_query(self) -> str:
        """The view as a query, without what is as always.

        >>> View(ticked=("scene", "color"), search="a b", sort="color").to_query()
        'ticked=scene%2Ccolor&search=a+b&sort=-color'
        """
        usual = View(self.benchmark)
        values = {
            "benchmark": "" if self.benchmark == T2V.name else self.benchmark,
            "ticked": "" if self.ticked == usual.ticked else ",".join(self.ticked) or "none",
            "search": self.search,
            "kinds": "" if self.kinds == usual.kinds else ",".join(self.kinds) or "none",
            "suites": "" if self.suites is None else ",".join(self.suites) or "none",
            **dict(self.where),
            "facts": ",".join(self.facts),
            "sort": "" if (self.sort, self.descending) == (usual.sort, True) else "-" * self.descending + self.sort,
            "page": str(self.page) if self.page > 1 else "",
        }
        return urlencode({name: value for name, value in values.items() if value})

    @classmethod
    def from_query(cls, query: str) -> View:
        """The view of a query; what it does not know, it leaves out.

        >>> view = View.from_query("sort=model&ticked=scene,nonsense")
        >>> view.ticked, view.sort, view.descending
        (('scene',), 'model', False)
        """
        try:
            values = {name: ",".join(found) for name, found in parse_qs(query, max_num_fields=MOST_FIELDS).items()}
        except ValueError:
            values = {}
        named = values.get("benchmark", "")
        benchmark = benchmark_named(named if named in BENCHMARKS.table else None)
        ticked, kinds = _list(values.get("ticked"), benchmark.rules), _list(values.get("kinds"), KINDS)
        page = values.get("page", "")
        view = cls(
            benchmark=benchmark.name,
            ticked=tuple(benchmark.rules) if ticked is None else ticked,
            search=values.get("search", "").strip()[:200],
            kinds=cls.kinds if kinds is None else kinds,
            suites=_list(values.get("suites")),
            where=tuple((name, values[name][:200]) for name in FILTERS if name in values),
            facts=_list(values.get("facts"), FACTS) or (),
            page=int(page) if re.fullmatch(r"[1-9]\d{0,6}", page) else 1,
        )
        sort = values.get("sort", "")
        column = sort.removeprefix("-")
        if column not in (MODEL, SOURCE, *FACTS, *view.columns):
            return view
        return replace(view, sort=column, descending=sort.startswith("-"))


@dataclass(frozen=True)
class Line:
    """A row of the table.

    Attributes:
        entry: whose it is.
        place: among the ranked rows by the score that gives the places, ``None`` where it has none.
        scores: what each column shows; the parts, Total and the selected score on the card's scale, dimensions raw.
    """

    entry: BoardRow
    place: int | None
    scores: Mapping[str, Figure]


@dataclass(frozen=True)
class Listing:
    """A page of a view.

    Attributes:
        lines: its rows.
        count: how many rows the view has, on all pages.
        pages: how many pages that are.
        best: column -> the highest value of a ranked row.
    """

    lines: Sequence[Line]
    count: int
    pages: int
    best: Mapping[str, float]


class Ranking:
    """The rows of a benchmark, laid out for many views.

    Args:
        benchmark: whose rules hold.
        entries: its rows; those of other benchmarks are left out.
    """

    def __init__(self, benchmark: Benchmark, entries: Iterable[BoardRow]) -> None:
        self.benchmark = benchmark
        self.entries = tuple(entry for entry in entries if entry.benchmark == benchmark.name)
        self.ranked = np.array([entry.kind == RANKED for entry in self.entries], dtype=bool)

    @cached_property
    def suites(self) -> list[str]:
        """The prompt suites that there are."""
        return sorted({entry.suite for entry in self.entries})

    def usual(self, view: View) -> View:
        """The view as it is said shortest: every suite that there is, is no choice of suites."""
        return replace(view, suites=None) if view.suites and {*view.suites} >= {*self.suites} else view

    def choices(self, field: str) -> list[str]:
        """The values of a field of the model cards that most rows have, at most :data:`MOST_CHOICES`."""
        values = Counter(
            str(value) for entry in self.entries if (value := getattr(entry.card, field)) not in ("", None)
        )
        return sorted(value for value, _ in values.most_common(MOST_CHOICES))

    def listing(self, view: View, size: int = PAGE) -> Listing:
        """A page of a view: ranked rows first, those apart after them, each part sorted, missing scores last.

        Places are those among all ranked rows: a search does not change them.
        """
        order = self._order(view)
        pages = max(1, math.ceil(len(order) / size))
        start = size * (min(view.page, pages) - 1)
        best = {name: max(values) for name in view.columns if (values := self._ranked(self._values(name, view)))}
        return Listing(self._lines(order[start : start + size], view), len(order), pages, best)

    def lines(self, view: View) -> list[Line]:
        """All rows of a view."""
        return self._lines(self._order(view), view)

    def place(self, entry: BoardRow, column: str) -> int | None:
        """A ranked row's place by a score, ``None`` where it has none."""
        if entry.kind != RANKED or column not in entry.scores:
            return None
        return 1 + sum(value > entry.scores[column].value for value in self._ranked(self._columns[column]))

    def count(self, column: str) -> int:
        """How many ranked rows have a score."""
        return len(self._ranked(self._columns[column]))

    @cached_property
    def _columns(self) -> dict[str, Array]:
        """Column -> a value a row, NaN where it is missing."""
        names = [name for name in columns_of(self.benchmark) if name != SELECTED]
        return {
            name: np.array([entry.scores[name].value if name in entry.scores else math.nan for entry in self.entries])
            for name in names
        }

    @cached_property
    def _said(self) -> list[str]:
        """What each row can be searched for."""
        return [_said(entry) for entry in self.entries]

    def _values(self, column: str, view: View) -> Array:
        if column != SELECTED:
            return self._columns[column]
        mixed = np.zeros(len(self.entries)) if view.ticked else np.full(len(self.entries), math.nan)
        for name, weight in selection(self.benchmark, view.ticked).items():
            rule = self.benchmark.rules[name]
            mixed = mixed + weight * (self._columns[name] - rule.minimum) / (rule.maximum - rule.minimum)
        return mixed

    def _ranked(self, values: Array) -> list[float]:
        """Values of the ranked rows that have one."""
        found: list[float] = values[self.ranked & np.isfinite(values)].tolist()
        return found

    def _order(self, view: View) -> list[int]:
        shown = [place for place in range(len(self.entries)) if self._is_shown(place, view)]
        if view.sort in columns_of(self.benchmark):
            numbers = self._values(view.sort, view).tolist()
            keys: dict[int, str | float | None] = {
                place: None if math.isnan(numbers[place]) else numbers[place] for place in shown
            }
        else:
            keys = {place: _key(self.entries[place], view.sort) for place in shown}
        present = sorted((place for place in shown if keys[place] is not None), key=self._newest)
        present.sort(key=lambda place: keys[place] or 0, reverse=view.descending)
        missing = [place for place in shown if keys[place] is None]
        return sorted([*present, *missing], key=lambda place: not self.ranked[place])

    def _newest(self, place: int) -> float:
        """Among equals the newest comes first; published figures keep their order."""
        name = self.entries[place].id
        return -int(name) if name.isdecimal() else math.inf

    def _lines(self, places: Sequence[int], view: View) -> list[Line]:
        values = self._values(view.ranks_by, view)
        mixed = self._values(SELECTED, view) if SELECTED in view.columns else np.full(len(self.entries), math.nan)
        others = sorted(self._ranked(values))
        found = []
        for place in places:
            entry, value = self.entries[place], float(values[place])
            shown = {name: entry.scores[name] for name in view.columns if name in entry.scores}
            if math.isfinite(mixed[place]):
                shown[SELECTED] = _selected(float(mixed[place]), entry, view.selected_is)
            has_place = self.ranked[place] and math.isfinite(value)
            found.append(Line(entry, 1 + len(others) - bisect_right(others, value) if has_place else None, shown))
        return found

    def _is_shown(self, place: int, view: View) -> bool:
        entry = self.entries[place]
        return (
            entry.format in view.kinds
            and (view.suites is None or entry.suite in view.suites)
            and all(str(getattr(entry.card, name)) == value for name, value in view.where)
            and all(_has(entry, self._said[place], word) for word in view.search.casefold().split())
        )


def rows(entries: Sequence[BoardRow], view: View) -> list[Line]:
    """All rows of a view."""
    return Ranking(view.rules_of, entries).lines(view)


def selected_score(scores: Mapping[str, float], ticked: Iterable[str], benchmark: Benchmark = T2V) -> float | None:
    """The protocol's weighted means over some dimensions: of one part its mean, of several as in the Total.

    Args:
        scores: raw scores by dimension.
        ticked: the dimensions that count.
        benchmark: whose rules hold.

    Returns:
        The score, ``None`` where nothing is ticked or a ticked dimension has no score.
    """
    chosen = set(ticked)
    if not chosen or not chosen <= scores.keys():
        return None
    weights = selection(benchmark, chosen)
    return sum(weight * benchmark.rules[name].normalised(scores[name]) for name, weight in weights.items())


def groups(entries: Iterable[BoardRow], column: str, settled: Settled) -> dict[str, str]:
    """Who cannot be told apart: rows of one letter have no difference beyond noise to the best of them.

    Only rows of one benchmark, suite and profile compare, and only those whose scores per video are known. Letters are
    of ranked rows: what stands apart competes with nobody.

    Args:
        entries: of a board.
        column: a dimension, a part or ``total``.
        settled: whether the difference of two rows is beyond noise.

    Returns:
        Row -> letter, for those that share it; the best have ``a``.
    """
    alike: dict[tuple[str, ...], dict[str, BoardRow]] = defaultdict(dict)
    for entry in entries:
        if entry.kind == RANKED and entry.format != FIGURE and column in entry.scores:
            alike[entry.benchmark, entry.suite, entry.profile][entry.id] = entry
    found = []
    for part in alike.values():
        scores = {name: _interval(entry.scores[column]) for name, entry in part.items()}
        found += significance_groups(scores, Verdicts(part, partial(_is_settled, part, column, settled)))
    shared = [group for group in found if len(group) > 1]
    return {name: letter(number) for number, group in enumerate(shared) for name in group}


def _is_settled(rows: Mapping[str, BoardRow], column: str, settled: Settled, one: str, two: str) -> bool:
    return settled(rows[one], rows[two], column)


def letter(number: int) -> str:
    """a, b, ... z, aa, bb, ...

    >>> letter(0), letter(25), letter(27)
    ('a', 'z', 'bb')
    """
    return LETTERS[number % len(LETTERS)] * (1 + number // len(LETTERS))


def _list(text: str | None, known: Iterable[str] | None = None) -> tuple[str, ...] | None:
    """Names between commas, in the order of the known ones; ``None`` where nothing is said."""
    if not text:
        return None
    named = tuple(part for part in text.split(",") if part != "none")
    return named if known is None else tuple(name for name in known if name in named)


def _selected(value: float, entry: BoardRow, same: str | None) -> Figure:
    """The selected score; with an interval where another score of the row is the same."""
    if same is None or same not in entry.scores:
        return Figure(value)
    figure, rules = entry.scores[same], entry.rules
    low, high = (
        rules[same].normalised(end) if end is not None and same in rules else end for end in (figure.low, figure.high)
    )
    return Figure(value, low, high, figure.videos)


def _said(entry: BoardRow) -> str:
    texts = (*entry.card.plain().values(), entry.suite, entry.profile, KINDS[entry.format], entry.source)
    return " ".join(
        f"{text:g}" if isinstance(text, float) else str(text) for text in texts if text is not None
    ).casefold()


def _has(entry: BoardRow, said: str, word: str) -> bool:
    """Whether a row has a word, or meets a condition on a field of its card."""
    found = _CONDITION.fullmatch(word)
    if not found or found[1] not in FIELDS:
        return word in said
    value, how, wanted = getattr(entry.card, found[1]), found[2], found[3]
    if how == ":":
        return wanted in str(value).casefold()
    try:
        limit = float(wanted)
    except ValueError:
        return word in said
    if not isinstance(value, int | float):
        return False
    return {">": value > limit, "<": value < limit, ">=": value >= limit, "<=": value <= limit}[how]


def _key(entry: BoardRow, column: str) -> str | float | None:
    """What a row is sorted by, ``None`` where it is missing."""
    card = entry.card
    if column == MODEL:
        return f"{card.name} {card.version}".casefold()
    if column == SOURCE:
        return f"{KINDS[entry.format]} {card.evaluated_by or card.sampled_by}".casefold()
    value: str | float | None = getattr(card, column)
    if column in NUMBERS or value is None:
        return value
    return str(value).casefold() or None


def _interval(figure: Figure) -> Interval:
    low, high = (figure.value if end is None else end for end in (figure.low, figure.high))
    return Interval(figure.value, low, high)
