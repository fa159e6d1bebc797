"""The picture that a video starts from, in the proportions of the video, and what the manifest says of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vbench.errors import UsageError
from vbench.generators.base import Settings
from vbench.media.picture import FITS, fitted, read_picture

if TYPE_CHECKING:
    from PIL import Image

CHOICES = ("auto", *FITS)
"""What ``--option fit`` can be; auto is as the model's authors do."""

STRETCHED = ("StableVideoDiffusion",)
"""Starts of the names of pipelines whose authors stretch a picture.

Others crop it, as those of CogVideoX, HunyuanVideo, I2VGen-XL, LTX and SkyReels do. Wan's change the video's size
instead, which a protocol does not.
"""


def fit_of(pipeline: str, option: str) -> str:
    """How pictures are fitted: as asked, or as the authors of a pipeline of diffusers do."""
    if option != "auto":
        return option
    return "stretch" if pipeline.startswith(STRETCHED) else "crop"


def start_from(path: Path, settings: Settings, fit: str) -> tuple[Image.Image, dict[str, str]]:
    """A picture to start from.

    Args:
        path: its file.
        settings: of the video; without a size the picture stays as it is.
        fit: as :func:`vbench.media.picture.fitted` takes it.

    Returns:
        RGB, upright, with 8 bits a channel; and for the manifest its file, its size, and what was done to it.

    Raises:
        UsageError: it is no image, or does not fit and is refused.
    """
    return in_proportions(read_picture(path).convert("RGB"), path, settings, fit)


def in_proportions(
    picture: Image.Image, path: Path, settings: Settings, fit: str
) -> tuple[Image.Image, dict[str, str]]:
    """The same of a picture that was read from ``path``."""
    told = {"file": path.name, "size": f"{picture.width}x{picture.height}", "fit": "as it is"}
    if not (settings.width and settings.height):
        return picture, told
    try:
        picture, done = fitted(picture, settings.width, settings.height, fit)
    except UsageError as error:
        raise UsageError(f"{path} {error}.") from error
    return picture, {**told, "fit": done}
