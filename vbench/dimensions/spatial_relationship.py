"""Spatial relationship: do the objects stand to each other as the prompt says?

What it measures: whether two regions with the names of the prompt's objects lie beside or above each other.

Formula (VBench, Huang et al., CVPR 2024, section 3.2, "Spatial Relationship", and the supplement): a pair of boxes
scores 0 unless their centres are further apart along the axis of the relation than across it; then it scores 1, or
0.1 / IoU where they overlap with an IoU of 0.1 or more. A frame scores as its best pair, a video as the mean of its
frames.

Frames: 16, the middle ones of 16 equal parts; a shorter video repeats its last frame, and repeats count.

Range and direction: 0 to 1, higher is better.

Unit of the mean: one frame.

Cost: as :mod:`~vbench.dimensions.object_class`, with which it shares what is seen.

Quirks of the reference that are kept: "left" and "right" are one and the same relation, and so are "top" and "bottom",
because only the distance counts and not its sign; every region that bears either name may pair with every other, two
of the same name too; boxes are cut to whole pixels first. What is not kept: two boxes that are both empty after the
cut overlap by 0 here, where the reference divides by zero; a relation that it does not know scores 0 there and is
reported as not applicable here.
"""

from __future__ import annotations

import math
from itertools import combinations

from vbench.dimensions.backbones.base import RegionDescriber
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.regions import Box, SeenFrame, account, fact, labelled
from vbench.errors import NotApplicable
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

OVERLAP = 0.1

RELATIONS = (("on the right of", "on the left of"), ("on the bottom of", "on the top of"))
"""What lies along x, and what lies along y."""


def axis_of(relation: str) -> int:
    """0 where the relation lies along x, 1 where it lies along y; parts of the phrases do.

    >>> axis_of("on the left of"), axis_of("top")
    (0, 1)

    Raises:
        NotApplicable: it is neither.
    """
    for axis, phrases in enumerate(RELATIONS):
        if any(relation in phrase for phrase in phrases):
            return axis
    raise NotApplicable(
        f"There is no rule for the relation {relation!r}: expected one of "
        f"{', '.join(phrase for phrases in RELATIONS for phrase in phrases)}. "
        "Correct spatial_relationship / relationship in the prompt suite."
    )


def iou(first: Box, second: Box) -> float:
    """Intersection over union of two boxes, 0 where both are empty.

    >>> iou((0, 0, 4, 4), (2, 0, 6, 4))
    0.3333333333333333
    >>> iou((1, 1, 1, 1), (1, 1, 1, 1))
    0.0
    """
    width = max(0, min(first[2], second[2]) - max(first[0], second[0]))
    height = max(0, min(first[3], second[3]) - max(first[1], second[1]))
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in (first, second)]
    union = sum(areas) - width * height
    return width * height / union if union else 0.0


def pair_score(axis: int, first: Box, second: Box) -> float:
    """How well two boxes lie along an axis, in [0, 1].

    >>> pair_score(0, (0, 0, 4, 4), (6, 1, 10, 5))
    1.0
    >>> pair_score(1, (0, 0, 4, 4), (6, 1, 10, 5))
    0.0
    >>> pair_score(0, (0, 0, 4, 4), (2, 0, 6, 4))
    0.30000000000000004
    """
    distance = [abs((second[i] + second[i + 2]) - (first[i] + first[i + 2])) for i in (0, 1)]  # twice the centres'
    if distance[axis] <= distance[1 - axis]:
        return 0.0
    overlap = iou(first, second)
    return 1.0 if overlap < OVERLAP else OVERLAP / overlap


def best_pair(frame: SeenFrame, objects: tuple[str, str], axis: int) -> float:
    """The score of a frame: that of its best pair among the regions of either name, 0 where there is no pair.

    >>> two_dogs = SeenFrame(0, boxes=((0, 0, 4, 4), (6, 1, 10, 5)), labels=("dog", "dog"))
    >>> best_pair(two_dogs, ("dog", "cat"), axis=0)
    1.0
    """
    boxes = [box for box, label in zip(frame.corners, frame.labels, strict=True) if label in objects]
    return max((pair_score(axis, first, second) for first, second in combinations(boxes, 2)), default=0.0)


class SpatialRelationship(Dimension):
    """How well the objects lie to each other."""

    name = "spatial_relationship"
    title = "Spatial relationship"
    meaning = "The objects lie beside or above each other as the prompt says."
    roles = ("describer",)

    describer: RegionDescriber

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """The mean of the frames' scores, which are in ``frames``.

        Raises:
            NotApplicable: the prompt does not say which objects and which relation.
        """
        first, second, relation = (
            fact(prompt, self.name, self.name, key) for key in ("object_a", "object_b", "relationship")
        )
        axis = axis_of(relation)
        frames = labelled(video, self.describer)
        scores = [best_pair(frame, (first, second), axis) for frame in frames]
        details = {"objects": [first, second], "relationship": relation, **account(frames)}
        return VideoScore(math.fsum(scores) / len(scores), weight=len(scores), per_frame=scores, details=details)
