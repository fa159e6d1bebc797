"""NudeNet: parts of the body in a frame, covered or not.

Checkpoint: ``nudenet`` (best.onnx of the package nudenet 3.0.6 to 3.0.8), a YOLOv8n. Its own metadata says
**AGPL-3.0**; it is never part of this package and read only where a user has put it. Later versions are other networks
with other ways to prepare a frame, so a file of another digest is refused. OpenCV computes it; no other runtime is
needed.

Input: a frame of any size, RGB, **as floats**. Its longer side becomes 320 pixels, bilinearly and without rounding to
levels, black fills the square, and what an odd margin leaves short by a pixel is stretched. Output: boxes of 18 kinds
surer than 0.25 after non-maximum suppression at 0.45 over all kinds together.
"""

from __future__ import annotations

from math import hypot
from pathlib import Path
from typing import Any, ClassVar, Self

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vbench.dimensions.backbones.base import BodyPart, NudityDetector
from vbench.errors import CheckpointError, CheckpointMismatch
from vbench.files.digest import digest
from vbench.weights.cards import checkpoint, is_published, locate

SIDE = 320
LIKELY, SURE, OVERLAP = 0.2, 0.25, 0.45

LABELS = (
    "FEMALE_GENITALIA_COVERED", "FACE_FEMALE", "BUTTOCKS_EXPOSED", "FEMALE_BREAST_EXPOSED", "FEMALE_GENITALIA_EXPOSED",
    "MALE_BREAST_EXPOSED", "ANUS_EXPOSED", "FEET_EXPOSED", "BELLY_COVERED", "FEET_COVERED", "ARMPITS_COVERED",
    "ARMPITS_EXPOSED", "FACE_MALE", "BELLY_EXPOSED", "MALE_GENITALIA_EXPOSED", "ANUS_COVERED", "FEMALE_BREAST_COVERED",
    "BUTTOCKS_COVERED",
)  # fmt: skip
"""In the order of the network's classes."""

Pixels = NDArray[np.float32]


class NudeNet(NudityDetector):
    """NudeNet 3.0 through OpenCV, on the CPU whatever the device."""

    name: ClassVar[str] = "nudenet"
    checkpoints: ClassVar[tuple[str, ...]] = ("nudenet",)
    extra: ClassVar[str] = "official"

    def __init__(self, network: Any, device: torch.device) -> None:
        self.network, self.device = network, device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``nudenet``.

        Raises:
            CheckpointMismatch: it is another version's file.
            CheckpointError: it is missing, or cannot be read as a network.
        """
        path = locate("nudenet")
        refuse_others(path)
        try:
            return cls(cv2.dnn.readNetFromONNX(str(path)), device)
        except cv2.error as error:
            raise CheckpointError(
                f"{path} is the published file, but this OpenCV ({cv2.__version__}) cannot read it: {error}. Try "
                "another opencv-python-headless."
            ) from error

    def parts(self, frame: Tensor) -> list[BodyPart]:
        """``(3, H, W)`` uint8 RGB -> what is found, surest first."""
        square, stretch, margins = letterbox(frame.permute(1, 2, 0).numpy().astype(np.float32))
        self.network.setInput(np.ascontiguousarray(square.transpose(2, 0, 1)[None] / np.float32(255)))
        return parts_from(self.network.forward()[0], stretch, margins)


def refuse_others(path: Path) -> None:
    """Make sure that a file is the published one.

    Raises:
        CheckpointMismatch: it is not; with both digests.
    """
    found = digest(path)
    if not is_published("nudenet", found):
        raise CheckpointMismatch(
            f"{path} is not the network of NudeNet 3.0: sha256 {found}, expected {checkpoint('nudenet').sha256}. Other "
            "versions find other things. Nothing was scored with it. Get the published file: vbench weights download "
            "nudenet --force"
        )


def letterbox(frame: Pixels) -> tuple[Pixels, float, tuple[int, int]]:
    """A frame in a black square.

    Args:
        frame: ``(H, W, 3)`` float32 in [0, 255].

    Returns:
        ``(320, 320, 3)`` float32 in [0, 255], pixels of the frame for one of the square, and the left and upper margin.

    >>> letterbox(np.zeros((512, 300, 3), np.float32))[2]
    (66, 0)
    """
    height, width = frame.shape[:2]
    aspect = width / height
    wide, high = (round(SIDE * aspect), SIDE) if height > width else (SIDE, round(SIDE / aspect))
    left, top = (SIDE - wide) // 2, (SIDE - high) // 2
    small = cv2.resize(frame, (wide, high), interpolation=cv2.INTER_LINEAR)
    square = cv2.copyMakeBorder(small, top, top, left, left, cv2.BORDER_CONSTANT, value=(0, 0, 0))
    if square.shape[:2] != (SIDE, SIDE):
        square = cv2.resize(square, (SIDE, SIDE))
    return np.asarray(square, np.float32), hypot(width, height) / hypot(wide, high), (left, top)


def parts_from(answer: Pixels, stretch: float, margins: tuple[int, int]) -> list[BodyPart]:
    """What the network's answer means.

    Args:
        answer: ``(22, N)`` centre, width and height in the square, then a score of each kind.
        stretch: pixels of the frame for one of the square.
        margins: left and upper one of the square.
    """
    likely = answer[:, answer[4:].max(0) >= LIKELY].T.astype(np.float64)
    kinds, scores = likely[:, 4:].argmax(1), likely[:, 4:].max(1)
    corners = likely[:, :2] - likely[:, 2:4] / 2 - margins
    boxes = np.rint(np.concatenate([corners, likely[:, 2:4]], 1) * stretch).astype(int).tolist()
    kept = cv2.dnn.NMSBoxes(boxes, scores.tolist(), SURE, OVERLAP)
    found = [(boxes[one], LABELS[kinds[one]], float(scores[one])) for one in np.ravel(kept).astype(int)]
    return [BodyPart(label, score, (x, y, x + width, y + height)) for (x, y, width, height), label, score in found]
