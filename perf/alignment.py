"""What do the correlations of ``vbench align`` hold? Simulated people, by how many prompts they judged.

    python perf/alignment.py --repetitions 100

Six models; every pair is judged on every prompt, and the better video wins the more often the further the two are apart
(Bradley and Terry). People judge either by what the score measures, or by something that agrees with it in part. Prints
the mean figure of the repetitions with half the mean width of its interval, and how many of the intervals hold the
figure that 20 000 prompts give.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.leaderboard.people import levels, people, runs
from vbench.analysis.alignment import Alignment, align
from vbench.analysis.interval import Interval

SCORED = levels(("a", "b", "c", "d", "e", "f"), 0.47, 0.53)
FELT = {
    "what the score measures": SCORED,
    "that in part": dict(zip(SCORED, (0.52, 0.53, 0.47, 0.505, 0.48, 0.5), strict=True)),
}
SLOPE = 20.0
MANY = 20_000
FIGURES = ("spearman", "pearson", "kendall", "agreement")


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--prompts", type=int, nargs="+", default=[10, 30, 100, 300])
    options = parser.parse_args()
    print("| people judge by | prompts | Spearman | Pearson | Kendall | agreement |\n|---|---|---|---|---|---|")
    for kind, felt in FELT.items():
        truth = study(felt, MANY, seed=options.repetitions, draws=1)
        expected = [figure(truth, name).score for name in FIGURES]
        print(f"| {kind} | {MANY} | {' | '.join(f'{value:.2f}' for value in expected)} |")
        for prompts in options.prompts:
            found = [study(felt, prompts, seed, draws=1000) for seed in range(options.repetitions)]
            cells = (
                summary([figure(one, name) for one in found], value)
                for name, value in zip(FIGURES, expected, strict=True)
            )
            print(f"| {kind} | {prompts} | {' | '.join(cells)} |")


def study(felt: dict[str, float], prompts: int, seed: int, draws: int) -> Alignment:
    """What people and scores say in one simulated study; people see the videos' own quality."""
    same = felt is SCORED
    made = runs(SCORED, prompts=prompts, samples=1, seed=2 * seed)
    seen = made if same else runs(felt, prompts=prompts, samples=1, seed=2 * seed + 1)
    return align(people(seen, SLOPE, seed), made, seed=seed, draws=draws)["scene"]


def figure(one: Alignment, name: str) -> Interval:
    """A figure of a study; studies without it do not occur here."""
    found = getattr(one, name)
    if not isinstance(found, Interval):
        raise TypeError(f"no {name}: all models are equal")
    return found


def summary(found: Sequence[Interval], truth: float) -> str:
    """Mean, half the mean width, and how many intervals hold the truth; the last digits of a float do not count."""
    mean = np.mean([one.score for one in found])
    half = np.mean([one.high - one.low for one in found]) / 2
    held = sum(one.low - 1e-9 <= truth <= one.high + 1e-9 for one in found)
    return f"{mean:.2f} ± {half:.2f}, {held} of {len(found)}"


if __name__ == "__main__":
    main()
