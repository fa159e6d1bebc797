"""JSON from a stranger: no NaN, no endless nesting, no text that a database or a reader would trip over."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterator
from typing import Any

from vbench.errors import Refused
from vbench.files.text import text_of

LONGEST_TEXT = 4000

LONGEST_INTEGER = 18


def loads(content: bytes | str, where: str) -> Any:
    """Parse strictly.

    Raises:
        Refused: it is no JSON, or holds what JSON cannot.
    """
    try:
        text = text_of(content) if isinstance(content, bytes) else content
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite, parse_int=_short)
    except (ValueError, RecursionError) as error:
        raise Refused([f"{where} is no JSON: {error}."]) from error


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


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits:.20} is too large")
    return number


def _short(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER:
        raise ValueError(f"{digits:.20}... is too large")
    return int(digits)


_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
"""Unicode categories that a reader cannot see: control and format characters, surrogates, private use."""


def unseen(text: str, lines: bool = False) -> str:
    r"""The first character of a text that a reader cannot see, as ``U+...``; ``""`` where there is none.

    >>> unseen("a plain name"), unseen("two\nlines"), unseen("two\nlines", lines=True), unseen("left\u202eright")
    ('', 'U+000A', '', 'U+202E')
    """
    found = (letter for letter in text if unicodedata.category(letter) in _UNSEEN and not (lines and letter == "\n"))
    return next((f"U+{ord(letter):04X}" for letter in found), "")
