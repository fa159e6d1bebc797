"""What a view of the board costs, at the sizes that are named: processor time, bytes, letters, views from the cache.

    python perf/board.py                       # 28, 500 and 5,000 submissions, SQLite in a temporary folder
    python perf/board.py --sizes 28 500
    python perf/board.py --database postgresql://postgres@/board?host=/tmp --sizes 500

The submissions are simulated: scores around those of current models, sums per prompt of the open suite's size, written
straight into the database. Processor time is of the process alone, so other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]

VIEWS = 300

LETTERS_UP_TO = 500
"""Submissions up to which letters are found here; of more they take minutes, in the background."""


def main() -> None:
    """Parse the options, fill databases, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", help="an empty one, for one size; by default SQLite in a temporary folder")
    parser.add_argument("--sizes", type=int, nargs="+", default=[28, 500, 5000])
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    print(f"{'rows':>6} {'read, s':>8} {'view, ms':>9} {'sorted':>7} {'searched':>9} {'kB':>6} {'gzip, kB':>9} "
          f"{'again, ms':>10} {'views/s':>8} {'letters, s':>11}")  # fmt: skip
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            url = options.database or f"sqlite:///{folder}/board.sqlite"
            fill(url, size)
            print(measured(url, size, Path(folder)), flush=True)


def measured(url: str, size: int, folder: Path) -> str:
    """A line of the table."""
    from tests.leaderboard.conftest import start_server
    from vbench.leaderboard.board import Board
    from vbench.leaderboard.comparisons import Comparisons
    from vbench.leaderboard.settings import Settings
    from vbench.leaderboard.views.ranking import View
    from vbench.leaderboard.web.ui.pages.board import page

    board = Board(Settings(database=url, suite="open"))
    comparisons = Comparisons(board)
    read = seconds(board.snapshot)
    page(board.snapshot(), View(), {}, comparisons)  # templates are compiled once

    def view(query: str) -> tuple[float, str]:
        made: list[str] = []
        took = seconds(lambda: made.append(page(board.snapshot(), View.from_query(query), {}, comparisons)))
        return 1000 * took, made[0]

    first, html = view("")
    ordered, found = view("sort=-scene")[0], view("search=lab")[0]
    letters = "-"
    if size <= LETTERS_UP_TO:
        began, snapshot = time.process_time(), board.snapshot()
        while comparisons.letters(snapshot.ranking("vbench-t2v"), "total", snapshot.revision) is None:
            time.sleep(0.05)
        letters = f"{time.process_time() - began:.1f}"
    comparisons.close()
    board.close()
    server = start_server(folder, url, suite="open", requests_per_minute=1_000_000)
    again = cached(server)
    server.kill()
    return (
        f"{size:6} {read:8.2f} {first:9.1f} {ordered:7.1f} {found:9.1f} {len(html.encode()) / 1000:6.0f} "
        f"{len(gzip.compress(html.encode(), 5)) / 1000:9.0f} {again:10.2f} {1000 / again:8.0f} {letters:>11}"
    )


def cached(server: Any) -> float:
    """Milliseconds of the server's processor time for a view that it has kept, sent in full."""
    import httpx

    with httpx.Client(base_url=server.url, timeout=600, headers={"Accept-Encoding": "gzip"}) as visitor:
        for _ in range(5):
            visitor.get("/?ticked=scene,color").raise_for_status()  # a selection of one's own starts no letters
        before = processor_seconds(server.process.pid)
        for _ in range(VIEWS):
            visitor.get("/?ticked=scene,color&sort=model").raise_for_status()
        return 1000 * (processor_seconds(server.process.pid) - before) / VIEWS


def processor_seconds(process: int) -> float:
    """Time that a process has computed."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def seconds(run: Callable[[], object]) -> float:
    """Processor time of a call."""
    began = time.process_time()
    run()
    return time.process_time() - began


def fill(url: str, size: int) -> None:
    """Write simulated submissions."""
    from sqlalchemy import insert

    from tests.leaderboard.archives import card
    from tests.leaderboard.exhibits import whole_rows
    from vbench.analysis.influence import interval_of, weights_of
    from vbench.analysis.prompt_table import Table, table
    from vbench.benchmarks.t2v import T2V
    from vbench.leaderboard.board import Board
    from vbench.leaderboard.db.tables import Change, Model, PromptTable, Score, Submission, Verdict
    from vbench.leaderboard.prompt_tables import packed
    from vbench.leaderboard.settings import Settings
    from vbench.leaderboard.submissions.validate import CHECK_VERSION

    board = Board(Settings(database=url, suite="open"))
    bases = [table(list(whole_rows(seed))) for seed in range(4)]
    rng = np.random.default_rng(0)
    names = ("total", "quality", "semantic", *T2V.rules)

    def simulated() -> Table:
        base = bases[int(rng.integers(len(bases)))]
        level = rng.normal(0, 0.03) + rng.normal(0, 0.02, len(base.dimensions))
        noise = rng.normal(0, 0.02, base.values.shape)
        return replace(base, values=np.clip(base.values + (level + noise) * base.weights, 0, base.weights))

    for start in range(1, size + 1, 250):
        numbers = range(start, min(start + 250, size + 1))
        tables = {number: simulated() for number in numbers}
        with board.database.writing() as session:
            for number in numbers:
                digest = hashlib.sha256(str(number).encode()).hexdigest()
                session.add(Model(id=number, key=f"model{number}", name=f"Model {number}"))
                session.flush()
                session.execute(
                    insert(Submission).values(
                        id=number, model_id=number, version="1", sampled_by="Lab", evaluated_by="Lab", sha256=digest,
                        card=card(f"Model {number}", version="1").plain(), archive=b"", archive_bytes=0,
                        received="2025-03-15T10:00:00+00:00", submitter="", withdrawal=digest,
                    )
                )  # fmt: skip
                session.add(Change(submission_id=number, state="published", at="2025-03-15T10:00:00+00:00", by="admin"))
                session.add(
                    Verdict(
                        submission_id=number, check_version=CHECK_VERSION, format="vbench", benchmark=T2V.name,
                        suite="open", profile="official", provenance={}, rows_sha256=digest, likeness={"none": []},
                        findings={"notes": [], "apart": [], "unverified": ["Not verified."], "flags": []},
                    )
                )  # fmt: skip
                session.add(PromptTable(submission_id=number, content=packed(tables[number])))
                session.flush()
                found = {name: interval_of(tables[number], weights_of(T2V, name)) for name in names}
                figures = [
                    {"name": name, "value": one.score, "low": one.low, "high": one.high, "videos": 100}
                    for name, one in found.items()
                    if one
                ]
                session.execute(
                    insert(Score),
                    [
                        {"submission_id": number, "category": category, **figure}
                        for category in ("", *(f"category {n}" for n in range(8)))
                        for figure in figures
                    ],
                )
    board.close()


if __name__ == "__main__":
    main()
