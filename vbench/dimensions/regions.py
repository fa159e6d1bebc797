"""What is seen in a video, region by region: the step that the four dimensions of objects have in common.

Frames: 16, the middle ones of 16 equal parts; a shorter video repeats its last one, which is looked at only once.
Frames whose short side exceeds 768 pixels are made smaller, to a short side of 720; all others go in as they are.
Two ways of making them smaller exist because the reference has two, and what is seen depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
        labels: what each region is called.
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
    return _seen(video, describer, ("label",), antialiased)


def captioned(video: Video, describer: RegionDescriber) -> list[SeenFrame]:
    """The 16 frames with labels and captions; large ones are made smaller without antialiasing, in whole levels."""
    return _seen(video, describer, ("label", "caption"), subsampled)


def _seen(video: Video, describer: RegionDescriber, wordings: Sequence[Wording], shrink: Shrink) -> list[SeenFrame]:
    indices = middle_indices(video.frame_count, FRAMES)
    size = reduced(*video.size)
    key = (describer.name, shrink.__name__ if size else "")

    def find() -> dict[int, Regions]:
        distinct = list(dict.fromkeys(indices))
        frames = (shrink(frame, size) if size else frame for frame in video.frames(distinct))
        return {index: describer.find(frame[None])[0] for index, frame in zip(distinct, frames, strict=True)}

    def describe() -> dict[int, SeenFrame]:
        found = video.memo((*key, "regions"), find)
        return {index: _in_words(index, regions, describer, wordings) for index, regions in found.items()}

    described = video.memo((*key, *wordings), describe)
    return [described[index] for index in indices]


def _in_words(index: int, regions: Regions, describer: RegionDescriber, wordings: Sequence[Wording]) -> SeenFrame:
    texts = describer.describe(regions, wordings)
    boxes = tuple(tuple(box) for box in regions.boxes.tolist())
    return SeenFrame(index, boxes, tuple(regions.scores.tolist()), texts.get("label", ()), texts.get("caption", ()))


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
