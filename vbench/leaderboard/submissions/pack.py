"""Making the archive of a submission: what a run found, what it was made with, and the model card.

The same run and card give the same bytes. Paths, user and host names stay where they are.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.registry import benchmark_named, is_sensitive
from vbench.dimensions.base import VERDICT
from vbench.errors import UsageError, VideoError
from vbench.files.remote import recorded_place
from vbench.files.zips import unreadable
from vbench.leaderboard.submissions.archive import KINDS, stem_of
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.leaderboard.submissions.scores_file import CHOSEN, FORMAT
from vbench.media.spans import video_of
from vbench.runs.filtered_folder import RESULT
from vbench.runs.record import read_record
from vbench.runs.results import read_rows
from vbench.runs.score_video import DAMAGE
from vbench.runs.store import Row
from vbench.sampling.manifest import NAME as MANIFEST
from vbench.sampling.manifest import read_manifest

FRAMES = 8
"""Sample frames of a submission: the middle ones of so many videos."""

FRAME_WIDTH, FRAME_QUALITY = 512, 85

VIDEO_BYTES = 4 << 20
"""Largest sampled video that is packed."""

PRIVATE = ("videos", "folders", "arguments", "unexpected_videos")
"""What a run records for whoever made it alone."""

_FOLDERS = re.compile(r"(?<![\w./:])(?:[A-Za-z]:)?(?:[/\\][^/\\\s'\"]+)+(?=[/\\])[/\\]")

_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(
    run: Path,
    card: ModelCard,
    videos: int = 0,
    frames: int = FRAMES,
    partial: bool = False,
    benchmark: Benchmark | None = None,
) -> bytes:
    """The archive of a run.

    Args:
        run: the run's folder.
        card: the model card.
        videos: how many sampled videos to add for the arena; of the same prompts for every model. Neither videos nor
            frames are added where what they show may not be fit to be shown.
        frames: of how many videos to add a frame; fewer where the videos are no longer there.
        partial: whether it is meant to be a part of a result.
        benchmark: whose dimensions are packed; by default the one that the run says.

    Raises:
        UsageError: the folder holds no run, or one of a benchmark that is not here.
    """
    record = read_record(run)
    benchmark = benchmark or benchmark_named(record.benchmark)
    record = replace(record, benchmark=benchmark.name)
    rows = [row for row in read_rows(run) if row.dimension in benchmark.rules]
    alone = [name for name, rule in benchmark.rules.items() if rule.sampled and _is_filtered(record.folder_of(name))]
    public = _public(record.plain()) | {"filtered": sorted({*record.filtered, *alone})}
    head = {"format": FORMAT, "card": card.plain(), "record": public, "partial": partial}
    files = {"submission.json": _json(head), "scores.jsonl": _scores(rows)}
    if (run / MANIFEST).exists():
        files["samples.jsonl"] = _samples(run)
    root = recorded_place(record.videos)
    if not is_sensitive({row.dimension for row in rows}, benchmark):
        files |= dict(_frames(root, rows, frames))
        files |= dict(_videos(root, rows, videos))
    return _zipped(files)


def pack_results(source: Path, card: ModelCard, partial: bool = False) -> bytes:
    """The archive of the reference's result files.

    Args:
        source: ``..._eval_results.json``, a folder of them, or a zip.
        card: the model card.
        partial: whether it is meant to be a part of a result.

    Raises:
        UsageError: there are none.
    """
    pattern = KINDS["*_eval_results.json"]
    if source.is_dir():
        files = {path.name: path.read_bytes() for path in sorted(source.glob("*eval_results.json"))}
    elif zipfile.is_zipfile(source):
        with (
            unreadable(lambda error: UsageError(f"{source} is no zip archive that can be read: {error}.")),
            zipfile.ZipFile(source) as archive,
        ):
            names = [name for name in archive.namelist() if pattern.fullmatch(name)]
            files = {name: archive.read(name) for name in names}
    elif source.is_file():
        files = {"eval_results.json": source.read_bytes()}
    else:
        files = {}
    if not files:
        raise UsageError(f"{source} holds neither a run nor *_eval_results.json files.")
    return _zipped({"submission.json": _json({"format": FORMAT, "card": card.plain(), "partial": partial}), **files})


def _is_filtered(videos: Path) -> bool:
    """Whether ``vbench filter-static`` left the videos: its verdicts lie beside them, or beside their folder."""
    return any((folder / RESULT).is_file() for folder in (videos, videos.parent))


def _scores(rows: Iterable[Row]) -> bytes:
    columns = ("video", "prompt", "dimension", "status", "value", "weight", "category", "format")
    kept = (
        {name: getattr(row, name) for name in columns}
        | {"content": row.sha256, "damage": without_folders(row.details.get(DAMAGE, ""))}
        | {"static": CHOSEN if VERDICT in row.details else ""}
        for row in rows
    )
    return b"".join(_json(row) for row in kept)


def _samples(run: Path) -> bytes:
    records = sorted(read_manifest(run), key=lambda record: record.file)
    return b"".join(_json(without_folders(vars(record))) for record in records)


def _public(record: Mapping[str, Any]) -> dict[str, Any]:
    public = without_folders({name: value for name, value in record.items() if name not in PRIVATE})
    return dict(public)


def without_folders(value: Any) -> Any:
    """The value with every path cut down to its last part.

    >>> without_folders(["no weights at /home/somebody/.cache/raft.pth", "https://a.b/c/d", "512x512"])
    ['no weights at raft.pth', 'https://a.b/c/d', '512x512']
    """
    if isinstance(value, str):
        return _FOLDERS.sub("", value)
    if isinstance(value, Mapping):
        return {name: without_folders(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_folders(part) for part in value]
    return value


def _chosen(rows: Iterable[Row]) -> list[str]:
    """One video of each prompt, in an order that depends on the prompts alone: models share the first ones."""
    first: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: row.video):
        first.setdefault(row.prompt, video_of(row.video))
    return [first[prompt] for prompt in sorted(first, key=lambda text: hashlib.sha256(text.encode()).digest())]


def _frames(root: Path, rows: Iterable[Row], most: int) -> Iterator[tuple[str, bytes]]:
    from PIL import Image

    from vbench.media.video import Video

    for name in _chosen(rows)[:most]:
        if not (root / name).exists():
            continue
        try:
            video = Video(root / name)
            height, width = video.size
            scale = min(1.0, FRAME_WIDTH / width)
            size = max(1, round(scale * height)), max(1, round(scale * width))
            (frame,) = video.scaled_frames([video.frame_count // 2], *size).permute(0, 2, 3, 1).numpy()
        except VideoError:
            continue
        encoded = io.BytesIO()
        Image.fromarray(frame).save(encoded, format="jpeg", quality=FRAME_QUALITY)
        yield f"frames/{stem_of(name)}.jpg", encoded.getvalue()


def _videos(root: Path, rows: Iterable[Row], most: int) -> Iterator[tuple[str, bytes]]:
    for name in _chosen(rows)[:most]:
        path = root / name
        if path.suffix == ".mp4" and path.is_file() and path.stat().st_size <= VIDEO_BYTES:
            yield f"videos/{stem_of(name)}.mp4", path.read_bytes()


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True) + "\n").encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip whose bytes depend on the files alone."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, files[name])
    return content.getvalue()
