"""JSON from a stranger: no NaN, no name twice, no endless nesting, no text that a database or a reader would trip over.

What is parsed takes up to forty times the memory of its text, so the text is measured first.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from typing import Any

from vbench.errors import Refused
from vbench.files.json_file import finite, named_once, no_number, plain_json
from vbench.files.text import MARKS, text_of

LARGEST = 16 << 20
"""Bytes of a document."""

LONGEST_LINE = 1 << 16
"""Bytes of a line in a file of one document a line."""

DEEPEST = 32
"""Lists and objects within each other."""

LONGEST_TEXT = 4000

LONGEST_INTEGER = 18


def begins_an_object(content: bytes) -> bool:
    r"""Whether bytes begin as the text of a JSON object does, with or without a byte order mark.

    >>> begins_an_object(b' {"a": 1}'), begins_an_object(b"\xef\xbb\xbf{}"), begins_an_object(b"PK")
    (True, True, False)
    """
    return content.startswith(tuple(MARKS)) or content[:64].lstrip()[:1] == b"{"


def loads(content: bytes | str, where: str, most: int = LARGEST) -> Any:
    """Parse strictly.

    Args:
        content: the document.
        where: it was found, for the reasons.
        most: bytes or characters that it may have.

    Raises:
        Refused: it is no JSON, holds what JSON cannot, is too large or too deep.
    """
    if len(content) > most:
        raise Refused([f"{where} has {len(content):,} bytes; at most {most:,} are allowed."])
    try:
        text = text_of(content) if isinstance(content, bytes) else content
        value = plain_json(
            text, object_pairs_hook=named_once, parse_constant=no_number, parse_float=finite, parse_int=_short
        )
    except ValueError as error:
        raise Refused([f"{where} is no JSON: {error}."]) from error
    if text.count("[") + text.count("{") > DEEPEST and _is_deep(value):
        raise Refused([f"{where} is nested more than {DEEPEST} levels deep."])
    return value


def lines(content: bytes, where: str, most: int) -> Iterator[tuple[str, Any]]:
    """Parse a file of one document a line, one after the other; empty lines count and are left out.

    Args:
        content: of the file.
        where: its name.
        most: lines that it may have.

    Yields:
        Where the line stands, and what it says.

    Raises:
        Refused: there are too many lines, or one is too long or no JSON.
    """
    file, number = io.BytesIO(content), 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        place = f"{where}, line {number}"
        if number > most:
            raise Refused([f"{where} has more than {most:,} lines."])
        if len(line) > LONGEST_LINE:
            raise Refused([f"{place} has more than {LONGEST_LINE:,} bytes."])
        if line.strip():
            yield place, loads(line, place)


def bad_texts(value: Any, where: str) -> Iterator[str]:
    """Texts anywhere in a value that hold unseen characters or are too long."""
    if isinstance(value, str):
        if found := unseen(value, lines=True):
            yield f"{where} holds the unseen character {found}."
        elif len(value) > LONGEST_TEXT:
            yield f"{where} holds a text of {len(value):,} characters."
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from bad_texts(name, where)
            yield from bad_texts(part, where)
    elif isinstance(value, list):
        for part in value:
            yield from bad_texts(part, where)


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [part for one in level if isinstance(one, list | dict) for part in _parts(one)]
        if not level:
            return False
    return True


def _parts(value: list[Any] | dict[str, Any]) -> Iterator[Any]:
    return iter(value.values() if isinstance(value, dict) else value)


def _short(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER:
        raise ValueError(f"{digits:.20}... is too large")
    return int(digits)


_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
"""Unicode categories that a reader cannot see: control and format characters, surrogates, private use."""

_EMPTY = frozenset(
    map(chr, [0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164, 0xFFA0])
) | frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
"""Letters, marks and signs that leave no ink: fillers, the empty Braille pattern, variation selectors."""


def unseen(text: str, lines: bool = False) -> str:
    r"""The first character of a text that a reader cannot see, as ``U+...``; ``""`` where there is none.

    >>> unseen("a plain name"), unseen("two\nlines"), unseen("two\nlines", lines=True), unseen("left\u202eright")
    ('', 'U+000A', '', 'U+202E')
    >>> unseen("\u3164")
    'U+3164'
    """
    found = (
        letter
        for letter in text
        if (unicodedata.category(letter) in _UNSEEN or letter in _EMPTY) and not (lines and letter == "\n")
    )
    return next((f"U+{ord(letter):04X}" for letter in found), "")
