"""What is at an address: listed once, fetched a file at a time, never written to.

What breaks on the way is tried again a few times. Nothing that is told holds a secret of the address.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from vbench.errors import MissingExtra, StorageError, Unavailable, UsageError, VBenchError
from vbench.files import stage
from vbench.files.address import secrets_of, without_secrets
from vbench.files.atomic import NO_ROOM

T = TypeVar("T")

ATTEMPTS = 3
"""Times that is tried to list, or to fetch a file, before it is given up."""

PAUSE = 0.5
"""Seconds before the second try; twice as many before each further one."""

SILENCE = 60.0
"""Seconds after which a web server that sends nothing is given up."""

BETWEEN_NOTES = 10.0
"""Seconds between two lines about what was fetched."""

VERSIONS = (
    "blob_id", "content-md5", "created", "digest", "etag", "generation", "last-modified", "last_modified",
    "lastmodified", "md5hash", "modified", "modify", "mtime", "updated", "version_id", "versionid",
)  # fmt: skip
"""What file systems say of a file that is another once its content is, in small letters."""

_places: dict[tuple[str, ...], Place] = {}
"""Parts of a folder's path -> what is known of its address, in this process."""

_heard: list[_Count] = []
"""Who is told of what is fetched."""


@contextmanager
def told_of_fetching(note: Callable[[str], None]) -> Iterator[None]:
    """Have a line told now and then, and at the end, about what this process fetches in the block."""
    count = _Count(note)
    _heard.append(count)
    try:
        yield
    finally:
        _heard.remove(count)
        count.tell()


