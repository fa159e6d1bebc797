"""What does a comparison find? A set that is worse by a known amount, against sampling noise.

    python perf/detection.py --repetitions 20

Simulates runs of a whole suite (a level per prompt that both runs share, noise of its own for each sample), lowers one
dimension by a known number of points, and counts in how many repetitions ``vbench compare`` finds it, and how often
it names a dimension that was not touched.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.analysis.test_statistics import run
from vbench.analysis.statistics import compare

DIMENSIONS = ("imaging_quality", "subject_consistency", "human_action", "dynamic_degree", "color")


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--points", type=float, nargs="+", default=[1, 2, 4, 8])
    options = parser.parse_args()
    print(f"| lowered dimension | {' | '.join(f'{points:g} points' for points in options.points)} | others named |")
    print(f"|---|{'---|' * (len(options.points) + 1)}")
    for dimension in DIMENSIONS:
        found, others = [], 0
        for points in options.points:
            hits = 0
            for repetition in range(options.repetitions):
                worse = run(2 * repetition + 1, {dimension: points / 100})
                verdicts = compare(run(2 * repetition), worse, seed=repetition, draws=1000)
                named = {name for name, difference in verdicts.items() if difference.is_significant()}
                hits += dimension in named
                others += len(named - {dimension, "quality", "semantic", "total"})
            found.append(f"{hits} of {options.repetitions}")
        comparisons = 15 * options.repetitions * len(options.points)
        print(f"| {dimension} | {' | '.join(found)} | {others} of {comparisons} |")


if __name__ == "__main__":
    main()
