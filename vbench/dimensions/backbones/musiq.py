"""MUSIQ: the technical quality of a picture, at the size and shape that it has.

Paper: Ke et al., "MUSIQ: Multi-scale Image Quality Transformer", ICCV 2021.

Checkpoint: ``musiq_spaq`` (trained on SPAQ, pictures of smartphones), the authors' weights, Apache-2.0; the file may
put ``module.`` before every name.

Input: frames of any size, RGB in [0, 255], uint8 or float32. Beside its own size each is seen with its longer side
scaled to 224 and to 384 pixels (bicubic, without antialiasing). All three are filled up with grey to multiples of 32
pixels and cut into patches; a patch becomes a token by a few convolutions, with a place in a 10 x 10 grid laid over the
picture and the number of its scale.

Output: one number a frame, about 0 (worst) to 100 (best), not clamped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.dimensions.backbones.base import QualityModel
from vbench.weights.load import load_strictly, state_dict

PATCH, GRID = 32, 10
LONGER_SIDES = (224, 384)


class MUSIQ(QualityModel):
    """MUSIQ trained on SPAQ."""

    name = "musiq_spaq"
    checkpoints = ("musiq_spaq",)

    def __init__(self, network: QualityNetwork, device: torch.device) -> None:
        self.network, self.device = network.to(device), device
        if device.type == "cpu":  # whose pooling and 1 x 1 convolutions are faster with a pixel's channels side by side
            self.network.to(memory_format=torch.channels_last)

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``musiq_spaq``; see :meth:`Backbone.load` for the errors."""
        with torch.device("meta"):
            network = QualityNetwork()
        state = {key.removeprefix("module."): value for key, value in state_dict("musiq_spaq").items()}
        load_strictly(network, state, "musiq_spaq")
        network.standardise()
        return cls(network, device)

    @torch.inference_mode()
    def quality(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` RGB in [0, 255], uint8 or float32 -> ``(N,)`` float32 on the CPU, about 0 to 100."""
        return torch.cat([self._quality(self.here(chunk)).cpu() for chunk in self.chunks(frames)])

    def _quality(self, frames: Tensor) -> Tensor:
        pictures = scales((frames.float() / 255 - 0.5) * 2)
        places = [grid_places(*picture.shape[-2:]).to(self.device) for picture in pictures]
        quality: Tensor = self.network([patches(picture) for picture in pictures], places)
        return quality


def scales(pictures: Tensor) -> list[Tensor]:
    """``(N, 3, H, W)`` with the longer side at 224 and 384 pixels, and as they are.

    >>> [tuple(picture.shape[-2:]) for picture in scales(torch.zeros(1, 3, 90, 160))]
    [(126, 224), (216, 384), (90, 160)]
    """
    height, width = pictures.shape[-2:]
    ratios = [side / max(height, width) for side in LONGER_SIDES]
    sizes = [(round(height * ratio), round(width * ratio)) for ratio in ratios]
    return [*(F.interpolate(pictures, size, mode="bicubic", align_corners=False) for size in sizes), pictures]


def patches(pictures: Tensor) -> Tensor:
    """``(N, 3, H, W)`` -> ``(N, patches, 3, 32, 32)``, row by row; zeros surround a picture that does not fill them.

    >>> patches(torch.ones(1, 3, 33, 64))[0, :, 0].sum((1, 2))
    tensor([544., 544., 512., 512.])
    """
    filled = same(pictures, PATCH, PATCH)
    count, colours, height, width = filled.shape
    cut = filled.view(count, colours, height // PATCH, PATCH, width // PATCH, PATCH).permute(0, 2, 4, 1, 3, 5)
    return cut.flatten(1, 2).contiguous()


def grid_places(height: int, width: int) -> Tensor:
    """Where in the grid each patch of a picture lies, row by row: ``(patches,)`` int64 in [0, 100).

    >>> grid_places(64, 96)
    tensor([ 0,  3,  6, 50, 53, 56])
    """
    steps = torch.arange(GRID, dtype=torch.float32)[None, None]
    rows, columns = (F.interpolate(steps, -(-side // PATCH))[0, 0].long() for side in (height, width))
    return (rows[:, None] * GRID + columns).flatten()


def same(pictures: Tensor, kernel: int, stride: int) -> Tensor:
    """Zeros around ``(N, C, H, W)`` so that steps of ``stride`` end at its edge; an odd one goes right and below."""
    margins = []
    for side in (pictures.shape[-1], pictures.shape[-2]):
        missing = max(-(-side // stride) * stride - stride + kernel - side, 0)
        margins += [missing // 2, missing - missing // 2]
    return F.pad(pictures, margins)


class QualityNetwork(nn.Module):
    """The published network; attribute names are those of the checkpoint."""

    def __init__(self, width: int = 384, hidden: int = 1152, depth: int = 14, heads: int = 6) -> None:
        super().__init__()
        self.conv_root = StandardConv(3, 64, 7, 2)
        self.gn_root = nn.GroupNorm(32, 64, eps=1e-6)
        self.block1 = Bottleneck(64, 256)
        self.embedding = nn.Linear(256 * (PATCH // 4) ** 2, width)
        self.transformer_encoder = Encoder(width, hidden, depth, heads)
        self.head = nn.Linear(width, 1)

    @torch.no_grad()
    def standardise(self) -> None:
        """Standardise the filters of all convolutions, once, after the published ones were loaded."""
        for layer in self.modules():
            if isinstance(layer, StandardConv):
                layer.standardise()

    def forward(self, pictures: Sequence[Tensor], places: Sequence[Tensor]) -> Tensor:
        """Patches ``(N, patches, 3, 32, 32)`` and places ``(patches,)`` of each scale -> ``(N,)``."""
        tokens = torch.cat([self._tokens(cut) for cut in pictures], 1)
        scale = torch.cat([torch.full_like(place, number) for number, place in enumerate(places)])
        summary = self.transformer_encoder(tokens, torch.cat(list(places)), scale)
        quality: Tensor = self.head(summary)
        return quality[:, 0]

    def _tokens(self, cut: Tensor) -> Tensor:
        texture = F.relu(self.gn_root(self.conv_root(cut.flatten(0, 1))))
        texture = self.block1(F.max_pool2d(texture, 3, 2, ceil_mode=True))
        tokens: Tensor = self.embedding(texture.permute(0, 2, 3, 1).flatten(1))
        return tokens.view(*cut.shape[:2], -1)


class StandardConv(nn.Conv2d):
    """A convolution that keeps the size but for its stride, and whose filters are to have mean 0 and deviation 1."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, bias=False)

    def standardise(self) -> None:
        """Replace the filters by those of mean 0 and deviation 1 that they stand for."""
        deviation, mean = torch.std_mean(self.weight, (1, 2, 3), keepdim=True)
        self.weight.data = (self.weight - mean) / (deviation + 1e-5)

    def forward(self, pictures: Tensor) -> Tensor:
        """``(N, inputs, H, W)`` -> ``(N, outputs, H / stride, W / stride)``."""
        return F.conv2d(same(pictures, self.kernel_size[0], self.stride[0]), self.weight, stride=self.stride)


class Bottleneck(nn.Module):
    """Three convolutions beside one that only changes the number of channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1, self.gn1 = StandardConv(inputs, inputs, 1), nn.GroupNorm(32, inputs, eps=1e-4)
        self.conv2, self.gn2 = StandardConv(inputs, inputs, 3), nn.GroupNorm(32, inputs, eps=1e-4)
        self.conv3, self.gn3 = StandardConv(inputs, outputs, 1), nn.GroupNorm(32, outputs, eps=1e-4)
        self.conv_proj, self.gn_proj = StandardConv(inputs, outputs, 1), nn.GroupNorm(32, outputs, eps=1e-4)

    def forward(self, texture: Tensor) -> Tensor:
        """``(N, inputs, H, W)`` -> ``(N, outputs, H, W)``."""
        inner = F.relu(self.gn1(self.conv1(texture)))
        inner = F.relu(self.gn2(self.conv2(inner)))
        return F.relu(self.gn3(self.conv3(inner)) + self.gn_proj(self.conv_proj(texture)))


class Encoder(nn.Module):
    """Tokens get their place and scale, then a summary token reads them all."""

    def __init__(self, width: int, hidden: int, depth: int, heads: int) -> None:
        super().__init__()
        self.cls = nn.Parameter(torch.zeros(1, 1, width))
        self.posembed_input = nn.ParameterDict({"position_emb": nn.Parameter(torch.zeros(1, GRID**2, width))})
        self.scaleembed_input = nn.ParameterDict({"scale_emb": nn.Parameter(torch.zeros(3, width))})
        blocks = {f"encoderblock_{number}": Block(width, hidden, heads) for number in range(depth)}
        self.transformer = nn.ModuleDict(blocks)
        self.encoder_norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, tokens: Tensor, place: Tensor, scale: Tensor) -> Tensor:
        """``(N, tokens, width)`` and for each token its place and scale, ``(tokens,)`` -> ``(N, width)``."""
        tokens = tokens + self.posembed_input["position_emb"][0, place] + self.scaleembed_input["scale_emb"][scale]
        tokens = torch.cat([self.cls.expand(len(tokens), -1, -1), tokens], 1)
        *blocks, last = self.transformer.values()
        for block in blocks:
            tokens = block(tokens)
        summary: Tensor = self.encoder_norm(last(tokens, read=1))
        return summary[:, 0]


class Block(nn.Module):
    """Attention, then a hidden layer; both normalised before and added after."""

    def __init__(self, width: int, hidden: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, hidden), "fc2": nn.Linear(hidden, width)})

    def forward(self, tokens: Tensor, read: int | None = None) -> Tensor:
        """``(N, tokens, width)`` -> the same shape, or ``(N, read, width)``: what becomes of the first tokens."""
        tokens = tokens[:, :read] + self.attention(self.norm1(tokens), read)
        added: Tensor = self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(tokens))))
        return tokens + added


class Attention(nn.Module):
    """Multi-head self-attention of all tokens."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, tokens: Tensor, read: int | None = None) -> Tensor:
        """``(N, tokens, width)`` -> the same shape, or ``(N, read, width)``: what the first tokens find."""
        by_head = (
            projected.view(*projected.shape[:2], self.heads, -1).transpose(1, 2)
            for projected in (self.query(tokens[:, :read]), self.key(tokens), self.value(tokens))
        )
        found: Tensor = self.out(F.scaled_dot_product_attention(*by_head).transpose(1, 2).flatten(2))
        return found
