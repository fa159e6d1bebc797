"""What a cluster loses between its workers: efficiency at 1, 2, 4, 8 and 16 of them, on units that only wait.

    python perf/cluster.py --workers 1 2 4 8 16

A Ray cluster of this machine with as many slots; every unit of the run is a small real video whose dimension sleeps for
a second, so that two cores show what sixteen machines would do: everything is measured but the work itself. Workers
load PyTorch first, which two cores do one after the other, so counting begins once each has handed in its first row.
Efficiency is the work that came back since, over the workers' time since.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import ClassVar

import processes

sys.path.insert(0, str(processes.ROOT))

import torch

from tests.footage import noise, write_video
from vbench.benchmarks.base import Benchmark, DimensionSpec
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.profiles import profile
from vbench.files.digest import content_of
from vbench.media.video import Video
from vbench.prompts.suite import Prompt
from vbench.runs.cluster import connected
from vbench.runs.evaluators import Evaluators
from vbench.runs.plan import VideoTask

SECONDS = 1.0
"""That a unit takes."""


class Waiting(Dimension):
    """Looks at nothing for a while."""

    name: ClassVar[str] = "waiting"
    title: ClassVar[str] = "Waiting"
    meaning: ClassVar[str] = "Time has passed."

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """Sleep."""
        time.sleep(SECONDS)
        return VideoScore(1.0, details={"worker": os.getpid()})


WAITING = Benchmark("waiting", "Waiting", "", (DimensionSpec("waiting", "cluster:Waiting"),))


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    parser.add_argument("--units", type=int, default=20, help="of each worker")
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join(map(str, (processes.ROOT, Path(__file__).parent)))
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    from ray.cluster_utils import Cluster

    node = {"num_cpus": max(options.workers), "object_store_memory": 80 * 2**20, "include_dashboard": False}
    nodes = Cluster(initialize_head=True, head_node_args=node)
    try:
        print("| workers | units counted | seconds | seconds at best | efficiency |\n|--:|--:|--:|--:|--:|")
        with tempfile.TemporaryDirectory() as folder:
            video = write_video(Path(folder) / "clip.mp4", noise(2))
            for count in options.workers:
                print(row(nodes.address, video, count, options.units), flush=True)
    finally:
        nodes.shutdown()


def row(address: str, video: Path, workers: int, units: int) -> str:
    """One row of the table."""
    prompt, keys = Prompt("a clip"), {"waiting": "key"}
    tasks = [
        VideoTask(video, f"{one}.mp4", prompt, ("waiting",), content_of(video), keys) for one in range(workers * units)
    ]
    evaluators = Evaluators(profile("lite"), torch.device("cpu"), benchmark=WAITING)
    moments: list[float] = []
    seen: set[int] = set()
    with connected(address, workers) as cluster:
        for unit in cluster.score_all(tasks, evaluators, 2**20, print):
            seen.add(unit.details["worker"])
            if len(seen) == workers:
                moments.append(time.perf_counter())
    counted, seconds = len(moments) - 1, moments[-1] - moments[0]
    best = counted * SECONDS / workers
    return f"| {workers} | {counted} | {seconds:.2f} | {best:.2f} | {best / seconds:.3f} |"


if __name__ == "__main__":
    main()
