"""Submissions for tests: whole runs of the mini suite, without videos."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.analysis.test_comparison import write_run
from tests.simulated import BINARY, LEVELS
from vbench.benchmarks.base import Counts
from vbench.benchmarks.t2v import RULES, T2V
from vbench.leaderboard.submissions.archive import stem_of
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.leaderboard.submissions.pack import pack
from vbench.leaderboard.submissions.possible_rows import LOOKED_AT
from vbench.leaderboard.submissions.provenance import checkpoints_of
from vbench.prompts.library import suite
from vbench.prompts.sampling_plan import sampling_plan
from vbench.runs.plan import PUBLISHED_CUTTING
from vbench.runs.store import Row
from vbench.weights.cards import checkpoint

MINI = suite("mini", Path())

CHECKPOINTS = {
    name: {
        "file": Path(checkpoint(name).path).name,
        "sha256": (checkpoint(name).sha256 + hashlib.sha256(name.encode()).hexdigest())[:64],
    }
    for name in dict.fromkeys(name for names in checkpoints_of(T2V).values() for name in names)
}

RECORDED = {
    "started": "2025-03-15T10:00:00+00:00",
    "ended": "2025-03-15T18:30:00+00:00",
    "packages": {"vbench-suite": "0.1.0", "numpy": "2.1.0"},
}

CUT = {"cutting": PUBLISHED_CUTTING.plain()}
"""What a run of clips recorded besides."""

FRAMES = 16

VALUES_OF_COUNTS = ("object_class", "multiple_objects", "scene", "color")

PLACE = Path("/home/somebody/videos")


def scored(row: Row, value: float, frames: int = FRAMES) -> Row:
    """The row with a value that its dimension can give, and the weight of a video of so many frames."""
    if row.dimension in VALUES_OF_COUNTS:
        value = round(value * LOOKED_AT) / LOOKED_AT
    counted = {Counts.PAIRS: frames - 1, Counts.FRAMES: frames, Counts.LOOKED_AT: LOOKED_AT}
    weight = counted.get(RULES[row.dimension].counts, 1)
    return replace(row, value=float(value), weight=float(weight), format=f"512x512, 8 fps, {frames} frames")


def rows(seed: int = 0, shift: float = 0.0, samples: int = 5) -> list[Row]:
    """A whole run of the mini suite: a score for every video and dimension."""
    rng = np.random.default_rng(seed)
    made = []
    for sample in sampling_plan(MINI, samples=samples):
        content = hashlib.sha256(f"{seed} {sample.file}".encode()).hexdigest()
        for name in sample.prompt.dimensions:
            mean, spread, _ = LEVELS[name]
            drawn = rng.random() < mean if name in BINARY else np.clip(mean + shift + spread * rng.normal(), 0, 1)
            row = Row(sample.file, sample.prompt.text, name, "0" * 64, content, sample.prompt.category)
            made.append(scored(row, float(drawn)))
    return made


def card(name: str = "Model", **changes: Any) -> ModelCard:
    values: dict[str, Any] = {
        "name": name, "version": "1.0", "organisation": "Some Lab", "sampled_by": "Lab", "evaluated_by": "Lab",
        "link": "https://example.org/model", "access": "open weights", "licence": "Apache-2.0", "date": "2025-03-14",
        "resolution": "512x512", "fps": 8.0, "frames": 16, "seconds": 2.0, "steps": 50, "guidance": 7.5,
        "prompt_rewriting": "none", "precision": "float16",
    }  # fmt: skip
    return ModelCard(**{**values, **changes})


def run(folder: Path, made: Iterable[Row] | None = None, **changes: Any) -> Path:
    """A run's folder, as an evaluation of the mini suite with the official profile leaves it."""
    record = {
        "suite": {"name": "mini", "sha256": MINI.digest},
        "videos": str(PLACE),
        "checkpoints": CHECKPOINTS,
        **RECORDED,
        "arguments": ["evaluate", str(PLACE)],
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    return write_run(folder, list(rows() if made is None else made), **{**record, **changes})


def archive(folder: Path, seed: int = 0, name: str = "Model", **changes: Any) -> bytes:
    """A whole submission."""
    return pack(run(folder / f"run-{seed}", rows(seed)), card(name, **changes))


def with_videos(content: bytes, videos: Mapping[str, bytes]) -> bytes:
    """The archive with attached videos: name of a sample -> content, whose digest its rows state then."""

    def rewrite(files: dict[str, bytes]) -> None:
        lines = [json.loads(line) for line in files["scores.jsonl"].splitlines()]
        for line in lines:
            if line["video"] in videos:
                line["content"] = hashlib.sha256(videos[line["video"]]).hexdigest()
        files["scores.jsonl"] = "\n".join(map(json.dumps, lines)).encode()
        files |= {f"videos/{stem_of(name)}.mp4": data for name, data in videos.items()}

    return rewritten(content, rewrite)


Rewrite = Callable[[dict[str, bytes]], Mapping[str, bytes] | None]


def rewritten(content: bytes, change: Rewrite) -> bytes:
    """The archive with its files changed in place, or replaced by what is returned."""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    return zipped(change(files) or files)


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return content.getvalue()


def with_head(content: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The archive with another ``submission.json``."""

    def rewrite(files: dict[str, bytes]) -> None:
        head = json.loads(files["submission.json"])
        change(head)
        files["submission.json"] = json.dumps(head).encode()

    return rewritten(content, rewrite)


def with_rows(content: bytes, change: Callable[[list[dict[str, Any]]], Any]) -> bytes:
    """The archive with other scores."""

    def rewrite(files: dict[str, bytes]) -> None:
        lines = [json.loads(line) for line in files["scores.jsonl"].splitlines()]
        changed = change(lines)
        files["scores.jsonl"] = "\n".join(map(json.dumps, lines if changed is None else changed)).encode()

    return rewritten(content, rewrite)
