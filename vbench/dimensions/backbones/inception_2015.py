"""Inception-v3 as TensorFlow published it in December 2015: what FID, KID and the Inception Score are computed with.

- Paper: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016.
- Checkpoint: ``inception_2015_12_05`` (pt_inception-2015-12-05-6726825d.pth of pytorch-fid; torch-fidelity and
  torchmetrics have the same file); Apache-2.0.
- Input: uint8 RGB frames, brought to 299x299 (``tf1`` as published, the aspect not kept), ``(x - 128) / 128``.
- Output: ``pool``, the 2048 averages before the last layer, and ``logits``, 1008 classes without the last layer's bias,
  as the Inception Score has them.

It is not torchvision's network, but its layers are: here a mean over a neighbourhood leaves out what lies beyond the
border, the last block takes the largest of it, and there are 1008 classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import Inception3

from vbench.dimensions.backbones.base import WindowEmbedder
from vbench.dimensions.backbones.counters import counted
from vbench.dimensions.backbones.squares import RESIZINGS
from vbench.weights.load import load_strictly, state_dict

SIDE, CLASSES = 299, 1008


class Inception2015(WindowEmbedder):
    """Features and classes of single frames."""

    name: ClassVar[str] = "inception_2015_12_05"
    checkpoints: ClassVar[tuple[str, ...]] = ("inception_2015_12_05",)
    layers: ClassVar[Mapping[str, int]] = MappingProxyType({"pool": 2048, "logits": CLASSES})
    embedding: ClassVar[str] = "pool"
    classes: ClassVar[str] = "logits"
    most: ClassVar[int] = 1
    resizing: ClassVar[str] = "tf1"

    def __init__(self, network: Network, device: torch.device) -> None:
        self.network, self.device = network.to(device), device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``inception_2015_12_05``; see :meth:`Backbone.load` for the errors."""
        with torch.device("meta"):
            network = Network()
        load_strictly(network, counted(state_dict("inception_2015_12_05"), network), "inception_2015_12_05")
        return cls(network, device)

    @torch.inference_mode()
    def look(self, windows: Tensor, resizing: str) -> dict[str, Tensor]:
        """``(N, 1, 3, H, W)`` uint8 RGB -> ``pool`` ``(N, 2048)`` and ``logits`` ``(N, 1008)``, float32 on the CPU."""
        pool = []
        for chunk in self.chunks(windows[:, 0]):
            pixels = RESIZINGS[resizing](chunk.to(self.device).float(), SIDE)
            pool.append(self.network((pixels - 128) / 128))
        found = torch.cat(pool)
        return {"pool": found.cpu(), "logits": (found @ self.network.fc.weight.T).cpu()}


class Network(nn.Module):
    """The published network under the file's names."""

    def __init__(self) -> None:
        super().__init__()
        layers = Inception3(num_classes=CLASSES, aux_logits=False, init_weights=False)
        self.fc: nn.Linear
        for name, layer in layers.named_children():
            self.add_module(name, layer)

    def forward(self, pixels: Tensor) -> Tensor:
        """``(N, 3, 299, 299)`` in [-1, 1] -> ``(N, 2048)``."""
        layers = dict(self.named_children())
        x = pixels
        for name in ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "maxpool1", "Conv2d_3b_1x1", "Conv2d_4a_3x3"):
            x = layers[name](x)
        x = layers["maxpool2"](x)
        for name in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
            x = _pooled(layers[name], x, _mean)
        x = layers["Mixed_6a"](x)
        for name in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
            x = _pooled(layers[name], x, _mean)
        x = _pooled(layers["Mixed_7b"], layers["Mixed_7a"](x), _mean)
        return _pooled(layers["Mixed_7c"], x, _largest).mean((2, 3))


def _pooled(block: nn.Module, x: Tensor, pool: Callable[[Tensor], Tensor]) -> Tensor:
    """What torchvision's block gives, with another pooling before its last branch."""
    last = block.get_submodule("branch_pool")(pool(x))
    return torch.cat([block(x)[:, : -last.shape[1]], last], 1)


def _mean(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def _largest(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, stride=1, padding=1)
