"""Standard streams that are closed when a command begins, as by ``2>&-`` or by what starts services."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_closed_streams() -> None:
    """Have what is said to a closed stream go nowhere.

    Without that nobody can write to it, and the next file that is opened has its number: a library that complains on
    standard error would write into a run.
    """
    for number, (name, mode) in enumerate(STREAMS):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123, SIM115 - as long as the process lives
            setattr(sys, name, stream)
            if _is_closed(number):
                os.dup2(stream.fileno(), number)


def _is_closed(number: int) -> bool:
    with suppress(OSError):
        os.fstat(number)
        return False
    return True
