"""What a report of one or several runs shows: :mod:`vbench.reports.charts` draws it.

The numbers are those of ``vbench score``, their intervals those of :mod:`vbench.analysis.statistics`, the comparison
that of ``vbench compare``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from vbench.analysis.comparison import Comparison, benchmark_of, compare_runs
from vbench.analysis.interval import Interval
from vbench.analysis.over_time import Drift, drifts, over_time
from vbench.analysis.prompt_table import table
from vbench.analysis.statistics import PairedDifference, category_intervals, intervals
from vbench.benchmarks.base import Benchmark, DimensionSpec
from vbench.benchmarks.base import titled as title
from vbench.benchmarks.registry import implementation, is_sensitive, spec_of
from vbench.benchmarks.score_card import TOTAL, ScoreCard, in_protocol_order
from vbench.dimensions.motion_evidence import is_partial
from vbench.dimensions.profiles import profiles
from vbench.errors import MissingExtra, PluginError, UsageError
from vbench.media.spans import video_of
from vbench.media.thumbnails import Strip, strips
from vbench.reports import charts
from vbench.reports.chart import COLOURS, MARKS, Chart
from vbench.reports.data_table import DataTable
from vbench.runs.names import run_names
from vbench.runs.record import RunRecord, read_record
from vbench.runs.results import card_of, read_rows
from vbench.runs.store import NOT_STATIC, SCORED, Row

EXTREMES = 3
"""Videos with the lowest and with the highest score that are shown of each dimension."""

EXAMPLES = 5
"""Names that stand for many: of videos without a score, of videos that are not there."""

MOVED = 10
"""Prompts that a comparison names."""

PICTURES = 1_800_000
"""Bytes of all thumbnails together; what is over is left out, with a note."""

RECORD_LIST = 20
"""Entries of a list that the provenance shows."""


@dataclass(frozen=True)
class Estimate:
    """A score and the ends of its interval; ``None`` for what there is not."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def normalised(self, rule: DimensionSpec | None) -> Estimate:
        """On the score card's scale; empty for a dimension that is not on it."""
        if rule is None:
            return Estimate(None)
        ends = (self.value, self.low, self.high)
        return Estimate(*(None if end is None else rule.normalised(end) for end in ends))


@dataclass(frozen=True)
class Gap:
    """Videos that one dimension could not score, for one kind of reason; only the first of them are listed."""

    dimension: str
    status: str
    count: int
    examples: Sequence[Row]


@dataclass(frozen=True)
class Run:
    """What the report knows of one run.

    Attributes:
        number: place among the runs, which gives colour and mark.
        name: unique among the runs.
        record: provenance.
        card: its score card.
        rows: by dimension, those that count in its score.
        all_rows: every row.
        scores: raw scores by dimension; the parts (of what is there) and Total on the card's scale.
        prompts: by dimension, how many prompts count.
        categories: raw scores by category and dimension.
        gaps: what has no score, and why.
    """

    number: int
    name: str
    record: RunRecord
    card: ScoreCard
    rows: Mapping[str, Sequence[Row]]
    all_rows: Sequence[Row]
    scores: Mapping[str, Estimate]
    prompts: Mapping[str, int]
    categories: Mapping[str, Mapping[str, Estimate]]
    gaps: Sequence[Gap]

    @property
    def colour(self) -> str:
        """CSS class of its colour, the same as in the charts."""
        return f"run-{self.number % len(COLOURS) + 1}"

    @property
    def look(self) -> str:
        """CSS classes of a mark in its colour and shape."""
        return f"{self.colour} mark mark-{self.number % len(MARKS) + 1}"

    @property
    def note(self) -> str:
        """What its profile means."""
        profile = profiles().get(self.record.profile)
        meaning = profile.meaning if profile else f"Profile {self.record.profile}."
        if self.card.incomplete or self.record.unfinished:
            return f"Not whole: {self.card.counted}. {meaning if not self.record.comparable else ''}".strip()
        return meaning

    @property
    def videos(self) -> int:
        """How many videos have a row that counts."""
        return len({video_of(row.video) for rows in self.rows.values() for row in rows})

    @property
    def drifts(self) -> list[Drift]:
        """What becomes of the scores in the course of its videos; empty where whole videos are judged."""
        return drifts(over_time(self.all_rows))

    @property
    def provenance(self) -> str:
        """The record as text, long lists shortened."""
        told = {key: _shortened(value) for key, value in self.record.plain().items()}
        return json.dumps(told, indent=2, ensure_ascii=False)

    def estimate(self, name: str) -> Estimate:
        """The score of a dimension, a part or the total; empty if there is none."""
        return self.scores.get(name, Estimate(None))

    def file(self, row: Row) -> Path:
        """Where the run read a video."""
        return self.record.folder_of(row.dimension) / video_of(row.video)


