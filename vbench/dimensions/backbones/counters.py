"""Counters of batches: publishers leave them in their files or out of them, and nothing that is computed asks for them.

A counter says how many batches a layer of batch normalisation was trained with. What a file has of them, or has not, is
no difference between it and the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

_COUNTER = ".num_batches_tracked"


def counted(
    state: Mapping[str, Tensor], network: nn.Module, published: Callable[[str], str] = str
) -> dict[str, Tensor]:
    """What a file holds with the counters of a network, all at 0.

    Args:
        state: of the file.
        network: that it is for.
        published: the network's name of a value -> the file's.

    >>> sorted(counted({"0.weight": torch.ones(1)}, nn.Sequential(nn.BatchNorm1d(1))))
    ['0.num_batches_tracked', '0.weight']
    """
    counters = {published(key): torch.tensor(0) for key in network.state_dict() if key.endswith(_COUNTER)}
    return {**{key: value for key, value in state.items() if not key.endswith(_COUNTER)}, **counters}
