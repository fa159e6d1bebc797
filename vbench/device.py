"""Where the backbones compute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbench.errors import UsageError

if TYPE_CHECKING:
    import torch


def choose(name: str = "auto") -> torch.device:
    """A device by name; ``auto`` takes the accelerator that is there, otherwise the CPU.

    Reduced-precision matrix products are switched off: scores are float32 everywhere. So are convolutions that add up
    in an order of their own each time: the same video gets the same bits again.

    Raises:
        UsageError: there is no such device here.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"The device {name!r} cannot be used here ({reason}). Try --device cpu.") from error
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    return device


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
