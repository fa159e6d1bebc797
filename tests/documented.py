"""The blocks of code in README, CONTRIBUTING and docs/: what they say, and who runs them.

A comment in the line before a block, which no reader sees, says what becomes of it:

- ``<!-- run by tests/FILE.py::TEST -->``: that test runs it, with what it needs;
- ``<!-- not run: REASON -->``;
- without either it is run by ``tests/test_docs_blocks.py``, in the order of its page.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from vbench.cli import main

ROOT = Path(__file__).parents[1]

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

BLOCK = re.compile(r"^ *(?:<!-- ([^\n]*) -->\n *)?```(\w*)[^\n]*\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)

SHELLS = ("sh", "bash", "console")

PROMPT = "$ "
"""What stands before a command where its output is shown, too."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Attributes:
        page: its page, from the root of the repository.
        line: where the block begins in it.
        language: what its fence says.
        code: what stands in it.
        mark: the comment before it; empty where there is none.
    """

    page: str
    line: int
    language: str
    code: str
    mark: str

    @property
    def is_told(self) -> bool:
        """Whether somebody may type it: a shell's commands or Python."""
        return self.language in (*SHELLS, "python") or any(re.match(r"\$ |vbench ", one) for one in self.lines)

    @property
    def lines(self) -> list[str]:
        """Its lines."""
        return self.code.splitlines()

    @property
    def commands(self) -> list[list[str]]:
        """The words of each command of a shell's block, in order; comments are gone, ``&&`` and ``|`` part commands."""
        shown = [line.removeprefix(PROMPT) for line in self.lines if line.startswith(PROMPT)]
        return [words for line in whole_lines(shown or self.lines) for words in parted(line)]


def whole_lines(lines: list[str]) -> list[str]:
    r"""Lines that end in a backslash, joined to the next.

    >>> whole_lines(["vbench evaluate videos \\", "    --json", "# no command"])
    ['vbench evaluate videos      --json', '# no command']
    """
    return re.sub(r"\\\n", " ", "\n".join(lines)).splitlines()


def parted(line: str) -> Iterator[list[str]]:
    """The words of each command of a line.

    >>> list(parted("vbench check videos && A=1 vbench score run > score.txt  # then read it"))
    [['vbench', 'check', 'videos'], ['A=1', 'vbench', 'score', 'run', '>', 'score.txt']]
    """
    lexer = shlex.shlex(re.sub(r"\$\([^)]*\)", "TOLD", line), posix=True, punctuation_chars=";<>|&")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if set(word) <= set(";&|"):
            yield words
            words = []
        else:
            words.append(word)
    if words:
        yield words


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    """Every fenced block of a page."""
    text = page.read_text(encoding="utf-8")
    return tuple(
        Block(str(page.relative_to(ROOT)), text.count("\n", 0, found.start(2)) + 1, found[2],
              textwrap.dedent(found[3]), found[1] or "")
        for found in BLOCK.finditer(text)
    )  # fmt: skip


def block(page: str, start: str) -> str:
    """The code of the one block of a page that holds a text.

    Args:
        page: such as ``docs/python.md``.
        start: some of the block's text.
    """
    (found,) = [one.code for one in blocks(ROOT / page) if start in one.code]
    return found


def maker(name: str) -> ModuleType:
    """The module ``docs/NAME.py``, which makes a page or a part of one."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


NUMBER = re.compile(r"\d+(?:\.\d+)?")

LAST_PLACES = 6
"""Units of a figure's last place by which another processor may differ; counts must be the same."""


def assert_shows(stored: str, again: str, command: str) -> None:
    """What a page shows is what is printed today.

    Args:
        stored: what stands in the page.
        again: what is printed now.
        command: what stores it anew.
    """
    assert NUMBER.sub("#", stored) == NUMBER.sub("#", again), command
    for before, after in zip(NUMBER.findall(stored), NUMBER.findall(again), strict=True):
        decimals = len(before.partition(".")[2])
        assert abs(float(before) - float(after)) <= (LAST_PLACES * 10**-decimals if decimals else 0), command


FETCH = (["vbench", "weights", "download"], ["vbench", "prompts", "fetch"], ["pip", "install"])
"""What opens a connection; it is passed over in blocks that are run otherwise."""


def run(commands: Iterable[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run commands of a block in the working folder, one after the other; a verdict of a gate or a check may be no."""
    for words in commands:
        if any(words[: len(start)] == start for start in FETCH):
            continue
        assert words[0] == "vbench", f"only vbench is run here: {words}"
        monkeypatch.setattr(sys, "argv", [said for word in words for said in told(word)])
        try:
            main()
        except SystemExit as ended:
            assert ended.code in (None, 0, 1), words


def told(word: str) -> list[str]:
    """What a shell makes of a word."""
    said = os.path.expandvars(word)
    return (sorted(map(str, Path().glob(said))) if "*" in said else []) or [said]
