"""Names that a shell can complete: suites, benchmarks, profiles, dimensions, generators, checkpoints and others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import typer

from vbench.errors import VBenchError

Names = Callable[[typer.Context], Iterable[str]]
"""What something can be, in view of what was typed before it."""


def _suites(context: typer.Context) -> Iterator[str]:
    from vbench.prompts.library import SHIPPED
    from vbench.prompts.official import NAME

    yield from (*SHIPPED, NAME)
    yield from sorted(path.name for path in Path().glob("*.json"))


def _categories(context: typer.Context) -> list[str]:
    from vbench.prompts.library import categories_of, fetched_suites

    return categories_of(str(context.params.get("suite") or "open"), fetched_suites())


def _benchmarks(context: typer.Context) -> list[str]:
    from vbench.benchmarks.registry import BENCHMARKS

    return BENCHMARKS.names()


def _profiles(context: typer.Context) -> Iterable[str]:
    from vbench.dimensions.profiles import profiles

    return profiles()


def _dimensions(context: typer.Context) -> Iterable[str]:
    from vbench.benchmarks.registry import benchmark_named, specs_of

    return specs_of(benchmark_named(context.params.get("benchmark")))


def _generators(context: typer.Context) -> list[str]:
    from vbench.generators.catalog import GENERATORS

    return GENERATORS.names()


def _checkpoints(context: typer.Context) -> Iterable[str]:
    from vbench.weights.cards import all_checkpoints

    return all_checkpoints()


def _schemas(context: typer.Context) -> Iterable[str]:
    from vbench.schemas.catalog import DOCUMENTS

    return DOCUMENTS


OF: dict[str, Names] = {
    "suite": _suites,
    "category": _categories,
    "benchmark": _benchmarks,
    "profile": _profiles,
    "dimension": _dimensions,
    "model": _generators,
    "shots": _generators,
    "transitions": _generators,
    "generators words": _generators,
    "weights names": _checkpoints,
    "path name": _checkpoints,
    "schema words": _schemas,
}
"""By the name of an option or argument, with the command's before it where it means something else in another one."""


@dataclass(frozen=True)
class Completed:
    """A name as a shell is told of it."""

    value: str
    type: str = "plain"
    help: str | None = None


def complete_names(command: Any, within: str = "") -> None:
    """Let the options and arguments of a command, and of those below it, be completed by what they can be.

    Args:
        command: as typer builds it; changed in place.
        within: name of the command or group that it is in.
    """
    for parameter in command.params:
        places = (parameter.name, f"{command.name} {parameter.name}", f"{within} {parameter.name}")
        if names := next((OF[place] for place in places if place in OF), None):
            parameter.shell_complete = partial(_completed, names)
    for below in getattr(command, "commands", {}).values():
        complete_names(below, command.name)


def _completed(names: Names, context: typer.Context, incomplete: str) -> list[Completed]:
    """The names that begin so; none where they cannot be told."""
    try:
        return [Completed(name) for name in names(context) if name.startswith(incomplete)]
    except (VBenchError, OSError):
        return []
