"""VideoBooth's two files into its network and its mapper.

The mapper's file also holds projections of the network's attentions, under names of their own; they stand in for
those of the network's file.
"""

from __future__ import annotations

import re

from torch import Tensor, nn

from vbench.generators.models.videobooth.mapper import Mapper
from vbench.generators.models.videobooth.unet import Block, UNet
from vbench.generators.models.videobooth.weights_files import MAPPER, VIDEOBOOTH
from vbench.weights.load import Part, state_dict
from vbench.weights.load import fill as fill_strictly

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


def fill(network: UNet, mapper: Mapper, checkpoints: str = "") -> None:
    """Load both networks from their files, for inference.

    Args:
        network: may lie on the meta device.
        mapper: may lie on the meta device.
        checkpoints: a folder that stands for the cache.

    Raises:
        CheckpointMismatch: keys or shapes are not those of the networks; the message lists them.
        CheckpointError: a file is missing or damaged, or would run code.
    """
    whole = whole_mapper(network, mapper)
    fill_strictly(MAPPER, _own(MAPPER, checkpoints), [Part(whole)], checkpoints)
    trained = {key: value for key, value in network.state_dict().items() if REPLACED.search(key)}
    state = {**_own(VIDEOBOOTH.weights, checkpoints), **trained}
    fill_strictly(VIDEOBOOTH.weights, state, [Part(network)], checkpoints)


def _own(name: str, checkpoints: str) -> dict[str, Tensor]:
    """A file's tensors without those that another file has."""
    return {key: value for key, value in state_dict(name, checkpoints).items() if not REPLACED.search(key)}


def whole_mapper(network: UNet, mapper: Mapper) -> nn.Module:
    """The mapper with the network's projections, by the names of its file."""
    blocks = [(place, module) for place, module in network.named_modules() if isinstance(module, Block)]
    projections = {
        f"{place}.{attention}.{theirs}".replace(".", "_"): block.get_submodule(f"{attention}.{ours}")
        for place, block in blocks
        for attention, theirs, ours in PROJECTIONS
    }
    return nn.ModuleDict({**dict(mapper.named_children()), **projections})
