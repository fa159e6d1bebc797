"""Where a video cuts to another scene, by PySceneDetect's ContentDetector at the reference's threshold.

Frames are counted, as PySceneDetect did when the scores were published. Since 0.7 it makes a frame's number of its time
and the average rate, which is another frame where the rate varies.
"""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from typing import Any

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
        from scenedetect import ContentDetector, FrameTimecode, SceneManager, open_video
    except ModuleNotFoundError as error:
        raise MissingExtra(
            'Scenes are found by PySceneDetect. Install it with: pip install "vbench-suite[scenes]"'
        ) from error
    if path.is_dir() or path.suffix.lower() not in CONTAINERS:
        raise VideoError(f"{path} is no video file: scenes are found in {', '.join(CONTAINERS)} only.")

    class Counting(ContentDetector):  # type: ignore[misc]
        """Takes the number of a frame for its time."""

        def __init__(self) -> None:
            super().__init__(THRESHOLD)
            self.numbers, self.cuts = count(), list[int]()

        def process_frame(self, timecode: Any, frame_img: Any) -> Any:
            found = super().process_frame(FrameTimecode(next(self.numbers), timecode), frame_img)
            self.cuts += [cut.frame_num for cut in found]
            return found

    detector, manager = Counting(), SceneManager()
    manager.add_detector(detector)
    manager.detect_scenes(open_video(os.fspath(path)))
    return detector.cuts
