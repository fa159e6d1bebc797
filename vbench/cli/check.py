"""``vbench check``: look at the videos before anything expensive."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vbench.cli.benchmarks import Named
from vbench.cli.card import print_json
from vbench.cli.located import path_or_address

if TYPE_CHECKING:
    from vbench.media.decode import VideoFacts


def check(
    videos: Annotated[
        Path,
        typer.Argument(
            parser=path_or_address,
            help="A video, or the folder of the videos, or the address of one.",
            show_default=False,
        ),
    ],
    suite: Annotated[
        str | None, typer.Option(help="Prompt suite (name or JSON file) that the videos should answer.")
    ] = None,
    dimension: Annotated[
        list[str] | None, typer.Option("--dimension", "-d", help="Only videos of these dimensions.")
    ] = None,
    category: Annotated[str | None, typer.Option(help="Content category (category mode).")] = None,
    benchmark: Named = None,
    profile: Annotated[str, typer.Option(help="official or lite: whose models will look at them.")] = "official",
    strict: Annotated[bool, typer.Option(help="Warnings count for the exit status, too.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Account for every file; list what is missing, unreadable, damaged, odd, duplicate or changed; run no model.

    Also says what will have no score: dimensions whose weights are not here, videos that are too short or too small.

    Exit status: 0 no errors, 1 errors (with --strict also warnings), 2 wrong call,
    3 no prompt tests what was asked.

    Examples:
      vbench check videos/mine
      vbench check videos/mine --suite vbench-t2v -d temporal_flickering
      vbench check videos/mine --strict --json
      vbench check s3://bucket/videos --suite vbench-t2v
    """
    import torch

    from vbench.cli.table import Column, figures, print_table, prose
    from vbench.dimensions.profiles import profile as profile_named
    from vbench.files.place import told_of_fetching
    from vbench.files.remote import located
    from vbench.runs.discover import discover, shown
    from vbench.runs.evaluators import Evaluators
    from vbench.runs.foreseen import foreseen
    from vbench.runs.make_plan import make_plan
    from vbench.runs.preflight import ERROR
    from vbench.runs.preflight import check as findings_of

    videos = located(videos)
    with told_of_fetching(partial(typer.echo, err=True)):
        plan = make_plan(videos, dimension, suite=suite, category=category, benchmark=benchmark)
        there = discover(videos)
        facts: dict[str, VideoFacts] = {}
        findings = list(findings_of(plan, there, facts))
        evaluators = Evaluators(profile_named(profile), torch.device("cpu"), benchmark=plan.benchmark)
        without = list(foreseen(plan, evaluators, facts))
    if json_output:
        not_read = {shown(one.path, there.root): one.why for one in there.not_read}
        print_json(
            {
                "files": there.counts(),
                "not_read": not_read,
                "videos": len(plan.tasks),
                "findings": [asdict(finding) for finding in findings],
                "profile": profile,
                "will_not_be_scored": [asdict(one) for one in without],
            }
        )
    if findings and not json_output:
        rows = [(one.video, one.severity, one.kind.replace("_", " "), one.message) for one in findings]
        print_table([Column("video"), Column("severity"), Column("kind"), prose("what to know")], rows)
        typer.echo("")
    if without and not json_output:
        told = [(one.dimension, f"{one.videos:,}", one.why) for one in without]
        title = f"What the {profile} profile will not score"
        print_table([Column("dimension"), figures("videos"), prose("why")], told, title)
        typer.echo("")
    if not json_output:
        count = len({task.path for task in plan.tasks})
        typer.echo(there.described())
        for why, number in Counter(one.why for one in there.not_read).items():
            typer.echo(f"  {number:,} not read: {why}")
        typer.echo(
            f"{count} videos, {len(findings)} findings." + ("" if findings else " Next: vbench evaluate " + str(videos))
        )
    errors = any(finding.severity == ERROR for finding in findings)
    raise typer.Exit(int(errors or (strict and bool(findings or without))))