@dataclass(frozen=True)
class Picture:
    """A thumbnail, or why there is none; the page refers to it by its number."""

    number: int
    strip: Strip | None
    note: str = ""


@dataclass(frozen=True)
class Shown:
    """One video: its score, its picture, and the course of its score as a small curve."""

    row: Row
    picture: Picture
    curve: str


@dataclass(frozen=True)
class Extremes:
    """The videos of one run with the lowest and the highest scores.

    Attributes:
        run: the run.
        lowest: lowest first.
        highest: highest first.
        as_low: how many videos share the very lowest score.
        as_high: how many share the very highest.
        alike: some of the videos where all have the same score, so that none is lowest or highest.
        scale: values at the lower and upper edge of the curves; empty where there are none.
    """

    run: Run
    lowest: Sequence[Shown]
    highest: Sequence[Shown]
    as_low: int
    as_high: int
    alike: Sequence[Shown]
    scale: tuple[float, ...]


@dataclass(frozen=True)
class Best:
    """The category in which a run does best in one dimension: against its own average, and what the others have."""

    run: Run
    category: str
    score: float
    average: float
    others: Sequence[tuple[Run, float]]


@dataclass(frozen=True)
class Categories:
    """One dimension by content category.

    Attributes:
        radar: the categories as spokes.
        rim: values at the centre and the rim of the radar.
        scale: values at both ends of the bars.
        scores: category -> a score for each run that has it.
        best: one for each run.
    """

    radar: Chart | None
    rim: tuple[float, float]
    scale: tuple[float, float]
    scores: Mapping[str, Sequence[tuple[Run, Estimate]]]
    best: Sequence[Best]


@dataclass(frozen=True)
class DimensionPart:
    """What the report shows of one dimension.

    Attributes:
        name: of the dimension.
        part: of the score card, ``""`` if it is in none.
        meaning: of a high score.
        histogram: scores of the runs' videos.
        extremes: of each run.
        categories: ``None`` where no prompt has one.
    """

    name: str
    part: str
    meaning: str
    histogram: Chart | None
    extremes: Sequence[Extremes]
    categories: Categories | None


@dataclass(frozen=True)
class Change:
    """A run against the first.

    Attributes:
        run: the run.
        comparison: as ``vbench compare`` makes it.
        differences: the parts first, then the dimensions.
        limit: the plot goes from minus this to this.
        in_categories: the differences beyond noise, by category and name; categories without one are left out.
    """

    run: Run
    comparison: Comparison
    differences: Mapping[str, PairedDifference]
    limit: float
    in_categories: Mapping[str, Mapping[str, PairedDifference]]


@dataclass(frozen=True)
class Report:
    """Everything on the page."""

    benchmark: Benchmark
    runs: Sequence[Run]
    dimensions: Sequence[DimensionPart]
    changes: Sequence[Change]
    radars: Mapping[str, Chart | None]
    trade_offs: Mapping[str, Chart]
    pictures: Sequence[Picture]
    videos: DataTable

    @property
    def films(self) -> int:
        """How many videos there are, wherever they lie."""
        return len({run.file(row) for run in self.runs for row in run.all_rows})

    @property
    def by_category(self) -> list[DimensionPart]:
        """Dimensions that have categories."""
        return [part for part in self.dimensions if part.categories]


