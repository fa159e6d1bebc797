"""What archives that are damaged, locked or of another kind make of Python's ``zipfile``: one list for all readers."""

from __future__ import annotations

import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, LookupError, RuntimeError, ValueError,
)  # fmt: skip
"""A wrong number in an archive is met in the midst of reading, where it is an index, a name or a position."""

_NO_DISK = (None, errno.EINVAL)
"""Numbers of an :class:`OSError` that is over what was read: bz2 gives none, a wrong position the other."""


def is_zip(path: Path) -> bool:
    """Whether a file is a zip, damaged or not; ``zipfile`` itself raises over one that says it has several disks."""
    try:
        return zipfile.is_zipfile(path)
    except zipfile.BadZipFile:
        return True


@contextmanager
def unreadable(refused: Callable[[Exception], Exception]) -> Iterator[None]:
    """Have whatever an archive makes of its reader within the block raised as what ``refused`` makes of it.

    Args:
        refused: takes what was raised, gives what callers expect; errors of the disk and vbench's own stay as they are.
    """
    try:
        yield
    except _DAMAGED as error:
        raise refused(error) from error
    except OSError as error:
        if error.errno not in _NO_DISK:
            raise
        raise refused(error) from error
