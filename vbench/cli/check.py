"""``vbench check``: look at the videos before anything expensive."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from vbench.cli.benchmarks import Named
from vbench.cli.card import print_json


def check(
    videos: Annotated[Path, typer.Argument(help="A video, or the folder of the videos.", show_default=False)],
    suite: Annotated[
        str | None, typer.Option(help="Prompt suite (name or JSON file) that the videos should answer.")
    ] = None,
    dimension: Annotated[
        list[str] | None, typer.Option("--dimension", "-d", help="Only videos of these dimensions.")
    ] = None,
    category: Annotated[str | None, typer.Option(help="Content category (category mode).")] = None,
    benchmark: Named = None,
    strict: Annotated[bool, typer.Option(help="Warnings count for the exit status, too.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Account for every file, and list what is missing, unreadable, damaged, odd, duplicate or changed; no model.

    Exit status: 0 no errors, 1 errors (with --strict also warnings), 2 wrong call,
    3 no prompt tests what was asked.

    Examples:
      vbench check videos/mine
      vbench check videos/mine --suite vbench-t2v -d temporal_flickering
      vbench check videos/mine --strict --json
    """
    from vbench.cli.table import Column, print_table, prose
    from vbench.runs.discover import discover, shown
    from vbench.runs.plan import make_plan
    from vbench.runs.preflight import ERROR
    from vbench.runs.preflight import check as findings_of

    plan = make_plan(videos, dimension, suite=suite, category=category, benchmark=benchmark)
    there = discover(videos)
    findings = list(findings_of(plan, there))
    if json_output:
        not_read = {shown(one.path, there.root): one.why for one in there.not_read}
        print_json(
            {
                "files": there.counts(),
                "not_read": not_read,
                "videos": len(plan.tasks),
                "findings": [asdict(finding) for finding in findings],
            }
        )
    elif findings:
        rows = [(one.video, one.severity, one.kind.replace("_", " "), one.message) for one in findings]
        print_table([Column("video"), Column("severity"), Column("kind"), prose("what to know")], rows)
        typer.echo("")
    if not json_output:
        count = len({task.path for task in plan.tasks})
        typer.echo(there.described())
        for why, number in Counter(one.why for one in there.not_read).items():
            typer.echo(f"  {number:,} not read: {why}")
        typer.echo(
            f"{count} videos, {len(findings)} findings." + ("" if findings else " Next: vbench evaluate " + str(videos))
        )
    raise typer.Exit(int(any(strict or finding.severity == ERROR for finding in findings)))
