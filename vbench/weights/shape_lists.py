"""The shapes of the tensors that a published file must hold, read from the lists in ``shapes/``."""

from __future__ import annotations

import math
from pathlib import Path

SHAPES = Path(__file__).parent / "shapes"
"""A file for each checkpoint without a published digest: a key and its sizes a line, of all that a network reads."""


def shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Key -> shape of what a published file must hold; empty where no list of them is here."""
    path = SHAPES / f"{name}.txt"
    if not path.is_file():
        return {}
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return {key: tuple(map(int, sizes)) for key, *sizes in lines}


def values_of(name: str) -> int:
    """How many values these tensors hold together; 0 where no list of them is here."""
    return sum(math.prod(shape) for shape in shapes(name).values())
