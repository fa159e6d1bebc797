"""I3D: what happens in a window of frames; what the Fréchet Video Distance is computed with.

- Paper: Carreira and Zisserman, "Quo Vadis, Action Recognition? A New Model and the Kinetics Dataset", CVPR 2017; the
  distance: Unterthiner et al., "Towards Accurate Generative Models of Video", 2018.
- Checkpoint: ``i3d_kinetics_400``, in either form in which DeepMind's TF-Hub module was republished:
  i3d_pretrained_400.pt (VideoGPT, TATS, cd-fvd) or the TorchScript archive i3d_torchscript.pt (StyleGAN-V, Latte).
  Its names inside are those of hassony2/kinetics_i3d_pytorch, by all signs; another name is refused with its place.
- Input: uint8 RGB windows of at least nine frames, brought to 224x224 (``bilinear`` as the ports do, ``tf1`` as the
  original, ``crop`` as common_metrics), ``2 x / 255 - 1``.
- Output: the 400 classes before the softmax, averaged over the time steps that are left.

The published graph adds 0.001 to every variance. VideoGPT, TATS and cd-fvd build the network with 0.00001, which is
another network: it has a name of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.dimensions.backbones.base import WindowEmbedder
from vbench.dimensions.backbones.counters import counted
from vbench.dimensions.backbones.squares import RESIZINGS
from vbench.weights.load import Part, fill, state_dict

SIDE, CLASSES = 224, 400

CHECKPOINT = "i3d_kinetics_400"


class I3D(WindowEmbedder):
    """Classes of windows by I3D, as the published graph computes them."""

    name: ClassVar[str] = "i3d_kinetics_400"
    checkpoints: ClassVar[tuple[str, ...]] = (CHECKPOINT,)
    layers: ClassVar[Mapping[str, int]] = MappingProxyType({"logits": CLASSES})
    embedding: ClassVar[str] = "logits"
    classes: ClassVar[str] = "logits"
    fewest: ClassVar[int] = 9  # fewer leave less than the two time steps that the last pooling wants
    resizing: ClassVar[str] = "bilinear"
    epsilon: ClassVar[float] = 1e-3
    at_once_on_gpu: ClassVar[int] = 8

    def __init__(self, network: Network, device: torch.device) -> None:
        self.network, self.device = network.to(device), device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``i3d_kinetics_400`` in either form; see :meth:`Backbone.load` for the errors."""
        with torch.device("meta"):
            network = Network(cls.epsilon)
        state = state_dict(CHECKPOINT)
        archive = any(key.startswith("conv3d_1a_7x7.") for key in state)
        published = in_the_archive if archive else str
        fill(CHECKPOINT, counted(state, network, published), [Part(network, published=published)])
        return cls(network, device)

    @torch.inference_mode()
    def look(self, windows: Tensor, resizing: str) -> dict[str, Tensor]:
        """``(N, T, 3, H, W)`` uint8 RGB -> ``logits`` ``(N, 400)`` float32 on the CPU."""
        found = []
        for chunk in self.chunks(windows):
            pixels = RESIZINGS[resizing](chunk.flatten(0, 1).to(self.device).float(), SIDE)
            film = pixels.reshape(*chunk.shape[:3], SIDE, SIDE).transpose(1, 2)
            found.append(self.network(2 * film / 255 - 1).cpu())
        return {"logits": torch.cat(found)}


class I3DOfPorts(I3D):
    """The same with the epsilon of VideoGPT, TATS and cd-fvd."""

    name: ClassVar[str] = "i3d_kinetics_400_eps_1e-5"
    epsilon: ClassVar[float] = 1e-5


