"""Servers of boards, each a copy of one process that has loaded everything: to load it takes seconds each time.

A server is a process of its own all the same, with its own environment, arguments and log, and is ended as any other.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import cache
from importlib import import_module
from pathlib import Path

from vbench.cli.leaderboard import leaderboard


class Started:
    """A server that was started; the part of :class:`subprocess.Popen` that tests use.

    Args:
        arguments: what follows ``vbench leaderboard``.
        environment: what the server sees, besides what the tests do.
        log: the file that has all it prints.
    """

    def __init__(self, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        everything = {**os.environ, **environment}
        self.pid = _ask({"arguments": arguments, "environment": everything, "log": str(log), "folder": str(Path.cwd())})

    def poll(self) -> int | None:
        """Its exit status once it has ended, negative for a signal."""
        status = _ask({"ended": self.pid})
        return None if status == _STILL_THERE else os.waitstatus_to_exitcode(status)

    def wait(self, seconds: float) -> int:
        """Its exit status; raises TimeoutError where it does not end."""
        for _ in range(round(seconds * 100)):
            status = self.poll()
            if status is not None:
                return status
            time.sleep(0.01)
        raise TimeoutError(f"process {self.pid} does not end")

    def terminate(self) -> None:
        """Ask it to end."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)


_STILL_THERE = -1


def _ask(what: dict[str, object]) -> int:
    process = _loaded()
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(what) + "\n")
    process.stdin.flush()
    return int(process.stdout.readline())


@cache
def _loaded() -> subprocess.Popen[str]:
    """The process that servers are copies of; it ends with the tests, as its input does."""
    command, root = [sys.executable, "-m", __name__], Path(__file__).parents[2]
    return subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _become_servers() -> None:
    """Answer each request with a number; return in each process that is to be a server."""
    import_module("vbench.leaderboard.web.serve")  # everything that a server loads
    statuses: dict[int, int] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        if "ended" in asked:
            pid = asked["ended"]
            if pid not in statuses and (ended := os.waitpid(pid, os.WNOHANG))[0]:
                statuses[pid] = ended[1]
            print(statuses.get(pid, _STILL_THERE), flush=True)
        elif pid := os.fork():
            statuses.pop(pid, None)
            print(pid, flush=True)
        else:
            _change(**asked)
            return
    sys.exit()


def _change(arguments: list[str], environment: dict[str, str], log: str, folder: str) -> None:
    """Make this process what was asked for."""
    with Path(log).open("ab") as to, Path(os.devnull).open("rb") as nothing:
        for file, number in ((nothing, 0), (to, 1), (to, 2)):
            os.dup2(file.fileno(), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments


if __name__ == "__main__":
    _become_servers()
    leaderboard()
