"""The check of an archive in a process of its own, so that what it holds cannot use up the memory or time of the caller.

The process knows no secrets, writes no files, and is stopped at its limits. It answers with the verdict or the reasons.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from dataclasses import is_dataclass
from threading import Timer
from typing import IO, Any

from vbench.errors import Refused
from vbench.leaderboard.settings import MIB, PREFIX, Settings
from vbench.leaderboard.submissions.archive import limits_of, read_archive
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.leaderboard.submissions.validate import Checked, check

NICENESS = 5
"""The pages come first."""

MODULE = "vbench.leaderboard.submissions.check_apart"


def check_apart(archive: bytes, settings: Settings, card: ModelCard | None = None) -> Checked:
    """What an archive is worth; as :func:`vbench.leaderboard.submissions.validate.check`, but apart.

    Args:
        archive: as it was received.
        settings: with the limits and the suite that is ranked.
        card: where the archive has none.

    Raises:
        Refused: it does not hold, or cannot be checked within the limits; with the reasons.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    limits = settings.check_bytes, settings.check_seconds
    order = archive, limits_of(settings), settings.suite, card
    command = [sys.executable, "-m", MODULE, *map(str, limits)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        clock = Timer(2 * settings.check_seconds, process.kill)  # what sleeps uses no CPU time
        clock.start()
        try:
            with suppress(BrokenPipeError), process.stdin as pipe:
                pickle.dump(order, pipe, protocol=5)
            answer = _Answer(process.stdout).load()
        except Exception:  # the process was stopped, or wrote something else
            answer = (
                f"Checking this archive takes more than {settings.check_seconds} s or {settings.check_bytes // MIB} MiB.",
            )
        finally:
            clock.cancel()
            process.kill()
    if not isinstance(answer, Checked):
        raise Refused(answer)
    return answer


class _Answer(pickle.Unpickler):
    """Reads values of our own classes that hold values only, whatever the other process was brought to write."""

    def find_class(self, module: str, name: str) -> Any:
        """A class by name, if it is one of those."""
        found = super().find_class(module, name) if module.startswith("vbench.") and "." not in name else None
        if not (isinstance(found, type) and is_dataclass(found)):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")
        return found


def _limit(most_bytes: int, seconds: int) -> None:
    """Limit this process; where the system knows no such limits (Windows), only the caller's clock does."""
    if sys.platform == "win32":
        return
    import resource

    os.nice(NICENESS)
    for what, most in (
        (resource.RLIMIT_AS, most_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _verdict(order: IO[bytes]) -> Checked | tuple[str, ...]:
    archive, limits, suite, card = pickle.load(order)
    try:
        return check(read_archive(archive, limits), suite, card)
    except Refused as error:
        return error.reasons
    except MemoryError:
        return ("Checking this archive takes more memory than a check may have.",)


if __name__ == "__main__":
    _limit(*map(int, sys.argv[1:]))
    pickle.dump(_verdict(sys.stdin.buffer), sys.stdout.buffer, protocol=5)
