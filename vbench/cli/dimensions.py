"""``vbench dimensions``: what can be evaluated, and what is in the way."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from vbench.cli.benchmarks import Named
from vbench.cli.card import print_json


def dimensions(
    profile: Annotated[str, typer.Option(help="official or lite")] = "official",
    benchmark: Named = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the dimensions: what they mean, which backbones they use, whether they can be evaluated here.

    Examples:
      vbench dimensions
      vbench dimensions --profile lite --json
    """
    import torch

    from vbench.benchmarks.registry import benchmark_named, specs_of
    from vbench.cli.table import Column, print_table, prose
    from vbench.dimensions.profiles import profile as profile_named
    from vbench.errors import MissingExtra, PluginError
    from vbench.runs.evaluators import Evaluators

    chosen = benchmark_named(benchmark)
    evaluators = Evaluators(profile_named(profile), torch.device("cpu"), benchmark=chosen)
    listed: list[dict[str, Any]] = []
    for name, spec in specs_of(chosen).items():
        try:
            meaning, backbones = evaluators.implementation(name).meaning, sorted({*evaluators.roles(name).values()})
        except (MissingExtra, PluginError):
            meaning, backbones = "", []
        obstacle = evaluators.obstacle(name)
        listed.append(
            {
                "name": name,
                "part": spec.part,
                "meaning": meaning,
                "backbones": backbones,
                "obstacle": obstacle,
                "package": spec.package,
            }
        )
    if json_output:
        print_json(listed)
        return
    columns = [Column("dimension"), prose("part"), prose("meaning"), prose("backbones"), prose("ready")]
    rows = [
        (one["name"], one["part"] or "-", one["meaning"], ", ".join(one["backbones"]) or "-", one["obstacle"] or "yes")
        for one in listed
    ]
    print_table(columns, rows)
