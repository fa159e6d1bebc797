"""Every file and every JSON output has a schema that says all of it, and a version that moves with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from tests.cli.test_help import COMMANDS
from vbench.cli import app
from vbench.errors import UsageError
from vbench.schemas.catalog import DOCUMENTS
from vbench.schemas.document import Document

PINNED = Path(__file__).parent / "pinned.json"

ALL = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)


def forms(form: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every form within a form, with the place of it."""
    yield where, form
    for name, inner in form.get("properties", {}).items():
        yield from forms(inner, f"{where}/{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(form.get(key), dict):
            yield from forms(form[key], f"{where}/*")
    for inner in form.get("anyOf", ()):
        yield from forms(inner, where)


def test_every_json_output_has_a_schema() -> None:
    printing = {" ".join(path) for path, command in COMMANDS.items()
                if any("--json" in option.opts for option in command.params)}  # fmt: skip
    described = {words for one in DOCUMENTS.values() for words in one.commands}
    assert printing == described


@ALL
def test_a_schema_is_one_and_says_what_each_field_means(document: Document) -> None:
    Draft202012Validator.check_schema(document.schema)
    for where, form in forms(document.schema):
        for name, inner in form.get("properties", {}).items():
            assert inner.get("description"), f"{where}/{name} says nothing"


@ALL
def test_no_object_takes_fields_that_nobody_described(document: Document) -> None:
    for where, form in forms(document.schema):
        if "object" in str(form.get("type")):
            assert "additionalProperties" in form, where


@ALL
def test_a_form_that_changes_has_another_version(document: Document) -> None:
    """Otherwise: raise the version in vbench/schemas, and put ``[version, digest]`` into pinned.json."""
    pinned = json.loads(PINNED.read_text())
    assert pinned.get(document.name) == [document.version, digest_of(document)]


def digest_of(document: Document) -> str:
    """Of everything in a form but its words."""
    return hashlib.sha256(json.dumps(wordless(document.form), sort_keys=True).encode()).hexdigest()[:16]


def wordless(form: Any) -> Any:
    if isinstance(form, dict):
        told = isinstance(form.get("description"), str)
        return {name: wordless(inner) for name, inner in form.items() if not (told and name == "description")}
    return [wordless(inner) for inner in form] if isinstance(form, list) else form


def test_every_document_is_held_against_its_schema_by_a_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    assert [name for name in DOCUMENTS if f'checked("{name}"' not in tests] == []


def test_a_schema_is_printed_by_file_and_by_command() -> None:
    for words, name in ((["run.json"], "run.json"), (["prompts", "list"], "prompts-list")):
        told = CliRunner().invoke(app, ["schema", *words])
        assert json.loads(told.stdout) == DOCUMENTS[name].schema


def test_what_has_no_schema_is_told_with_what_was_perhaps_meant() -> None:
    result = CliRunner().invoke(app, ["schema", "prompt", "list"])
    assert isinstance(result.exception, UsageError)
    assert str(result.exception).startswith("There is no schema named 'prompt-list'. Did you mean prompts-list")