def gather(
    folders: Sequence[Path],
    benchmark: Benchmark | None = None,
    names: Sequence[str] = (),
    pictures: int = PICTURES,
    clear: bool = False,
) -> Report:
    """Everything that the report shows.

    Args:
        folders: of the runs.
        benchmark: whose rules hold; by default the one that the first run says.
        names: of the runs; by default the folders', with as much of the path as tells them apart.
        pictures: bytes of all thumbnails together.
        clear: whether faces, and what may not be fit to be shown, are shown as they are and not blurred.

    Raises:
        UsageError: a folder holds no run, or there are not as many names as runs.
        MissingExtra: matplotlib is not installed.
    """
    rules = benchmark or benchmark_of(folders[0])
    runs = [
        _run(number, name, folder, rules)
        for number, (name, folder) in enumerate(zip(run_names(folders, names), folders, strict=True))
    ]
    dimensions = in_protocol_order({name for run in runs for name in run.card.dimensions}, rules)
    album = _album(dimensions, runs, pictures, () if clear else _sensitive(runs, rules))
    compared = compare_runs(folders, force=True, prompts=MOVED, benchmark=benchmark) if len(folders) > 1 else []
    return Report(
        benchmark=rules,
        runs=runs,
        dimensions=[_dimension(name, runs, album, rules) for name in dimensions],
        changes=[_change(run, comparison, rules) for run, comparison in zip(runs[1:], compared, strict=True)],
        radars={part: _radar(part, runs, rules) for part in _parts(rules)},
        trade_offs={
            spec.name: chart
            for spec in rules.rules.values()
            if spec.traded_for and (chart := _trade_off(spec.name, spec.traded_for, runs))
        },
        pictures=[picture for picture in album.values() if picture.strip],
        videos=_videos(dimensions, runs, album),
    )


def _parts(benchmark: Benchmark) -> list[str]:
    """Names of the parts; ``""`` for the whole where there are none."""
    return [part.name for part in benchmark.parts] or [""]


def _run(number: int, name: str, folder: Path, benchmark: Benchmark) -> Run:
    record, rows = read_record(folder), read_rows(folder)
    card = card_of(record, rows, benchmark)
    counted: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.value is not None and row.weight:
            counted[row.dimension].append(row)
    prompts = {name: len({row.prompt for row in part}) for name, part in counted.items()}
    found = intervals(rows, benchmark=benchmark)
    points = {**card.scores, **{part.name: card.part(part.name, partial=True) for part in benchmark.parts}}
    by_category = category_intervals(rows, benchmark=benchmark)
    return Run(
        number=number,
        name=name,
        record=record,
        card=card,
        rows=counted,
        all_rows=rows,
        scores={name: _estimate(point, found.get(name)) for name, point in [*points.items(), (TOTAL, card.total)]},
        prompts=prompts,
        categories={
            category: {name: _estimate(score, by_category[category].get(name)) for name, score in scores.items()}
            for category, scores in card.by_category.items()
        },
        gaps=_gaps(rows, benchmark),
    )


def _estimate(value: float | None, interval: Interval | None) -> Estimate:
    return Estimate(value, interval.low, interval.high) if interval else Estimate(value)


def _gaps(rows: Iterable[Row], benchmark: Benchmark) -> list[Gap]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.status not in (SCORED, NOT_STATIC):
            found[row.dimension, row.status].append(row)
    return [
        Gap(name, status, len(part), part[:EXAMPLES])
        for dimension in in_protocol_order({name for name, _ in found}, benchmark)
        for (name, status), part in found.items()
        if name == dimension
    ]


def _sensitive(runs: Sequence[Run], benchmark: Benchmark) -> set[Path]:
    """Videos of which pictures are blurred."""
    return {run.file(row) for run in runs for row in run.all_rows if is_sensitive([row.dimension], benchmark)}


def _album(names: Sequence[str], runs: Sequence[Run], limit: int, veiled: Collection[Path] = ()) -> dict[Path, Picture]:
    """Pictures of the videos: of each dimension the very lowest and highest first, then all others."""
    shown = [(run, end) for name in names for run in runs for end in _shown_first(run.rows.get(name, ()))]
    first = (run.file(end[rank]) for rank in range(EXTREMES) for run, end in shown if rank < len(end))
    others = (run.file(row) for run in runs for row in run.all_rows)
    return {
        file: Picture(number, made) if isinstance(made, Strip) else Picture(number, None, made)
        for number, (file, made) in enumerate(strips(chain(first, others), limit, veiled))
    }


