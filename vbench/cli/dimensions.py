"""``vbench dimensions``: what can be evaluated, and what is in the way."""

from __future__ import annotations

from typing import Annotated

import typer

from vbench.cli.card import print_json


def dimensions(
    profile: Annotated[str, typer.Option(help="official or lite")] = "official",
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

    from vbench.benchmarks.score_card import in_protocol_order
    from vbench.dimensions.profiles import DIMENSIONS
    from vbench.dimensions.profiles import profile as profile_named
    from vbench.runs.evaluators import Evaluators

    crew = Evaluators(profile_named(profile), torch.device("cpu"))
    listed = []
    table = Table("dimension", "side", "meaning", "backbones", "ready")
    for name in in_protocol_order(DIMENSIONS.names()):
        cls, backbones, obstacle = DIMENSIONS.get(name), sorted(set(crew.roles(name).values())), crew.obstacle(name)
        side = cls.family.value
        table.add_row(name, side, cls.meaning, ", ".join(backbones) or "-", obstacle or "yes")
        listed.append(
            {"name": name, "side": side, "meaning": cls.meaning, "backbones": backbones, "obstacle": obstacle}
        )
    if json_output:
        print_json(listed)
        return
    Console(highlight=False, markup=False).print(table)
