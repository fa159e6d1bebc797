"""Every command's help: whole at 80 columns, with examples that can be typed, and a variable for each option."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.core import TyperGroup, TyperOption

from vbench.cli import app
from vbench.cli.environment import name_options
from vbench.cli.plain_help import PlainHelp

ROOT = typer.main.get_group(app)
name_options(ROOT)


def commands(group: Any = ROOT, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, (*path, name))
        elif not command.hidden:
            yield (*path, name), command


COMMANDS = dict(commands())


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_examples_that_parse(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert isinstance(command, PlainHelp)
    examples = [line.strip() for line in command.examples.splitlines() if line.strip()]
    assert examples
    for example in examples:
        assert len(example) <= 77, example
        words = [word for word in shlex.split(example.partition(" > ")[0]) if "=$" not in word]
        assert words[0] == "vbench", example
        command_words = words[1 + len(path) :]
        assert tuple(words[1 : 1 + len(path)]) == path
        command.make_context(path[-1], command_words)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("columns", ["80", "200"])
def test_no_name_is_cut(path: tuple[str, ...], columns: str) -> None:
    command = COMMANDS[path]
    text = command.get_help(typer.Context(command, info_name=" ".join(path)))
    assert "…" not in text
    for option in command.params:
        if isinstance(option, TyperOption) and not option.hidden:
            assert all(name in text for name in option.opts)
            assert str(option.envvar).startswith("VBENCH_")
            assert str(option.envvar) in text


def test_an_option_can_be_set_by_its_variable() -> None:
    told = [sys.executable, "-m", "vbench", "prompts", "list"]
    by_variable = subprocess.run(
        told, env={**os.environ, "VBENCH_PROMPTS_LIST_JSON": "1"}, capture_output=True, text=True, check=True
    )
    by_option = subprocess.run([*told, "--json"], capture_output=True, text=True, check=True)
    assert by_variable.stdout == by_option.stdout


SHARED = ("VBENCH_BOARD_TOKEN", "VBENCH_BENCHMARK")
"""What is the same for every command: who one is, and what is judged by."""


def test_no_two_options_share_a_variable() -> None:
    named = [option.envvar for command in COMMANDS.values() for option in command.params if option.envvar]
    named = [name for name in named if name not in SHARED]
    assert len(named) == len(set(named))
