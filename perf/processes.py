"""``vbench evaluate`` in a process of its own, watched from outside; shared by the benchmarks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vbench.benchmarks.base import Benchmark

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Watched:
    """What was seen of a process.

    Attributes:
        seconds: how long it ran, or until it was stopped.
        peak: bytes that were resident at most.
        peak_half_way: the same over the first half of the time.
        finished: whether it ended by itself.
        status: its exit status; negative where it was stopped.
    """

    seconds: float
    peak: int
    peak_half_way: int
    finished: bool
    status: int


def evaluate(
    videos: Path, dimension: str, output: Path, cache: Path | None, limit: float, options: Sequence[str] = ()
) -> Watched:
    """Score on the CPU.

    Args:
        videos: a video or a folder of them.
        dimension: its name; ``""`` for all that the options ask for.
        output: the run's folder.
        cache: folder of checkpoints; the usual one where it is ``None``.
        limit: seconds after which the process is stopped.
        options: further ones of ``vbench evaluate``.
    """
    command = [sys.executable, "-m", "vbench", "evaluate", str(videos), "--device", "cpu"]
    command += ["-d", dimension] if dimension else []
    command += ["--progress", "none", "--output", str(output), *options]
    environment = {**os.environ, **({"VBENCH_CACHE_DIR": str(cache)} if cache else {})}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    seen = list(_peaks(process, limit))
    finished = process.poll() is not None
    process.kill()
    status = process.wait()
    seconds, peak = seen[-1]
    half = next(bytes_ for moment, bytes_ in seen if moment >= seconds / 2)
    return Watched(seconds, peak, half, finished, status)


def _peaks(process: subprocess.Popen[bytes], limit: float) -> Iterator[tuple[float, int]]:
    """(seconds, peak resident bytes so far) until the process ends or the limit is reached."""
    begun = time.monotonic()
    while process.poll() is None and time.monotonic() - begun < limit:
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                yield time.monotonic() - begun, 1024 * int(line.split()[1])
        time.sleep(0.2)


def fill(cache: Path, dimensions: Iterable[str], benchmark: Benchmark | None = None) -> None:
    """Write the checkpoints that these dimensions read, with seeded weights of the published shapes.

    BLIP-2 and the safety checker are small ones, and NudeNet's is the published file.
    """
    sys.path.insert(0, str(ROOT))
    import torch

    from tests.parity.checkpoint_cache import write_checkpoint
    from tests.parity.trustworthiness import WRITERS
    from vbench.benchmarks.t2v import T2V
    from vbench.dimensions.profiles import profile
    from vbench.runs.evaluators import Evaluators
    from vbench.weights.cards import checkpoint

    evaluators = Evaluators(profile("official"), torch.device("cpu"), benchmark=benchmark or T2V)
    for name in sorted({name for dimension in dimensions for name in evaluators.checkpoints(dimension)}):
        if name in WRITERS:
            if not (place := cache / checkpoint(name).path).exists():
                WRITERS[name](place)
        elif checkpoint(name).is_weights:
            write_checkpoint(name, cache)
