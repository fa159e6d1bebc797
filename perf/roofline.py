"""How far each dimension is from what the machine can do: operations counted, seconds measured, share of the peak.

    python perf/roofline.py --seeded /tmp/seeded --device cpu --threads 1 --clip 16x512x320
    python perf/roofline.py --seeded /tmp/seeded --device cuda --clip 81x832x480
    python perf/roofline.py --seeded /tmp/seeded --device cuda --count-only

Operations are those of the matrix products, convolutions and attentions that run, as PyTorch's counter sees them, for
one video whose frames are decoded already; the peak is the rate of a large float32 matrix product on the same device.
Seconds at the peak are a limit that no version of the same networks gets below without leaving operations out. On a
CPU seconds are the process's, so that what else runs there does not count; elsewhere they are the clock's.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from pathlib import Path

import gpu
import processes
import torch
from torch.utils.flop_counter import FlopCounterMode

from vbench import device as devices
from vbench.arithmetic import strictly


def main() -> None:
    """Parse the options, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeded", type=Path, required=True, help="cache to fill with seeded checkpoints")
    parser.add_argument("--dimension", nargs="+", default=[*gpu.RULES, gpu.FILTER])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--clip", default="16x512x320", help="FRAMESxWIDTHxHEIGHT")
    parser.add_argument("--repeat", type=int, default=1, help="runs of which the median counts")
    parser.add_argument("--count-only", action="store_true", help="count operations, measure nothing but the peak")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    os.environ["VBENCH_CACHE_DIR"] = str(options.seeded)
    processes.fill(options.seeded, [name for name in options.dimension if name != gpu.FILTER] or ["dynamic_degree"])
    bench = gpu.Bench(devices.choose(options.device), options)
    with strictly():
        tell(bench, options)


def tell(bench: gpu.Bench, options: argparse.Namespace) -> None:
    """Print the table."""
    rate = peak(bench.device)
    print(f"{bench.card}, torch {torch.__version__}, {options.threads} threads, {options.clip}")
    print(f"float32 matrix product: {rate / 1e12:.3g} TFLOP/s\n")
    print("| dimension | TFLOP a video | s at the peak | s measured | share of the peak |\n|---|--:|--:|--:|--:|")
    with gpu.rendered(options.clip) as path:
        for name in options.dimension:
            try:
                print(row(bench, name, path, rate, options.count_only), flush=True)
            except Exception:
                print(f"| {name} failed |\n{traceback.format_exc()}", file=sys.stderr, flush=True)


def row(bench: gpu.Bench, name: str, path: Path, rate: float, count_only: bool) -> str:
    """One row of the table."""
    operations = counted(bench, name, path)
    limit = operations / rate
    told = f"| {name} | {operations / 1e12:.2f} | {limit:.3f} |"
    if count_only:
        return f"{told} - | - |"
    seconds, _ = bench.median(name, path)
    return f"{told} {seconds:.3f} | {limit / seconds:.0%} |"


def counted(bench: gpu.Bench, name: str, path: Path) -> int:
    """Floating-point operations of scoring a video; of the static filter, of all its pairs."""
    score = bench.all_pairs() if name == gpu.FILTER else bench.scorer(name)
    with FlopCounterMode(display=False) as counter:
        score(gpu.primed(path), gpu.prompt_of(name, next(iter(gpu.clips_of(name).values()))))
    return int(counter.get_total_flops())


def peak(device: torch.device) -> float:
    """Floating-point operations a second of a large float32 matrix product, the best of five."""
    side = 2048 if device.type == "cpu" else 8192
    first, second = (torch.randn(side, side, device=device) for _ in range(2))
    seconds = []
    for _ in range(6):
        begun = gpu.clock(device)
        torch.mm(first, second)
        seconds.append(gpu.clock(device) - begun)
    return 2 * side**3 / min(seconds)


if __name__ == "__main__":
    main()
