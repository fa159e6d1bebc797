"""Videos that arrive as JSON: ``{"frames": [...], "prompt": "...", "fps": 8}``, or a list of such objects.

A frame is a picture, PNG, JPEG or WebP, in base64; lossless ones have the scores of a lossless file.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from PIL import Image

from vbench.errors import Refused
from vbench.files.strict_json import loads
from vbench.media.decode import ASSUMED_FPS
from vbench.media.picture import PICTURE_ERRORS, TooLarge, eight_bits, opened
from vbench.media.video import DEFAULT_BUDGET

PICTURES = ("PNG", "JPEG", "WEBP")

CHANNELS = 3

MOST_FPS = 1000


@dataclass(frozen=True)
class SentVideo:
    """One video as it was sent.

    Attributes:
        pictures: its frames in base64, in order.
        prompt: what it should show.
        fps: frames per second.
    """

    pictures: Sequence[str]
    prompt: str = ""
    fps: float = ASSUMED_FPS

    def frames(self) -> list[Image.Image]:
        """The frames, RGB.

        Raises:
            Refused: one is no picture, or all of them together are larger than the decoded frames of a video may be.
        """
        pictures, frames, size = list[Image.Image](), list[Image.Image](), 0
        for index, text in enumerate(self.pictures):
            with _reading(index):
                picture = opened(io.BytesIO(base64.b64decode(text, validate=True)), PICTURES)
            size += CHANNELS * picture.width * picture.height
            if size > DEFAULT_BUDGET:  # before the next one is opened, which sets memory aside for a WebP
                raise Refused([f"The frames take more than {DEFAULT_BUDGET >> 20} MiB once they are decoded."])
            pictures.append(picture)
        for index, picture in enumerate(pictures):
            with _reading(index):
                frames.append(eight_bits(picture).convert("RGB"))
        return frames


@contextmanager
def _reading(index: int) -> Iterator[None]:
    try:
        yield
    except TooLarge as error:
        raise Refused([f"Frame {index} {error}."]) from error
    except PICTURE_ERRORS as error:
        raise Refused([f"Frame {index} cannot be read as {', '.join(PICTURES)} in base64."]) from error


def read_sent(body: bytes, most: int) -> tuple[list[SentVideo], bool]:
    """What a JSON body says.

    Args:
        body: as it arrived.
        most: videos that it may have.

    Returns:
        The videos, and whether they came as a list.

    Raises:
        Refused: it has another form; the reason says where.
    """
    value = loads(body, "The body", most=len(body))
    several = isinstance(value, list)
    found = value if several else [value]
    if len(found) > most:
        raise Refused([f"The body has {len(found)} videos; at most {most} are allowed."])
    return [_video(one, f"video {index}" if several else "the video") for index, one in enumerate(found)], several


def _video(value: Any, which: str) -> SentVideo:
    if not isinstance(value, Mapping) or not {"frames"} <= set(value) <= {"frames", "prompt", "fps"}:
        raise Refused([f'{which} must be {{"frames": [...], "prompt": "...", "fps": 8}}; prompt and fps may lack.'])
    frames, prompt, fps = value["frames"], value.get("prompt", ""), value.get("fps", ASSUMED_FPS)
    if not isinstance(frames, list) or not frames or not all(isinstance(one, str) for one in frames):
        raise Refused([f"frames of {which} must be a list of pictures in base64, one at least."])
    if not isinstance(prompt, str):
        raise Refused([f"prompt of {which} must be a text."])
    if isinstance(fps, bool) or not isinstance(fps, int | float) or not 0 < fps <= MOST_FPS:
        raise Refused([f"fps of {which} must be a number above 0 and at most {MOST_FPS}."])
    return SentVideo(frames, prompt, float(fps))
