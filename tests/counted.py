"""What work costs, counted: instructions, never a time, which says more of the machine and of what else it does."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def instructions(work: Callable[[], object]) -> int:
    """How many of Python's instructions a call runs; what others left to be collected is none of its work."""
    count = 0

    def watch(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return watch

    before = sys.gettrace()
    gc.collect()
    gc.disable()
    sys.settrace(watch)
    try:
        work()
    finally:
        sys.settrace(before)
        gc.enable()
    return count


def assert_linear(cost: Callable[[int], int], sizes: tuple[int, int, int] = (25, 50, 100), apart: float = 0.05) -> None:
    """That one among many costs as much as one among few.

    Args:
        cost: what so many cost together.
        sizes: from few to many; each is half of the next.
        apart: share by which the two may differ.
    """
    cost(2)  # what is imported and made once counts nowhere
    few, more, many = map(cost, sizes)
    assert abs((many - more) - 2 * (more - few)) <= apart * 2 * (more - few), (few, more, many)