class Network(nn.Module):
    """The published network; attribute names are those of i3d_pretrained_400.pt.

    Args:
        epsilon: what is added to every variance.
    """

    def __init__(self, epsilon: float) -> None:
        super().__init__()
        self.Conv3d_1a_7x7 = Unit(3, 64, 7, epsilon, stride=2)
        self.Conv3d_2b_1x1 = Unit(64, 64, 1, epsilon)
        self.Conv3d_2c_3x3 = Unit(64, 192, 3, epsilon)
        self.Mixed_3b = Mixed(192, (64, 96, 128, 16, 32, 32), epsilon)
        self.Mixed_3c = Mixed(256, (128, 128, 192, 32, 96, 64), epsilon)
        self.Mixed_4b = Mixed(480, (192, 96, 208, 16, 48, 64), epsilon)
        self.Mixed_4c = Mixed(512, (160, 112, 224, 24, 64, 64), epsilon)
        self.Mixed_4d = Mixed(512, (128, 128, 256, 24, 64, 64), epsilon)
        self.Mixed_4e = Mixed(512, (112, 144, 288, 32, 64, 64), epsilon)
        self.Mixed_4f = Mixed(528, (256, 160, 320, 32, 128, 128), epsilon)
        self.Mixed_5b = Mixed(832, (256, 160, 320, 32, 128, 128), epsilon)
        self.Mixed_5c = Mixed(832, (384, 192, 384, 48, 128, 128), epsilon)
        self.logits = nn.ModuleDict({"conv3d": nn.Conv3d(1024, CLASSES, 1)})

    def forward(self, film: Tensor) -> Tensor:
        """``(N, 3, T, 224, 224)`` in [-1, 1] -> ``(N, 400)``."""
        x = _largest(self.Conv3d_1a_7x7(film), (1, 3, 3), (1, 2, 2))
        x = _largest(self.Conv3d_2c_3x3(self.Conv3d_2b_1x1(x)), (1, 3, 3), (1, 2, 2))
        x = _largest(self.Mixed_3c(self.Mixed_3b(x)), (3, 3, 3), (2, 2, 2))
        for block in (self.Mixed_4b, self.Mixed_4c, self.Mixed_4d, self.Mixed_4e, self.Mixed_4f):
            x = block(x)
        x = self.Mixed_5c(self.Mixed_5b(_largest(x, (2, 2, 2), (2, 2, 2))))
        logits = self.logits["conv3d"](F.avg_pool3d(x, (2, 7, 7), stride=1))
        return torch.as_tensor(logits.mean((2, 3, 4)))


class Unit(nn.Module):
    """A convolution without bias, normalised, and what is above 0 of it."""

    def __init__(self, inside: int, outside: int, kernel: int, epsilon: float, stride: int = 1) -> None:
        super().__init__()
        self.kernel, self.stride = (kernel,) * 3, (stride,) * 3
        self.conv3d = nn.Conv3d(inside, outside, kernel, stride=stride, bias=False)
        self.bn = nn.BatchNorm3d(outside, eps=epsilon)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, inside, T, H, W)`` -> ``(N, outside, T', H', W')``."""
        return F.relu(self.bn(self.conv3d(same(x, self.kernel, self.stride))))


class Mixed(nn.Module):
    """Four branches side by side.

    Args:
        inside: channels that come in.
        widths: channels of the branches: one, two of the second, two of the third, one.
        epsilon: as of the network.
    """

    def __init__(self, inside: int, widths: tuple[int, int, int, int, int, int], epsilon: float) -> None:
        super().__init__()
        self.b0 = Unit(inside, widths[0], 1, epsilon)
        self.b1a = Unit(inside, widths[1], 1, epsilon)
        self.b1b = Unit(widths[1], widths[2], 3, epsilon)
        self.b2a = Unit(inside, widths[3], 1, epsilon)
        self.b2b = Unit(widths[3], widths[4], 3, epsilon)
        self.b3b = Unit(inside, widths[5], 1, epsilon)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, inside, T, H, W)`` -> the branches' channels, one after the other."""
        pooled = _largest(x, (3, 3, 3), (1, 1, 1))
        return torch.cat([self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(pooled)], 1)


def same(x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
    """Zeros around as TensorFlow's SAME has them, which depends on the size; the odd one goes behind."""
    margins: list[int] = []
    for length, reach, step in zip(x.shape[2:], kernel, stride, strict=True):
        lacking = max(0, (-(-length // step) - 1) * step + reach - length)
        margins = [lacking // 2, lacking - lacking // 2, *margins]
    return F.pad(x, margins)


def _largest(x: Tensor, kernel: tuple[int, int, int], stride: tuple[int, int, int]) -> Tensor:
    return F.max_pool3d(same(x, kernel, stride), kernel, stride)


_ARCHIVE = {
    "logits.": "conv3d_0c_1x1.",
    "Conv3d_": "conv3d_",
    "Mixed_": "mixed_",
    ".b0.": ".branch_0.",
    ".b1a.": ".branch_1.0.",
    ".b1b.": ".branch_1.1.",
    ".b2a.": ".branch_2.0.",
    ".b2b.": ".branch_2.1.",
    ".b3b.": ".branch_3.1.",
    ".bn.": ".batch3d.",
}


def in_the_archive(name: str) -> str:
    """A parameter's name in the TorchScript archive.

    >>> in_the_archive("Mixed_4b.b1a.bn.running_var"), in_the_archive("logits.conv3d.bias")
    ('mixed_4b.branch_1.0.batch3d.running_var', 'conv3d_0c_1x1.conv3d.bias')
    """
    for own, theirs in _ARCHIVE.items():
        name = name.replace(own, theirs)
    return name
