"""Names to classes, loaded when they are first asked for.

Built-in entries are a literal table, so that listing names imports nothing; packages outside this one add
theirs through entry points.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from vbench.errors import MissingExtra, UsageError

T = TypeVar("T")


class Registry(Generic[T]):
    """One kind of thing by name.

    Args:
        kind: what the entries are, for messages (``"dimension"``).
        builtin: name -> ``"module:Class"``.
        group: entry point group in which other packages register theirs.
    """

    def __init__(self, kind: str, builtin: Mapping[str, str], group: str) -> None:
        self.kind, self.builtin, self.group = kind, builtin, group

    @cached_property
    def table(self) -> dict[str, str]:
        """Name -> ``"module:Class"``, ours and the plug-ins'.

        Raises:
            UsageError: two packages claim one name.
        """
        table = dict(self.builtin)
        for entry in entry_points(group=self.group):
            if entry.name in table:
                raise UsageError(
                    f"{self.kind} {entry.name!r} is registered twice: {table[entry.name]} and {entry.value}"
                )
            table[entry.name] = entry.value
        return table

    def names(self) -> list[str]:
        """All names, built-in ones first."""
        return list(self.table)

    def known(self, name: str) -> str:
        """The name itself.

        Raises:
            UsageError: no entry has it; the message gives the closest ones.
        """
        if name in self.table:
            return name
        close = get_close_matches(name, self.table, 3, 0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise UsageError(f"There is no {self.kind} named {name!r}.{hint} Known: {', '.join(self.table)}.")

    def get(self, name: str) -> type[T]:
        """Import and return the class of that name.

        Raises:
            UsageError: no entry has the name.
            MissingExtra: a package that it needs is not installed.
        """
        module, _, attribute = self.table[self.known(name)].partition(":")
        try:
            found: type[T] = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] == "vbench":
                raise
            raise MissingExtra(
                f'{self.kind} {name} needs the package {error.name}. Install it with: pip install "vbench-suite[all]"'
            ) from error
        return found
