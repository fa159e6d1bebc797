"""RAFT: dense optical flow, refined twenty times.

- Paper: Teed and Deng, "RAFT: Recurrent All-Pairs Field Transforms for Optical Flow", ECCV 2020.
- Checkpoint: ``raft_things`` (raft-things.pth, trained on FlyingThings3D); BSD-3-Clause. torchvision's modules
  are used, registered anew under the published names, so that the file is checked against its own keys.
- Input: two uint8 RGB frames of one size, padded by replication to multiples of 8 (at least 128 px on both
  sides), mapped to [-1, 1].
- Output: the last of twenty refinements, upsampled; **not** cropped, so the padding counts, as in the reference.

The correlation volume of a 720p pair takes 1.1 GB; it is made once and let go before the next pair. What repeats is
computed once: a frame's features for both its neighbours, and what the context adds to the gates for all refinements.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import ClassVar, NamedTuple, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import optical_flow
from torchvision.models.optical_flow.raft import ConvGRU, CorrBlock

from vbench.dimensions.backbones.arithmetic import computes
from vbench.dimensions.backbones.base import FlowEstimator
from vbench.dimensions.backbones.padding import margins, pad
from vbench.dimensions.backbones.renaming import under_names
from vbench.dimensions.backbones.warping import last_pixel
from vbench.errors import NotApplicable
from vbench.weights.load import load_strictly, state_dict

SMALLEST = 128
"""Pixels: below it the coarsest correlation level has fewer than two rows or columns and cannot be sampled."""

UPDATES = 20
"""Refinements of the flow."""

VOLUMES = 10 * 2**30
"""Bytes that the correlation volumes of the pairs that go together may take; a larger pair goes alone."""

LOOKUPS = 2**17
"""Pixels, at an eighth of the frames' sides, that go together; of 200,000 cuDNN refuses to look up the neighbours."""


