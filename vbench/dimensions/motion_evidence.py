"""Which pairs of frames settle whether a video moves: those whose pixels differ most come first, and no needless ones.

A verdict on motion counts pairs, so it is sure as soon as enough of them move, or too few are left that could. The
radii of the pairs that are looked at are those of the whole computation, and so is the verdict.

Pairs are looked at in at most three rounds, each in the order of time, so that neighbours share what is read in a
frame, and a video that is not kept in memory is gone through a few times only. A round holds the fewest pairs that
could settle the verdict; the third holds all that are left, and is broken off when it is settled. The order follows
from the video alone: neither the budget nor the number of workers changes of which pairs a row tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import Tensor

from vbench.dimensions.backbones.base import FlowEstimator
from vbench.dimensions.base import VERDICT
from vbench.dimensions.flow_rules import radii_of
from vbench.media.video import Video

GRID = 4
"""Pixels, across and down, from one that is compared to the next."""

ROUNDS = 3


@dataclass(frozen=True)
class Question:
    """What is asked of a video's pairs of neighbours.

    Attributes:
        step: frames from one neighbour to the next.
        share: of the flow vectors of a pair, the largest, that make its radius; one of those of the rules of flow.
        radius: pixels; a pair whose radius is larger moves.
        enough: how many moving pairs settle that the video moves.
    """

    step: int
    share: float
    radius: float
    enough: int

    def moving(self, radii: Iterable[float]) -> int:
        """How many of these radii move."""
        return sum(radius > self.radius for radius in radii)

    def still_needed(self, radii: Sequence[float], pairs: int) -> int:
        """The fewest further pairs that could settle it: enough that move, or so many that too few are left.

        >>> Question(1, 0.05, 6.0, enough=2).still_needed([], pairs=7)
        2
        >>> Question(1, 0.05, 6.0, enough=2).still_needed([7.0, 1.0, 1.0, 1.0, 1.0, 1.0], pairs=7)
        1
        >>> Question(1, 0.05, 6.0, enough=2).still_needed([7.0, 7.0], pairs=7)
        0
        """
        lacking, left = self.enough - self.moving(radii), pairs - len(radii)
        return max(0, min(lacking, left - lacking + 1))


def pixel_differences(video: Video, step: int) -> list[float]:
    """How much each sampled frame differs from the one before: the mean over a grid of pixels, in levels of 0 to 255.

    Args:
        video: at least one frame of it is sampled.
        step: every how many frames one is sampled.
    """

    def look() -> list[float]:
        grids = (frame[:, ::GRID, ::GRID].short() for batch in video.batches(1, step) for frame in batch)
        return [(now - before).abs().sum().item() / now.numel() for before, now in pairwise(grids)]

    return video.memo(("pixel differences", step), look)


def radii_until_settled(
    video: Video, flow: FlowEstimator, asked: Question, all_pairs: bool = False
) -> dict[int, float]:
    """The radii of the pairs that settle a question, in the order of time: position of the pair -> pixels.

    At least one pair is looked at, where there is one.

    Args:
        video: what is looked at.
        flow: who looks.
        asked: what is to be settled.
        all_pairs: whether the rest is looked at, too.
    """
    differences = pixel_differences(video, asked.step)
    by_evidence = sorted(range(len(differences)), key=lambda pair: -differences[pair])
    found: dict[int, float] = {}
    for turn in range(1, ROUNDS + 1):
        fewest = asked.still_needed([*found.values()], len(differences)) or (not found)
        last = all_pairs or turn == ROUNDS
        if not fewest and not all_pairs:
            break
        left = by_evidence[len(found) :]
        for pair, radius in _radii(video, flow, asked, sorted(left if last else left[:fewest])):
            found[pair] = radius
            if last and not all_pairs and not asked.still_needed([*found.values()], len(differences)):
                break
        if last:
            break
    return dict(sorted(found.items()))


def _radii(video: Video, flow: FlowEstimator, asked: Question, pairs: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Each pair with its radius; the flow of one that was looked at before, by whoever, is not computed again."""
    known: dict[tuple[int, int], dict[float, float]] = video.memo((flow.name, "radii"), dict)
    places = {pair: (asked.step * pair, asked.step) for pair in pairs}
    new = [pair for pair, place in places.items() if place not in known]
    computed = zip(new, flow.flows(_frames(video, asked.step, new)), strict=True)
    for pair, place in places.items():
        if pair in new:
            known[place] = radii_of(next(computed)[1])
        yield pair, known[place][asked.share]


def _frames(video: Video, step: int, pairs: Sequence[int]) -> Iterator[tuple[Tensor, Tensor]]:
    """The two frames of each pair; what is in two of them is one and the same tensor."""
    wanted = sorted({frame for pair in pairs for frame in (pair, pair + 1)})
    coming = zip(wanted, video.one_by_one([step * frame for frame in wanted]), strict=True)
    held: dict[int, Tensor] = {}
    for pair in pairs:
        while pair + 1 not in held:
            place, frame = next(coming)
            held = {known: seen for known, seen in held.items() if known >= pair} | {place: frame}
        yield held[pair], held[pair + 1]


def is_partial(details: Mapping[str, Any]) -> bool:
    """Whether pairs were left out, as the details of a row tell: they could no longer change a verdict."""
    said = (details, details.get(VERDICT, {}))
    return any(told["looked_at"] < told["pairs"] for told in said if {"looked_at", "pairs"} <= told.keys())
