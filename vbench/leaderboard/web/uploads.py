"""What was uploaded, on disk until it is checked: under names that cannot be guessed, and served to nobody."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from vbench.files.atomic import NO_ROOM
from vbench.leaderboard.errors import Busy, TooLarge, Unavailable
from vbench.leaderboard.settings import MIB, Settings
from vbench.leaderboard.web.shared_limits import Limits, wait

KEPT = 3600
"""Seconds after which a file that nobody submitted is deleted."""

EACH, TOTAL = 8, 32
"""Largest archives that one sender, and all together, may have lying here."""

HOUR = 3600


@dataclass
class _Upload:
    sender: str
    since: float
    size: int = 0
    charged: int = 0


class Uploads:
    """A folder of uploads, which is there while the server lives.

    Args:
        settings: with the limits.
        limits: makes the one of bytes an hour.
    """

    def __init__(self, settings: Settings, limits: Limits) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vbench-uploads-")).resolve()
        self._most = settings.upload_bytes
        self._hourly = limits.of("bytes", settings.bytes_per_hour, HOUR)
        self._held: dict[Path, _Upload] = {}

    async def receive(self, chunks: AsyncIterator[bytes], sender: str, suffix: str = ".zip") -> Path:
        """Keep what arrives, or nothing of it.

        Args:
            chunks: of the file.
            sender: whose it is.
            suffix: of its name.

        Raises:
            TooLarge: it is larger than an archive may be.
            Busy: too much lies here already, or has come from this sender.
            Unavailable: the disk is full.
        """
        self._sweep()
        path = self.folder / secrets.token_hex(16) / f"archive{suffix}"
        self._held[path] = upload = _Upload(sender, time.monotonic())
        try:
            path.parent.mkdir()
            with path.open("wb") as file:
                async for chunk in chunks:
                    await self._count(upload, len(chunk))
                    file.write(chunk)
        except OSError as error:
            self.drop(path)
            if error.errno in NO_ROOM:
                raise Unavailable(
                    "There is no room on the disk for uploads. Nothing was changed.", full=True
                ) from error
            raise
        except BaseException:
            self.drop(path)
            raise
        return path

    def holds(self, path: str) -> bool:
        """Whether a name is that of an upload; a name that merely leads to one is not."""
        return Path(path) in self._held and str(Path(path)) == path

    def drop(self, path: Path) -> None:
        """Delete an upload; nothing else is ever deleted."""
        if self._held.pop(path, None):
            shutil.rmtree(path.parent, ignore_errors=True)

    def close(self) -> None:
        """Delete all of them."""
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _count(self, upload: _Upload, size: int) -> None:
        upload.size += size
        if upload.size > self._most:
            raise TooLarge(f"The archive is larger than {self._most:,} bytes.")
        if sum(one.size for one in self._held.values()) > TOTAL * self._most:
            raise Busy("Too many archives wait to be checked.")
        if sum(one.size for one in self._held.values() if one.sender == upload.sender) > EACH * self._most:
            raise Busy("Too many archives of yours wait to be checked.")
        while upload.size > upload.charged:  # in large pieces, so that there are few to remember
            upload.charged += MIB
            if seconds := await wait(self._hourly, upload.sender, MIB):
                raise Busy(f"More than {self._hourly.limit / MIB:g} MiB came from you within an hour.", seconds)

    def _sweep(self) -> None:
        old = [path for path, upload in self._held.items() if upload.since < time.monotonic() - KEPT]
        for path in old:
            self.drop(path)
