"""The videos of a folder, as the tasks of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.score_card import in_protocol_order
from vbench.errors import UsageError
from vbench.media.video import CONTAINERS
from vbench.prompts.suite import Prompt
from vbench.runs.discover import discover
from vbench.runs.plan import VideoTask


def videos_in(root: Path) -> list[Path]:
    """Videos in a folder and in the folders right below it, sorted; a folder of stills is one video.

    Raises:
        UsageError: it is no folder, or holds none.
    """
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder of videos.")
    found = discover(root)
    if not found.videos:
        raise UsageError(
            f"{root} holds no videos (expected {', '.join(CONTAINERS)}, .gif or folders of stills).{found.why_not_read}"
        )
    return found.videos


def tasks_of(
    root: Path, found: Mapping[tuple[Path, Prompt], Iterable[str]], benchmark: Benchmark
) -> tuple[VideoTask, ...]:
    """Each video that was found with its prompt, and the dimensions that judge it, in the protocol's order."""
    return tuple(
        VideoTask(path, path.relative_to(root).as_posix(), prompt, tuple(in_protocol_order(set(dimensions), benchmark)))
        for (path, prompt), dimensions in found.items()
    )


def unexpected_in(root: Path, files: list[Path], found: Iterable[tuple[Path, Prompt]]) -> tuple[str, ...]:
    """Names of the files that belong to no prompt, relative to the folder."""
    used = {path for path, _ in found}
    return tuple(path.relative_to(root).as_posix() for path in files if path not in used)
