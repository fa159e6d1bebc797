"""Own videos: prompts from a file, from one that is given, from a manifest or from the names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.registry import spec_of
from vbench.benchmarks.t2v import T2V
from vbench.errors import UsageError
from vbench.files.json_file import read_json
from vbench.files.text import same_name
from vbench.media.video import CONTAINERS, is_video
from vbench.prompts.pictures import (
    picture_folder,
    pictures_by_video,
    refuse_missing,
)
from vbench.prompts.suite import Prompt
from vbench.runs.dimensions_asked import dimensions_asked
from vbench.runs.discover import is_frames
from vbench.runs.found_videos import tasks_of, videos_in
from vbench.runs.plan import CUSTOM, Plan
from vbench.sampling.manifest import read_manifest


def custom_plan(
    videos: Path,
    dimensions: Sequence[str] | None = None,
    prompts: Mapping[str, str] | str | None = None,
    benchmark: Benchmark = T2V,
    images: Path | None = None,
) -> Plan:
    """Own videos: a file, a folder of files, or a folder of frames.

    Args:
        videos: the file or folder.
        dimensions: what judges them; by default all that need no facts.
        prompts: one prompt for all, or prompts by path relative to the folder; by default from the manifest, and
            from the names of what it does not list.
        benchmark: whose dimensions they are.
        images: folder of the pictures that they start from, each named after its prompt or its video.

    Raises:
        UsageError: the folder, the dimensions, the prompts or the pictures cannot be used.
    """
    asked = dimensions_asked(dimensions, CUSTOM, benchmark, pictures=images is not None)
    one = not videos.is_dir() or is_frames(videos)
    root = videos.parent if one else videos
    files = [_existing(videos)] if one else videos_in(root)
    texts = _custom_prompts(root, files, prompts)
    pictures = picture_folder(images) if images else None
    beside = pictures_by_video(texts, pictures.folder) if pictures else {}
    found = {(path, Prompt(text, asked, image=beside.get(path))): list(asked) for path, text in texts.items()}
    if pictures and any(spec_of(name, benchmark).needs_picture for name in asked):
        refuse_missing((prompt for _, prompt in found), pictures.folder)
    return Plan(
        root=root,
        mode=CUSTOM,
        dimensions=asked,
        tasks=tasks_of(root, found, benchmark),
        prompts=tuple(dict.fromkeys(prompt for _, prompt in found)),
        benchmark=benchmark,
        pictures=pictures,
    )


def read_prompt_file(path: Path) -> dict[str, str]:
    """Read ``{path relative to the videos: prompt}``.

    Raises:
        UsageError: it cannot be read or is something else.
    """
    try:
        prompts = read_json(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as a prompt file: {error}") from error
    if not isinstance(prompts, dict) or not all(isinstance(text, str) for text in prompts.values()):
        raise UsageError(f'{path} is not a prompt file: expected {{"video.mp4": "prompt", ...}}')
    return prompts


def prompt_from_name(path: str | Path) -> str:
    """The prompt that a file name states: its stem without the sample's number.

    >>> prompt_from_name("videos/a red-haired cat-3.mp4")
    'a red-haired cat'
    """
    return re.sub(r"-\d+$", "", Path(path).stem)


def _custom_prompts(root: Path, files: list[Path], prompts: Mapping[str, str] | str | None) -> dict[Path, str]:
    if not prompts:
        recorded = {_place(root, record.file): record.prompt for record in read_manifest(root)}
        return {path: recorded.get(_place(root, path)) or _prompt_of(root, path) for path in files}
    if isinstance(prompts, str):
        return dict.fromkeys(files, prompts)
    given = {_place(root, name): text for name, text in prompts.items()}
    without = [path.relative_to(root).as_posix() for path in files if _place(root, path) not in given]
    if without:
        raise UsageError(
            f"The prompt file has no prompt for {len(without)} of {len(files)} videos: {', '.join(without[:10])}"
            f"{', ...' if len(without) > 10 else ''}. Add them, or leave out --prompt-file."
        )
    return {path: given[_place(root, path)] for path in files}


def _place(root: Path, name: str | Path) -> str:
    """A path as paths are compared: by its name alone, as several links may lead to one file."""
    path = name if isinstance(name, Path) else Path(name)
    path = path if root in path.parents else root / path
    return same_name(os.path.normpath(str(path.absolute())))


def _prompt_of(root: Path, path: Path) -> str:
    """The prompt that a name states: its own, or its folder's where samples are numbered in one a prompt."""
    numbered = path.stem.isdigit() and path.parent != root
    return path.parent.name if numbered else prompt_from_name(path)


def _existing(path: Path) -> Path:
    if not path.exists():
        raise UsageError(f"{path} does not exist.")
    if not is_video(path):
        raise UsageError(f"{path} is not a video (expected {', '.join(CONTAINERS)}, .gif or a folder of stills).")
    return path
