"""What GRiT costs: seconds a frame and peak memory, for labels alone and for labels and captions.

    python perf/grit.py video.mp4 --frames 4 --device cpu --threads 2

Needs the checkpoints grit_b and bert_vocabulary (``vbench weights download``). Each task is measured on its own, after
one frame that is not counted; peak memory is the process's on a CPU, with the weights, and the allocator's on a GPU.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch
from rich.console import Console
from rich.table import Table

from vbench.dimensions.backbones.base import Regions, Wording
from vbench.dimensions.backbones.grit import Grit
from vbench.media.video import Video, middle_indices

T = TypeVar("T")

TASKS: dict[str, tuple[Wording, ...]] = {"labels": ("label",), "labels and captions": ("label", "caption")}


def timed(work: Callable[[], T], device: torch.device) -> tuple[T, float]:
    """A result, and the seconds that it took."""
    start = time.perf_counter()
    result = work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return result, time.perf_counter() - start


def peak_gigabytes(device: torch.device) -> float:
    """Most memory that was in use so far."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("--frames", type=int, default=4, help="how many frames to measure (default 4)")
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    grit = Grit.load(options.device)
    video = Video(options.video)
    frames = video.frames(middle_indices(video.frame_count, options.frames))
    [warm] = grit.find(frames[:1])
    grit.describe(warm, ("label",))

    found, finding = timed(lambda: grit.find(frames), options.device)
    count = sum(len(regions.boxes) for regions in found)
    height, width = video.size
    table = Table(
        title=f"{width} x {height}, {count / len(found):.1f} regions a frame, {options.device}, "
        f"{options.threads} threads"
    )
    for column in ("task", "finding regions, s/frame", "words, s/frame", "together", "peak memory so far"):
        table.add_column(column, justify="left" if column == "task" else "right")
    for task, wordings in TASKS.items():
        _, wording = timed(partial(in_words, grit, found, wordings), options.device)
        seconds = (finding / len(found), wording / len(found), (finding + wording) / len(found))
        table.add_row(task, *(f"{value:.2f}" for value in seconds), f"{peak_gigabytes(options.device):.2f} GB")
    Console(width=120).print(table)


def in_words(grit: Grit, found: Sequence[Regions], wordings: Sequence[Wording]) -> None:
    """Describe every region of every frame."""
    for regions in found:
        grit.describe(regions, wordings)


if __name__ == "__main__":
    main()
