"""Files cut and with bytes changed, the same each time, and how often those who read them refuse."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from vbench.errors import Unavailable, VBenchError

FIRST = 200
"""Bytes in which about half of the changes lie, as a file says there what it is."""


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
                read(path)
            except VBenchError as error:
                assert str(error)
                assert not isinstance(error, Unavailable), "the file is there: nothing will be another the next time"
                refused += 1
            except OSError as error:
                if not also or error.errno != also:
                    raise
    return refused
