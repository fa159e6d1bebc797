"""Where the backbones compute."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING

from vbench.errors import UsageError, first_line

if TYPE_CHECKING:
    import torch

KINDS = ("cpu", "cuda", "mps", "xpu")
"""Devices that networks compute on; behind one of several stands its number, as in ``cuda:1``."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Numbers of glibc's malloc.h."""

KEPT_BYTES = 2**31 - 1
LARGE_BYTES = 2**30


def choose(name: str = "auto") -> torch.device:
    """A device by name; ``auto`` takes the accelerator that is there, otherwise the CPU.

    On a CPU, :func:`keep_freed_memory` holds from now on.

    Raises:
        UsageError: there is no such device here.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if name.partition(":")[0] not in KINDS:
        raise UsageError(f"{name!r} is no device that networks compute on: expected auto or one of {', '.join(KINDS)}.")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason, *_ = first_line(error).split(". ")  # behind which PyTorch names every kind of device
        raise UsageError(f"The device {name!r} cannot be used here ({reason}). Try --device cpu.") from error
    if device.type == "cpu":
        keep_freed_memory()
    return device


def keep_freed_memory() -> None:
    """Keep what a layer of a network lets go of, up to 2 GiB, for the next one, where the C library is glibc.

    By itself glibc gives large pieces back to the system, which fills them with zeros, page by page, before it hands
    them out again; for a network of large frames that is a good part of its time. It holds for the whole process.
    """
    if os.name == "posix" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


def told_of_sharing(device: torch.device, processes: int) -> str:
    """What to say of processes that share CUDA devices: how much memory there is for each; ``""`` where none does."""
    import torch

    if device.type != "cuda" or processes == 1:
        return ""
    cards = torch.cuda.device_count() if device.index is None else 1
    if processes <= cards:
        return ""
    free, total = (amount / 2**30 for amount in torch.cuda.mem_get_info(device))
    where = torch.cuda.get_device_name(device) if cards == 1 else f"{cards} GPUs"
    return (
        f"{processes} workers share {where}: {free:.0f} of {total:.0f} GiB a GPU are free, "
        f"{free / -(-processes // cards):.0f} for each worker"
    )
