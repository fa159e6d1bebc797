"""Text that people save: UTF-8, or what their editor made of it and says so in its first bytes."""

from __future__ import annotations

import codecs
import unicodedata
from pathlib import Path

from vbench.files.special import refuse_special

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_text(path: Path) -> str:
    r"""The text of a file, with or without a byte order mark, in UTF-8 or UTF-16; line ends are ``\n``.

    Raises:
        ValueError: it is neither.
        OSError: it cannot be read.
    """
    return text_of(read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """What a file holds.

    Raises:
        OSError: it cannot be read, or is a pipe or device that no shell handed over.
    """
    refuse_special(path)
    return path.read_bytes()


def text_of(content: bytes) -> str:
    r"""The same of bytes.

    >>> text_of(b"\xef\xbb\xbfa cat\r\n"), text_of("a cat".encode("utf-16"))
    ('a cat\n', 'a cat')
    """
    if content.startswith(codecs.BOM_UTF32_LE):
        raise ValueError("it is UTF-32: save it as UTF-8")
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 (byte {error.start}): save it as UTF-8") from error


def same_name(name: str) -> str:
    r"""A name as names are compared: an accent of its own or not, both are the same letter.

    >>> same_name("cafe\u0301") == same_name("caf\u00e9")
    True
    """
    return unicodedata.normalize("NFC", name)
