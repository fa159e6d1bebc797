"""How often does a 95 % interval hold the truth? Simulated runs of few and of many prompts.

    python perf/coverage.py --repetitions 1000

Draws so many prompts whose scores have a known mean, computes the interval as every report does, and counts how many of
the intervals hold that mean; beside it, after a slash, those of the percentiles alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vbench.analysis.interval import TAIL
from vbench.analysis.statistics import drawn_scores, intervals
from vbench.runs.store import Row

Scores = NDArray[np.float64]

KINDS: dict[str, tuple[str, float, Callable[[np.random.Generator, int], Scores]]] = {
    "around a half": ("imaging_quality", 0.5, lambda rng, count: rng.normal(0.5, 0.1, count)),
    "close to 1": ("motion_smoothness", 8 / 9, lambda rng, count: rng.beta(8, 1, count)),
    "yes or no, five videos": ("dynamic_degree", 0.6, lambda rng, count: rng.binomial(5, 0.6, count) / 5),
    "yes or no, mostly yes, one video": ("dynamic_degree", 0.8, lambda rng, count: rng.binomial(1, 0.8, count) / 1.0),
}
"""What a prompt's score is -> a dimension that has such scores, their mean, and so many of them."""


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--prompts", type=int, nargs="+", default=[2, 3, 5, 8, 12, 20, 50, 100])
    options = parser.parse_args()
    print(f"| a prompt's score | {' | '.join(f'{count} prompts' for count in options.prompts)} |")
    print(f"|---|{'--:|' * len(options.prompts)}")
    for kind in KINDS:
        cells = (held(kind, count, options.repetitions) for count in options.prompts)
        print(f"| {kind} | {' | '.join(cells)} |", flush=True)


def held(kind: str, prompts: int, repetitions: int) -> str:
    """Shares of the intervals that hold the mean: ours, and the percentiles alone."""
    name, mean, scores = KINDS[kind]
    rng = np.random.default_rng(prompts)
    ours = plain = 0
    for repetition in range(repetitions):
        rows = [
            Row(f"{number}.mp4", f"{number}", name, "", value=float(score), weight=1.0)
            for number, score in enumerate(scores(rng, prompts))
        ]
        found = intervals(rows, seed=repetition, draws=1000)[name]
        low, high = np.quantile(drawn_scores(rows, name, repetition, 1000), [TAIL, 1 - TAIL])
        ours += found.low <= mean <= found.high
        plain += low <= mean <= high
    return f"{ours / repetitions:.1%} / {plain / repetitions:.1%}"


if __name__ == "__main__":
    main()
