"""VideoBooth's two files into its network and its mapper.

The mapper's file also holds projections of the network's attentions, under names of their own; they stand in for
those of the network's file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from vbench.errors import CheckpointError
from vbench.generators.models.ldm.weights_files import Part, load_parts
from vbench.generators.models.videobooth.mapper import Mapper
from vbench.generators.models.videobooth.unet import Block, UNet
from vbench.generators.models.videobooth.weights_files import VIDEOBOOTH
from vbench.weights.cards import Published
from vbench.weights.load import read_tensors

NETWORK_ENTRY, MAPPER_ENTRY = "ema_unet", "ema"
"""Where the training checkpoints keep their state dicts."""

REPLACED = re.compile(r"\.(attn1\.to_[kv](_new|_exemplar)?|attn2\.to_[kv](_global)?)\.weight$")
"""What the network's file may lack, or have besides: what is used of it is in the mapper's file.

The published script takes whatever else is missing from Stable Diffusion's U-Net; here it is refused.
"""

PROJECTIONS = (
    ("attn1", "to_k_new", "to_k"),
    ("attn1", "to_v_new", "to_v"),
    ("attn1", "to_k_exemplar", "to_k_exemplar"),
    ("attn1", "to_v_exemplar", "to_v_exemplar"),
    ("attn2", "to_k", "to_k"),
    ("attn2", "to_v", "to_v"),
)
"""An attention of each block, a projection's name in the mapper's file, and its name in the network."""


def fill(network: UNet, mapper: Mapper, folder: Path) -> None:
    """Load both networks from a folder of checkpoints, for inference.

    Args:
        network: may lie on the meta device.
        mapper: may lie on the meta device.
        folder: with both files, dicts with a state dict under ``ema_unet`` and ``ema``.

    Raises:
        CheckpointMismatch: keys or shapes are not those of the networks; the message lists them.
        CheckpointError: a file is damaged, would run code, or has no such entry.
    """
    _fill(folder, VIDEOBOOTH.mapper, MAPPER_ENTRY, whole_mapper(network, mapper), {})
    trained = {key: value for key, value in network.state_dict().items() if REPLACED.search(key)}
    _fill(folder, VIDEOBOOTH.weights, NETWORK_ENTRY, network, trained)


def whole_mapper(network: UNet, mapper: Mapper) -> nn.Module:
    """The mapper with the network's projections, by the names of its file."""
    blocks = [(place, module) for place, module in network.named_modules() if isinstance(module, Block)]
    projections = {
        f"{place}.{attention}.{theirs}".replace(".", "_"): block.get_submodule(f"{attention}.{ours}")
        for place, block in blocks
        for attention, theirs, ours in PROJECTIONS
    }
    return nn.ModuleDict({**dict(mapper.named_children()), **projections})


def _fill(folder: Path, file: Published, entry: str, network: nn.Module, trained: Mapping[str, Tensor]) -> None:
    path, command = folder / file.name, file.command(folder)
    state = read_tensors(path).get(entry)
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise CheckpointError(f"{path} has no tensors under {entry!r}. Get the published file: {command}")
    own = {key: value for key, value in state.items() if not REPLACED.search(key)}
    load_parts(path, {**own, **trained}, [Part(network)], command)
