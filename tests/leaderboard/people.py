"""Simulated people, who judge as Bradley and Terry have it, and the models whose videos they judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from vbench.analysis.preference import Judgement
from vbench.runs.store import Row

Runs = dict[str, list[Row]]


def runs(
    levels: Mapping[str, float], dimension: str = "scene", prompts: int = 90, samples: int = 5, seed: int = 0
) -> Runs:
    """A model -> its rows: its level, what all models have in common on a prompt, and noise of each sample.

    Args:
        levels: model -> mean score.
        dimension: that is scored.
        prompts: how many.
        samples: videos a prompt.
        seed: of everything drawn.
    """
    rng = np.random.default_rng(seed)
    hard = rng.normal(0, 0.1, prompts)
    return {
        model: [
            Row(f"prompt {p}-{sample}.mp4", f"prompt {p}", dimension, "", value=level + hard[p] + noise, weight=1.0)
            for p in range(prompts)
            for sample, noise in enumerate(rng.normal(0, 0.05, samples).tolist())
        ]
        for model, level in levels.items()
    }


def people(made: Runs, slope: float = 100.0, seed: int = 0) -> Iterator[Judgement]:
    """Every pair of models on every sample: the first wins with probability 1 / (1 + exp(-slope (s1 - s2))).

    Args:
        made: the models' runs; their videos are in the same order.
        slope: how much a score sways people; 0: not at all, below 0: towards the lower one.
        seed: of what they say.
    """
    rng = np.random.default_rng(seed)
    for first, second in combinations(made, 2):
        for one, other in zip(made[first], made[second], strict=True):
            assert one.value is not None
            assert other.value is not None
            likely = 1 / (1 + np.exp(-slope * (one.value - other.value)))
            shown = (one.video, f"https://example.org/{second}/{other.video}".replace(" ", "%20"))
            yield Judgement(one.dimension, one.prompt, first, second, float(rng.random() < likely), shown)


def levels(models: Sequence[str], low: float = 0.4, high: float = 0.6) -> dict[str, float]:
    """Mean scores at equal distances, the first model's the highest."""
    return dict(zip(models, np.linspace(high, low, len(models)).tolist(), strict=True))
