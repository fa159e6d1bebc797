"""The reference's own functions and ours in turn: the same files, settings and seeded weights, dimension by dimension.

    python perf/against_reference.py --reference VBENCH --seeded /tmp/seeded
    python perf/against_reference.py --reference VBENCH --seeded /tmp/seeded --with /tmp/packages --dino DINO

VBENCH is your checkout of Vchitect/VBench at 45e79ec, DINO one of facebookresearch/dino; nothing of them is part of
this repository. Each side runs in a process of its own, one after the other, with so many threads: its function is
called with loaded models, once without counting and then ``--repeat`` times, and decodes the file each time. Processor
seconds are the process's, all threads together. Packages that only the reference needs can lie in a folder, ``--with``.

What cannot be imported or run is said in its row; nothing stands in for it, and it is not in the sum. Neither is human
action, as the reference's function loads the model each time. The limit is the time that our operations need at the
rate of this machine's matrix products, as ``perf/roofline.py`` counts them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import gpu
import processes
import roofline
import torch

from vbench.benchmarks.t2v import RULES

SIDES = ("reference", "ours")

COMMIT = "45e79ec"

LOADS = "human_action"
"""Whose function in the reference loads the model, too."""


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path, required=True, help=f"checkout of Vchitect/VBench at {COMMIT}")
    parser.add_argument("--seeded", type=Path, required=True, help="cache to fill with seeded checkpoints")
    parser.add_argument("--with", type=Path, dest="packages", help="folder of packages that the reference needs")
    parser.add_argument("--dino", type=Path, help="checkout of facebookresearch/dino, for subject_consistency")
    parser.add_argument("--dimension", nargs="+", default=list(RULES), choices=list(RULES))
    parser.add_argument("--clip", default="16x512x320", help="FRAMESxWIDTHxHEIGHT")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=1, help="runs of which the median counts")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    os.environ["VBENCH_CACHE_DIR"] = str(options.seeded)
    processes.fill(options.seeded, options.dimension)
    bench = gpu.Bench(torch.device("cpu"), options)
    rate = roofline.peak(bench.device)
    print(f"{options.clip}, {options.threads} threads, torch {torch.__version__}")
    print(f"float32 matrix product: {rate / 1e9:.3g} GFLOP/s\n")
    print("| dimension | reference, processor s | ours | ours / reference | reference, s | ours | limit | score |")
    print("|---|--:|--:|--:|--:|--:|--:|---|")
    sums: list[tuple[float, float, float]] = []
    with gpu.rendered(options.clip) as video:
        for name in options.dimension:
            found = {side: measured(side, name, video, options) for side in SIDES}
            limit = roofline.counted(bench, name, video) / rate
            print(row(name, found, limit), flush=True)
            if name != LOADS and all("error" not in one for one in found.values()):
                sums.append((found["reference"]["processor"], found["ours"]["processor"], limit))
            bench.crew.keep_only([])
    if sums:
        theirs, ours, limit = (sum(column) for column in zip(*sums, strict=True))
        print(f"| sum of {len(sums)} | {theirs:.3f} | {ours:.3f} | {ours / theirs:.2f} | | | {limit:.3f} | |")


def measured(side: str, name: str, video: Path, options: argparse.Namespace) -> dict[str, Any]:
    """What a process of one side says: processor and wall seconds of a video and its score, or why there are none."""
    prompt = gpu.prompt_of(name, next(iter(gpu.clips_of(name).values())))
    order = {
        "name": name, "video": str(video), "prompt": prompt.text, "facts": dict(prompt.facts), "repeat": options.repeat,
        "threads": options.threads, "cache": str(options.seeded), "dino": str(options.dino) if options.dino else "",
    }  # fmt: skip
    script = Path(__file__).with_name("one_side.py")
    paths = [options.reference, options.packages] if side == "reference" else [processes.ROOT]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(path.resolve()) for path in paths if path),
        "OMP_NUM_THREADS": str(options.threads),
    }
    command = [sys.executable, str(script), side, json.dumps(order)]
    done = subprocess.run(command, env=environment, cwd=video.parent, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"processor"')]
    if done.returncode or not lines:
        return {"error": (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]}
    told: dict[str, Any] = json.loads(lines[-1])
    return {**told, "processor": statistics.median(told["processor"]), "wall": statistics.median(told["wall"])}


def row(name: str, found: dict[str, dict[str, Any]], limit: float) -> str:
    """One row of the table."""
    theirs, ours = (found[side] for side in SIDES)
    if errors := [f"{side}: {one['error'][:100]}" for side, one in found.items() if "error" in one]:
        own = "-" if "error" in ours else f"{ours['processor']:.3f}"
        return f"| {name} | - | {own} | - | - | - | {limit:.3f} | {'; '.join(errors).replace('|', '/')} |"
    scale = 100 if name == "imaging_quality" and theirs["score"] > 1 else 1
    apart = abs(theirs["score"] / scale - ours["score"])
    said = f"{apart:.1e} apart" + ("; the reference's time has loading in it" if name == LOADS else "")
    seconds = [theirs["processor"], ours["processor"], theirs["wall"], ours["wall"]]
    first, second, third, fourth = (f"{one:.3f}" for one in seconds)
    return (
        f"| {name} | {first} | {second} | {seconds[1] / seconds[0]:.2f} | {third} | {fourth} | {limit:.3f} | {said} |"
    )


if __name__ == "__main__":
    main()
