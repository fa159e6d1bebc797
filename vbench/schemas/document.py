"""A file or an output that others read: its name, the version of its form, and the form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vbench.schemas.form import Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class Document:
    """One file or output.

    Attributes:
        name: of the file, or of the command that prints it, with dashes between its words.
        version: of the form; raised by every change, a new field included.
        title: what it is, in a few words.
        form: as JSON Schema.
        commands: that print it with ``--json``, each by its words.
        lines: whether a file has one such object a line.
    """

    name: str
    version: int
    title: str
    form: Schema
    commands: tuple[str, ...] = ()
    lines: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """The whole JSON Schema."""
        head = {"$schema": DIALECT, "$id": f"urn:vbench-suite:{self.name}:{self.version}"}
        return {**head, "title": f"{self.title} (version {self.version})", **self.form}

    @property
    def told(self) -> dict[str, Any]:
        """What a list says of it, as JSON types."""
        commands = [f"vbench {words} --json" for words in self.commands]
        return {"name": self.name, "version": self.version, "title": self.title, "commands": commands,
                "lines": self.lines}  # fmt: skip
