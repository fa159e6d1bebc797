"""Peak memory and speed of each dimension on a long video, each in a process of its own.

    python perf/memory.py --seconds 60 --height 720 --limit 600

Renders a video, runs ``vbench evaluate`` on it per dimension and reads the process's peak resident memory from the
kernel. A dimension that is not done at the time limit is stopped; its peak and the peak half-way are printed, so
that growth would show. With ``--together`` one process goes through all dimensions of text to video, as a worker does:
a clip for each set of dimensions that prompts of the suite ``open`` test together.

    python perf/memory.py --together --seconds 1 --fps 16 --height 320

Checkpoints come from the cache as always; ``--seeded`` fills a cache with deterministic
weights of the published shapes, which need the same memory.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import processes

sys.path.insert(0, str(processes.ROOT))

from vbench.benchmarks.t2v import RULES
from vbench.prompts.library import load_suite
from vbench.runs.results import read_rows
from vbench.runs.store import SCORED

FIVE = ("temporal_flickering", "subject_consistency", "background_consistency", "motion_smoothness", "dynamic_degree")


def render(path: Path, frames: int, height: int, width: int, fps: int) -> Path:
    """A camera pan over noise, yuv420p H.264."""
    rng = np.random.default_rng(0)
    texture = rng.integers(0, 256, (height // 8, (width + 4 * frames) // 8 + 1, 3), dtype=np.uint8)
    texture = texture.repeat(8, 0).repeat(8, 1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps))
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        stream.options = {"preset": "ultrafast"}
        for index in range(frames):
            view = np.ascontiguousarray(texture[:height, 4 * index : 4 * index + width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(view, format="rgb24")))
        container.mux(stream.encode())
    return path


def measure(dimension: str, video: Path, cache: Path | None, how: argparse.Namespace) -> str:
    """One row of the table."""
    options = ["--memory", str(how.memory), "--profile", how.profile, "--mode", "custom_input"]
    options += ["--benchmark", how.benchmark] if how.benchmark else []
    seen = processes.evaluate(video, dimension, video.parent / dimension, cache, how.limit, options)
    state = "finished" if seen.finished else "stopped at the limit"
    peaks = f"{seen.peak / 2**30:6.2f} GiB {seen.peak_half_way / 2**30:6.2f} GiB"
    return f"{dimension:24} {peaks} {seen.seconds:8.0f} s  {state}"


def measure_together(video: Path, cache: Path | None, how: argparse.Namespace) -> str:
    """The row of a process that goes through everything."""
    videos, suite = of_every_kind(video)
    run = video.parent / "run"
    options = ["--memory", str(how.memory), "--profile", how.profile, "--suite", str(suite)]
    seen = processes.evaluate(videos, "", run, cache, how.limit, options)
    peaks = f"{seen.peak / 2**30:6.2f} GiB {seen.peak_half_way / 2**30:6.2f} GiB"
    scored = {row.dimension for row in read_rows(run) if row.status == SCORED}
    state = f"{len(scored)} dimensions{'' if seen.finished else ', stopped at the limit'}"
    return f"{'together':24} {peaks} {seen.seconds:8.0f} s  {state}"


def of_every_kind(video: Path) -> tuple[Path, Path]:
    """The folder of copies of a clip, one for each set of dimensions that prompts test together, and their suite."""
    kinds = {prompt.dimensions: prompt for prompt in reversed([*load_suite("open")]) if prompt.dimensions}
    videos, suite = video.parent / "videos", video.parent / "suite.json"
    videos.mkdir()
    for prompt in kinds.values():
        (videos / f"{prompt.text}-0.mp4").hardlink_to(video)
    listed = [{"prompt_en": one.text, "dimension": list(one.dimensions), "auxiliary_info": one.facts}
              for one in kinds.values()]  # fmt: skip
    suite.write_text(json.dumps(listed))
    return videos, suite


def main() -> None:
    """Parse the options, render, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dimension", nargs="+", default=FIVE)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--fps", type=int, default=24)
    parser.add_argument("--memory", type=int, default=512, help="MiB of decoded frames to keep")
    parser.add_argument("--limit", type=float, default=600, help="seconds per dimension")
    parser.add_argument("--benchmark", default="", help="such as vbench-long, for own videos")
    parser.add_argument("--profile", default="official")
    parser.add_argument("--seeded", type=Path, help="cache to fill with seeded checkpoints")
    parser.add_argument("--together", action="store_true", help="all dimensions of text to video in one process")
    options = parser.parse_args()
    if options.seeded:
        processes.fill(options.seeded, list(RULES) if options.together else options.dimension)
    width = options.height * 8 // 9 * 2  # even, as yuv420p needs it
    with tempfile.TemporaryDirectory() as folder:
        video = render(Path(folder) / "pan-0.mp4", options.seconds * options.fps, options.height, width, options.fps)
        print(f"{width}x{options.height}, {options.seconds} s at {options.fps} fps, --memory {options.memory}")
        print(f"{'dimension':24} {'peak':>10} {'half-way':>10} {'time':>10}")
        if options.together:
            print(measure_together(video, options.seeded, options), flush=True)
            return
        for dimension in options.dimension:
            print(measure(dimension, video, options.seeded, options), flush=True)


if __name__ == "__main__":
    main()