class _Count:
    """Files and bytes since the last line."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self.note, self.files, self.bytes, self.told, self.spoke = note, 0, 0, 0, time.monotonic()

    def add(self, size: int, place: Place) -> None:
        self.files, self.bytes, self.place = self.files + 1, self.bytes + size, place
        if time.monotonic() - self.spoke >= BETWEEN_NOTES:
            self.tell()

    def tell(self) -> None:
        if self.files > self.told:
            self.told, self.spoke = self.files, time.monotonic()
            files = f"{self.files:,} file{'' if self.files == 1 else 's'}"
            self.note(f"fetched {files}, {self.bytes / 1e6:,.1f} MB, from {self.place.shown}")


@dataclass(frozen=True)
class Entry:
    """A file at an address.

    Attributes:
        path: as its file system names it.
        size: in bytes; ``None`` where nobody said.
        version: another once the content is; ``""`` while nobody said.
    """

    path: str
    size: int | None = None
    version: str = ""

    @classmethod
    def of(cls, path: str, info: dict[str, Any]) -> Entry:
        """What a file system says."""
        told = {name.lower(): str(value) for name, value in info.items() if name.lower() in VERSIONS and value}
        size = info.get("size")
        return cls(path, size, json.dumps([size, told], sort_keys=True) if told else "")


class Place:
    """A folder at an address, and what is known of it.

    Args:
        address: of the folder, with whatever opens it.
        query: that goes with each of its files.
        stamp: stands for the version of files that have none, so that they are fetched once a run.

    Attributes:
        shown: the address as anybody may read it.
        parts: of its path, where slashes are never doubled.
        files: by their names relative to it, as far as they are known.
        folders: the same, with ``""`` for itself, and what is right in each.
        whole: whether those are all.
        lists: whether they can all be asked for; of an address of one file, only names are.
        unseen: whether it was only named, and may be a file's.
    """

    def __init__(self, address: str, query: str = "", stamp: str = "") -> None:
        self.address, self.query, self.stamp = address.rstrip("/"), query, stamp or secrets.token_hex(8)
        self.shown = without_secrets(self.address)
        self.parts = PurePosixPath(self.shown).parts
        self.is_web = self.address.startswith(("http://", "https://"))
        self.files: dict[str, Entry] = {}
        self.folders: dict[str, set[str]] = {"": set()}
        self.whole, self.lists, self.unseen = False, True, False
        self._opened: tuple[Any, str] | None = None
        self._lock = threading.RLock()

    @property
    def system(self) -> Any:
        """Of fsspec."""
        return self._open()[0]

    @property
    def base(self) -> str:
        """The address as its file system names it."""
        return self._open()[1]

    def _open(self) -> tuple[Any, str]:
        if self._opened is None:
            try:
                import fsspec

                system, base = fsspec.core.url_to_fs(self.address, **(_web_options() if self.is_web else {}))
            except ImportError as error:
                extra = ' Install it with: pip install "vbench-suite[remote]"' if self.is_web else ""
                raise MissingExtra(f"{self.shown} needs a package that is not installed: {error}.{extra}") from error
            except Exception as error:  # of whatever package
                raise Unavailable(f"{self.shown} cannot be opened: {self.told(error)}.") from error
            self._opened = system, base.rstrip("/")
        return self._opened

    def told(self, error: BaseException) -> str:
        """What happened, without secrets."""
        text = str(error).strip().rstrip(".") or type(error).__name__
        for secret in secrets_of(self.address + self.query):
            text = text.replace(secret, "***")
        return without_secrets(text)

    def look_up(self) -> None:
        """Have all that is there listed anew.

        Raises:
            Unavailable: it cannot be listed.
        """
        with self._lock:
            self.system.invalidate_cache()
            found = self._asked(lambda: list(self._below(self.base)))
            self.files, self.folders = dict(found), {"": set()}
            for parts in (name.split("/") for name in self.files):
                for depth, part in enumerate(parts):
                    self.folders.setdefault("/".join(parts[:depth]), set()).add(part)
            self.whole = True

    def _below(self, folder: str) -> Iterator[tuple[str, Entry]]:
        for info in self.system.ls(folder, detail=True):
            path = str(info["name"])
            name = self._name(path.rstrip("/"))
            if not name or path.rstrip("/") == folder.rstrip("/"):
                continue
            if info["type"] == "directory":
                yield from self._below(path)
            elif not path.endswith("/"):
                yield name, Entry.of(path, info)

    def _name(self, path: str) -> str:
        """A file's or folder's name relative to the place; ``""`` of what is none, or lies elsewhere."""
        name = path.removeprefix(f"{self.base}/")
        if self.is_web:
            name = "" if "?" in name or "#" in name else unquote(name)
        return "" if name == path or any(part in ("", ".", "..") for part in name.split("/")) else name

    def is_file_itself(self) -> bool:
        """Whether there is a file, and no folder, at the address.

        Raises:
            Unavailable: nothing is there, or it cannot be asked.
        """
        if self.query:
            return True
        if self.is_web:
            return not self._asked(lambda: self.system.ls(self.base, detail=True))
        return bool(self._asked(lambda: self._info(self.base))["type"] == "file")

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return tried(ask)
        except FileNotFoundError as error:
            raise Unavailable(f"{self.shown} does not exist.") from error
        except VBenchError:
            raise
        except Exception as error:  # of whatever package
            raise Unavailable(f"{self.shown} cannot be read: {self.told(error)}.") from error

    def _info(self, path: str) -> dict[str, Any]:
        """What the file system says of a file; on the web it takes every failure for a file that is not there."""
        try:
            info: dict[str, Any] = self.system.info(path)
        except FileNotFoundError as error:
            cause = error.__cause__
            if self.is_web and cause and getattr(cause, "status", None) not in (404, 410):
                raise ConnectionError(str(cause)) from error
            raise
        return info

    def entry(self, name: str) -> Entry | None:
        """What is known of a file; ``None`` where there is none."""
        with self._lock:
            if name and name not in self.files and name not in self.folders and not self.whole:
                path = f"{self.base}/{quote(name) if self.is_web else name}{self.query}"
                try:
                    info = tried(lambda: self._info(path))
                except FileNotFoundError:
                    return None
                except Exception as error:  # of whatever package
                    raise Unavailable(f"{self.shown}/{name} cannot be read: {self.told(error)}.") from error
                if info["type"] != "directory":
                    self.files[name] = Entry.of(path, info)
            return self.files.get(name)

    def is_folder(self, name: str) -> bool:
        """Whether there are files below a name."""
        with self._lock:
            if name not in self.folders and not self.whole and not self.entry(name) and self.lists:
                self.look_up()
            return name in self.folders

    def inside(self, folder: str) -> set[str]:
        """Names of files and folders right in a folder."""
        with self._lock:
            if not self.whole and self.lists:
                self.look_up()
            return self.folders[folder]

    def copy_of(self, name: str) -> Path:
        """A copy of a file in the stage, fetched if it is not there.

        Raises:
            OSError: there is no such file, or it could not be fetched.
        """
        entry, shown = self.entry(name), f"{self.shown}/{name}"
        if entry is None:
            raise FileNotFoundError(errno.ENOENT, "No such file", shown)
        with self._said_of(shown):
            if not entry.version:
                asked = Entry.of(entry.path, tried(partial(self._info, entry.path)))
                entry = self.files[name] = replace(asked, version=asked.version or self.stamp)
            key = hashlib.sha256(f"{self.shown}\n{name}\n{entry.version}".encode()).hexdigest()[:40]
            suffix = Path(name).suffix.encode("ascii", "ignore").decode()[:16]
            return stage.copy(key, suffix, lambda target: tried(partial(self._fetch, entry, target)))

    def _fetch(self, entry: Entry, target: Path) -> None:
        self.system.get_file(entry.path, str(target))
        size = target.stat().st_size
        if entry.size not in (None, size):  # the file has changed, or has not come whole
            self.system.invalidate_cache()
            if (now := self._info(entry.path).get("size")) not in (None, size):
                raise EOFError(f"{size:,} of {now:,} bytes came")
        for count in _heard:
            count.add(size, self)

    @contextmanager
    def _said_of(self, shown: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise FileNotFoundError(errno.ENOENT, "No such file", shown) from error
        except Exception as error:  # of whatever package
            if isinstance(error, VBenchError):
                raise
            if isinstance(error, OSError) and error.errno in (*NO_ROOM, errno.EROFS):
                raise StorageError(
                    f"{stage.stage_dir()} has no room for {shown}: {error.strerror}. Keep fewer copies there "
                    f"({stage.BOUND}=GIGABYTES), or have the cache elsewhere (VBENCH_CACHE_DIR)."
                ) from error
            raise OSError(errno.EIO, f"it could not be fetched ({self.told(error)})", shown) from error


def _web_options() -> dict[str, Any]:
    """A transfer may take as long as it needs, but not stand still; proxies are those that the environment names."""
    import aiohttp

    patience = aiohttp.ClientTimeout(total=None, sock_connect=SILENCE, sock_read=SILENCE)
    return {"client_kwargs": {"timeout": patience, "trust_env": True}}


def tried(ask: Callable[[], T]) -> T:
    """What is asked of a network, several times if need be.

    Raises:
        Exception: what the last try raised, or one that says that another is of no use.
    """
    for attempt in range(1, ATTEMPTS):
        try:
            return ask()
        except (FileNotFoundError, PermissionError, NotImplementedError, ImportError, VBenchError):
            raise
        except Exception:  # of whatever package
            time.sleep(PAUSE * 2 ** (attempt - 1))
    return ask()


def place_at(address: str, query: str = "", stamp: str = "") -> Place:
    """The one that this process knows; if it knows none, one that is not looked up yet."""
    new = Place(address, query, stamp)
    return _places.setdefault(new.parts, new)


def named_place(address: str) -> Place:
    """The place of an address that nobody has asked yet."""
    place = Place(*_parted(address))
    place.unseen = True
    return _places.setdefault(place.parts, place)


def place_of(path: Path) -> tuple[Place, str] | None:
    """The place that a path lies in, and its name relative to that; ``None`` if this process knows of none."""
    parts = path.parts
    for count in range(len(parts), 0, -1):
        if place := _places.get(parts[:count]):
            return place, "/".join(parts[count:])
    return None


def looked_up(address: str) -> tuple[Place, str]:
    """The place of an address, asked anew, and the name of a file in it if it is one's.

    Raises:
        UsageError: nothing is there, or it cannot be listed.
        MissingExtra: the package of its protocol is not installed.
    """
    stage.bound()
    if "::" in address:
        raise UsageError(
            f"{without_secrets(address)} is several addresses in one: expected a single one, such as s3://bucket/videos."
        )
    try:
        folder, query = _parted(address)
        place = Place(folder, query)
        found = _file(place, query) if place.is_file_itself() else _folder(place)
    except Unavailable as error:
        raise UsageError(str(error)) from error
    _places.pop(place.parts, None)
    _places[found[0].parts] = found[0]
    return found


def _parted(address: str) -> tuple[str, str]:
    """An address and the query behind it, which there is on the web alone."""
    if not address.startswith(("http://", "https://")):
        return address, ""
    folder = re.split("[?#]", address)[0]
    return folder, address[len(folder) :].partition("#")[0]


def _folder(place: Place) -> tuple[Place, str]:
    place.look_up()
    if not place.files:
        raise Unavailable(f"{place.shown} holds no files.")
    return place, ""


def _file(itself: Place, query: str) -> tuple[Place, str]:
    above, _, name = itself.address.rpartition("/")
    name = unquote(name) if itself.is_web else name
    known = _places.get(Place(above).parts)
    if known and known.whole and not query:
        place = known
        place.look_up()
    else:
        place = Place(above, query)
        place.lists = False
    if not place.entry(name) or (place.is_web and not Path(name).suffix):
        lists = " A web server has to list what is in a folder." if place.is_web else ""
        raise Unavailable(f"{itself.shown} does not exist, or holds no files.{lists}")
    return place, name
