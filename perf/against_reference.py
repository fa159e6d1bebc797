"""The reference's own functions and ours in turn: the same files, settings and seeded weights, dimension by dimension.

    python perf/against_reference.py --reference VBENCH --seeded /tmp/seeded
    python perf/against_reference.py --reference VBENCH --seeded /tmp/seeded --with PACKAGES DETECTRON2 --dino DINO
        --clip 16x512x320 49x720x480 81x832x480 --json measured.json

VBENCH is your checkout of Vchitect/VBench at 45e79ec, DINO one of facebookresearch/dino; nothing of them is part of
this repository. Each side runs in a process of its own, one after the other, with so many threads: its function is
called with loaded models, once without timing and then ``--repeat`` times, of which the median counts, and decodes the
file each time. What takes over 20 processor seconds is timed once. Processor seconds are the process's, all threads
together. Packages that only the reference needs can lie in folders, ``--with``. With ``--json`` what was measured is
kept in a file, and not measured again.

What cannot be imported or run is said in its row; nothing stands in for it, and it is not in the sum. Human action's
function in the reference loads the model each time: its row is the time of two videos less that of one. The limit is
the time that the operations of our call need at the rate of float32 matrix products, which the process of ours
measures just before its calls and just after them, as a processor is not as fast at all times.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gpu
import processes
import torch
from one_side import FILTER

from vbench.benchmarks.t2v import RULES
from vbench.weights.cards import locate

SIDES = ("reference", "ours")

COMMIT = "45e79ec"

HEAD = """
| dimension | reference | ours | ours / reference | limit | limit / ours | reference, s | ours, s | score |
|---|--:|--:|--:|--:|--:|--:|--:|---|"""

Told = dict[str, Any]


def main() -> None:
    """Print a Markdown table for each clip, and of their sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path, required=True, help=f"checkout of Vchitect/VBench at {COMMIT}")
    parser.add_argument("--seeded", type=Path, required=True, help="cache to fill with seeded checkpoints")
    parser.add_argument(
        "--with", type=Path, nargs="+", dest="packages", default=[], help="folders of packages that the reference needs"
    )
    parser.add_argument("--dino", type=Path, help="checkout of facebookresearch/dino, for subject_consistency")
    parser.add_argument("--dimension", nargs="+", default=[*RULES, FILTER], choices=[*RULES, FILTER])
    parser.add_argument("--clip", nargs="+", default=["16x512x320"], help="FRAMESxWIDTHxHEIGHT")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the median counts")
    parser.add_argument("--json", type=Path, help="file that keeps what was measured")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    os.environ["VBENCH_CACHE_DIR"] = str(options.seeded)
    processes.fill(options.seeded, ["dynamic_degree" if name == FILTER else name for name in options.dimension])
    bench = Bench(options)
    print(f"{options.threads} threads, torch {torch.__version__}; processor seconds where nothing else is said")
    for clip in options.clip:
        print(f"\n{clip}\n{HEAD}", flush=True)
        with gpu.rendered(clip) as video:
            for name in options.dimension:
                print(bench.row(name, clip, video), flush=True)
        print(bench.sum_of([clip], f"sum of {len(bench.whole([clip]))}"))
    if len(options.clip) > 1:
        print(f"\nAll clips\n{HEAD}")
        for name in options.dimension:
            print(bench.sum_of(options.clip, name, [name]))
        print(bench.sum_of(options.clip, f"sum of {len(bench.whole(options.clip))}"))


