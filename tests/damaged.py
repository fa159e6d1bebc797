"""Files cut and with bytes changed, the same each time, and how often those who read them refuse."""

from __future__ import annotations

import ctypes
import random
import resource
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vbench.device import LARGE_BYTES, keep_freed_memory
from vbench.errors import Unavailable, VBenchError

FIRST = 200
"""Bytes in which about half of the changes lie, as a file says there what it is."""


MOST = 256 << 20
"""Bytes of memory that reading a small file may fill, whatever numbers stand in it."""

GIVEN = 8 << 30
"""Bytes that it may ask for; as long as nothing fills them they cost nothing."""

RESET_PEAK = "5"

FREED = LARGE_BYTES - (1 << 20)
"""Bytes of freed memory that the process holds, as one does that computes.

What is set aside as zeros and never touched costs a fresh process nothing; out of freed memory it has to be cleared.
"""


def damaged(content: bytes, seed: str, cuts: int, changes: int) -> Iterator[bytes]:
    """It cut at as many places, or at every one, and as often with some bytes changed."""
    chance = random.Random(seed)
    yield from (content[:end] for end in range(0, len(content), 1 + len(content) // cuts))
    for _ in range(changes):
        found = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(found) if chance.random() < 0.5 else min(FIRST, len(found)))
            found[place] = chance.choice([0, 255, chance.randrange(256)])
        yield bytes(found)


def refusals(path: Path, contents: Iterable[bytes], *readers: Callable[[Path], object], also: int = 0) -> int:
    """How often a reader refuses in words; whatever else it raises is raised.

    Args:
        path: of the file, made anew each time.
        contents: of it.
        readers: all of whom read each.
        also: number of an error of the system that is told elsewhere, as of a place that is named in the file.
    """
    refused = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    for content in contents:
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        for read in readers:
            try:
                with _little_memory():
                    read(path)
            except VBenchError as error:
                assert str(error)
                assert not isinstance(error, Unavailable), "the file is there: nothing will be another the next time"
                refused += 1
            except OSError as error:
                if not also or error.errno != also:
                    raise
    return refused


@contextmanager
def _little_memory() -> Iterator[None]:
    """What is filled of the memory stays little; much more than that is not given, so that nothing else is ended."""
    if not Path("/proc/self/clear_refs").exists():
        yield
        return
    _, hard = limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_memory("VmSize") + GIVEN, hard))
    _free_much()
    Path("/proc/self/clear_refs").write_text(RESET_PEAK)
    before = _memory("VmRSS")
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
        filled = _memory("VmHWM") - before
        assert filled < MOST, f"{filled:,} bytes were filled"


def _free_much() -> None:
    """Have the C library hold freed memory of which nothing is filled."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        keep_freed_memory()
        library.malloc_trim(0)
        library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        library.free(library.malloc(ctypes.c_size_t(FREED)))


def _memory(what: str) -> int:
    """Bytes of this process, by the name that Linux has for it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))
