"""Whether what comes from elsewhere has what its kind declares: an instance its fields, a class its attributes.

Other packages bring both; a record that is read from a file is an instance.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints


def flaw(found: object, kinds: Sequence[type]) -> str:
    """What is wrong with it, ``""`` if nothing is.

    Args:
        found: an instance is expected of a kind that is a dataclass, a subclass of any other.
        kinds: what it may be.

    >>> from vbench.benchmarks.base import Part
    >>> flaw(Part("quality", weight="much"), [Part])
    "weight is 'much', expected float"
    >>> flaw(Part, [Part])
    "is <class 'vbench.benchmarks.base.Part'>, expected a Part"
    """
    for kind in kinds:
        if is_dataclass(kind):
            if isinstance(found, kind):
                return _flawed_field(found, kind)
        elif isinstance(found, type) and issubclass(found, kind):
            return _flawed_class(found, kind)
    wanted = " or ".join(
        f"a subclass of {kind.__name__}" if not is_dataclass(kind) else kind.__name__ for kind in kinds
    )
    return f"is {found!r:.100}, expected {'' if wanted.startswith('a ') else 'a '}{wanted}"


def _flawed_field(found: object, kind: Any) -> str:
    hints = get_type_hints(kind)
    names = (field.name for field in fields(kind))
    return next((told for name in names if (told := _misfit(name, getattr(found, name), hints[name]))), "")


def _flawed_class(found: type, kind: type) -> str:
    if undone := sorted(getattr(found, "__abstractmethods__", ())):
        return f"does not implement {', '.join(undone)}"
    for name, hint in get_type_hints(kind).items():
        if get_origin(hint) is not ClassVar:
            continue
        if not hasattr(found, name):
            return f"has no {name}"
        if told := _misfit(name, getattr(found, name), get_args(hint)[0]):
            return told
    return ""


def _misfit(name: str, value: object, hint: Any) -> str:
    if _fits(value, hint):
        return ""
    wanted = hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint).replace("typing.", "")
    return f"{name} is {value!r:.60}, expected {wanted}"


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is of a type, as far as plain types, their unions, sequences, mappings and classes go."""
    origin, parts = get_origin(hint), get_args(hint)
    if isinstance(value, property):  # which says what it is once there is an instance
        return True
    if hint is Any:
        return True
    if hint is float:
        return isinstance(value, float) or (isinstance(value, int) and abs(value) <= sys.float_info.max)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in parts)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(one, parts[0]) for one in value)
    if origin is type:
        return isinstance(value, type)
    if origin is Sequence:
        return isinstance(value, list | tuple) and all(_fits(one, parts[0]) for one in value)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(_fits(one, parts[1]) for one in value.values())
    return not isinstance(hint, type) or origin is not None or isinstance(value, hint)
