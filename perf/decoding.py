"""How much of a video's time is decoding: what a thread that decodes the next video meanwhile could hide, at the most.

    python perf/decoding.py --clip 16x512x320 49x720x480 --profile lite
    python perf/decoding.py --clip 16x512x320 --seeded /tmp/seeded --dimension background_consistency

Processor seconds with one thread, of decoding a rendered clip once, and of all dimensions together on frames that are
decoded already, loading excluded.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import processes
from memory import render

sys.path.insert(0, str(processes.ROOT))

import torch

from vbench.benchmarks.t2v import RULES
from vbench.dimensions.profiles import profile
from vbench.media.video import Video
from vbench.prompts.suite import Prompt
from vbench.runs.evaluators import Evaluators


def seconds(work: Callable[[], Any]) -> float:
    """Processor seconds of a call, the lower of two after one that is not counted."""
    work()
    found = []
    for _ in range(2):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def frames_of(path: Path) -> Video:
    """A video whose frames are decoded."""
    video = Video(path, budget=2**32)
    assert video.frame_count
    return video


def main() -> None:
    """Parse the options, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", nargs="+", default=["16x512x320"], help="frames x width x height")
    parser.add_argument("--dimension", nargs="+", help="by default all that the profile can judge")
    parser.add_argument("--profile", default="official")
    parser.add_argument("--seeded", type=Path, help="cache to fill with seeded checkpoints")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.seeded:
        processes.fill(options.seeded, options.dimension or list(RULES))
        os.environ["VBENCH_CACHE_DIR"] = str(options.seeded)
    evaluators = Evaluators(profile(options.profile), torch.device("cpu"))
    names = options.dimension or [name for name in RULES if not evaluators.obstacle(name)]
    print(f"{len(names)} dimensions: {', '.join(names)}\n")
    print("| clip | decoding, s | dimensions, s | decoding of both |\n|---|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for clip in options.clip:
            count, width, height = map(int, clip.split("x"))
            path = render(Path(folder) / f"{clip}.mp4", count, height, width, 8)
            decoding = seconds(lambda path=path: frames_of(path))
            judged = 0.0
            for name in names:
                video = frames_of(path)

                def work(name: str = name, video: Video = video) -> None:
                    video._memo.clear()
                    evaluators.score(name, video, Prompt("a camera that pans"))

                judged += seconds(work)
            print(f"| {clip} | {decoding:.3f} | {judged:.3f} | {decoding / (decoding + judged):.1%} |", flush=True)


if __name__ == "__main__":
    main()
