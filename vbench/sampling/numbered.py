"""Videos that are named by number, under the names that a suite gives them: links in a folder of their own."""

from __future__ import annotations

from pathlib import Path

from vbench.errors import UsageError
from vbench.files.text import read_text


def read_numbers(table: Path) -> dict[str, str]:
    """Which video is of which sample, from lines such as ``a cat, a dog-0.mp4, 17.mp4``.

    Returns:
        Name by prompt -> name by number.

    Raises:
        UsageError: it cannot be read, a line says something else, or a name stands there twice.
    """
    try:
        lines = read_text(table).splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"{table} cannot be read: {getattr(error, 'strerror', error)}.") from error
    numbers: dict[str, str] = {}
    taken: set[str] = set()
    for place, line in enumerate(lines, 1):
        if not line.strip():
            continue
        name, comma, number = (part.strip() for part in line.rpartition(","))
        if not comma or not name or not number or {"/", "\\"} & {*name, *number}:
            raise UsageError(f'{table}, line {place}: expected "prompt-0.mp4, 17.mp4", found {line.strip()!r}.')
        if name in numbers or number in taken:
            raise UsageError(f"{table}, line {place}: {name if name in numbers else number} stands there twice.")
        numbers[name] = number
        taken.add(number)
    if not numbers:
        raise UsageError(f'{table} is empty: expected lines such as "prompt-0.mp4, 17.mp4".')
    return numbers


def linked_by_prompt(videos: Path, table: Path, folder: Path) -> Path:
    """A folder of links to numbered videos, each named by its prompt; a video that is not there has no link.

    Args:
        videos: folder of the numbered videos.
        table: which is which, as :func:`read_numbers` reads it.
        folder: for the links; made if it is not there.

    Raises:
        UsageError: the table is wrong, none of its videos is there, or something else stands in the folder.
    """
    there = {name: videos / number for name, number in read_numbers(table).items() if (videos / number).exists()}
    if not there:
        raise UsageError(f"None of the videos that {table} names is in {videos}.")
    folder.mkdir(parents=True, exist_ok=True)
    for found in folder.iterdir():
        if not found.is_symlink():
            raise UsageError(f"{found} is no link of ours: move it, or choose another --output.")
        if found.name not in there or found.resolve() != there[found.name].resolve():
            found.unlink()
    for name, video in there.items():
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(video.resolve())
    return folder
