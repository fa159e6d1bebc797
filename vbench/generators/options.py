"""What ``--option NAME=VALUE`` sets: each generator has its own dataclass of options."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from inspect import cleandoc
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from vbench.errors import UsageError
from vbench.registry import did_you_mean


@dataclass(frozen=True)
class Options:
    """What ``--option NAME=VALUE`` can set; each generator has its own dataclass of them."""


O = TypeVar("O", bound=Options)  # noqa: E741 - the type of a generator's options


def meanings(kind: type[Options]) -> dict[str, str]:
    """What each option does, by name: as the ``Attributes`` of the dataclasses' docstrings say.

    >>> meanings(Options)
    {}
    """
    told: dict[str, str] = {}
    for owner in reversed(kind.__mro__):
        _, _, section = cleandoc(owner.__doc__ or "").partition("Attributes:\n")
        for entry in re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", section, re.MULTILINE):
            told[entry[0]] = " ".join(entry[1].replace("``", "").split())
    return {field.name: told.get(field.name, "") for field in fields(kind)}


def read_options(kind: type[O], pairs: Sequence[str], of: str) -> O:
    """Options from ``NAME=VALUE``, typed as their dataclass says.

    Args:
        kind: the dataclass.
        pairs: what was given.
        of: whose options, for messages.

    Raises:
        UsageError: no such option, or a value of another type; the message lists what there is.
    """
    types = get_type_hints(kind)
    known = {field.name: types[field.name] for field in fields(kind)}
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name not in known:
            listed = ", ".join(f"{key}={described(types[key])}" for key in known) or "none"
            raise UsageError(f"{of} has no option {pair!r}.{did_you_mean(name, known)} Its options: {listed}.")
        values[name] = _typed(known[name], text, f"{of}'s option {name}")
    return kind(**values)


_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _typed(kind: Any, text: str, where: str) -> Any:
    try:
        value = _WORDS[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError) as error:
        raise UsageError(f"{where} must be a {described(kind)}, found {text!r}.") from error
    if kind is float and not math.isfinite(value):
        raise UsageError(f"{where} must be a finite number, found {text!r}.")
    return value


def described(kind: Any) -> str:
    """What an option of that type takes, in a word."""
    return {bool: "yes|no", int: "number", float: "number", str: "text", Path: "path"}.get(kind, str(kind))
