"""What came, measured, and in which way it is not what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vbench.generators.base import Settings
from vbench.generators.reading import unread

SLACK = 0.01
"""Share of a rate: 23.976 frames a second are as good as 24."""


def findings(asked: Settings, measured: Mapping[str, Any], read: Mapping[str, Any] | None) -> list[str]:
    """In which way a video is not what was asked for.

    >>> asked = Settings(frames=16, height=320, width=512, fps=24)
    >>> findings(asked, {"frames": 17, "height": 320, "width": 256, "fps": 23.976}, None)
    ['asked for 16 frames, 17 came', 'asked for 512x320, 256x320 came']

    Args:
        asked: what it was to be; ``None`` stands where any would do.
        measured: frames, height, width and fps of the file.
        read: what text encoders read of the prompt.
    """
    found = []
    if asked.frames and asked.frames != measured["frames"]:
        found.append(f"asked for {asked.frames} frames, {measured['frames']} came")
    size = asked.width or measured["width"], asked.height or measured["height"]
    if size != (measured["width"], measured["height"]):
        found.append(f"asked for {size[0]}x{size[1]}, {measured['width']}x{measured['height']} came")
    if asked.fps and abs(asked.fps - measured["fps"]) > SLACK * asked.fps:
        found.append(f"asked for {asked.fps:g} frames a second, {measured['fps']:g} came")
    if cut := unread(read):
        found.append(cut)
    return found
