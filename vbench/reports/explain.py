"""Why a video has the score it has: the video with its curves beneath, and frames with what was seen on them.

Everything shown was stored when the video was scored. No model is loaded, unless somebody asks for the motion of the
pairs of frames that were left out because they could change no verdict.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from vbench.analysis.over_time import OverTime, over_time
from vbench.benchmarks.registry import benchmark_named, is_sensitive
from vbench.dimensions.base import VERDICT
from vbench.dimensions.motion_evidence import is_partial
from vbench.errors import UsageError
from vbench.files import ours
from vbench.media.preview import preview, size_of_copy
from vbench.media.repeats import Glances
from vbench.media.spans import seconds_of, video_of
from vbench.media.veil import VeiledVideo
from vbench.media.video import DEFAULT_BUDGET, Video, middle_indices
from vbench.reports.charts import course
from vbench.reports.data_table import template_text
from vbench.reports.report_page import templates
from vbench.runs.record import RunRecord, read_record
from vbench.runs.results import read_rows
from vbench.runs.store import SCORED, Row
from vbench.runs.verify import again, judges_of

if TYPE_CHECKING:
    import torch

PAGE, PREVIEW = "index.html", "preview.webm"

FRAMES, FRAME_SIDE = 8, 320
"""Frames that are shown of the whole video, and their longest side in pixels."""

COLOURS = ("#e45756", "#4c78a8", "#54a24b", "#b279a2", "#f58518", "#72b7b2")
LISTED = (
    "object", "objects", "relationship", "color", "culture", "label", "margin", "threshold", "needed", "moving",
    "looked_at", "pairs", "counted_frames", "unsafe_frames", "said_by", "likeness", "cosines",
)  # fmt: skip
"""Details that are shown as they are."""


@dataclass(frozen=True)
class Picture:
    """A frame, maybe with what was seen on it: a file beside the page, and a line below it."""

    frame: int
    file: str
    line: str


@dataclass(frozen=True)
class Curve:
    """A score over time.

    Attributes:
        drawn: SVG.
        low: value at its lower edge.
        high: value at its upper edge.
        threshold: where the dashed line lies, if there is one.
    """

    drawn: str
    low: float
    high: float
    threshold: float | None


@dataclass(frozen=True)
class Explanation:
    """One dimension of the video."""

    row: Row
    facts: dict[str, Any]
    curve: Curve | None = None
    pictures: Sequence[Picture] = field(default_factory=tuple)
    lines: Sequence[str] = field(default_factory=tuple)


def explain(run: Path, video: str, target: Path, clear: bool = False, all_pairs_on: torch.device | None = None) -> Path:
    """Write a page and pictures about one video of a run.

    Args:
        run: folder of the run.
        video: path of the video as the run names it, or its file name.
        target: folder for the page and the pictures.
        clear: whether faces, and frames that may not be fit to be shown, are shown as they are and not blurred.
        all_pairs_on: where to compute the motion of the pairs of frames that were left out, for this page; they stay
            left out where it is ``None``.

    Returns:
        The page.

    Raises:
        UsageError: the run does not hold the video, or another file is in the place of one of ours.
        VideoError: the video is no longer where the run read it, or cannot be decoded any more.
        MissingExtra: the packages that draw and fill the page are not installed.
    """
    environment = templates()
    ours.refuse_foreign(target / PAGE)
    rows = rows_of(run, video)
    record = read_record(run)
    whole = video_of(rows[0].video)
    veiled = not clear and is_sensitive([row.dimension for row in rows], benchmark_named(record.benchmark))
    decoded = (VeiledVideo if veiled else Video)(record.folder_of(rows[0].dimension) / whole)
    if all_pairs_on is not None:
        rows = _with_all_pairs(rows, record, all_pairs_on)
    courses = over_time(rows)
    ours.write(target / PREVIEW, preview(decoded))
    page = environment.get_template("explain.html").render(
        video=whole,
        courses=[(course_of, _over_clips(course_of, decoded)) for course_of in courses],
        repeats=_repeats(decoded) if courses else [],
        prompts=_prompts(rows),
        parts=[_explanation(row, decoded, target) for row in rows if not seconds_of(row.video)],
        frames=_frames(decoded, sorted({*middle_indices(decoded.frame_count, FRAMES)}), target),
        rate=decoded.fps,
        count=decoded.frame_count,
        preview=PREVIEW,
        veiled=veiled,
        script=template_text("explain.js"),
    )
    ours.write(target / PAGE, page)
    return target / PAGE


def rows_of(run: Path, video: str) -> list[Row]:
    """The rows of one video, those of its clips among them.

    Raises:
        UsageError: the run holds no such video, or several of that file name.
    """
    rows = read_rows(run)
    names = sorted({found for row in rows if video in (found := video_of(row.video), Path(found).name)})
    if len(names) != 1:
        known = sorted({video_of(row.video) for row in rows})
        found = (
            f"several: {', '.join(names)}"
            if names
            else f"none. It has {', '.join(known[:5])}" + ", ..." * (len(known) > 5)
        )
        raise UsageError(f"{run} has no one video named {video!r}; found {found}.")
    return [row for row in rows if video_of(row.video) == names[0]]


def _with_all_pairs(rows: Sequence[Row], record: RunRecord, device: torch.device) -> list[Row]:
    """The rows; those of which pairs were left out are made once more (but clips, which are not shown one by one)."""
    evaluators = judges_of(record, device, all_pairs=True)

    def whole(row: Row) -> Row:
        if seconds_of(row.video) or not is_partial(row.details):
            return row
        made = again(row, record.folder_of(row.dimension), evaluators, DEFAULT_BUDGET)
        if not isinstance(made, Row) or made.status != row.status:
            raise UsageError(f"{row.dimension} of {row.video} cannot look at all pairs: {made.reason}")
        return made

    return list(map(whole, rows))


def _over_clips(course_of: OverTime, video: Video) -> Curve:
    length = video.frame_count / video.fps
    places = [min(1.0, middle / length) for middle in course_of.seconds]
    drawn = course(course_of.values, places, f"{course_of.dimension.replace('_', ' ')} over the clips")
    return Curve(drawn, min(course_of.values), max(course_of.values), None)


def _repeats(video: Video) -> list[str]:
    """Where it stands still or shows again what it has shown."""
    glances = Glances()
    for batch in video.batches():
        for frame in batch:
            glances.add(frame.permute(1, 2, 0).numpy())
    return glances.said(video.fps)


def _explanation(row: Row, video: Video, target: Path) -> Explanation:
    facts = {name: _in_words(row.details[name]) for name in LISTED if name in row.details}
    if row.status != SCORED:
        return Explanation(row, facts)
    curve = _curve(row, video) if len(row.per_frame) > 1 else None
    pictures = _pictures(row, video, target) or _moments(row, video, target)
    return Explanation(row, facts, curve, pictures, _lines(row))


def _in_words(detail: Any) -> Any:
    """A detail as it is shown: of a mapping each name with its number.

    >>> _in_words({"NudeNet": 3, "Q16": 0.123456}), _in_words("yoga")
    ('NudeNet 3, Q16 0.1235', 'yoga')
    """
    if not isinstance(detail, Mapping):
        return detail
    numbers = {name: f"{one:.4g}" if isinstance(one, float) else one for name, one in detail.items()}
    return ", ".join(f"{name} {one}" for name, one in numbers.items())


def _curve(row: Row, video: Video) -> Curve:
    threshold = row.details.get("threshold")
    threshold = threshold if isinstance(threshold, float) else None
    last = max(1, video.frame_count - 1)
    title = f"{row.dimension.replace('_', ' ')} over time"
    drawn = course(row.per_frame, [frame / last for frame in _frames_of(row, video)], title, threshold)
    ends = [*row.per_frame] if threshold is None else [*row.per_frame, threshold]
    return Curve(drawn, min(ends), max(ends), threshold)


def _frames_of(row: Row, video: Video) -> list[int]:
    """The frame that each value stands for: the one that the dimension names, else evenly spread."""
    indices = row.details.get("frame_indices", ())
    if len(indices) == len(row.per_frame):
        return list(indices)
    steps = max(1, len(row.per_frame) - 1)
    return [round(place * (video.frame_count - 1) / steps) for place in range(len(row.per_frame))]


def _moments(row: Row, video: Video, target: Path) -> list[Picture]:
    """Where the curve is lowest and highest; nothing where it does not move."""
    if len(set(row.per_frame)) < 2:
        return []
    frames = _frames_of(row, video)
    ends = {
        frames[row.per_frame.index(end(row.per_frame))]: f"{word}: {end(row.per_frame):.4f}"
        for word, end in (("lowest", min), ("highest", max))
    }
    return _frames(video, list(ends), target, ends)


def _frames(video: Video, indices: Sequence[int], target: Path, said: Mapping[int, str] | None = None) -> list[Picture]:
    """Frames as they are, made small."""
    pictures = []
    for index, frame in zip(indices, video.scaled_frames(indices, *size_of_copy(*video.size, FRAME_SIDE)), strict=True):
        name = f"frame-{index:05}.png"
        _write_picture(Image.fromarray(frame.permute(1, 2, 0).numpy()), target / name)
        words = f": {said[index]}" if said else f", {index / video.fps:.2f} s"
        pictures.append(Picture(index, name, f"frame {index}{words}"))
    return pictures


def _lines(row: Row) -> list[str]:
    if told := row.details.get(VERDICT):
        radii = ", ".join(f"{radius:.2f}" for radius in (*told["ends"], *told["neighbours"]))
        return [f"static filter: limit {told['threshold']:.2f} px; first to last, back, then neighbours: {radii}"]
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
    _write_picture(image, target / name)
    return Picture(index, name, line)


def _write_picture(image: Image.Image, path: Path) -> None:
    encoded = io.BytesIO()
    image.save(encoded, format="png")
    ours.write(path, encoded.getvalue())


def draw_regions(image: Image.Image, seen: dict[str, Any], size: tuple[int, int]) -> None:
    """Draw boxes with labels, captions and scores; boxes of a frame that was made smaller are scaled back.

    Args:
        image: the frame as decoded.
        seen: boxes (left, top, right, bottom), scores, labels and captions of one frame.
        size: height and width of the frame as decoded.
    """
    from vbench.dimensions.regions import reduced

    height, width = seen.get("size") or reduced(*size) or size
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
