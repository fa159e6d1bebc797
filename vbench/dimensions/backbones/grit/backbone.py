"""A ViT-B whose tokens stay on a grid, so that images of any size go in.

Li et al., "Exploring Plain Vision Transformer Backbones for Object Detection", ECCV 2022: most blocks attend within
windows, every third one globally. Where a key lies relative to its query counts by row and by column, each with a
learnt table (Li et al., "MViTv2", CVPR 2022).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PATCH = 16
WINDOW = 14
GLOBAL_EVERY = 3

_TRAINED_SIDE = 14
_TRAINED_GLOBAL_SIDE = 64


class VisionTransformer(nn.Module):
    """Images to a grid of tokens at a sixteenth of their size; attribute names are those of the checkpoint."""

    def __init__(self, width: int = 768, depth: int = 12, heads: int = 12) -> None:
        super().__init__()
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, width, PATCH, PATCH)})
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + _TRAINED_SIDE**2, width))
        self.blocks = nn.Sequential(
            *(Block(width, heads, is_global=number % GLOBAL_EVERY == 0) for number in range(1, depth + 1))
        )

    def forward(self, images: Tensor) -> Tensor:
        """``(N, 3, H, W)`` float32, sides divisible by 16 -> ``(N, width, H / 16, W / 16)``."""
        grid: Tensor = self.patch_embed["proj"](images).permute(0, 2, 3, 1).contiguous()
        _, height, width, _ = grid.shape
        grid = self.blocks(grid + positions(self.pos_embed, height, width))
        return grid.permute(0, 3, 1, 2).contiguous()


def positions(table: Tensor, height: int, width: int) -> Tensor:
    """Stretch the positions of a square grid, which a class token precedes, to ``(1, height, width, C)``.

    >>> positions(torch.arange(5.0).view(1, 5, 1), 2, 2).flatten()
    tensor([1., 2., 3., 4.])
    """
    side = round((table.shape[1] - 1) ** 0.5)
    square = table[:, 1:].mT.reshape(1, -1, side, side)
    if (height, width) != (side, side):
        square = F.interpolate(square, (height, width), mode="bicubic", align_corners=False)
    return square.permute(0, 2, 3, 1)


class Block(nn.Module):
    """Attention, global or within windows, then a hidden layer of four times the width; both residual."""

    def __init__(self, width: int, heads: int, is_global: bool) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads, _TRAINED_GLOBAL_SIDE) if is_global else WindowAttention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})

    def forward(self, grid: Tensor) -> Tensor:
        """``(N, H, W, C)`` -> the same shape."""
        grid = grid + self.attn(self.norm1(grid))
        mixed: Tensor = self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(grid))))
        return grid + mixed


def to_windows(grid: Tensor, side: int) -> Tensor:
    """``(N, H, W, C)`` -> ``(N * rows * columns, side, side, C)``; zeros fill windows that the grid does not.

    >>> to_windows(torch.arange(6.0).view(1, 2, 3, 1), 2).flatten(1)
    tensor([[0., 1., 3., 4.],
            [2., 0., 5., 0.]])
    """
    height, width, channels = grid.shape[1:]
    padded = F.pad(grid, (0, 0, 0, -width % side, 0, -height % side))
    rows, columns = padded.shape[1] // side, padded.shape[2] // side
    return padded.view(-1, rows, side, columns, side, channels).transpose(2, 3).flatten(0, 2)


def from_windows(windows: Tensor, shape: Sequence[int]) -> Tensor:
    """The way back from :func:`to_windows` to a grid of ``shape``, without what it had filled in.

    >>> from_windows(to_windows(torch.arange(6.0).view(1, 2, 3, 1), 2), (1, 2, 3, 1)).flatten()
    tensor([0., 1., 2., 3., 4., 5.])
    """
    count, height, width, channels = shape
    side = windows.shape[1]
    rows, columns = -(-height // side), -(-width // side)
    padded = windows.view(count, rows, columns, side, side, channels).transpose(2, 3).flatten(3, 4).flatten(1, 2)
    return padded[:, :height, :width].contiguous()


class Attention(nn.Module):
    """Multi-head self-attention on a grid, with relative positions decomposed into rows and columns.

    Args:
        width: channels.
        heads: attention heads.
        trained_side: side of the grid that the tables of relative positions were learnt on.
    """

    def __init__(self, width: int, heads: int, trained_side: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.rel_pos_h = nn.Parameter(torch.zeros(2 * trained_side - 1, width // heads))
        self.rel_pos_w = nn.Parameter(torch.zeros(2 * trained_side - 1, width // heads))

    def forward(self, grid: Tensor) -> Tensor:
        """``(N, H, W, C)`` -> the same shape."""
        projected: Tensor = self.proj(self.found(self.qkv(grid)))
        return projected

    def found(self, packed: Tensor) -> Tensor:
        """Queries, keys and values side by side, ``(N, H, W, 3 C)`` -> what is found, ``(N, H, W, C)``."""
        by_head = packed.view(*packed.shape[:3], 3, self.heads, -1)
        query, key, value = by_head.permute(3, 0, 4, 1, 2, 5)  # each (N, heads, H, W, C / heads)
        attended = F.scaled_dot_product_attention(
            query.flatten(2, 3), key.flatten(2, 3), value.flatten(2, 3), self._position_bias(query)
        )
        return attended.transpose(1, 2).reshape(*packed.shape[:3], -1)

    def _position_bias(self, query: Tensor) -> Tensor:
        """``(N, heads, H, W, c)`` -> what is added to the logits, ``(N, heads, H * W, H * W)``.

        The sum is by far the largest tensor here; with both terms contiguous it is laid out as it is needed.
        """
        height, width = query.shape[2:4]
        by_row = torch.einsum("nhyxc,yrc->nhyxr", query, relative(self.rel_pos_h, height)).contiguous()
        by_column = torch.einsum("nhyxc,xsc->nhyxs", query, relative(self.rel_pos_w, width)).contiguous()
        return (by_row[..., None] + by_column[..., None, :]).flatten(4).flatten(2, 3)


class WindowAttention(Attention):
    """The same within windows.

    Places that fill a window up are zeros, of which queries, keys and values are the bias: nothing is multiplied there.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads, WINDOW)

    def forward(self, grid: Tensor) -> Tensor:
        """``(N, H, W, C)`` -> the same shape."""
        packed = to_windows(F.linear(grid, self.qkv.weight), WINDOW).add_(self.qkv.bias)
        projected: Tensor = self.proj(from_windows(self.found(packed), grid.shape))
        return projected


def relative(table: Tensor, size: int) -> Tensor:
    """The row of the table for each pair of places on a line: ``(2 S - 1, c)`` -> ``(size, size, c)``.

    Rows of the table are for key minus query = S - 1, ..., 1 - S; it is stretched linearly where ``size`` is not S.

    >>> relative(torch.arange(3.0)[:, None], 2).squeeze()
    tensor([[1., 0.],
            [2., 1.]])
    """
    if len(table) != 2 * size - 1:
        table = F.interpolate(table.T[None], 2 * size - 1, mode="linear", align_corners=False)[0].T
    place = torch.arange(size, device=table.device)
    return table[place[:, None] - place + size - 1]
