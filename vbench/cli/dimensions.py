"""``vbench dimensions``: what can be evaluated, and what is in the way."""

from __future__ import annotations

from typing import Annotated

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
    from rich.console import Console
    from rich.table import Table

    from vbench.benchmarks.registry import benchmark_named, specs_of
    from vbench.dimensions.profiles import profile as profile_named
    from vbench.errors import MissingExtra, PluginError
    from vbench.runs.evaluators import Evaluators

    chosen = benchmark_named(benchmark)
    evaluators = Evaluators(profile_named(profile), torch.device("cpu"), benchmark=chosen)
    listed = []
    table = Table("dimension", "part", "meaning", "backbones", "ready")
    for name, spec in specs_of(chosen).items():
        try:
            meaning, backbones = evaluators.implementation(name).meaning, sorted({*evaluators.roles(name).values()})
        except (MissingExtra, PluginError):
            meaning, backbones = "", []
        obstacle = evaluators.obstacle(name)
        table.add_row(name, spec.part or "-", meaning, ", ".join(backbones) or "-", obstacle or "yes")
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
    Console(highlight=False, markup=False).print(table)
