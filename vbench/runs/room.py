"""Room on the device: what does not fit is done again with half as much at once.

How many frames go through a network together is a constant, so that a score is a function of its video. Where a device
has no room for so many, smaller pieces are better than no score; whatever is computed so says it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from vbench.errors import Unavailable, first_line

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

AT_ONCE = "at_once"
"""Among a row's details and a record's facts about the machine: backbone -> how many frames it still took together."""

WORDS = ("MPS backend out of memory", "STATUS_ALLOC_FAILED")
"""What Metal, cuDNN and cuBLAS say, which have no kind of error of their own for it."""


class Crew(Protocol):
    """Whoever computes on a device and can do with less of its memory."""

    device: torch.device

    def make_room(self, name: str) -> bool:
        """Need less of it for something from now on; whether that is possible."""


def with_room(work: Callable[[], T], name: str, crew: Crew) -> T:
    """What ``work`` returns, tried with less and less at once as long as the device has no room for it.

    Args:
        work: anything that can be done again from its beginning.
        name: of the dimension, or of the network, on whose behalf.
        crew: who computes.

    Raises:
        Unavailable: there is no room for a single frame.
    """
    while True:
        try:
            return work()
        except RuntimeError as error:
            if not lacks_room(error):
                raise
            said = first_line(error)
        # What the failed attempt held is let go of only here, behind its handler.
        more = crew.make_room(name)
        give_back(crew.device)
        if not more:
            raise Unavailable(
                f"{crew.device} has no room for {name} with one frame at a time ({said}). End what else "
                "computes there or take fewer --workers, and call again; --device cpu needs none of it."
            )


def lacks_room(error: RuntimeError) -> bool:
    """Whether an error means that a device's memory is used up.

    >>> lacks_room(RuntimeError("MPS backend out of memory")), lacks_room(RuntimeError("shape mismatch"))
    (True, False)
    """
    import torch

    return isinstance(error, torch.cuda.OutOfMemoryError) or any(word in str(error) for word in WORDS)


def give_back(device: torch.device) -> None:
    """What PyTorch keeps for later goes back to the device, for whoever else computes there."""
    import torch

    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.empty_cache()
