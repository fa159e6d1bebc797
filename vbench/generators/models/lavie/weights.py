"""A published file's weights into the network that they were trained in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from vbench.errors import CheckpointError, CheckpointMismatch
from vbench.weights.load import read_tensors

ENTRY = "ema"
"""Where a training checkpoint keeps its state dict."""

LONGEST = 2000
"""Characters of a list of keys in a message."""

N = TypeVar("N", bound=nn.Module)


def filled(network: N, path: Path, device: torch.device, dtype: torch.dtype) -> N:
    """A network with the weights of a file, for inference.

    Args:
        network: built on the meta device.
        path: a state dict, or a dict that has one under ``ema``.
        device: to compute on.
        dtype: to compute in.

    Raises:
        CheckpointMismatch: keys or shapes are not those of the network; the message lists them.
        CheckpointError: the file is damaged, or would run code.
    """
    payload = read_tensors(path)
    state = payload.get(ENTRY, payload)
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise CheckpointError(f"{path} is no checkpoint of this kind: expected tensors, alone or under {ENTRY!r}.")
    try:
        network.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        raise CheckpointMismatch(
            f"{path} does not fit the published network, and nothing was sampled with it: {str(error)[:LONGEST]}"
        ) from error
    return network.to(device, dtype).eval().requires_grad_(False)
