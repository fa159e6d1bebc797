"""How does the work around the models grow with the number of videos? Processor seconds of each step, for more of them.

    python perf/scaling.py --videos 500 1000 5000 20000

A suite of as many prompts as videos, with names of more than a hundred bytes; every video is the same small file under
another name, and the dimension is temporal_flickering, so that what is measured is planning, hashing, storing and
reading, not a network. Time that grows as the number of videos is linear; the last column says how far from it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.footage import noise, write_video
from vbench.analysis.comparison import compare_runs
from vbench.interface import evaluate
from vbench.reports.report_page import write_report
from vbench.runs.plan import make_plan
from vbench.runs.preflight import check
from vbench.runs.results import read_score_card


def timed(work: Callable[[], Any]) -> float:
    """Processor seconds of a call."""
    started = time.process_time()
    work()
    return time.process_time() - started


def collection(folder: Path, videos: int) -> Path:
    """A suite's file, and beside it the folder of its videos."""
    texts = [
        f"{'a lamp on a wooden table in a quiet room, seen from the side, ' * 2}number {one}" for one in range(videos)
    ]
    suite = [{"prompt_en": text, "dimension": ["temporal_flickering"], "category": f"c{one % 8}"}
             for one, text in enumerate(texts)]  # fmt: skip
    folder.mkdir()
    (folder / "suite.json").write_text(json.dumps(suite, indent=1))
    clip = write_video(folder / "clip.mp4", noise(2, 48, 64)).read_bytes()
    (folder / "videos").mkdir()
    for text in texts:
        (folder / "videos" / f"{text}-0.mp4").write_bytes(clip)
    return folder / "suite.json"


def steps(folder: Path, videos: int) -> dict[str, float]:
    """Processor seconds of each step over so many videos."""
    suite = str(collection(folder, videos))
    how: dict[str, Any] = {"suite": suite, "profile": "lite"}
    runs = [folder / "one", folder / "two"]
    found = {
        "plan": timed(lambda: make_plan(folder / "videos", suite=suite)),
        "check": timed(lambda: list(check(make_plan(folder / "videos", suite=suite)))),
        "evaluate": timed(lambda: evaluate(folder / "videos", output=runs[0], **how)),
        "evaluate again": timed(lambda: evaluate(folder / "videos", output=runs[0], **how)),
    }
    evaluate(folder / "videos", output=runs[1], **how)
    return found | {
        "score": timed(lambda: read_score_card(runs[0])),
        "compare": timed(lambda: compare_runs(runs)),
        "report": timed(lambda: write_report([runs[0]], folder / "report.html")),
    }


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, nargs="+", default=[500, 1000, 5000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        steps(Path(place) / "first", 10)  # what is imported and loaded once counts nowhere
        found = {count: steps(Path(place) / str(count), count) for count in options.videos}
    first, last = options.videos[0], options.videos[-1]
    print(f"| step | {' | '.join(f'{count:,} videos' for count in found)} | times as long for {last / first:g} times |")
    print(f"|---|{'---:|' * (len(found) + 1)}")
    for step in found[first]:
        seconds = [found[count][step] for count in found]
        print(f"| {step} | {' | '.join(f'{one:.2f}' for one in seconds)} | {seconds[-1] / max(seconds[0], 1e-9):.1f} |")


if __name__ == "__main__":
    main()
