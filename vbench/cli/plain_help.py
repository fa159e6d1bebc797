"""Help as plain text: no name and no digit is ever cut, and examples stand as they are to be typed.

A command's docstring says what it does; what follows ``Examples:`` in it is printed last, line by line.
"""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

HEADING = "\nExamples:\n"


class PlainHelp(TyperCommand):
    """A command whose options stand in a list and not in a table, which would shorten them at 80 columns."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        about, _, examples = (kwargs.pop("help", None) or "").partition(HEADING)
        self.examples: str = examples
        super().__init__(*args, help=about.strip(), **{**kwargs, "rich_markup_mode": None})

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Print the examples, not wrapped."""
        if self.examples:
            with formatter.section(HEADING.strip(" \n:")):
                formatter.write("".join(f"{line}\n" for line in self.examples.rstrip().splitlines()))
