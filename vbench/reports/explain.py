"""Why a video has the score it has: its frames with what the evaluators saw on them.

Everything shown was stored when the video was scored; no model is loaded.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from vbench.errors import MissingExtra, UsageError
from vbench.files import ours
from vbench.media.video import Video
from vbench.reports.charts import curves
from vbench.runs.record import read_record
from vbench.runs.results import read_rows
from vbench.runs.store import SCORED, Row

PAGE = "index.html"

COLOURS = ("#e45756", "#4c78a8", "#54a24b", "#b279a2", "#f58518", "#72b7b2")
LISTED = ("object", "objects", "relationship", "color", "label", "threshold", "needed", "moving")
"""Details that are shown as they are."""


@dataclass(frozen=True)
class Picture:
    """A frame with what was seen on it: a file beside the page, and a line below it."""

    file: str
    line: str


@dataclass(frozen=True)
class Explanation:
    """One dimension of the video."""

    row: Row
    facts: dict[str, Any]
    chart: str
    pictures: Sequence[Picture] = field(default_factory=tuple)
    lines: Sequence[str] = field(default_factory=tuple)


def explain(run: Path, video: str, target: Path) -> Path:
    """Write a page and pictures about one video of a run.

    Args:
        run: folder of the run.
        video: path of the video as the run names it, or its file name.
        target: folder for the page and the pictures.

    Returns:
        The page.

    Raises:
        UsageError: the run does not hold the video, or another file is in the place of one of ours.
        VideoError: the video is no longer where the run read it, or cannot be decoded any more.
        MissingExtra: the packages that draw and fill the page are not installed.
    """
    try:
        import jinja2
    except ModuleNotFoundError as error:
        raise MissingExtra(
            'A page needs packages that are not installed: pip install "vbench-suite[report]"'
        ) from error
    ours.refuse_foreign(target / PAGE)
    rows = rows_of(run, video)
    decoded = Video(read_record(run).folder_of(rows[0].dimension) / rows[0].video)
    explained = [_explanation(row, decoded, target) for row in rows]
    environment = jinja2.Environment(loader=jinja2.PackageLoader("vbench.reports"), autoescape=True, trim_blocks=True)
    page = environment.get_template("explain.html").render(video=rows[0].video, prompts=_prompts(rows), parts=explained)
    ours.write(target / PAGE, page)
    return target / PAGE


def rows_of(run: Path, video: str) -> list[Row]:
    """The rows of one video.

    Raises:
        UsageError: the run holds no such video, or several of that file name.
    """
    rows = read_rows(run)
    names = sorted({row.video for row in rows if video in (row.video, Path(row.video).name)})
    if len(names) != 1:
        known = sorted({row.video for row in rows})
        found = (
            f"several: {', '.join(names)}"
            if names
            else f"none. It has {', '.join(known[:5])}" + ", ..." * (len(known) > 5)
        )
        raise UsageError(f"{run} has no one video named {video!r}; found {found}.")
    return [row for row in rows if row.video == names[0]]


def _explanation(row: Row, video: Video, target: Path) -> Explanation:
    facts = {name: row.details[name] for name in LISTED if name in row.details}
    if row.status != SCORED:
        return Explanation(row, facts, "")
    series = {row.dimension.replace("_", " "): row.per_frame}
    if isinstance(row.details.get("threshold"), float):
        series["threshold"] = [row.details["threshold"]] * len(row.per_frame)
    chart = curves(series) if len(row.per_frame) > 1 else ""
    return Explanation(row, facts, chart, _pictures(row, video, target), _lines(row))


def _lines(row: Row) -> list[str]:
    labels, probabilities = row.details.get("top_labels", ()), row.details.get("top_probabilities", ())
    return [f"{label}: {probability:.4f}" for label, probability in zip(labels, probabilities, strict=True)]


def _pictures(row: Row, video: Video, target: Path) -> list[Picture]:
    """Frames with their regions, or with their captions; nothing where a dimension saw neither."""
    if "seen" in row.details:
        scores = dict(zip(row.details["frame_indices"], row.per_frame, strict=False))
        return [
            _picture(row, video, seen["frame"], target, f"frame {seen['frame']}: {scores[seen['frame']]:g}", seen)
            for seen in row.details["seen"]
        ]
    captions = row.details.get("captions", ())
    return [
        _picture(row, video, index, target, f"frame {index}: {caption} ({score:g})")
        for index, caption, score in zip(row.details.get("frame_indices", ()), captions, row.per_frame, strict=False)
    ]


def _picture(
    row: Row, video: Video, index: int, target: Path, line: str, seen: dict[str, Any] | None = None
) -> Picture:
    frame = video.frames([index])[0].permute(1, 2, 0).numpy()
    image = Image.fromarray(np.ascontiguousarray(frame))
    if seen:
        draw_regions(image, seen, video.size)
    name = f"{row.dimension}-{index:05}.png"
    encoded = io.BytesIO()
    image.save(encoded, format="png")
    ours.write(target / name, encoded.getvalue())
    return Picture(name, line)


def draw_regions(image: Image.Image, seen: dict[str, Any], size: tuple[int, int]) -> None:
    """Draw boxes with labels, captions and scores; boxes of a frame that was made smaller are scaled back.

    Args:
        image: the frame as decoded.
        seen: boxes (left, top, right, bottom), scores, labels and captions of one frame.
        size: height and width of the frame as decoded.
    """
    from vbench.dimensions.regions import reduced

    height, width = reduced(*size) or size
    stretch = (size[1] / width, size[0] / height) * 2
    draw = ImageDraw.Draw(image)
    for place, box in enumerate(seen["boxes"]):
        colour = COLOURS[place % len(COLOURS)]
        corners = [corner * factor for corner, factor in zip(box, stretch, strict=True)]
        draw.rectangle(corners, outline=colour, width=2)
        words = [texts[place] for texts in (seen["labels"], seen["captions"]) if place < len(texts)]
        text = f"{' / '.join(words)} {seen['scores'][place]:.2f}"
        left, top = corners[0] + 3, corners[1] + 2
        draw.rectangle(draw.textbbox((left, top), text), fill=colour)
        draw.text((left, top), text, fill="white")


def _prompts(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row.prompt for row in rows))
