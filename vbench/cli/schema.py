"""``vbench schema``: what stands in files and JSON outputs."""

from __future__ import annotations

from typing import Annotated

import typer

from vbench.cli.card import print_json


def schema(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]", help="A file, such as run.json, or the words of a command, such as prompts list."
        ),
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """Print the JSON Schema of a file or of what a command prints with --json; without a name, list them.

    Any validator of draft 2020-12 reads it. A form that changes has a higher version. Where a file has an object a
    line, the schema is that of a line.

    Examples:
      vbench schema
      vbench schema run.json > run.schema.json
      vbench schema prompts list
    """
    from vbench.cli.table import Column, figures, print_table, prose
    from vbench.schemas.catalog import DOCUMENTS, document_named

    if words:
        print_json(document_named(" ".join(words)).schema)
        return
    if json_output:
        print_json([one.told for one in DOCUMENTS.values()])
        return
    columns = [Column("name"), figures("version"), prose("what it is")]
    print_table(columns, [(one.name, str(one.version), one.title) for one in DOCUMENTS.values()])
