"""Seconds and peak memory of each dimension on given videos, each in a process of its own.

    python perf/dimensions.py --videos clips --seeded /tmp/seeded

By default the parity clips, each with the prompt that its golden has, and all 16 dimensions of text to video.
Checkpoints come from the cache as always; ``--seeded`` fills a cache with deterministic weights of published shapes,
which need the same time and memory (but for captions, whose length follows from the weights, and for BLIP-2 and the
safety checker, which are small ones). Seconds are those of the
process, from the first import to the written score card, and those that were spent on scoring alone.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import processes

sys.path.insert(0, str(processes.ROOT))

from vbench.benchmarks.registry import benchmark_named
from vbench.benchmarks.t2v import T2V
from vbench.runs.record import RECORD
from vbench.runs.results import read_rows
from vbench.runs.store import SCORED

KIT = processes.ROOT / "vbench" / "parity" / "kit"


def main() -> None:
    """Parse the options, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=Path, help="a video or a folder of them; the parity clips by default")
    parser.add_argument("--suite", help="prompt suite of these videos")
    parser.add_argument("--benchmark", default=T2V.name, help="whose dimensions they are")
    parser.add_argument("--dimension", nargs="+", help="by default all of its score card")
    parser.add_argument("--profile", default="official")
    parser.add_argument("--limit", type=float, default=3600, help="seconds per dimension")
    parser.add_argument("--seeded", type=Path, help="cache to fill with seeded checkpoints")
    options = parser.parse_args()
    benchmark = benchmark_named(options.benchmark)
    options.dimension = options.dimension or list(benchmark.rules)
    if options.seeded and options.profile == "official":
        processes.fill(options.seeded, options.dimension, benchmark)
    print("| dimension | videos | frames | seconds | of which scoring | a frame | peak memory |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for dimension in options.dimension:
            place = Path(folder) / dimension
            videos, suite = (options.videos, options.suite) if options.videos else parity_clips(dimension, place)
            more = [
                "--profile",
                options.profile,
                "--benchmark",
                benchmark.name,
                *(["--suite", str(suite)] if suite else []),
            ]
            seen = processes.evaluate(videos, dimension, place / "run", options.seeded, options.limit, more)
            print(row(dimension, place / "run", seen), flush=True)


def parity_clips(dimension: str, place: Path) -> tuple[Path, Path]:
    """A folder with the clips of a dimension's golden under their prompts' names, and the suite that asks for them."""
    (place / "videos").mkdir(parents=True)
    suite = []
    for name, golden in json.loads((KIT / "goldens" / f"{dimension}.json").read_text())["clips"].items():
        clip = KIT / "clips" / f"{golden.get('clip', name).removesuffix('.mp4')}.mp4"
        file = golden.get("file_name", name if "clip" in golden else f"{golden['prompt']}-0.mp4")
        shutil.copy(clip, place / "videos" / file)
        facts = golden.get("auxiliary_info") or {}
        nested = facts if isinstance(facts.get(dimension), dict) else {dimension: facts}
        suite.append({"prompt_en": golden["prompt"], "dimension": [dimension], "auxiliary_info": nested})
    (place / "suite.json").write_text(json.dumps(suite))
    return place / "videos", place / "suite.json"


def row(dimension: str, run: Path, seen: processes.Watched) -> str:
    """One row of the table; of a run that was stopped or failed, how far it came."""
    scored = [row for row in read_rows(run) if row.status == SCORED] if (run / RECORD).exists() else []
    frames = sum(int(row.format.split(" frames")[0].split()[-1]) for row in scored)
    scoring = sum(row.seconds for row in scored)
    state = "" if seen.status == 0 else f" (exit status {seen.status})" if seen.finished else " (stopped at the limit)"
    a_frame = f"{scoring / frames:.3f}" if frames else "-"
    numbers = f"{len(scored)} | {frames} | {seen.seconds:.1f} | {scoring:.1f} | {a_frame} | {seen.peak / 2**30:.2f} GiB"
    return f"| {dimension}{state} | {numbers} |"


if __name__ == "__main__":
    main()
