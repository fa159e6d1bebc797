"""Runs of the whole open suite without videos: scores at the levels of current models, drawn with a seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from tests.analysis.test_comparison import write_run
from vbench.prompts.library import suite
from vbench.prompts.sampling_plan import sampling_plan
from vbench.runs.store import Row

LEVELS: dict[str, tuple[float, float, float]] = {
    "subject_consistency": (0.95, 0.025, 0.008),
    "background_consistency": (0.96, 0.015, 0.006),
    "temporal_flickering": (0.975, 0.012, 0.005),
    "motion_smoothness": (0.982, 0.008, 0.003),
    "dynamic_degree": (0.55, 0.25, 0.0),
    "aesthetic_quality": (0.6, 0.06, 0.02),
    "imaging_quality": (0.66, 0.07, 0.02),
    "object_class": (0.86, 0.1, 0.1),
    "multiple_objects": (0.55, 0.2, 0.15),
    "human_action": (0.9, 0.1, 0.0),
    "color": (0.85, 0.1, 0.08),
    "spatial_relationship": (0.5, 0.2, 0.15),
    "scene": (0.45, 0.18, 0.1),
    "appearance_style": (0.235, 0.02, 0.01),
    "temporal_style": (0.245, 0.025, 0.01),
    "overall_consistency": (0.265, 0.025, 0.01),
}
"""Mean, spread between prompts and spread between the samples of one prompt."""

BINARY = ("dynamic_degree", "human_action")
CATEGORIES = ("animal", "architecture", "food", "human", "lifestyle", "plant", "scenery", "vehicles")
FRAMES = 16


def simulated_rows(seed: int, samples: int = 5, shift: Mapping[str, float] | None = None) -> Iterator[Row]:
    """Rows of one run. Runs of different seeds share the levels of prompts and categories, not the samples.

    Args:
        seed: of the samples.
        samples: videos a prompt.
        shift: what to add to a dimension.
    """
    shared, own = np.random.default_rng(0), np.random.default_rng(seed)
    prompts = suite("open", Path()).prompts
    place = {prompt.text: number % len(CATEGORIES) for number, prompt in enumerate(prompts)}
    favours = {name: shared.normal(0, spread / 3, len(CATEGORIES)) for name, (_, spread, _) in LEVELS.items()}
    offsets = {
        (prompt.text, name): shared.normal(0, LEVELS[name][1]) for prompt in prompts for name in prompt.dimensions
    }
    for sample in sampling_plan(suite("open", Path()), samples=samples):
        text = sample.prompt.text
        for name in sample.prompt.dimensions:
            mean, _, noise = LEVELS[name]
            level = mean + (shift or {}).get(name, 0.0) + offsets[text, name] + favours[name][place[text]]
            value = (
                float(own.random() < level) if name in BINARY else float(np.clip(level + own.normal(0, noise), 0, 1))
            )
            course = () if name == "human_action" else (value + own.normal(0, noise + 0.002, FRAMES)).round(6).tolist()
            yield Row(
                sample.file, text, name, "0" * 64, "0" * 64, CATEGORIES[place[text]],
                format="512x320, 8 fps, 16 frames", value=value, weight=1.0, per_frame=course,
            )  # fmt: skip


def simulated_run(folder: Path, seed: int, samples: int = 5, shift: Mapping[str, float] | None = None) -> Path:
    """A run's folder with such rows; its videos are expected in ``videos`` beside it."""
    rows = list(simulated_rows(seed, samples, shift))
    return write_run(folder, rows, videos=str(folder.parent / "videos"), started="2025-01-01T00:00:00+00:00")
