"""``vbench card``: which score is this? A block to cite."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vbench.cli.card import print_json


def card(
    run: Annotated[Path, typer.Argument(help="Folder of the run.", show_default=False)],
    methods: Annotated[bool, typer.Option(help="Print a paragraph for a paper's section on evaluation.")] = False,
    bibtex: Annotated[bool, typer.Option(help="Print BibTeX of the benchmark and of this software.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")] = False,
) -> None:
    """Say of a run's scores what they are scores of: prompts, videos, judges, versions, and whether they are whole.

    Exit status: 0 the run is whole, 1 it is not, 2 wrong call.

    Examples:
      vbench card vbench-runs/mine-official
      vbench card vbench-runs/mine-official --methods --bibtex
    """
    from vbench.reports import citation
    from vbench.runs.run import open_run

    opened = open_run(run)
    facts = citation.citation(opened)
    if json_output:
        print_json(facts)
    else:
        told = [citation.methods(facts)] * methods + [citation.bibtex(facts)] * bibtex
        typer.echo("\n\n".join(told or [citation.block(facts)]))
    raise typer.Exit(int(not opened.is_whole))
