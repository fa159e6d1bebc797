"""The pages on installing and on troubles: each quoted message is one of the code, each extra is explained."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documented import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")

QUOTED = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)

GAP = "..."


def texts(file: Path) -> Iterator[str]:
    """Every text of a source file, each with ``...`` for what is filled in."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else GAP for part in node.values)


@pytest.fixture(scope="module")
def said() -> str:
    """All that the code may say, a text a line."""
    return "\n".join({" ".join(text.split()) for file in (ROOT / "vbench").rglob("*.py") for text in texts(file)})


@pytest.mark.parametrize("message", QUOTED)
def test_a_message_is_one_of_the_code(message: str, said: str) -> None:
    pieces = [re.escape(piece) for piece in message.strip(".").split(GAP) if piece.strip(" .:")]
    assert re.search(".*".join(pieces), said), message


def test_every_extra_is_explained() -> None:
    (table,) = re.findall(
        r"^\[project.optional-dependencies\]\n(.*?)^\[", _text("pyproject.toml"), re.DOTALL | re.MULTILINE
    )
    rows = re.findall(r"^\| (`\w.*?) \|", _text("docs/install.md").partition("## A CPU")[0], re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert explained == set(re.findall(r"^(\w+) = \[", table, re.MULTILINE))


def _text(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")