def _shown_first(rows: Sequence[Row]) -> tuple[list[Row], ...]:
    return (*_ends(rows), _alike(rows))


def _ends(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The rows with the lowest scores and those with the highest; none where all scores are the same.

    Of several rows with the same score that do not all fit none is shown, unless it is the very lowest or highest.
    """
    ordered = sorted(rows, key=lambda row: (_value(row), row.video))
    downwards = sorted(rows, key=lambda row: (-_value(row), row.video))
    if not ordered or _value(ordered[0]) == _value(downwards[0]):
        return [], []
    count = min(EXTREMES, len(ordered) // 2)
    return _without_ties(ordered, count), _without_ties(downwards, count)


def _without_ties(rows: Sequence[Row], count: int) -> list[Row]:
    values = [_value(row) for row in rows]
    return [row for row in rows[:count] if _value(row) == values[0] or _value(row) not in values[count:]]


def _alike(rows: Sequence[Row]) -> list[Row]:
    """Some of the rows, where no row is lower or higher than another."""
    return [] if any(_ends(rows)) else sorted(rows, key=lambda row: row.video)[:EXTREMES]


def _dimension(name: str, runs: Sequence[Run], album: Mapping[Path, Picture], benchmark: Benchmark) -> DimensionPart:
    values = [[_value(row) for row in run.rows.get(name, ())] for run in runs]
    scores = [run.card.scores.get(name) for run in runs]
    return DimensionPart(
        name=name,
        part=benchmark.rules[name].part if name in benchmark.rules else "",
        meaning=_meaning(name, benchmark),
        histogram=charts.histogram(values, scores, f"{title(name)}: distribution of the videos' scores"),
        extremes=[_extremes(run, run.rows[name], album) for run in runs if run.rows.get(name)],
        categories=_categories(name, [run for run in runs if _points(run, name)]),
    )


def _meaning(name: str, benchmark: Benchmark) -> str:
    try:
        return implementation(spec_of(name, benchmark)).meaning
    except (UsageError, MissingExtra, PluginError):
        return ""


def _extremes(run: Run, rows: Sequence[Row], album: Mapping[Path, Picture]) -> Extremes:
    lowest, highest = _ends(rows)
    alike = _alike(rows)
    frames = [value for row in (*lowest, *highest, *alike) for value in row.per_frame]
    scale = (min(frames), max(frames)) if frames else ()

    def shown(row: Row) -> Shown:
        title = f"{row.video}: {len(row.per_frame)} values over time{', of some pairs' * is_partial(row.details)}"
        return Shown(row, album[run.file(row)], charts.sparkline(row.per_frame, *scale, title) if scale else "")

    values = [_value(row) for row in rows]
    return Extremes(
        run=run,
        lowest=list(map(shown, lowest)),
        highest=list(map(shown, highest)),
        as_low=values.count(min(values)),
        as_high=values.count(max(values)),
        alike=list(map(shown, alike)),
        scale=scale,
    )


def _value(row: Row) -> float:
    return row.value if row.value is not None else 0.0


def _categories(name: str, runs: Sequence[Run]) -> Categories | None:
    if not runs:
        return None
    scores: dict[str, list[tuple[Run, Estimate]]] = defaultdict(list)
    for category in sorted({category for run in runs for category in run.categories}):
        for run in runs:
            if estimate := run.categories.get(category, {}).get(name):
                scores[category].append((run, estimate))
    ends = [end for part in scores.values() for _, score in part for end in (score.value, score.low, score.high)]
    points = [_points(run, name) for run in runs]
    rim = _from_zero(value for part in points for value in part.values())
    return Categories(
        radar=charts.radar(points, *rim, f"{title(name)}: score by content category"),
        rim=rim,
        scale=_scale(end for end in ends if end is not None),
        scores=scores,
        best=[_best(run, name, runs) for run in runs],
    )


def _points(run: Run, name: str) -> dict[str, float]:
    """Raw score of one dimension by category."""
    return {category: scores[name] for category, scores in run.card.by_category.items() if name in scores}


def _best(run: Run, name: str, runs: Sequence[Run]) -> Best:
    points = _points(run, name)
    category = max(points, key=lambda category: points[category])
    others = [
        (other, there[category]) for other in runs if other is not run and category in (there := _points(other, name))
    ]
    return Best(run, category, points[category], run.card.scores[name], others)


def _scale(values: Iterable[float]) -> tuple[float, float]:
    """Ends of a scale that leaves some of its length free on both sides."""
    found = list(values)
    free = 0.04 * (max(found) - min(found) or 0.1)
    return min(found) - free, max(found) + free


def _from_zero(values: Iterable[float]) -> tuple[float, float]:
    """Ends of a radar: areas compare only where the centre is nothing, so it is 0 unless a value is below it."""
    found = list(values)
    return min(0.0, *found), max(0.0, *found) or 1.0


def _change(run: Run, comparison: Comparison, benchmark: Benchmark) -> Change:
    found = comparison.differences
    ends = [abs(end) for part in found.values() for end in (part.low, part.high, part.change) if end is not None]
    significant = {
        category: {name: difference for name, difference in differences.items() if difference.is_significant()}
        for category, differences in comparison.by_category.items()
    }
    return Change(
        run=run,
        comparison=comparison,
        differences={name: found[name] for name in (TOTAL, *_parts(benchmark), *found) if name in found},
        limit=max(ends, default=0.0) or 1.0,
        in_categories={category: differences for category, differences in significant.items() if differences},
    )


def _radar(part: str, runs: Sequence[Run], benchmark: Benchmark) -> Chart | None:
    rules = [benchmark.rules[name] for name in benchmark.of_part(part)]
    percent = [
        {
            title(rule.name): 100 * rule.normalised(run.card.scores[rule.name])
            for rule in rules
            if rule.name in run.card.scores
        }
        for run in runs
    ]
    return charts.radar(percent, 0, 100, f"{title(part) or 'All'} dimensions, normalised, in percent")


def _trade_off(name: str, against: str, runs: Sequence[Run]) -> Chart | None:
    clouds = [_cloud(run, name, against) for run in runs if {name, against} <= run.card.scores.keys()]
    across, up = title(against), title(name)
    return charts.scatter(clouds, across, up, f"{up} against {across.lower()}") if clouds else None


def _cloud(run: Run, name: str, against: str) -> charts.Cloud:
    sums = table((row for part in (against, name) for row in run.rows[part]), run.card.benchmark)
    columns = [sums.dimensions.index(part) for part in (against, name)]
    with np.errstate(invalid="ignore"):
        means = (sums.values / sums.weights)[:, columns]
    points = [(float(x), float(y)) for x, y in means[np.isfinite(means).all(axis=1)]]
    return charts.Cloud(points, *(_cross(run.scores[part]) for part in (against, name)))


def _cross(estimate: Estimate) -> Interval:
    score = estimate.value or 0.0
    low, high = (score if end is None else end for end in (estimate.low, estimate.high))
    return Interval(score, low, high)


def _videos(names: Sequence[str], runs: Sequence[Run], album: Mapping[Path, Picture]) -> DataTable:
    """Every video of every run with all its scores; where one has none, why."""
    table = DataTable(["Video", *["Run"] * (len(runs) > 1), "Category", *map(title, names)])
    for run in runs:
        of_video: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
        for row in run.all_rows:
            of_video[row.video, row.prompt][row.dimension] = row
        for (video, prompt), found in sorted(of_video.items()):
            rows = [found.get(name) for name in names]
            first = next(iter(found.values()))
            named = {"text": video} if video.startswith(prompt) else {"text": video, "below": prompt}
            table.add(
                {**named, **_film(album[run.file(first)])},
                *[{"text": run.name, "look": run.look}] * (len(runs) > 1),
                first.category,
                *(None if row is None else row.status.replace("_", " ") if row.value is None else row.value
                  for row in rows),
            )  # fmt: skip
    return table


def _film(picture: Picture) -> dict[str, Any]:
    """Of a cell: the number of a picture that plays, or of one that stands still, or why there is none."""
    if not picture.strip:
        return {"note": picture.note}
    return {"film" if picture.strip.frames > 1 else "still": picture.number}


def _shortened(value: Any) -> Any:
    if isinstance(value, list | tuple) and len(value) > RECORD_LIST:
        return [*value[:RECORD_LIST], f"and {len(value) - RECORD_LIST} more"]
    return value
