"""Names to things, loaded when they are first asked for.

Built-in entries are a literal table, so that listing names imports nothing; packages outside this one add theirs
through entry points. A package whose entry is broken is named, and everything else works: its entry is left out with a
warning where things are listed, and asking for it by name gives the reason.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from vbench.errors import MissingExtra, PluginError, UsageError
from vbench.malformed import flaw

T = TypeVar("T")

OURS = "vbench-suite"

logger = logging.getLogger(__name__)


class Registry(Generic[T]):
    """One kind of thing by name.

    Args:
        kind: what the entries are, for messages (``"dimension"``).
        builtin: name -> ``"module:attribute"``.
        group: entry point group in which other packages register theirs.
        accepts: ``"module:Class"``; what others bring is a subclass of one of these, or an instance of a dataclass.
    """

    def __init__(self, kind: str, builtin: Mapping[str, str], group: str, *accepts: str) -> None:
        self.kind, self.builtin, self.group, self.accepts = kind, builtin, group, accepts

    @cached_property
    def table(self) -> dict[str, str]:
        """Name -> ``"module:attribute"``, ours and the plug-ins'."""
        return {**self.builtin, **{name: entry.value for name, entry in self.plugged.items()}}

    @cached_property
    def plugged(self) -> dict[str, EntryPoint]:
        """What other packages bring. A name that two of them claim is neither's; one that is ours stays ours."""
        claims: dict[str, list[EntryPoint]] = defaultdict(list)
        for entry in entry_points(group=self.group):
            claims[entry.name].append(entry)
        return {name: found[0] for name, found in claims.items() if not self._clash(name, found)}

    def names(self) -> list[str]:
        """All names, built-in ones first."""
        return list(self.table)

    def package(self, name: str) -> str:
        """The package that brings an entry, ``""`` for ours."""
        return package_of(self.plugged[name]) if name in self.plugged else ""

    def known(self, name: str) -> str:
        """The name itself.

        Raises:
            UsageError: no entry has it; the message gives the closest ones.
        """
        if name not in self.table:
            raise unknown(self.kind, name, self.table)
        return name

    def get(self, name: str) -> T:
        """Import and return the entry of that name.

        Raises:
            UsageError: no entry has the name.
            MissingExtra: a package that it needs is not installed.
            PluginError: it is another package's, and broken.
        """
        package = self.package(self.known(name))
        found: T = load(self.table[name], f"{self.kind} {name}", package)
        if package:
            refuse_malformed(found, self.accepts, f"{self.kind} {name}", package, self.table[name])
        return found

    def brought(self) -> Iterator[tuple[str, T]]:
        """What other packages bring, as far as it works; what does not is left out with a warning."""
        for name in self.plugged:
            try:
                yield name, self.get(name)
            except (MissingExtra, PluginError) as error:
                logger.warning("Left out: %s", error)

    def _clash(self, name: str, entries: list[EntryPoint]) -> bool:
        owners = [OURS] * (name in self.builtin) + [package_of(entry) for entry in entries]
        if len(owners) > 1:
            kept = f"that of {OURS} is used" if owners[0] == OURS else "none is used"
            logger.warning("The %s %s is claimed by %s: %s.", self.kind, name, " and ".join(owners), kept)
        return len(owners) > 1


def package_of(entry: EntryPoint) -> str:
    """The name of the package that an entry point comes from."""
    return entry.dist.name if entry.dist else entry.value.split(".")[0].split(":")[0]


def did_you_mean(name: str, known: Collection[str]) -> str:
    """The closest names as a sentence after a space, nothing where none is close.

    >>> did_you_mean("mni", ["open", "mini"])
    ' Did you mean mini?'
    """
    close = get_close_matches(name.lower(), known, 3, 0.5)
    return f" Did you mean {' or '.join(close)}?" if close else ""


def unknown(kind: str, name: str, known: Collection[str], where: str = "") -> UsageError:
    """The error of a name that is not there, with the closest ones and all that are."""
    return UsageError(
        f"There is no {kind} named {name!r}{where}.{did_you_mean(name, known)} Known: {', '.join(known) or 'none'}."
    )


def load(reference: str, what: str, package: str = "") -> Any:
    """Import ``"module:attribute"``.

    Args:
        reference: what to import.
        what: it is, for messages.
        package: that brings it; ``""`` for ours.

    Raises:
        MissingExtra: it is ours, and a package that it needs is not installed.
        PluginError: it is another package's, and cannot be imported.
    """
    module, _, attribute = reference.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:
        if package:
            reason = f"{type(error).__name__}: {error}"
            raise PluginError(f"The {what} of the package {package} is broken: {reason}") from error
        if not isinstance(error, ModuleNotFoundError) or (error.name or "").split(".")[0] == "vbench":
            raise
        raise MissingExtra(
            f'{what} needs the package {error.name}. Install it with: pip install "vbench-suite[all]"'
        ) from error


def refuse_malformed(found: object, accepts: Sequence[str], what: str, package: str, reference: str) -> None:
    """Let nothing in that is not what its kind declares.

    Args:
        found: what a package brings.
        accepts: ``"module:Class"`` of what it may be.
        what: it is, for messages.
        package: that brings it.
        reference: where it was imported from.

    Raises:
        PluginError: it is something else, or lacks something.
    """
    if wrong := flaw(found, [load(accepted, what) for accepted in accepts]):
        raise PluginError(f"The {what} of the package {package} is broken: {reference}: {wrong}.")
