"""What comparisons of a submission are made from, as bytes: the table of its prompts without their texts.

Of each prompt and dimension that it tests, two sums are kept; prompts are known by digests, in the order of their
texts, so that draws of prompts are those of ``vbench compare``.
"""

from __future__ import annotations

import hashlib
import io
from functools import lru_cache

import numpy as np

from vbench.analysis.prompt_table import Table
from vbench.benchmarks.base import Benchmark

DIGITS = 16
"""Hexadecimal ones of a prompt's digest."""


def packed(table: Table) -> bytes:
    """A table as bytes."""
    rows, columns = np.nonzero(table.weights)
    content = io.BytesIO()
    np.savez(
        content,
        prompts=_bytes("".join(hashlib.sha256(text.encode()).hexdigest()[:DIGITS] for text in table.prompts)),
        dimensions=_bytes(",".join(table.dimensions)),
        strata=table.strata.astype(np.int32),
        rows=rows.astype(np.int32),
        columns=columns.astype(np.int16),
        values=table.values[rows, columns],
        weights=table.weights[rows, columns],
        groups=table.groups[rows, columns].astype(np.int16),
    )
    return content.getvalue()


def unpacked(content: bytes, benchmark: Benchmark) -> Table:
    """The table of such bytes, by the rules of a benchmark."""
    with np.load(io.BytesIO(content), allow_pickle=False) as kept:
        found = dict(kept)
    prompts, dimensions = _prompts(found["prompts"].tobytes()), tuple(found["dimensions"].tobytes().decode().split(","))
    at = found["rows"], found["columns"]
    values, weights = np.zeros((2, len(prompts), len(dimensions)))
    values[at], weights[at] = found["values"], found["weights"]
    groups = np.broadcast_to(np.int64(0), values.shape)
    if found["groups"].any():
        groups = np.zeros(values.shape, dtype=np.int64)
        groups[at] = found["groups"]
    return Table(prompts, dimensions, values, weights, found["strata"].astype(np.int64), groups, benchmark)


def _bytes(text: str) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


@lru_cache(maxsize=64)
def _prompts(digests: bytes) -> tuple[str, ...]:
    """The same prompts are one object, however many submissions have them."""
    text = digests.decode()
    return tuple(text[start : start + DIGITS] for start in range(0, len(text), DIGITS))