class RAFT(FlowEstimator):
    """Optical flow by RAFT: on a CPU one pair at a time, elsewhere 16, or as many as there is room for."""

    name: ClassVar[str] = "raft_things"
    checkpoints: ClassVar[tuple[str, ...]] = ("raft_things",)
    at_once_on_gpu: ClassVar[int] = 16

    def __init__(self, network: optical_flow.RAFT, device: torch.device) -> None:
        self.network, self.device = network.to(device), device
        block = network.update_block.recurrent_block
        self._gates = [Gates(unit, block.hidden_size) for unit in (block.convgru1, block.convgru2)]

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``raft_things``; see :meth:`Backbone.load` for the errors."""
        with torch.device("meta"):
            network = raft_network()
        load_strictly(published(network), state_dict("raft_things"), "raft_things")
        return cls(network, device)

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        """Two ``(N, 3, H, W)`` uint8 RGB -> ``(N, 2, H', W')`` float32: pixels right, pixels down.

        ``H'`` and ``W'`` are the next multiples of 8.

        Raises:
            NotApplicable: a side is shorter than 128 px after padding.
        """
        at_once = self._pairs_at_once(*first.shape[-2:])
        pairs = zip(torch.split(first, at_once), torch.split(second, at_once), strict=True)
        return torch.cat([self._refined(self._encoded(start), self._encoded(end)) for start, end in pairs])

    @torch.inference_mode()
    def flows(self, pairs: Iterable[tuple[Tensor, Tensor]]) -> Iterator[Tensor]:
        """See :meth:`FlowEstimator.flows`; a frame of several pairs is encoded once, and few are held."""
        coming = iter(pairs)
        known: dict[int, tuple[Tensor, Encoded]] = {}
        for pair in coming:
            at_once = self._pairs_at_once(*pair[0].shape[-2:])
            some = [pair, *islice(coming, at_once - 1)]
            frames = {id(frame): frame for both in some for frame in both}
            new = [frame for key, frame in frames.items() if key not in known]
            for part in (new[start : start + at_once] for start in range(0, len(new), at_once)):
                seen = self._encoded(torch.stack(part))
                known |= {id(frame): (frame, seen.part(slice(at, at + 1))) for at, frame in enumerate(part)}
            first, second = (Encoded.of([known[id(both[end])][1] for both in some]) for end in (0, 1))
            yield from self._refined(first, second)
            known = {id(frame): known[id(frame)] for frame in some[-1]}

    @classmethod
    def too_small(cls, height: int, width: int) -> str:
        """See :class:`Backbone`: sides are padded to multiples of 8 first."""
        if min(height, width) > SMALLEST - 8:
            return ""
        return (
            f"Frames of {width}x{height} px are too small for RAFT, which needs sides of at least "
            f"{SMALLEST - 7} px. Score larger videos."
        )

    def _pairs_at_once(self, height: int, width: int) -> int:
        """As many as are to go together and as have room; a function of the size of the frames."""
        around = margins(height, width, 8)
        rows, columns = (height + around.top + around.bottom) // 8, (width + around.left + around.right) // 8
        if told := self.too_small(height, width):
            raise NotApplicable(told)
        volume = 4 * (rows * columns) ** 2 * 4 // 3  # float32, and a third more for the coarser levels
        return max(1, min(self.at_once, VOLUMES // volume, LOOKUPS // (rows * columns)))

    @computes
    def _encoded(self, frames: Tensor) -> Encoded:
        height, width = frames.shape[-2:]
        around = margins(height, width, 8)
        levels = 2 * (pad(self.here(frames).float(), around) / 255) - 1
        return Encoded(self.network.feature_encoder(levels), self.network.context_encoder(levels))

    @computes
    def _refined(self, first: Encoded, second: Encoded) -> Tensor:
        """The flow of pairs. Only the last refinement is upsampled, which saves a quarter of the time."""
        network = self.network
        state, context = first.context.tensor_split((network.update_block.hidden_state_size,), 1)
        state, context = state.tanh(), context.relu()
        given = [gates.of_context(context) for gates in self._gates]
        network.corr_block.build_pyramid(first.features, second.features)
        rest = _pixel_places(state)
        places = rest
        for _ in range(UPDATES):
            seen = network.corr_block.index_pyramid(centroids_coords=places)
            motion = network.update_block.motion_encoder(places - rest, seen)
            for gates, share in zip(self._gates, given, strict=True):
                state = gates(state, motion, share)
            places = places + network.update_block.flow_head(state)
        network.corr_block.corr_pyramid = []
        return _upsampled(places - rest, network.mask_predictor(state))


class RAFTTF32(RAFT):
    """RAFT with products of TF32."""

    name: ClassVar[str] = "raft_things_tf32"
    arithmetic: ClassVar[str] = "tf32"


class Encoded(NamedTuple):
    """What RAFT reads in frames, whatever lies beside them.

    Attributes:
        features: ``(N, 256, h, w)``; pixels are compared by them.
        context: ``(N, 256, h, w)``; half of it is the first state of the refinement, half is looked at in each update.
    """

    features: Tensor
    context: Tensor

    @classmethod
    def of(cls, parts: Sequence[Encoded]) -> Encoded:
        """Several side by side."""
        return cls(*map(torch.cat, zip(*parts, strict=True))) if len(parts) > 1 else parts[0]

    def part(self, frames: slice) -> Encoded:
        """Some of the frames."""
        return Encoded(self.features[frames], self.context[frames])


class Gates:
    """One of torchvision's recurrent units, with what the context gives apart: the same in each of twenty updates.

    A convolution of maps side by side is the sum of the convolutions of each.
    """

    def __init__(self, unit: ConvGRU, width: int) -> None:
        update, reset, candidate = unit.convz, unit.convr, unit.convq
        weights = torch.cat([layer.weight.detach() for layer in (update, reset, candidate)])
        state, context, motion = weights.tensor_split((width, 2 * width), 1)
        self._padding, self._width = update.padding, width
        self._of_context = context.contiguous()
        self._bias = torch.cat([layer.bias.detach() for layer in (update, reset, candidate)])
        self._gates, self._candidate = torch.cat((state, motion), 1).tensor_split((2 * width,))

    def of_context(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """``(N, width, h, w)`` -> what it adds to the update and the reset gate, side by side, and to the candidate."""
        added = F.conv2d(context, self._of_context, self._bias, padding=self._padding)
        to_gates, to_candidate = added.tensor_split((2 * self._width,), 1)
        return to_gates.contiguous(), to_candidate.contiguous()

    def __call__(self, state: Tensor, motion: Tensor, given: tuple[Tensor, Tensor]) -> Tensor:
        """The next state, ``(N, width, h, w)``, from this one, what moves, and what :meth:`of_context` gave."""
        to_gates, to_candidate = given
        seen = F.conv2d(torch.cat((state, motion), 1), self._gates, padding=self._padding)
        update, reset = (seen + to_gates).sigmoid().chunk(2, 1)
        seen = F.conv2d(torch.cat((reset * state, motion), 1), self._candidate, padding=self._padding)
        return (1 - update) * state + update * (seen + to_candidate).tanh()


class LeanCorrelation(CorrBlock):  # type: ignore[misc]
    """torchvision's correlation pyramid without what it does twice.

    Its scaling makes no second full-size copy: the features have 256 channels, so the scale is 1/16 and may be applied
    to them first without any rounding. And what a lookup needs beside the places is on the device already: a copy from
    the CPU in each of twenty refinements would wait each time for all that was asked for before.
    """

    def build_pyramid(self, fmap1: Tensor, fmap2: Tensor) -> None:
        """Correlate all pixels of two ``(N, C, h, w)`` maps, on four levels."""
        channels, height, width = fmap1.shape[1:]
        pixels = fmap1.flatten(2).transpose(1, 2) / math.sqrt(channels)
        self.corr_pyramid = [(pixels @ fmap2.flatten(2)).view(-1, 1, height, width)]
        for _ in range(self.num_levels - 1):
            self.corr_pyramid.append(F.avg_pool2d(self.corr_pyramid[-1], 2))
        steps = torch.linspace(-self.radius, self.radius, 2 * self.radius + 1, device=fmap1.device)
        self._around = torch.stack(torch.meshgrid(steps, steps, indexing="ij"), 2)

    def index_pyramid(self, centroids_coords: Tensor) -> Tensor:
        """What lies around ``(N, 2, h, w)`` places, column and row: ``(N, levels * 81, h, w)``."""
        count, _, height, width = centroids_coords.shape
        centres = centroids_coords.permute(0, 2, 3, 1).reshape(-1, 1, 1, 2)
        seen = []
        for level, planes in enumerate(self.corr_pyramid):
            places = (centres / 2**level + self._around).mul_(2).div_(last_pixel(planes)).sub_(1)
            around = F.grid_sample(planes, places, align_corners=True)
            seen.append(around.view(count, height, width, -1))
        return torch.cat(seen, 3).permute(0, 3, 1, 2).contiguous()


def raft_network() -> optical_flow.RAFT:
    """The large RAFT of torchvision, without weights."""
    return optical_flow.raft_large(weights=None, corr_block=LeanCorrelation(num_levels=4, radius=4))


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
