"""A board that is worth looking at: whole results of the open suite, with frames and videos.

Scores are simulated, clips come from the synthetic generator; the models are named after what they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.analysis.test_comparison import write_run
from tests.leaderboard.archives import CHECKPOINTS, RECORDED, archive, card, run, scored
from tests.leaderboard.archives import rows as small_rows
from tests.simulated import BINARY, CATEGORIES, LEVELS
from vbench.benchmarks.t2v import RULES
from vbench.files.digest import digest
from vbench.generators.catalog import build
from vbench.leaderboard.submissions.pack import pack
from vbench.prompts.library import suite
from vbench.prompts.sampling_plan import sampling_plan
from vbench.runs.store import Row
from vbench.sampling.generate import generate
from vbench.sampling.wanted import Wanted

OPEN = suite("open", Path())

ABILITY = {"aesthetic_quality": 0.06, "imaging_quality": 0.04, "multiple_objects": 0.25, "dynamic_degree": 0.15}

MODELS: dict[str, tuple[str, float, dict[str, float]]] = {
    "Simulated Steady": ("synthetic", 0.0, ABILITY),
    "Simulated Steady B": ("synthetic:jerk=0.15", -0.003, {**ABILITY, "color": -0.02}),
    "Simulated Shaky": ("synthetic:jerk=0.6,flicker=0.4", -0.015, {**ABILITY, "dynamic_degree": 0.3}),
}
"""Name -> generator, what is added to every score, and to some."""

VIDEOS = 4

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>{{constructor}}${alert(3)}"


def whole_rows(seed: int, shift: float = 0.0, shifts: dict[str, float] | None = None) -> Iterator[Row]:
    """A whole result of the open suite, which has the official one's structure and size."""
    own, shared = np.random.default_rng(seed + 1), np.random.default_rng(0)
    for name in RULES:
        mean, spread, noise = LEVELS[name]
        favours = shared.normal(0, spread / 3, len(CATEGORIES))
        texts = [prompt.text for prompt in OPEN if name in prompt.dimensions]
        for place, text in enumerate(texts):
            level = mean + shift + (shifts or {}).get(name, 0.0) + shared.normal(0, spread) + favours[place % 8]
            for sample in range(5):
                value = own.random() < level if name in BINARY else np.clip(level + own.normal(0, noise), 0, 1)
                video = f"{text}-{sample}.mp4"
                content = hashlib.sha256(f"{seed} {video}".encode()).hexdigest()
                row = Row(video, text, name, "0" * 64, content, CATEGORIES[place % 8])
                yield scored(row, float(value))


def exhibits(folder: Path) -> list[bytes]:
    """Archives: three whole results, one of another suite and profile, and one whose names are HTML."""
    made = []
    for seed, (name, (generator, shift, shifts)) in enumerate(MODELS.items()):
        made_up = list(whole_rows(seed, shift, shifts))
        videos = _videos(folder / f"videos-{seed}", generator, {row.prompt for row in made_up})
        digests = {path.name: digest(path) for path in videos.glob("*.mp4")}
        rows = [replace(row, sha256=digests.get(row.video, row.sha256)) for row in made_up]
        suite_of = {"name": "open", "sha256": OPEN.digest}
        changes = {"suite": suite_of, "checkpoints": CHECKPOINTS, "videos": str(videos), **RECORDED}
        (folder / f"run-{seed}").mkdir(parents=True)
        made.append(pack(write_run(folder / f"run-{seed}", rows, **changes), card(name, version="1.0"), VIDEOS, VIDEOS))
    own = run(folder / "own" / "run", small_rows(7), profile="lite", checkpoints={})
    made.append(pack(own, card("My own run", version="0.1", organisation="My Lab")))
    made.append(archive(folder / "hostile", 8, HOSTILE, version="{{version}}", organisation="<b>bold</b>"))
    return made


def _videos(folder: Path, generator: str, prompts: set[str]) -> Path:
    """Real clips of the prompts that a submission takes along."""
    first = sorted(prompts, key=lambda text: hashlib.sha256(text.encode()).digest())[:VIDEOS]
    samples = [sample for sample in sampling_plan(OPEN, samples=1) if sample.prompt.text in first]
    source = build(generator)
    generate(
        source,
        Wanted(samples, {"name": "open", "sha256": ""}),
        source.defaults.with_given(frames=8, height=240, width=320),
        folder,
    )
    return folder
