"""Pieces of a JSON Schema: each says what a value is, in words, with its type and range.

Objects are closed: a field that a form does not name is wrong.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

Schema = dict[str, Any]

SHA256 = "^[0-9a-f]{64}$"


def text(said: str = "", among: Iterable[str] = (), like: str = "") -> Schema:
    """A text.

    Args:
        said: what it means.
        among: all that it can be; anything by default.
        like: regular expression that it matches.
    """
    found: Schema = {"type": "string"}
    if among:
        found["enum"] = list(among)
    if like:
        found["pattern"] = like
    return _said(found, said)


def number(said: str = "", low: float | None = None, high: float | None = None, kind: str = "number") -> Schema:
    """A number.

    Args:
        said: what it means, and in which unit.
        low: least that it can be.
        high: most that it can be.
        kind: ``number`` or ``integer``.
    """
    ends = {"minimum": low, "maximum": high}
    return _said({"type": kind, **{name: end for name, end in ends.items() if end is not None}}, said)


def count(said: str = "", low: int = 0) -> Schema:
    """A whole number from ``low`` on."""
    return number(said, low, kind="integer")


share = partial(number, low=0, high=1)
"""A number from 0 to 1."""


def flag(said: str = "") -> Schema:
    """True or false."""
    return _said({"type": "boolean"}, said)


def several(of: Schema, said: str = "", exactly: int | None = None) -> Schema:
    """A list."""
    size = {} if exactly is None else {"minItems": exactly, "maxItems": exactly}
    return _said({"type": "array", "items": of, **size}, said)


def named(of: Schema, said: str = "", by: str = "") -> Schema:
    """An object whose keys are names that no form can list.

    Args:
        of: each value.
        said: what the object means.
        by: what its keys are.
    """
    keys = {"propertyNames": {"description": by}} if by else {}
    return _said({"type": "object", "additionalProperties": of, **keys}, said)


def record(properties: Mapping[str, Schema], said: str = "", optional: Iterable[str] = ()) -> Schema:
    """An object with these fields, all of them but the optional ones, and no others."""
    required = [name for name in properties if name not in set(optional)]
    closed = {"properties": dict(properties), "required": required, "additionalProperties": False}
    return _said({"type": "object", **closed}, said)


def anything(said: str = "") -> Schema:
    """Any JSON value: what somebody else decides."""
    return _said({}, said)


def settings(said: str = "") -> Schema:
    """An object of any fields, such as the options of a plug-in."""
    return named({}, said)


def maybe(form: Schema) -> Schema:
    """The same, or null."""
    found = {**form, "type": [form["type"], "null"]}
    return found | ({"enum": [*form["enum"], None]} if "enum" in form else {})


def one_of(*forms: Schema, said: str = "") -> Schema:
    """One of several forms."""
    return _said({"anyOf": list(forms)}, said)


def interval(said: str = "Low and high end of the 95 % interval; null where it is not known.") -> Schema:
    """Two ends of a range, or null."""
    return maybe(several(number(), said, exactly=2))


def digest(said: str = "SHA-256, hexadecimal.") -> Schema:
    """A SHA-256."""
    return text(said, like=SHA256)


def of(kind: type, said: str = "", without: Sequence[str] = (), **refined: Schema) -> Schema:
    """The form of a dataclass as ``asdict`` writes it: names, types and what its docstring says of each field.

    Args:
        kind: the dataclass.
        said: what the object means; its docstring's first line by default.
        without: fields that are not written.
        refined: of a field, what its type does not say, such as a range.
    """
    hints, told = get_type_hints(kind), attributes(inspect.getdoc(kind) or "")
    properties = {
        one.name: _said(refined.get(one.name) or of_type(hints[one.name]), told.get(one.name, ""))
        for one in fields(kind)
        if one.name not in without
    }
    return record(properties, said or (inspect.getdoc(kind) or "").partition("\n")[0])


_PLAIN: Mapping[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def of_type(hint: Any) -> Schema:
    """The form of a type as JSON writes it.

    Raises:
        TypeError: JSON has no form for it.

    >>> of_type(int | None)
    {'type': ['integer', 'null']}
    """
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return {}
    if hint is Path:
        return {"type": "string"}
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if origin in (Union, types.UnionType):
        (inner,) = (of_type(one) for one in args if one is not type(None))
        return maybe(inner)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return named(of_type(args[1]))
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return several(of_type(args[0]))
    if hasattr(hint, "__dataclass_fields__"):
        return of(hint)
    raise TypeError(f"JSON has no form for {hint!r}.")


def attributes(docstring: str) -> dict[str, str]:
    """What a docstring says of each attribute, as a sentence."""
    _, _, part = docstring.partition("Attributes:\n")
    found = re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", part, re.MULTILINE)
    return {name: _sentence(" ".join(said.split())) for name, said in found}


def _sentence(said: str) -> str:
    plain = re.sub(r":\w+:`~?\.?([^`]+)`", r"`\1`", said.replace('``""``', "empty").replace("``None``", "null"))
    plain = plain.replace("``", "`")
    return plain[:1].upper() + plain[1:]


def _said(form: Schema, said: str) -> Schema:
    return {"description": said, **form} if said and "description" not in form else form
