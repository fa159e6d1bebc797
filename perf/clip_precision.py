"""How far scores move when CLIP computes in float16, as it does in the reference on CUDA.

    python perf/clip_precision.py --seeded /tmp/seeded

By default the parity clips, each with the prompt that its golden has. Checkpoints come from the cache as always;
``--seeded`` fills a cache with deterministic weights of published shapes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import processes

from dimensions import parity_clips

sys.path.insert(0, str(processes.ROOT))

import vbench
from vbench.dimensions.profiles import CLIP_IN_HALF, profile
from vbench.runs.evaluators import Evaluators
from vbench.runs.run import Run


def main() -> None:
    """Parse the options, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=Path, help="a video or a folder of them; the parity clips by default")
    parser.add_argument("--suite", help="prompt suite of these videos")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seeded", type=Path, help="cache to fill with seeded checkpoints")
    options = parser.parse_args()
    dimensions = by_clip()
    if options.seeded:
        processes.fill(options.seeded, dimensions)
        os.environ["VBENCH_CACHE_DIR"] = str(options.seeded)
    print("| dimension | videos | float32 | float16 | moved by | a video, at most | a video, on average |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for dimension in dimensions:
            place = Path(folder) / dimension
            videos, suite = (options.videos, options.suite) if options.videos else parity_clips(dimension, place)
            runs = [
                vbench.evaluate(
                    videos, suite=suite, dimensions=[dimension], clip_precision=precision, device=options.device,
                    output=place / precision,
                )
                for precision in ("float32", "float16")
            ]  # fmt: skip
            print(row(dimension, *runs), flush=True)


def by_clip() -> list[str]:
    """The dimensions of the official profile that look through CLIP."""
    import torch

    from vbench.benchmarks.t2v import RULES

    evaluators = Evaluators(profile("official"), torch.device("cpu"))
    return [name for name in RULES if set(evaluators.roles(name).values()) & set(CLIP_IN_HALF)]


def row(dimension: str, single: Run, half: Run) -> str:
    """A line of the table."""
    scores = [run.card.scores[dimension] for run in (single, half)]
    values = [{one.video: one.value for one in run.rows()} for run in (single, half)]
    moved = [abs(values[1][video] - values[0][video]) for video in values[0]]
    return (
        f"| {dimension.replace('_', ' ')} | {len(moved)} | {scores[0]:.6f} | {scores[1]:.6f} | "
        f"{scores[1] - scores[0]:+.1e} | {max(moved):.1e} | {sum(moved) / len(moved):.1e} |"
    )


if __name__ == "__main__":
    main()
