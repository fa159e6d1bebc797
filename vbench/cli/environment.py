"""The environment twin of every option: ``vbench evaluate --profile lite`` is ``VBENCH_EVALUATE_PROFILE=lite``."""

from __future__ import annotations

from typer.core import TyperCommand, TyperGroup, TyperOption

PREFIX = "VBENCH"

WITHOUT = ("--version", "--install-completion", "--show-completion")
"""What asks for an answer instead of setting something."""


def name_options(command: TyperCommand | TyperGroup, prefix: str = PREFIX) -> None:
    """Let each option of a command, and of the commands below it, be set by a variable, which ``--help`` shows.

    Args:
        command: as typer builds it; changed in place.
        prefix: what the variables' names begin with; the command's and the option's name follow.
    """
    for option in command.params:
        if isinstance(option, TyperOption) and option.opts[0] not in WITHOUT:
            option.envvar = option.envvar or variable(prefix, _spelt_out(option))
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            name_options(below, variable(prefix, name))  # type: ignore[arg-type]  # typer's commands are typer's


def variable(*parts: str) -> str:
    """The name of a variable.

    >>> variable("VBENCH", "filter-static", "--output")
    'VBENCH_FILTER_STATIC_OUTPUT'
    """
    return "_".join(part.strip("-").replace("-", "_").upper() for part in parts)


def _spelt_out(option: TyperOption) -> str:
    return next(name for name in option.opts if name.startswith("--"))
