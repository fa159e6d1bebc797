"""The pictures of an image-to-video suite: where they lie, in which ratio, and which belongs to which prompt.

A folder of pictures has one of three forms: the published one (``crop/16-9``, ``crop/1-1``, ... and ``origin``), the
ratios alone (``16-9``, ...), or the pictures themselves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vbench.errors import UsageError
from vbench.files.text import same_name
from vbench.media.decode import STILLS
from vbench.prompts.sampling_plan import file_stems
from vbench.prompts.suite import Prompt, PromptSuite

ORIGIN, CROPS = "origin", "crop"

_RATIO = re.compile(r"(\d+)-(\d+)")

SHOWN = 10
"""Missing pictures that a message names, at most."""


@dataclass(frozen=True)
class Pictures:
    """A folder of pictures.

    Attributes:
        folder: that holds them.
        ratio: such as ``16-9``; ``origin`` for uncropped ones, ``""`` where the folder states none.
    """

    folder: Path
    ratio: str = ""

    def told(self) -> dict[str, str]:
        """The same for a record."""
        return {"folder": str(self.folder.resolve()), "ratio": self.ratio}


def ratio_of(text: str) -> tuple[int, int]:
    """Width and height of a ratio's name.

    >>> ratio_of("16-9")
    (16, 9)

    Raises:
        UsageError: it is none.
    """
    found = _RATIO.fullmatch(text)
    width, height = (int(side) for side in found.groups()) if found else (0, 0)
    if not width or not height:
        raise UsageError(f"{text!r} is no ratio: expected WIDTH-HEIGHT such as 16-9.")
    return width, height


def picture_folder(root: Path, ratio: str = "", size: tuple[int, int] | None = None) -> Pictures:
    """The folder of one ratio.

    Args:
        root: a folder of pictures in any of the forms.
        ratio: which; by default the nearest to ``size``.
        size: height and width of the videos.

    Raises:
        UsageError: there are no pictures, or none of that ratio; the message says what there is and how to make it.
    """
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder of pictures. Name it with --images FOLDER.")
    there = ratios_in(root)
    if ratio:
        if ratio != ORIGIN:
            ratio_of(ratio)
        if ratio not in there:
            known = ", ".join(name for name in there if name) or "none by ratio"
            raise UsageError(
                f"{root} has no pictures of the ratio {ratio!r}; there are: {known}. "
                f"Make them with: vbench prompts images --ratio {ratio} --from ORIGIN --images {root}"
            )
        return Pictures(there[ratio], ratio)
    if "" in there:
        return Pictures(there[""])
    crops = [name for name in there if name != ORIGIN]
    if not there:
        raise UsageError(f"{root} holds no pictures (expected {', '.join(STILLS)}, crop/RATIO/ or origin/).")
    chosen = nearest_ratio(crops, *(size or (1, 1))) if crops else ORIGIN
    return Pictures(there[chosen], chosen)


def ratios_in(root: Path) -> dict[str, Path]:
    """The folders of pictures below a root by ratio; the root itself is that of ``""``."""
    found: dict[str, Path] = {}
    for parent in (root / CROPS, root):
        folders = sorted(parent.iterdir()) if parent.is_dir() else []
        found |= {
            folder.name: folder
            for folder in folders
            if (_RATIO.fullmatch(folder.name) or folder.name == ORIGIN) and pictures_in(folder)
        }
    return found or ({"": root} if pictures_in(root) else {})


def nearest_ratio(ratios: Iterable[str], height: int, width: int) -> str:
    """The ratio whose shape is nearest to a size; of two equally near ones the first.

    >>> nearest_ratio(["1-1", "8-5", "7-4", "16-9"], 480, 832)
    '7-4'
    """

    def distance(name: str) -> float:
        wide, high = ratio_of(name)
        return abs(math.log(wide / high * height / width))

    return min(ratios, key=distance)


def pictures_in(folder: Path) -> dict[str, Path]:
    """The pictures of a folder by their comparable stems."""
    if not folder.is_dir():
        return {}
    files = sorted(path for path in folder.resolve().iterdir() if path.suffix.lower() in STILLS)
    return {same_name(path.stem): path for path in reversed(files)}


def with_pictures(suite: PromptSuite, folder: Path) -> PromptSuite:
    """The suite with each prompt's picture found, by the name that the suite gives it, or the prompt's own.

    A prompt whose picture is not there stays as it is; :func:`refuse_missing` names such.

    Args:
        suite: the prompts.
        folder: of the pictures.
    """
    there = pictures_in(folder)
    stems = file_stems(prompt.text for prompt in suite)
    prompts = tuple(
        replace(prompt, image=_picture(there, prompt, stems[prompt.text]) or prompt.image) for prompt in suite
    )
    return PromptSuite(suite.name, prompts, suite.digest)


def pictures_by_video(videos: Mapping[Path, str], folder: Path) -> dict[Path, Path | None]:
    """The picture of each of somebody's own videos: named after its prompt, or after the video without its number.

    Args:
        videos: video -> prompt.
        folder: of the pictures.
    """
    there, stems = pictures_in(folder), file_stems(videos.values())
    own = {video: re.sub(r"-\d+$", "", video.stem) for video in videos}
    return {
        video: next((there[key] for stem in (text, stems[text], own[video]) if (key := same_name(stem)) in there), None)
        for video, text in videos.items()
    }


def refuse_missing(prompts: Iterable[Prompt], folder: Path) -> None:
    """Make sure that prompts have their pictures.

    Args:
        prompts: that need one.
        folder: in which they were looked for.

    Raises:
        UsageError: pictures are not there; the message lists them.
    """
    lacking = [prompt for prompt in prompts if prompt.image is None or not prompt.image.is_absolute()]
    names = list(dict.fromkeys(prompt.image.name if prompt.image else f"{prompt.text}.png" for prompt in lacking))
    if names:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        raise UsageError(
            f"{folder} lacks {len(names)} of the pictures: {'; '.join(names[:SHOWN])}{more}. Nothing was done. "
            "Put them there, name another folder (--images), or leave out what needs them (--dimension)."
        )


def _picture(there: Mapping[str, Path], prompt: Prompt, stem: str) -> Path | None:
    names = [prompt.image.stem] if prompt.image else [prompt.text, stem]
    return next((there[key] for name in names if (key := same_name(name)) in there), None)
