"""What the number of threads moves: the scores of the parity clips with one thread, and with several.

    python perf/threads.py --seeded /tmp/seeded --threads 1 2 --dimension subject_consistency motion_smoothness

Checkpoints have seeded weights of the published shapes. Printed is the largest difference of a clip's score from that
with the first number of threads, and the same of a frame or pair.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import processes

from dimensions import parity_clips

sys.path.insert(0, str(processes.ROOT))

import torch

from vbench.benchmarks.t2v import RULES
from vbench.interface import evaluate
from vbench.runs.store import Row


def apart(first: Sequence[float], second: Sequence[float]) -> float:
    """The largest difference."""
    return max((abs(one - two) for one, two in zip(first, second, strict=True)), default=0.0)


def row_of(dimension: str, place: Path, numbers: Sequence[int], profile: str) -> str:
    """One row of the table."""
    videos, suite = parity_clips(dimension, place)
    found: list[list[Row]] = []
    for number in numbers:
        torch.set_num_threads(number)
        run = evaluate(
            videos, dimensions=[dimension], suite=suite, profile=profile, device="cpu", output=place / f"{number}"
        )
        found.append(run.rows())
    scores = [[row.value or 0.0 for row in rows] for rows in found]
    numbers_of_frames = [[one for row in rows for one in row.per_frame] for rows in found]
    score, frame = (max(apart(one[0], other) for other in one[1:]) for one in (scores, numbers_of_frames))
    return f"| {dimension} | {len(scores[0])} | {score:.1e} | {frame:.1e} |"


def main() -> None:
    """Parse the options, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dimension", nargs="+", default=list(RULES))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--profile", default="official")
    parser.add_argument("--seeded", type=Path, help="cache to fill with seeded checkpoints")
    options = parser.parse_args()
    if options.seeded:
        processes.fill(options.seeded, options.dimension)
        os.environ["VBENCH_CACHE_DIR"] = str(options.seeded)
    print("| dimension | clips | a score | a frame or pair |\n|---|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for dimension in options.dimension:
            print(row_of(dimension, Path(folder) / dimension, options.threads, options.profile), flush=True)


if __name__ == "__main__":
    main()