class Bench:
    """What was measured, by clip and dimension.

    Args:
        options: of the command line.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        kept = options.json and options.json.exists() and json.loads(options.json.read_text())
        self.seen: dict[str, dict[str, Told]] = kept or {}

    def row(self, name: str, clip: str, video: Path) -> str:
        """Measure both sides unless that was done, and write the row."""
        key = f"{clip} {name}"
        if key not in self.seen:
            self.seen[key] = {side: measured(side, name, video, self.options) for side in SIDES}
            if self.options.json:
                self.options.json.write_text(json.dumps(self.seen, indent=1))
        found = self.seen[key]
        if errors := [f"{side}: {one['error'][:100]}" for side, one in found.items() if "error" in one]:
            own = found["ours"]
            told = "-" if "error" in own else f"{own['processor']:.3f}"
            return f"| {name} | - | {told} | - | - | - | - | - | {'; '.join(errors).replace('|', '/')} |"
        return line(name, found["reference"], found["ours"], score_told(name, found))

    def whole(self, clips: list[str], names: list[str] | None = None) -> list[str]:
        """The dimensions that both sides could score on each of these clips."""
        return [
            name
            for name in names or self.options.dimension
            if not any("error" in side for clip in clips for side in self.seen[f"{clip} {name}"].values())
        ]

    def sum_of(self, clips: list[str], label: str, names: list[str] | None = None) -> str:
        """One row of sums over dimensions and clips."""
        rows = [self.seen[f"{clip} {name}"] for name in self.whole(clips, names) for clip in clips]
        if not rows:
            return f"| {label} | - | - | - | - | - | - | - | |"
        theirs, ours = (
            {column: sum(row[side].get(column, 0) for row in rows) for column in ("processor", "wall", "limit")}
            for side in SIDES
        )
        return line(label, theirs, ours, "")


def measured(side: str, name: str, video: Path, options: argparse.Namespace) -> Told:
    """What a process of one side says: processor and wall seconds of a video and its score, or why there are none."""
    prompt = gpu.prompt_of(name, next(iter(gpu.clips_of(name).values())))
    named = video.with_name(f"{prompt.text or name}-0.mp4")  # the reference reads an action from the file's name
    if not named.exists():
        named.symlink_to(video)
    order = {
        "name": name, "video": str(named), "prompt": prompt.text, "facts": dict(prompt.facts), "repeat": options.repeat,
        "threads": options.threads, "cache": str(options.seeded), "dino": str(options.dino) if options.dino else "",
        "vocabulary": str(locate("bert_vocabulary")),
    }  # fmt: skip
    script = Path(__file__).with_name("one_side.py")
    paths = [options.reference, *options.packages] if side == "reference" else [processes.ROOT]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(path.resolve()) for path in paths),
        "OMP_NUM_THREADS": str(options.threads),
    }
    command = [sys.executable, str(script), side, json.dumps(order)]
    done = subprocess.run(command, env=environment, cwd=video.parent, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"processor"')]
    if done.returncode < 0:
        return {"error": f"ended by signal {-done.returncode}, as a process is that takes more memory than there is"}
    if done.returncode or not lines:
        return {"error": (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]}
    told: Told = json.loads(lines[-1])
    if side == "ours":
        told["limit"] = told["operations"] / told["rate"]
    return {**told, "processor": statistics.median(told["processor"]), "wall": statistics.median(told["wall"])}


def line(label: str, theirs: Mapping[str, Any], ours: Mapping[str, Any], said: str) -> str:
    """One row of a table."""
    limit = ours["limit"]
    return (
        f"| {label} | {theirs['processor']:.3f} | {ours['processor']:.3f} "
        f"| {ours['processor'] / theirs['processor']:.2f} | {limit:.3f} | {limit / ours['processor']:.2f} "
        f"| {theirs['wall']:.3f} | {ours['wall']:.3f} | {said} |"
    )


def score_told(name: str, found: Mapping[str, Told]) -> str:
    """How far the two scores are apart."""
    theirs, ours = (found[side]["score"] for side in SIDES)
    if theirs is None or ours is None:
        return "none on either side" if theirs is ours else f"reference {theirs}, ours {ours}"
    scale = 100 if name == "imaging_quality" and theirs > 1 else 1
    return f"{abs(theirs / scale - ours):.1e} apart"


if __name__ == "__main__":
    main()
