"""Do the stored scores of a run hold? A random part is scored again from the videos."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vbench.benchmarks.registry import benchmark_named
from vbench.dimensions.profiles import profile
from vbench.files.digest import content_of, forget
from vbench.media.spans import Span, video_of
from vbench.prompts.pictures import ratios_in
from vbench.prompts.suite import Prompt
from vbench.runs.at_work import AtWork
from vbench.runs.cache_key import cache_key, clips_of
from vbench.runs.evaluators import Evaluators
from vbench.runs.executor import score_all
from vbench.runs.filtered_folder import STATIC_FILTER
from vbench.runs.jobs import Job
from vbench.runs.long_video import long_videos
from vbench.runs.plan import Cutting, VideoTask
from vbench.runs.record import RunRecord
from vbench.runs.score_video import CLIPS, GROUP, PICTURE, SPANS
from vbench.runs.store import SCORED, Row
from vbench.weights import cards

if TYPE_CHECKING:
    import torch

HELD, MISSING, OTHER_VIDEO, OTHER_EVALUATOR, OTHER_SCORE, NOT_SCORED = (
    "held",
    "video is missing",
    "video has changed",
    "evaluator has changed",
    "score differs",
    "no score any more",
)

TOLERANCE = 1e-6
"""Difference that another number of threads may make on the same kind of machine."""


@dataclass(frozen=True)
class Verdict:
    """What became of one stored score.

    Attributes:
        row: the stored unit.
        verdict: one of the module's states; everything but ``held`` is a finding.
        value: the score now, ``None`` where it was not made again.
        reason: more about it, for people.
    """

    row: Row
    verdict: str
    value: float | None = None
    reason: str = ""


def drawn(rows: Sequence[Row], fraction: float, seed: int) -> list[Row]:
    """A random part of the scored rows, at least one where there is one, in the order of the store."""
    scored = [row for row in rows if row.status == SCORED]
    count = min(len(scored), max(1, round(fraction * len(scored))))
    chosen = set(random.Random(seed).sample(range(len(scored)), count))
    return [row for position, row in enumerate(scored) if position in chosen]


def verify(
    rows: Sequence[Row],
    videos: Path,
    evaluators: Evaluators,
    budget: int,
    tolerance: float = TOLERANCE,
    cutting: Cutting | None = None,
    images: Path | None = None,
) -> Iterator[Verdict]:
    """Score rows again and compare; videos and checkpoints are read anew, whatever was kept of them.

    Args:
        rows: units as they were measured.
        videos: folder of the videos.
        evaluators: who looks, as in the run.
        budget: bytes of decoded frames to keep per video.
        tolerance: difference up to which a score holds.
        cutting: how clips were made, where the run judged clips.
        images: folder of the pictures that videos start from, by ratio or not; where the run found them by default.
    """
    videos_of_rows = {_path_of(row, videos, cutting) for row in rows}
    pictures = {picture for row in rows if (picture := _picture(row, images))}
    for path in videos_of_rows | pictures | _checkpoints(rows, evaluators):
        with suppress(OSError):
            forget(path)
    stored: dict[tuple[str, str, str], Row] = {}
    tasks: list[VideoTask] = []
    for row in rows:
        found = _task_of(row, videos, evaluators, cutting, images)
        if isinstance(found, Verdict):
            yield found
            continue
        stored[row.video, row.prompt, row.dimension] = row
        tasks.append(found)
    clips = long_videos((task for task in tasks if task.spans), bool(cutting and cutting.reencode))
    jobs: list[Job] = [*(task for task in tasks if not task.spans), *clips]
    for now in score_all(jobs, evaluators, budget, AtWork([])):
        yield _compared(stored[now.video, now.prompt, now.dimension], now, tolerance)


def again(row: Row, videos: Path, evaluators: Evaluators, budget: int) -> Row | Verdict:
    """A stored unit of a whole video, made once more, or why it cannot be.

    Args:
        row: as it is stored.
        videos: folder of the videos.
        evaluators: who looks.
        budget: bytes of decoded frames to keep.
    """
    task = _task_of(row, videos, evaluators)
    if isinstance(task, Verdict):
        return task
    (made,) = score_all([task], evaluators, budget, AtWork([]))
    return made


def judges_of(record: RunRecord, device: torch.device, all_pairs: bool = False) -> Evaluators:
    """Whoever looked at a run's videos.

    Args:
        record: of the run.
        device: where the backbones compute.
        all_pairs: see :class:`Evaluators`.
    """
    benchmark = benchmark_named(record.benchmark)
    filtered = tuple(record.filtered)
    options = {name: {key: one for key, one in settings.items() if key != STATIC_FILTER}
               for name, settings in record.options.items()}  # fmt: skip
    return Evaluators(profile(record.profile), device, options, benchmark, filtered, all_pairs)


def _path_of(row: Row, videos: Path, cutting: Cutting | None) -> Path:
    return videos / (video_of(row.video) if cutting else row.video)


def _checkpoints(rows: Sequence[Row], evaluators: Evaluators) -> set[Path]:
    """The files that are read for these rows, as far as they can be judged here."""
    names = [name for name in {row.dimension for row in rows} if not evaluators.obstacle(name)]
    return {cards.locate(file) for name in names for file in evaluators.checkpoints(name)}


def _picture(row: Row, images: Path | None) -> Path | None:
    """Where the picture of a score lies, ``None`` where it is of none; by its name where another folder is given."""
    if PICTURE not in row.details:
        return None
    recorded = Path(row.details[PICTURE])
    there = ratios_in(images) if images else {}
    return there.get(recorded.parent.name, there.get("", recorded.parent)) / recorded.name


def _task_of(
    row: Row, videos: Path, evaluators: Evaluators, cutting: Cutting | None = None, images: Path | None = None
) -> VideoTask | Verdict:
    """What scores a row again, or what is known without that."""
    path = _path_of(row, videos, cutting)
    if not path.exists():
        return Verdict(row, MISSING, reason=f"{path} does not exist")
    sha256 = content_of(path)
    if sha256 != row.sha256:
        return Verdict(row, OTHER_VIDEO, reason=f"sha256 {sha256[:12]} was {row.sha256[:12]}")
    if obstacle := evaluators.obstacle(row.dimension):
        return Verdict(row, NOT_SCORED, reason=obstacle)
    if GROUP in row.details and SPANS not in row.details:
        return Verdict(row, NOT_SCORED, reason="which frames the clip has was not recorded by the version of the run")
    picture = _picture(row, images)
    if picture and not picture.exists():
        return Verdict(row, MISSING, reason=f"its picture {picture} does not exist; name the folder: --images FOLDER")
    prompt = Prompt(row.prompt, (row.dimension,), row.facts, row.category, picture)
    spans = tuple(Span(start, end, borders=tuple(borders)) for start, end, *borders in row.details.get(SPANS, ()))
    group, clips = row.details.get(GROUP, ""), row.details.get(CLIPS, 0)
    task = VideoTask(path, row.video, prompt, (row.dimension,), sha256, spans=spans, group=group, clips=clips)
    key = cache_key(sha256, prompt, evaluators.signature(row.dimension) | clips_of(task, cutting))
    return replace(task, cache_keys={row.dimension: key})


def _compared(row: Row, now: Row, tolerance: float) -> Verdict:
    if now.value is None or row.value is None:
        return Verdict(row, NOT_SCORED, reason=now.reason)
    changed = abs(now.value - row.value) > tolerance
    if now.cache_key != row.cache_key:
        effect = f"the score is {now.value:.6f} and was {row.value:.6f}"
        what = "checkpoint, version, decoding, options, picture or device"
        return Verdict(row, OTHER_EVALUATOR, now.value, f"{what}; {effect}")
    return Verdict(row, OTHER_SCORE if changed else HELD, now.value)
