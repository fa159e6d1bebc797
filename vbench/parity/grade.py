"""How far an implementation's result files are from the reference's figures of the kit's clips."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from vbench.errors import Refused, UsageError
from vbench.files.strict_json import loads
from vbench.parity.kit import DIMENSIONS, Figure, figures

RESULTS = "*_eval_results.json"

WITHIN, DEVIATES, MISSING = "within", "deviates", "missing"


@dataclass(frozen=True)
class Written:
    """What result files say of a dimension.

    Attributes:
        aggregate: over all videos.
        videos: file name -> result, a verdict as 0 or 1.
    """

    aggregate: float
    videos: Mapping[str, float]


@dataclass(frozen=True)
class Compared:
    """A figure of the reference beside the one that was found.

    Attributes:
        figure: the reference's.
        found: in its place, ``None`` for nothing.
    """

    figure: Figure
    found: float | None

    @property
    def deviation(self) -> float | None:
        """Between the two, at least 0."""
        return None if self.found is None else abs(self.found - self.figure.value)

    @property
    def verdict(self) -> str:
        """``"within"``, ``"deviates"`` or ``"missing"``."""
        if self.deviation is None:
            return MISSING
        return WITHIN if self.deviation <= self.figure.tolerance else DEVIATES


@dataclass(frozen=True)
class Graded:
    """A dimension of an implementation.

    Attributes:
        dimension: its name.
        compared: every figure of the kit.
        others: results of videos that are not the kit's; the aggregate counts them, too.
    """

    dimension: str
    compared: tuple[Compared, ...]
    others: int

    @property
    def verdict(self) -> str:
        """``"deviates"`` where one figure does, else ``"missing"`` where one is, else ``"within"``."""
        verdicts = {one.verdict for one in self.compared}
        return next(verdict for verdict in (DEVIATES, MISSING, WITHIN) if verdict in verdicts)

    @property
    def missing(self) -> list[str]:
        """The clips, or ``"aggregate"``, of which nothing was found."""
        return [one.figure.clip for one in self.compared if one.verdict == MISSING]

    @property
    def worst(self) -> Compared | None:
        """The figure that is furthest beyond its tolerance, or nearest to it; ``None`` where nothing was found."""
        found = [one for one in self.compared if one.deviation is not None]
        return max(found, key=_beyond, default=None)


def _beyond(one: Compared) -> float:
    """In tolerances."""
    by = one.deviation or 0.0
    return by / one.figure.tolerance if one.figure.tolerance else by and math.inf


def grade(place: Path, dimensions: Iterable[str]) -> list[Graded]:
    """Hold result files against the kit.

    Args:
        place: a result file, or the folder of several.
        dimensions: that should be there.

    Returns:
        Each of them.

    Raises:
        UsageError: there is no result file, one cannot be read, or two speak of one dimension; with every reason.
    """
    written = read_written(place)
    return [_graded(name, written.get(name)) for name in dimensions]


def _graded(dimension: str, written: Written | None) -> Graded:
    wanted = figures(dimension)
    if written is None:
        return Graded(dimension, tuple(Compared(figure, None) for figure in wanted), others=0)
    compared = tuple(
        Compared(figure, written.videos.get(figure.video) if figure.prompt else written.aggregate) for figure in wanted
    )
    return Graded(dimension, compared, others=len(written.videos.keys() - {figure.video for figure in wanted}))


def read_written(place: Path) -> dict[str, Written]:
    """What the result files of a folder say of the kit's dimensions; raises as :func:`grade` does."""
    files = sorted(place.glob(RESULTS)) if place.is_dir() else [place] if place.is_file() else []
    if not files:
        raise UsageError(f"{place} holds no {RESULTS}: name the folder that an evaluation wrote its results into.")
    found: dict[str, Written] = {}
    reasons: list[str] = []
    for file in files:
        try:
            told = _dimensions(loads(file.read_bytes(), file.name), file.name)
        except Refused as error:
            reasons += error.reasons
            continue
        reasons += [f"{name} is in {file.name} and in a file before it: name one file." for name in told.keys() & found]
        found |= told
    if reasons:
        raise UsageError("\n".join(reasons))
    return found


def _dimensions(told: Any, file: str) -> dict[str, Written]:
    if not isinstance(told, dict):
        raise Refused([f"{file}: expected an object of dimensions, found a {type(told).__name__}."])
    known = {name.replace(" ", "_"): result for name, result in told.items()}
    return {name: _written(known[name], f"{file}: {name}") for name in DIMENSIONS if name in known}


def _written(result: Any, where: str) -> Written:
    try:
        aggregate, videos = result
        found = {PureWindowsPath(one["video_path"]).name: _number(one["video_results"]) for one in videos}
        whole = Written(_number(aggregate), found)
    except (KeyError, TypeError, ValueError):
        raise Refused([f"{where} is not [aggregate, [{{video_path, video_results}}, ...]] with numbers."]) from None
    if len(found) < len(videos):
        raise Refused([f"{where} has two results of one video."])
    return whole


def _number(value: Any) -> float:
    if not isinstance(value, int | float):
        raise TypeError
    return float(value)
