"""CoTracker2: where 100 points of the first frame are in every other frame.

- Paper: Karaev et al., "CoTracker: It is Better to Track Together", ECCV 2024.
- Checkpoint: ``cotracker2`` (cotracker2.pth, window 8); CC-BY-NC-4.0.
- Input: uint8 RGB frames, scaled bilinearly (corners on corners) to 384x512 px, as [-1, 1]. Points: a 10x10 grid that
  leaves 8 px at each border, asked for in frame 0.
- Output: places in pixels of the video, ``(T, 100, 2)``; frame 0 holds the grid itself. Visibility is not given, as
  nothing here asks for it.

A window of eight frames moves on by four; each starts where the one before ended, its new half at the last place, and
is corrected six times. What lies before a window is let go, so that memory does not grow with the length of a video.
The last window repeats the last frame where the video ends.

A video of fewer than five frames has no window at all in the published code, which then says that every point goes to
the corner; here it has no answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vbench.dimensions.backbones.base import PointTracker, grid_points
from vbench.dimensions.backbones.cotracker.features import CHANNELS, STRIDE, FeatureNet
from vbench.dimensions.backbones.cotracker.tables import displacement_waves, place_table, time_table
from vbench.dimensions.backbones.cotracker.update import UpdateTransformer
from vbench.errors import CheckpointMismatch, NotApplicable
from vbench.weights.cards import checkpoint
from vbench.weights.load import load_strictly, state_dict

WINDOW, STEP = 8, 4
"""Frames that are seen together, and how many a window moves on."""

FEWEST = STEP + 1
"""Frames from which on there is a window."""

HEIGHT, WIDTH = 384, 512
"""Pixels of a frame as the network sees it."""

ITERATIONS, LEVELS, RADIUS, WAVES = 6, 4, 3, 64

_LOOKS = LEVELS * (2 * RADIUS + 1) ** 2
INPUTS = 2 + 2 * WAVES + _LOOKS + CHANNELS + 2
"""Channels that describe a point in a frame: 456."""

TABLES = ("time_emb", "pos_emb")
"""Tables of sines in the published file, which are computed here."""


class CoTracker2(PointTracker):
    """Tracks by CoTracker2."""

    name: ClassVar[str] = "cotracker2"
    checkpoints: ClassVar[tuple[str, ...]] = ("cotracker2",)

    def __init__(self, network: Network, device: torch.device) -> None:
        self.network, self.device = network.to(device), device
        self._times = time_table(WINDOW, INPUTS).to(device)
        self._places = place_table(HEIGHT // STRIDE, WIDTH // STRIDE, INPUTS).to(device)

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``cotracker2``; see :meth:`Backbone.load` for the errors."""
        with torch.device("meta"):
            network = Network()
        load_strictly(network, without_tables(state_dict("cotracker2")), "cotracker2")
        return cls(network, device)

    @torch.inference_mode()
    def tracks(self, frames: Iterable[Tensor]) -> Tensor:
        """See :meth:`PointTracker.tracks`.

        Raises:
            NotApplicable: fewer than five frames.
        """
        counted = _Counted(frames)
        points = grid_points(HEIGHT, WIDTH).to(self.device) / STRIDE
        found, looks = points.new_empty(0, *points.shape), Tensor()
        for start, features in self._windows(counted):
            if not start:
                looks = first_looks(features, points)
                places = points.expand(WINDOW, -1, -1)
                confidence = points.new_full((WINDOW, len(points), 1), 10.0)
            else:
                places = _held(found[start:], WINDOW)
                confidence = _held(confidence[STEP:], WINDOW)
            places, confidence = self._corrected(features, places, looks, confidence, new=0 if not start else STEP)
            found = torch.cat((found[:start], places))
        if not len(found):
            raise NotApplicable(
                f"CoTracker2 follows points through windows of {WINDOW} frames and needs at least {FEWEST}; "
                f"this video has {counted.count}."
            )
        found = found[: counted.count] * STRIDE
        found[0] = grid_points(HEIGHT, WIDTH)
        height, width = counted.size
        return found.cpu() * torch.tensor([(width - 1) / (WIDTH - 1), (height - 1) / (HEIGHT - 1)])

    def _windows(self, frames: Iterable[Tensor]) -> Iterator[tuple[int, Tensor]]:
        """First frame of each window and the features of its eight; one that ends the video repeats its last frame."""
        start, held = 0, list[Tensor]()
        for frame in frames:
            held.append(self._features(frame))
            if len(held) == WINDOW:
                yield start, torch.stack(held)
                start, held = start + STEP, held[STEP:]
        if len(held) >= FEWEST:
            yield start, torch.stack(held + held[-1:] * (WINDOW - len(held)))

    def _features(self, frame: Tensor) -> Tensor:
        pixels = frame[None].to(self.device).float()
        scaled = F.interpolate(pixels, (HEIGHT, WIDTH), mode="bilinear", align_corners=True)
        features: Tensor = self.network.fnet(2 * (scaled / 255) - 1)
        return features[0]

    def _corrected(
        self, features: Tensor, places: Tensor, looks: Tensor, confidence: Tensor, new: int
    ) -> tuple[Tensor, Tensor]:
        """Places and confidence of a window's points after six corrections.

        Args:
            features: ``(8, 128, h, w)`` of the frames.
            places: ``(8, N, 2)`` in places of the features, to start from.
            looks: ``(N, 128)``: how each point looked where it was asked for.
            confidence: ``(8, N, 1)`` from the window before, as logits.
            new: number of the first frame that no window before has seen.
        """
        network, pyramid = self.network, _pyramid(features)
        unseen = torch.zeros_like(confidence)
        unseen[new:] = 1
        looks = looks.expand(WINDOW, -1, -1)
        where = sampled(self._places, places[:1])[0][:, None]
        state = torch.cat((unseen, confidence), -1)
        for _ in range(ITERATIONS):
            moved = displacement_waves(places - places[:1], WAVES)
            described = torch.cat((moved, _likeness(pyramid, looks, places), looks, state), -1)
            by_point = described.transpose(0, 1).contiguous()
            change = network.updateformer(by_point + where + self._times)
            places = places + change[..., :2].transpose(0, 1)
            looks = looks + network.looks_changed(change[..., 2:]).transpose(0, 1)
        return places, network.vis_predictor(looks)


