"""RAFT: dense optical flow, refined twenty times.

- Paper: Teed and Deng, "RAFT: Recurrent All-Pairs Field Transforms for Optical Flow", ECCV 2020.
- Checkpoint: ``raft_things`` (raft-things.pth, trained on FlyingThings3D); BSD-3-Clause. torchvision's modules
  are used, registered anew under the published names, so that the file is checked against its own keys.
- Input: two uint8 RGB frames of one size, padded by replication to multiples of 8 (at least 128 px on both
  sides), mapped to [-1, 1].
- Output: the last of twenty refinements, upsampled; **not** cropped, so the padding counts, as in the reference.

The correlation volume of a 720p pair takes 1.1 GB; it is made once and let go before the next pair.
"""

from __future__ import annotations

import math
import re
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import optical_flow
from torchvision.models.optical_flow.raft import CorrBlock
from typing_extensions import Self

from vbench.dimensions.backbones.base import FlowEstimator
from vbench.dimensions.backbones.padding import margins, pad
from vbench.dimensions.backbones.renaming import under_names
from vbench.errors import NotApplicable
from vbench.weights.load import load_strictly, state_dict

SMALLEST = 128
"""Pixels: below it the coarsest correlation level has fewer than two rows or columns and cannot be sampled."""

UPDATES = 20
"""Refinements of the flow."""


class RAFT(FlowEstimator):
    """Optical flow by RAFT, one pair at a time."""

    name: ClassVar[str] = "raft_things"
    checkpoints: ClassVar[tuple[str, ...]] = ("raft_things",)
    batch_size = 1

    def __init__(self, network: optical_flow.RAFT, device: torch.device) -> None:
        self.network, self.device = network.to(device), device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``raft_things``; see :meth:`Backbone.load` for the errors."""
        with torch.device("meta"):
            network = raft_network()
        load_strictly(published(network), state_dict("raft_things"), "raft_things")
        return cls(network, device)

    @torch.inference_mode()
    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        """Two ``(N, 3, H, W)`` uint8 RGB -> ``(N, 2, H', W')`` float32 on the CPU: pixels right, pixels down.

        ``H'`` and ``W'`` are the next multiples of 8.

        Raises:
            NotApplicable: a side is shorter than 128 px after padding.
        """
        height, width = first.shape[-2:]
        around = margins(height, width, 8)
        if min(height + around.top + around.bottom, width + around.left + around.right) < SMALLEST:
            raise NotApplicable(
                f"Frames of {width}x{height} px are too small for RAFT, which needs sides of at least "
                f"{SMALLEST - 7} px. Score larger videos."
            )
        flows = []
        for pair in zip(self.chunks(first), self.chunks(second), strict=True):
            start, end = (2 * (pad(frames.to(self.device).float(), around) / 255) - 1 for frames in pair)
            flows.append(self._refined(start, end).cpu())
        return torch.cat(flows)

    def _refined(self, first: Tensor, second: Tensor) -> Tensor:
        """The flow of a padded pair. Only the last refinement is upsampled, which saves a quarter of the time."""
        network = self.network
        state, context = network.context_encoder(first).tensor_split((network.update_block.hidden_state_size,), 1)
        state, context = state.tanh(), context.relu()
        network.corr_block.build_pyramid(*network.feature_encoder(torch.cat((first, second))).chunk(2))
        rest = _pixel_places(state)
        places = rest
        for _ in range(UPDATES):
            seen = network.corr_block.index_pyramid(centroids_coords=places)
            state, step = network.update_block(state, context, seen, places - rest)
            places = places + step
        network.corr_block.corr_pyramid = []
        return _upsampled(places - rest, network.mask_predictor(state))


class OneCopyCorrelation(CorrBlock):  # type: ignore[misc]
    """torchvision's correlation pyramid without the second full-size copy that its scaling makes.

    The features have 256 channels, so the scale is 1/16 and may be applied to them first without any rounding.
    """

    def build_pyramid(self, fmap1: Tensor, fmap2: Tensor) -> None:
        """Correlate all pixels of two ``(N, C, h, w)`` maps, on four levels."""
        channels, height, width = fmap1.shape[1:]
        pixels = fmap1.flatten(2).transpose(1, 2) / math.sqrt(channels)
        self.corr_pyramid = [(pixels @ fmap2.flatten(2)).view(-1, 1, height, width)]
        for _ in range(self.num_levels - 1):
            self.corr_pyramid.append(F.avg_pool2d(self.corr_pyramid[-1], 2))


def raft_network() -> optical_flow.RAFT:
    """The large RAFT of torchvision, without weights."""
    return optical_flow.raft_large(weights=None, corr_block=OneCopyCorrelation(num_levels=4, radius=4))


_PUBLISHED_NAMES = (
    (r"^feature_encoder\.", "fnet."),
    (r"^context_encoder\.", "cnet."),
    (r"\bconvnormrelu\.0$", "conv1"),
    (r"\bconvnormrelu\.1$", "norm1"),
    (r"\bconvnormrelu(\d)\.0$", r"conv\1"),
    (r"\bconvnormrelu(\d)\.1$", r"norm\1"),
    (r"^([fc]net)\.conv$", r"\1.conv2"),
    (r"\bmotion_encoder\.conv(corr|flow)(\d)\.0$", lambda found: f"encoder.conv{found[1][0]}{found[2]}"),
    (r"\bmotion_encoder\.conv\.0$", "encoder.conv"),
    (r"\brecurrent_block\.convgru(\d)\.(conv[zrq])$", r"gru.\2\1"),
    (r"^mask_predictor\.convrelu\.0$", "update_block.mask.0"),
    (r"^mask_predictor\.conv$", "update_block.mask.2"),
)


def published_name(path: str) -> str:
    """The published name of one of torchvision's modules.

    >>> published_name("context_encoder.layer2.0.convnormrelu1.1")
    'module.cnet.layer2.0.norm1'
    >>> published_name("update_block.recurrent_block.convgru2.convz")
    'module.update_block.gru.convz2'
    """
    for pattern, name in _PUBLISHED_NAMES:
        path = re.sub(pattern, name, path)
    return f"module.{path}"


def published(network: nn.Module) -> nn.Module:
    """The same layers in a tree of the published names; what is loaded into it is loaded into ``network``.

    A strided block of the context encoder is published with its shortcut's norm under two names.
    """
    layers = [
        (published_name(path), layer)
        for path, layer in network.named_modules()
        if not list(layer.children()) and layer.state_dict()
    ]
    twice = [(name.replace("downsample.1", "norm3"), layer) for name, layer in layers if name.endswith("downsample.1")]
    return under_names(layers + twice)


def _pixel_places(like: Tensor) -> Tensor:
    """``(N, 2, h, w)``: column and row of each pixel."""
    count, _, height, width = like.shape
    columns, rows = torch.meshgrid(
        torch.arange(width, device=like.device), torch.arange(height, device=like.device), indexing="xy"
    )
    return torch.stack((columns, rows)).to(like.dtype).expand(count, -1, -1, -1)


def _upsampled(flow: Tensor, weights: Tensor) -> Tensor:
    """Eight times as large: each fine pixel is a convex mixture of the nine coarse ones around it."""
    count, _, height, width = flow.shape
    mixture = weights.view(count, 1, 9, 8, 8, height, width).softmax(2)
    around = F.unfold(8 * flow, 3, padding=1).view(count, 2, 9, 1, 1, height, width)
    fine = (mixture * around).sum(2)
    return fine.permute(0, 1, 4, 2, 5, 3).reshape(count, 2, 8 * height, 8 * width)
