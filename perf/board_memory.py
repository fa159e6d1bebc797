"""Peak memory of the board's server while costly archives come in, and how long an honest one takes meanwhile.

    python perf/board_memory.py
    python perf/board_memory.py --database postgresql://postgres@/board?host=/tmp

Starts ``vbench leaderboard``, sends what the hostile tests send and the largest archives that are accepted, and reads
from the kernel how much memory the server and each process that checked an archive have had at most. Somebody honest
submits from another address, first alone and then all the while. Linux only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from statistics import median
from threading import Event

ROOT = Path(__file__).parents[1]

MIB = 1 << 20


def main() -> None:
    """Parse the options, attack, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", help="an empty one; by default SQLite in a temporary folder")
    parser.add_argument("--rounds", type=int, default=2, help="how often everything is sent")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from tests.leaderboard.archives import archive
    from tests.leaderboard.conftest import start_server
    from tests.leaderboard.web import hostile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = start_server(folder, options.database or f"sqlite:///{folder}/board.sqlite")
        process, checks, done = server.process.pid, {}, Event()
        before = hostile.peak_memory(process)

        def watch() -> None:
            while not done.wait(0.02):
                for child in hostile.children(process):
                    with suppress(OSError, StopIteration):
                        checks[child] = hostile.peak_memory(child)

        def honest_seconds(numbers: Iterable[int], until: Event | None = None) -> list[float]:
            took = []
            for number in numbers:
                if until and until.is_set():
                    break
                content, began = archive(folder, number, f"Honest {number}"), time.monotonic()
                with hostile.client(server) as visitor:
                    visitor.post("/api/submissions", content=content).raise_for_status()
                took.append(time.monotonic() - began)
            return took

        def send(kind: str, content: bytes) -> str:
            began = time.monotonic()
            with hostile.client(server, hostile.STRANGER) as stranger:
                status = stranger.post("/api/submissions", content=content).status_code
            return f"{kind:32} {len(content) / MIB:8.2f} {status:8} {time.monotonic() - began:8.1f}"

        honest = archive(folder)
        attacks = [*hostile.costly(honest).items(), ("an honest one", honest)] * options.rounds
        attacks += [("as large as may be", hostile.large(archive(folder, n, f"Large {n}"))) for n in range(1, 4)]
        print(f"{'sent':32} {'MiB':>8} {'answer':>8} {'seconds':>8}")
        with ThreadPoolExecutor(17) as pool:
            pool.submit(watch)
            alone = honest_seconds(range(100, 110))
            attacked = Event()
            meanwhile = pool.submit(honest_seconds, range(200, 300), attacked)
            for line in pool.map(lambda one: send(*one), attacks):
                print(line, flush=True)
            attacked.set()
            besieged = meanwhile.result()
            done.set()
        for when, took in (("alone", alone), ("meanwhile", besieged)):
            print(f"honest, {when:10} {median(took):8.2f} s in the median of {len(took)}, {max(took):.2f} s at most")
        print(f"server at the start {before / MIB:8.0f} MiB")
        print(f"server at most      {hostile.peak_memory(process) / MIB:8.0f} MiB")
        print(f"a check at most     {max(checks.values()) / MIB:8.0f} MiB")
        server.kill()


if __name__ == "__main__":
    main()
