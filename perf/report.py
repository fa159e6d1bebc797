"""What a report costs: seconds and size for simulated runs of the whole open suite.

    python perf/report.py --samples 6 --runs 2

Six samples a prompt are 5,676 videos. The videos themselves are not there, so the page has no thumbnails; they add
up to 1.8 MB and the time to decode some hundred videos.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Simulate, build and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=6, help="videos a prompt (default 6)")
    parser.add_argument("--runs", type=int, default=1, help="runs in the report (default 1)")
    options = parser.parse_args()

    sys.path.insert(0, str(ROOT))
    from tests.simulated import simulated_run
    from vbench.reports.report_page import write_report
    from vbench.runs.results import read_rows

    with tempfile.TemporaryDirectory() as name:
        runs = [simulated_run(Path(name) / f"run-{seed}", seed, options.samples) for seed in range(options.runs)]
        rows = [row for run in runs for row in read_rows(run)]
        wall, processor = time.perf_counter(), time.process_time()
        size = write_report(runs, Path(name) / "report.html").stat().st_size
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
    videos = len({row.video for row in rows}) * len(runs)
    print(f"{videos} videos, {len(rows)} rows: {wall:.1f} s ({processor:.1f} s of processor), {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
