"""``vbench benchmarks``: what a model can be judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbench.cli.card import print_json

if TYPE_CHECKING:
    from vbench.benchmarks.base import Benchmark

Named = Annotated[
    str | None,
    typer.Option(
        "--benchmark",
        envvar="VBENCH_BENCHMARK",
        help="As in `vbench benchmarks`; by default what the folder says, else vbench-t2v.",
        show_default=False,
    ),
]
"""The option of every command that works for one benchmark."""


def benchmarks(json_output: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """List the benchmarks: their prompts, samples, dimensions and parts.

    Then: vbench evaluate VIDEOS --benchmark NAME.

    Examples:
      vbench benchmarks
      vbench benchmarks --json
    """
    from vbench.benchmarks.registry import BENCHMARKS, benchmark_named
    from vbench.cli.table import Column, figures, print_table, prose
    from vbench.errors import PluginError

    listed: list[dict[str, Any]] = []
    for name in BENCHMARKS.names():
        try:
            listed.append(described(benchmark_named(name)))
        except PluginError as error:
            typer.echo(f"Left out: {error}", err=True)
    if json_output:
        print_json(listed)
        return
    rows = []
    for one in listed:
        prompts = one["suite"] or "any"
        parts = ", ".join(f"{part} x {weight:g}" for part, weight in one["parts"].items()) or "-"
        rows.append((one["name"], prompts, str(one["samples"]), str(len(one["dimensions"])), parts))
    counted = [figures("samples"), figures("dimensions")]
    print_table([Column("benchmark"), Column("prompts"), *counted, prose("parts")], rows)


def described(benchmark: Benchmark) -> dict[str, Any]:
    """Everything about a benchmark as JSON types."""
    return {
        "name": benchmark.name,
        "title": benchmark.title,
        "paper": benchmark.paper,
        "suite": benchmark.suite,
        "samples": benchmark.samples,
        "unit": benchmark.unit.value,
        "parts": {part.name: part.weight for part in benchmark.parts},
        "has_total": benchmark.has_total,
        "dimensions": {
            name: {
                "part": rule.part,
                "minimum": rule.minimum,
                "maximum": rule.maximum,
                "weight": rule.weight,
                "values": rule.values.value,
                "counts": rule.counts.value,
                "prompts": rule.prompts,
                "needs": rule.needs,
            }
            for name, rule in benchmark.rules.items()
        },
        "on_request": [spec.name for spec in benchmark.specs if spec.judges],
    }
