"""Paths of files at an address: told as addresses, and there when the system asks for them.

What is at the address is listed once (:mod:`vbench.files.place`). A path below it answers from the list, and whoever
opens it, as anything opens a file, gets a copy in the :mod:`stage <vbench.files.stage>`. Paths of this machine have
nothing to do with any of this.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from vbench.errors import MissingExtra, Unavailable
from vbench.files.address import is_address
from vbench.files.place import Entry, Place, looked_up, named_place, place_at, place_of

if TYPE_CHECKING:
    _Path = Path
else:
    _Path = type(Path())  # before Python 3.12 only that of the system can be derived from


def located(where: str | Path) -> Path:
    """A path of this machine, or one at an address, which is looked up anew.

    Args:
        where: a path, what :func:`named` gave, or an address of any protocol that fsspec knows; ``file://`` is a path.

    Raises:
        UsageError: nothing is at the address, or it cannot be listed.
        MissingExtra: the package of its protocol is not installed.
    """
    path = named(where) if isinstance(where, str) else where
    found = place_of(path) if isinstance(path, Remote) else None
    if not found:
        return path
    place, name = found
    if isinstance(where, str) or place.unseen:
        place, name = looked_up(where if isinstance(where, str) else place.address + place.query)
    return Remote(place.shown, name)


def named(where: str) -> Path:
    """The same while nobody has looked: to be located before it is used."""
    if not is_address(where):
        return Path(where)
    if where.startswith("file://"):
        return Path(unquote(urlsplit(where).path))
    return Remote(named_place(where).shown)


def recorded_place(where: str) -> Path:
    """Where videos lay that a record names; an address is only looked up once it is used."""
    return Remote(place_at(where).shown) if is_address(where) else Path(where)


def _restored(address: str, query: str, stamp: str, name: str, entry: Entry | None, is_folder: bool) -> Remote:
    """A path in another process, which knows of its file what this one knew."""
    place = place_at(address, query, stamp)
    if entry:
        place.files[name] = entry
    if is_folder:
        place.folders.setdefault(name, set())
    return Remote(place.shown, name)


class Remote(_Path):
    """A path at an address.

    It is told as the address, without secrets; what asks the system for it (``os.fspath``, and so every ``open``) gets
    a copy. Folders exist in the list alone: nothing of the system opens them.
    """

    def __str__(self) -> str:
        """The address."""
        if found := place_of(self):
            place, name = found
            return f"{place.shown}/{name}" if name else place.shown
        return re.sub(r"^([A-Za-z][A-Za-z0-9+.-]+:/)(?!/)", r"\1/", super().__str__())

    def __fspath__(self) -> str:
        """The path of a copy."""
        place, name = self._placed()
        with self._as_of_the_system():
            if place.is_folder(name):
                raise IsADirectoryError(errno.EISDIR, "Is a directory", str(self))
            return str(place.copy_of(name))

    def __reduce__(self) -> tuple[Any, ...]:
        """What another process makes it of."""
        if not (found := place_of(self)):
            return Remote, self.parts
        place, name = found
        return _restored, (
            place.address, place.query, place.stamp, name, place.files.get(name), name in place.folders
        )  # fmt: skip

    def _placed(self) -> tuple[Place, str]:
        if not (found := place_of(self)):
            raise FileNotFoundError(errno.ENOENT, "No such file", str(self))
        return found

    @contextmanager
    def _as_of_the_system(self) -> Iterator[None]:
        """An address that cannot be asked is to those who read files what a disk that fails is."""
        try:
            yield
        except Unavailable as error:
            raise OSError(errno.EIO, str(error).rstrip("."), str(self)) from error

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a folder there, as far as it can be asked."""
        found = place_of(self)
        try:
            return found is not None and found[0].is_folder(found[1])
        except (Unavailable, MissingExtra):  # who opens it is told
            return False

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a file there, as far as it can be asked."""
        found = place_of(self)
        try:
            return found is not None and found[0].entry(found[1]) is not None
        except (Unavailable, MissingExtra):
            return False

    def exists(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is there."""
        return self.is_file() or self.is_dir()

    def is_symlink(self) -> bool:
        """Never."""
        return False

    def is_absolute(self) -> bool:
        """Always: it does not depend on where a process works."""
        return True

    def absolute(self) -> Self:
        """Itself."""
        return self

    def resolve(self, strict: bool = False) -> Self:
        """Itself."""
        return self

    def iterdir(self) -> Generator[Self, None, None]:
        """What is right below it there."""
        place, name = self._placed()
        with self._as_of_the_system():
            if not place.is_folder(name):
                raise NotADirectoryError(errno.ENOTDIR, "Not a directory", str(self))
            inside = sorted(place.inside(name))
        for one in inside:
            yield self / one

    def glob(self, *args: Any, **kwargs: Any) -> Generator[Self, None, None]:
        """Refused: pathlib would ask the system, and some of its versions then find nothing and say nothing."""
        raise OSError(errno.ENOTSUP, "Folders at an address are listed by iterdir alone", str(self))

    rglob = glob
    walk = glob

    def open(self, mode: str = "r", *args: Any, **kwargs: Any) -> IO[Any]:  # type: ignore[override]
        """A copy, opened for reading."""
        if set(mode) & set("wax+"):
            raise OSError(errno.EROFS, "Addresses are only read", str(self))
        return super().open(mode, *args, **kwargs)
