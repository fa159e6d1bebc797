"""What lies in a folder: every file is a video, a still, a frame of a folder of stills, or not read and why.

One step decides for everything that looks at videos. A moving picture beats a still: where a folder holds clips, its
pictures are previews and no videos.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vbench.errors import UsageError
from vbench.files import lock, ours
from vbench.files.remote import Remote
from vbench.files.special import kind_of
from vbench.files.text import same_name
from vbench.media.decode import ANIMATIONS, CONTAINERS, STILLS, SUFFIXES, is_moving
from vbench.sampling import manifest

VIDEO, STILL, FRAMES, NOT_READ = "videos", "stills", "frames", "not read"

OWN = (manifest.NAME, "sampling.json", ours.LIST, lock.NAME)
"""Our own lists beside videos."""

OTHER_MEDIA = (".mpg", ".mpeg", ".m2ts", ".mts", ".wmv", ".flv", ".3gp", ".ogv", ".avif", ".heic", ".tif", ".tiff")
"""Videos and pictures of kinds that are not read; who has them should know."""

DEPTH = 1
"""Folders right below the given one are looked into; deeper ones only if they are folders of frames."""


@dataclass(frozen=True)
class Found:
    """A file, or a folder of frames.

    Attributes:
        path: where it lies.
        kind: ``videos``, ``stills``, ``frames`` or ``not read``.
        files: how many files it stands for.
        why: it is not read.
    """

    path: Path
    kind: str
    files: int = 1
    why: str = ""

    @property
    def is_media(self) -> bool:
        """Whether its name is that of a video or picture of any kind, so that somebody may miss it."""
        return self.path.suffix.lower() in (*SUFFIXES, *OTHER_MEDIA)


@dataclass(frozen=True)
class Discovery:
    """All files below a folder.

    Attributes:
        root: the folder.
        found: what there is, in the order of its path.
    """

    root: Path
    found: tuple[Found, ...]

    @property
    def videos(self) -> list[Path]:
        """What can be judged: videos, folders of frames, and stills where there are no clips."""
        return [one.path for one in self.found if one.kind != NOT_READ]

    @property
    def not_read(self) -> list[Found]:
        """The rest."""
        return [one for one in self.found if one.kind == NOT_READ]

    @property
    def why_not_read(self) -> str:
        """A sentence on what is not read, for who looks for videos and finds none; ``""`` where nothing is there."""
        missed = sorted(self.not_read, key=lambda one: not one.is_media)
        if not missed:
            return ""
        return (
            f" Not read: {_several(len(missed), 'file')}, such as {shown(missed[0].path, self.root)} ({missed[0].why})."
        )

    def counts(self) -> dict[str, int]:
        """Files of each kind; they add up to all there are."""
        counts = Counter({VIDEO: 0, STILL: 0, FRAMES: 0, NOT_READ: 0})
        for one in self.found:
            counts[one.kind] += one.files
        return dict(counts)

    def described(self) -> str:
        """The counts for people.

        >>> Discovery(Path("x"), (Found(Path("x/a.mp4"), VIDEO), Found(Path("x/b"), FRAMES, 16))).described()
        '17 files: 1 video, 16 frames of 1 folder, 0 not read'
        """
        counts = self.counts()
        folders = sum(one.kind == FRAMES for one in self.found)
        parts = [_several(counts[VIDEO], "video")]
        if counts[STILL]:
            parts.append(_several(counts[STILL], "still"))
        if folders:
            parts.append(f"{_several(counts[FRAMES], 'frame')} of {_several(folders, 'folder')}")
        return f"{_several(sum(counts.values()), 'file')}: {', '.join(parts)}, {counts[NOT_READ]} not read"


def discover(root: Path) -> Discovery:
    """Account for every file of a folder; a file, or a folder of numbered stills, is one video.

    Raises:
        UsageError: the path is not there or cannot be opened.
    """
    if not (root.exists() if isinstance(root, Remote) else os.path.lexists(root)):
        raise UsageError(f"{root} does not exist.")
    if not root.is_dir():
        return Discovery(root.parent, (_file(root),))
    try:
        found = _frames(root) if is_frames(root) else _folder(root, 0)
        return Discovery(root, tuple(sorted(found, key=lambda one: one.path)))
    except OSError as error:
        raise UsageError(f"{root} cannot be opened: {error.strerror}.") from error


def is_frames(folder: Path) -> bool:
    """Whether a folder is itself one video: numbered stills and nothing else."""
    inside = [path for path in folder.iterdir() if not path.name.startswith(".")]
    numbered = bool(inside) and all(path.suffix.lower() in STILLS and path.stem.isdigit() for path in inside)
    return numbered and not any(map(_moves, inside))


def by_name(root: Path, paths: Iterable[Path]) -> Mapping[str, list[Path]]:
    """Paths by their names without suffix, relative to a folder, as names are compared."""
    named: dict[str, list[Path]] = {}
    for path in paths:
        name = (path if path.is_dir() else path.with_suffix("")).relative_to(root).as_posix()
        named.setdefault(same_name(name), []).append(path)
    return named


def shown(path: Path, root: Path) -> str:
    """A path relative to a folder, for people and for JSON: what is not UTF-8 in it is replaced."""
    return os.fsencode(str(path.relative_to(root))).decode(errors="replace").replace(os.sep, "/")


def _folder(folder: Path, depth: int) -> Iterator[Found]:
    here = [_entry(path, depth) for path in sorted(folder.iterdir(), key=lambda path: path.name)]
    clips = {same_name(one.path.stem): one.path for found in here for one in found if one.kind == VIDEO}
    folders = {same_name(one.path.name): one.path for found in here for one in found if one.kind == FRAMES}
    has_clips = any(clip.parent == folder for clip in clips.values())
    for found in here:
        for one in found:
            direct = one.path.parent == folder and one.kind == STILL
            beside = clips.get(same_name(one.path.stem)) or folders.get(same_name(one.path.stem))
            if direct and beside:
                yield Found(one.path, NOT_READ, why=f"a still beside {beside.name}")
            elif direct and has_clips:
                yield Found(one.path, NOT_READ, why="a still among videos")
            else:
                yield one


def _entry(path: Path, depth: int) -> list[Found]:
    """A file, or everything in a folder."""
    if path.is_symlink() and path.is_dir() and _leads_up(path):
        return [Found(path, NOT_READ, why="a link to a folder that it lies in")]
    if not path.is_dir():
        return [_file(path)]
    if path.name.startswith("."):
        return [Found(file, NOT_READ, why="in a hidden folder") for file in _all_files(path)]
    try:
        if _holds_frames(path):
            return _frames(path)
        if depth < DEPTH:
            return list(_folder(path, depth + 1))
        return [Found(file, NOT_READ, why="too deep: only folders right below are looked into") for file in
                _all_files(path)]  # fmt: skip
    except OSError as error:
        return [Found(path, NOT_READ, why=f"cannot be opened: {error.strerror}")]


def _frames(folder: Path) -> list[Found]:
    """A folder of stills, and what lies among them."""
    if reason := _unreadable_name(folder):
        return [Found(file, NOT_READ, why=reason) for file in _all_files(folder)]
    stills, others = list[Path](), list[Found]()
    for path in _all_files(folder):
        if path.parent == folder and _is_still(path):
            stills.append(path)
        else:
            others.append(_file(path))
    rest = [one if one.kind == NOT_READ else Found(one.path, NOT_READ, why="among frames") for one in others]
    return [Found(folder, FRAMES, len(stills)), *rest]


def _holds_frames(folder: Path) -> bool:
    """Whether a folder is one video: stills that do not move, no clips, and folders only beside numbered stills."""
    inside = [path for path in folder.iterdir() if not path.name.startswith(".")]
    stills = [path for path in inside if _is_still(path) and not path.is_dir()]
    if not stills or any(path.suffix.lower() in CONTAINERS or _moves(path) for path in inside):
        return False
    numbered = len(stills) > 1 and all(path.stem.isdigit() for path in stills)
    return numbered or not any(path.is_dir() for path in inside)


def _is_still(path: Path) -> bool:
    return path.suffix.lower() in STILLS and not path.name.startswith(".")


def _moves(path: Path) -> bool:
    return path.suffix.lower() in (*ANIMATIONS, ".png") and not path.is_dir() and is_moving(path)


def _file(path: Path) -> Found:
    """What one file is, judged by its name, its kind and, for a picture, its header."""
    if path.name in OWN:
        return Found(path, NOT_READ, why="a list of vbench's own")
    if path.name.startswith("."):
        return Found(path, NOT_READ, why="hidden")
    if path.suffix.lower() not in SUFFIXES:
        return Found(path, NOT_READ, why=f"no kind that is read ({path.suffix or 'no suffix'})")
    if reason := _unreadable_name(path) or _special(path):
        return Found(path, NOT_READ, why=reason)
    return Found(path, VIDEO if is_moving(path) else STILL)


def _special(path: Path) -> str:
    """What a file is that is no file, such as a pipe, from which reading might never end."""
    if isinstance(path, Remote):
        return ""
    try:
        return kind_of(path)
    except OSError:
        return ""  # a link to nothing, say: its video's state, and another try's chance


def _unreadable_name(path: Path) -> str:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        try:
            os.fsencode(path).decode()
        except UnicodeDecodeError:
            return "its name is not UTF-8: rename it"
        return "its name is not in the characters of this locale: set PYTHONUTF8=1"
    return ""


def _leads_up(link: Path) -> bool:
    target = link.resolve()
    return target == link.parent.resolve() or target in link.parent.resolve().parents


def _all_files(folder: Path) -> Iterator[Path]:
    if isinstance(folder, Remote):
        for path in folder.iterdir():
            yield from _all_files(path) if path.is_dir() else (path,)
        return
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in sorted(names))


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
