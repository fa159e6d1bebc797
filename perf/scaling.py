"""How does the work around the models grow with the number of videos? Processor seconds of each step, for more of them.

    python perf/scaling.py --videos 500 1000 5000 20000
    python perf/scaling.py --videos 500 20000 --folder kept --steps plan "evaluate again" score

A suite of as many prompts as videos, with names of more than a hundred bytes; every video is the same small file under
another name, and the dimension is temporal_flickering, so that what is measured is planning, hashing, storing and
reading, not a network. Time that grows as the number of videos is linear; the last column says how far from it.

In brackets is the part of Python's collector of cycles, which walks all objects of the process, loaded libraries among
them, whenever a quarter more of them live: never where few videos are read, a few times where many are.
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.footage import noise, write_video
from vbench.analysis.comparison import compare_runs
from vbench.interface import evaluate
from vbench.reports.report_page import write_report
from vbench.runs.make_plan import make_plan
from vbench.runs.plan import Plan
from vbench.runs.preflight import check
from vbench.runs.results import read_score_card


@dataclass(frozen=True)
class Took:
    """What a step took.

    Attributes:
        seconds: of the processor.
        collecting: of them by the collector of cycles.
    """

    seconds: float
    collecting: float

    def __str__(self) -> str:
        return f"{self.seconds:.2f} ({self.collecting:.2f})"


def timed(work: Callable[[], Any]) -> Took:
    """What a call takes."""
    marks: list[float] = []

    def mark(phase: str, info: object) -> None:
        marks.append(time.process_time())

    gc.callbacks.append(mark)
    started = time.process_time()
    work()
    seconds = time.process_time() - started
    gc.callbacks.remove(mark)
    return Took(seconds, sum(marks[1::2]) - sum(marks[::2]))


def collection(folder: Path, videos: int) -> Path:
    """A suite's file, and beside it the folder of its videos; made unless it is there."""
    if (folder / "suite.json").exists():
        return folder / "suite.json"
    texts = [
        f"{'a lamp on a wooden table in a quiet room, seen from the side, ' * 2}number {one}" for one in range(videos)
    ]
    suite = [{"prompt_en": text, "dimension": ["temporal_flickering"], "category": f"c{one % 8}"}
             for one, text in enumerate(texts)]  # fmt: skip
    folder.mkdir(parents=True)
    (folder / "suite.json").write_text(json.dumps(suite, indent=1))
    clip = write_video(folder / "clip.mp4", noise(2, 48, 64)).read_bytes()
    (folder / "videos").mkdir()
    for text in texts:
        (folder / "videos" / f"{text}-0.mp4").write_bytes(clip)
    return folder / "suite.json"


STEPS = ("plan", "check", "evaluate", "evaluate again", "score", "compare", "report")


def measured(folder: Path, videos: int, steps: Collection[str]) -> dict[str, Took]:
    """What these steps take over so many videos; the runs that they need are made where none are kept."""
    suite = str(collection(folder, videos))
    runs = [folder / "one", folder / "two"]

    def plan() -> Plan:
        return make_plan(folder / "videos", suite=suite)

    def run(place: Path) -> None:
        evaluate(folder / "videos", output=place, suite=suite, profile="lite")

    def anew() -> None:
        shutil.rmtree(runs[0], ignore_errors=True)
        run(runs[0])

    work: dict[str, Callable[[], Any]] = {
        "plan": plan,
        "check": lambda: list(check(plan())),
        "evaluate": anew,
        "evaluate again": lambda: run(runs[0]),
        "score": lambda: read_score_card(runs[0]),
        "compare": lambda: compare_runs(runs),
        "report": lambda: write_report([runs[0]], folder / "report.html"),
    }
    needed = {"evaluate again": runs[:1], "score": runs[:1], "compare": runs, "report": runs[:1]}
    found = {}
    for step in (name for name in STEPS if name in steps):
        for place in needed.get(step, ()):
            if not place.exists():
                run(place)
        found[step] = timed(work[step])
    return found


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, nargs="+", default=[500, 1000, 5000])
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS)
    parser.add_argument("--folder", type=Path, help="where videos and runs are kept; by default nowhere")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        measured(Path(place) / "first", 10, options.steps)  # what is imported and loaded once counts nowhere
        kept = options.folder or Path(place)
        found = {count: measured(kept / str(count), count, options.steps) for count in options.videos}
    first, last = options.videos[0], options.videos[-1]
    print(f"| step | {' | '.join(f'{count:,} videos' for count in found)} | times as long for {last / first:g} times |")
    print(f"|---|{'---:|' * (len(found) + 1)}")
    for step in found[first]:
        took = [found[count][step] for count in found]
        ratios = [took[-1].seconds / max(took[0].seconds, 1e-9)]
        ratios.append((took[-1].seconds - took[-1].collecting) / max(took[0].seconds - took[0].collecting, 1e-9))
        print(f"| {step} | {' | '.join(map(str, took))} | {ratios[0]:.1f} ({ratios[1]:.1f} without the collector) |")


if __name__ == "__main__":
    main()
