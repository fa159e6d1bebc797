"""Where a video cuts to another scene, by PySceneDetect's ContentDetector at the reference's threshold."""

from __future__ import annotations

import os
from pathlib import Path

from vbench.errors import MissingExtra, VideoError
from vbench.media.decode import CONTAINERS

THRESHOLD = 35.0
"""Mean change of hue, saturation and brightness from one frame to the next, 0..255, from which it is a cut."""


def scene_cuts(path: Path) -> list[int]:
    """The first frame of each scene after the first; empty where no cut is found.

    Raises:
        MissingExtra: PySceneDetect is not installed.
        VideoError: it is no file of a container.
    """
    try:
        from scenedetect import ContentDetector, detect
    except ModuleNotFoundError as error:
        raise MissingExtra(
            'Scenes are found by PySceneDetect. Install it with: pip install "vbench-suite[scenes]"'
        ) from error
    if path.is_dir() or path.suffix.lower() not in CONTAINERS:
        raise VideoError(f"{path} is no video file: scenes are found in {', '.join(CONTAINERS)} only.")
    return [start.frame_num for start, _ in detect(os.fspath(path), ContentDetector(THRESHOLD))][1:]
