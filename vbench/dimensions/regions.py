"""What is seen in a video, region by region: the step that the four dimensions of objects have in common.

Frames: 16, the middle ones of 16 equal parts; a shorter video repeats its last one, which is looked at only once.
Frames whose short side exceeds 768 pixels are made smaller, to a short side of 720; all others go in as they are.
Two ways of making them smaller exist because the reference has two, and what is seen depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import cv2
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from vbench.dimensions.backbones.base import RegionDescriber, Regions, Wording
from vbench.errors import NotApplicable
from vbench.media.video import Video, middle_indices
from vbench.prompts.suite import Prompt

FRAMES = 16
LARGEST, REDUCED = 768, 720

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in whole pixels."""

Shrink = Callable[[Tensor, tuple[int, int]], Tensor]
"""``(3, H, W)`` uint8 and a new height and width -> ``(3, height, width)`` in [0, 255]."""


@dataclass(frozen=True)
class SeenFrame:
    """What is seen in one frame, best region first.

    Attributes:
        index: of the frame in the video.
        boxes: left, top, right, bottom in pixels of the frame after it was made smaller, where it was.
        scores: how sure it is that something is there, in [0, 1].
        labels: what each region is called; of the best alone where the others cannot count.
        captions: how each region looks; empty where nobody asked.
    """

    index: int
    boxes: tuple[tuple[float, ...], ...] = ()
    scores: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()

    @property
    def corners(self) -> list[Box]:
        """The boxes in whole pixels, cut towards zero.

        >>> SeenFrame(0, boxes=((0.9, 1.0, 20.5, 30.99),)).corners
        [(0, 1, 20, 30)]
        """
        return [(int(left), int(top), int(right), int(bottom)) for left, top, right, bottom in self.boxes]


def labelled(video: Video, describer: RegionDescriber) -> list[SeenFrame]:
    """The 16 frames with labels; large ones are made smaller with antialiasing, without rounding."""
    found = found_in(video, describer, antialiased)

    def describe() -> list[SeenFrame]:
        words = in_words(list(found.values()), describer, ("label",))
        return [_frame(index, found[index], *texts) for index, texts in zip(found, words, strict=True)]

    return _in_order(video, video.memo((describer.name, antialiased.__name__, "label"), describe))


def captioned(video: Video, describer: RegionDescriber, wanted: str) -> list[SeenFrame]:
    """The 16 frames, with labels and captions of all regions where the best one is called as ``wanted``.

    Elsewhere the best region has its label and the others nothing. Large frames are made smaller without antialiasing,
    in whole levels.
    """
    found = found_in(video, describer, subsampled)
    best = in_words([best_of(regions) for regions in found.values()], describer, ("label",))
    counting = [index for index, (labels, _) in zip(found, best, strict=True) if labels == (wanted,)]
    words = dict(zip(found, best, strict=True))
    words |= zip(counting, in_words([found[index] for index in counting], describer, ("label", "caption")), strict=True)
    return _in_order(video, [_frame(index, found[index], *texts) for index, texts in words.items()])


def found_in(video: Video, describer: RegionDescriber, shrink: Shrink) -> dict[int, Regions]:
    """The regions of each distinct frame, by its index."""
    indices = list(dict.fromkeys(middle_indices(video.frame_count, FRAMES)))
    size = reduced(*video.size)

    def find() -> dict[int, Regions]:
        frames = video.frames(indices)
        frames = torch.stack([shrink(frame, size) for frame in frames]) if size else frames
        return dict(zip(indices, describer.find(frames), strict=True))

    return video.memo((describer.name, shrink.__name__ if size else "", "regions"), find)


def in_words(
    found: Sequence[Regions], describer: RegionDescriber, wordings: Sequence[Wording]
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Labels and captions of the regions of some frames, all of which are described together."""
    if not found:
        return []
    together = Regions(
        torch.cat([regions.boxes for regions in found]),
        torch.cat([regions.scores for regions in found]),
        torch.cat([regions.features for regions in found]),
    )
    texts = describer.describe(together, wordings)
    ends = list(accumulate(len(regions.boxes) for regions in found))
    return [
        (texts.get("label", ())[start:end], texts.get("caption", ())[start:end]) for start, end in pairwise([0, *ends])
    ]


def best_of(regions: Regions) -> Regions:
    """The best region alone, or none where there is none."""
    return Regions(regions.boxes[:1], regions.scores[:1], regions.features[:1])


def _frame(index: int, regions: Regions, labels: tuple[str, ...], captions: tuple[str, ...]) -> SeenFrame:
    boxes = tuple(tuple(box) for box in regions.boxes.tolist())
    return SeenFrame(index, boxes, tuple(regions.scores.tolist()), labels, captions)


def _in_order(video: Video, distinct: Sequence[SeenFrame]) -> list[SeenFrame]:
    """The 16 frames, of which a short video's last is there more than once."""
    by_index = {frame.index: frame for frame in distinct}
    return [by_index[index] for index in middle_indices(video.frame_count, FRAMES)]


def reduced(height: int, width: int) -> tuple[int, int] | None:
    """The height and width to make a large frame smaller to, ``None`` where it stays as it is.

    Both are cut to integers after the multiplication, so a short side of 719 can come out.

    >>> reduced(768, 2000)
    >>> reduced(800, 1280)
    (720, 1152)
    """
    short = min(height, width)
    if short <= LARGEST:
        return None
    scale = REDUCED / short
    return int(scale * height), int(scale * width)


def antialiased(frame: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear with antialiasing: ``(3, H, W)`` uint8 -> ``(3, height, width)`` float32, not rounded."""
    return interpolate(frame[None].float(), size, mode="bilinear", antialias=True)[0]


def subsampled(frame: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinear without antialiasing, as OpenCV does it: ``(3, H, W)`` uint8 -> ``(3, height, width)`` uint8."""
    height, width = size
    picture = cv2.resize(frame.permute(1, 2, 0).numpy(), (width, height), interpolation=cv2.INTER_LINEAR)
    return torch.from_numpy(picture).permute(2, 0, 1)


def fact(prompt: Prompt, *path: str) -> str:
    """What the prompt's facts say at ``path``, of which the dimension's name comes first.

    >>> fact(Prompt("a red car", facts={"color": {"color": "red"}}), "color", "color")
    'red'

    Raises:
        NotApplicable: they say nothing there.
    """
    found: Any = prompt.facts
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, str) or not found:
        raise NotApplicable(
            f"The prompt {prompt.text!r} does not say what to look for: expected a text under {' / '.join(path)} in "
            f"its auxiliary information, found {dict(prompt.facts)!r}. Add it to the prompt suite."
        )
    return found


def account(frames: Sequence[SeenFrame]) -> dict[str, Any]:
    """What a person needs to see why: the frames' indices and, once per frame, all that was seen in it."""
    return {
        "frame_count": len(frames),
        "frame_indices": [frame.index for frame in frames],
        "seen": [
            {
                "frame": frame.index,
                "boxes": [[round(place, 2) for place in box] for box in frame.boxes],
                "scores": [round(score, 4) for score in frame.scores],
                "labels": list(frame.labels),
                "captions": list(frame.captions),
            }
            for frame in {frame.index: frame for frame in frames}.values()
        ],
    }
