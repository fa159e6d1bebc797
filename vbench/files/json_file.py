"""JSON that people write and give: what cannot be kept is told where it is read, not hours later where it is stored.

Python's own parser ends in another error than a ValueError where lists are nested without end, so nothing else of the
suite calls it on a text that came from elsewhere.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vbench.files.text import read_text


def read_json(path: Path) -> Any:
    """What a JSON file says.

    Raises:
        ValueError: see :func:`json_of`.
        OSError: it cannot be read.
    """
    return json_of(read_text(path))


def json_of(text: str) -> Any:
    r"""What a JSON text says.

    Raises:
        ValueError: it is no JSON, nested without end, names something twice, or holds what is no number or no text.

    >>> json_of('{"a.mp4": "a cat", "a.mp4": "a dog"}')
    Traceback (most recent call last):
    ValueError: 'a.mp4' stands there twice in one object
    >>> json_of('["\\ud800"]')
    Traceback (most recent call last):
    ValueError: '\ud800' is no text: it holds half of a pair of surrogates
    """
    found = plain_json(text, object_pairs_hook=named_once, parse_constant=no_number, parse_float=finite)
    if "\\u" in text:
        refuse_surrogates(found)
    return found


def plain_json(text: str | bytes, **how: Any) -> Any:
    """What a program has written as JSON, NaN and what else Python's parser takes included.

    Args:
        text: the document.
        how: hooks of ``json.loads``.

    Raises:
        ValueError: it is no JSON, or nested without end.

    >>> plain_json("[" * 100_000)
    Traceback (most recent call last):
    ValueError: it is nested too deep
    """
    try:
        return json.loads(text, **how)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def named_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of its pairs; a name that stands there twice is a ValueError."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise ValueError(f"{twice!r:.60} stands there twice in one object")
    return found


def no_number(name: str) -> None:
    """NaN or an infinity, which Python's parser takes, is a ValueError."""
    raise ValueError(f"{name} is no number")


def finite(digits: str) -> float:
    """A number of its digits; one that is larger than any float is a ValueError."""
    if not math.isfinite(number := float(digits)):
        raise ValueError(f"{digits:.20} is too large")
    return number


def refuse_surrogates(value: Any) -> None:
    """Refuse what cannot be written, wherever it stands in JSON.

    Raises:
        ValueError: a string is no text; see :func:`is_text`.
    """
    if isinstance(value, str):
        if not is_text(value):
            raise ValueError(f"{value!r} is no text: it holds half of a pair of surrogates")
    elif isinstance(value, dict | list):
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            refuse_surrogates(part)


def is_text(value: str) -> bool:
    r"""Whether a string can be written: of Unicode's letters, not bytes or halves of pairs that came in as such.

    >>> is_text("a café"), is_text("caf\udce9")
    (True, False)
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_text(value: str) -> str:
    r"""The same where it can be written, otherwise with escapes for what cannot.

    >>> as_text("caf\udce9")
    'caf\\udce9'
    """
    return value.encode(errors="backslashreplace").decode()