class Network(nn.Module):
    """The networks under the published names."""

    def __init__(self) -> None:
        super().__init__()
        self.fnet = FeatureNet()
        self.updateformer = UpdateTransformer(INPUTS, CHANNELS + 2)
        self.norm = nn.GroupNorm(1, CHANNELS)
        self.track_feat_updater = nn.Sequential(nn.Linear(CHANNELS, CHANNELS), nn.GELU())
        self.vis_predictor = nn.Sequential(nn.Linear(CHANNELS, 1))

    def looks_changed(self, change: Tensor) -> Tensor:
        """``(..., 128)`` of the transformer -> what is added to the looks of the points."""
        added: Tensor = self.track_feat_updater(self.norm(change.flatten(0, -2))).view_as(change)
        return added


class _Counted:
    """Frames on their way, their number and their size."""

    def __init__(self, frames: Iterable[Tensor]) -> None:
        self.frames, self.count, self.size = frames, 0, (0, 0)

    def __iter__(self) -> Iterator[Tensor]:
        for frame in self.frames:
            self.count, self.size = self.count + 1, (frame.shape[-2], frame.shape[-1])
            yield frame


def without_tables(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights alone, after the tables beside them proved to be those that are computed here.

    Raises:
        CheckpointMismatch: one of them is another.
    """
    ours = (time_table(WINDOW, INPUTS), place_table(HEIGHT // STRIDE, WIDTH // STRIDE, INPUTS))
    for name, table in zip(TABLES, ours, strict=True):
        theirs = state.pop(name, table)
        if theirs.shape != table.shape or not torch.allclose(theirs, table, atol=1e-4):
            raise CheckpointMismatch(
                f"{checkpoint('cotracker2').title}: the table {name} is not that of windows of {WINDOW} frames of "
                f"{WIDTH}x{HEIGHT} px. Nothing was computed with it. Get the published file: "
                "vbench weights download cotracker2 --force"
            )
    return state


def sampled(maps: Tensor, places: Tensor) -> Tensor:
    """What maps hold at places, bilinearly, beyond the border what is at the border.

    Args:
        maps: ``(B, C, H, W)``.
        places: ``(B, N, 2)``: x and y, 0 the middle of the first column and row.

    Returns:
        ``(B, N, C)``.
    """
    last = places.new_tensor([max(side - 1, 1) for side in (maps.shape[-1], maps.shape[-2])])
    spots = (places * (2 / last) - 1)[:, None]
    return F.grid_sample(maps, spots, align_corners=True, padding_mode="border")[:, :, 0].transpose(1, 2)


def first_looks(features: Tensor, points: Tensor) -> Tensor:
    """How points look in the first of some frames: ``(T, 128, h, w)`` and ``(N, 2)`` -> ``(N, 128)``.

    The frames are taken for a volume, whose sampling rounds otherwise than that of one map: the published code does so,
    and corrections that follow one another enlarge what is lost here.
    """
    last = points.new_tensor([features.shape[-1] - 1, features.shape[-2] - 1])
    spots = torch.cat((points * (2 / last) - 1, points.new_full((len(points), 1), -1.0)), 1)
    volume = features.transpose(0, 1)[None]
    found = F.grid_sample(volume, spots[None, None, None], align_corners=True, padding_mode="border")
    return found[0, :, 0, 0].T


def _pyramid(features: Tensor) -> list[Tensor]:
    levels = [features]
    while len(levels) < LEVELS:
        levels.append(F.avg_pool2d(levels[-1], 2))
    return levels


def _likeness(pyramid: list[Tensor], looks: Tensor, places: Tensor) -> Tensor:
    """How like its looks is what lies around each point, at four scales: ``(8, N, 196)``."""
    frames, points, channels = looks.shape
    around = torch.arange(-RADIUS, RADIUS + 1, device=places.device, dtype=places.dtype)
    offsets = torch.cartesian_prod(around, around)
    seen = []
    for level, maps in enumerate(pyramid):
        alike = (looks @ maps.flatten(2) / math.sqrt(channels)).view(frames, points, *maps.shape[-2:])
        spots = places.flatten(0, 1)[:, None] / 2**level + offsets
        seen.append(sampled(alike.flatten(0, 1)[:, None], spots).view(frames, points, -1))
    return torch.cat(seen, -1)


def _held(known: Tensor, length: int) -> Tensor:
    """Rows that are known, then the last one as often as it takes."""
    return torch.cat((known, known[-1:].expand(length - len(known), *known.shape[1:])))
