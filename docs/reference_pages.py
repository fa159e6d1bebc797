"""The reference pages of the site, made from the code when the site is built; nothing of them is written by hand.

mkdocs runs it (``make docs``).
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import mkdocs_gen_files

from vbench.benchmarks.base import Benchmark, DimensionSpec, titled
from vbench.benchmarks.registry import BENCHMARKS, benchmark_named, implementation, specs_of
from vbench.generators.listing import listing
from vbench.schemas.catalog import DOCUMENTS
from vbench.schemas.document import Document
from vbench.schemas.form import Schema
from vbench.weights.cards import all_checkpoints

PUBLIC = ("vbench.interface", "vbench.runs.run", "vbench.runs.scorer", "vbench.runs.score_log", "vbench.analysis.gate",
          "vbench.harness.torchmetrics",
          "vbench.dimensions.base", "vbench.benchmarks.base")  # fmt: skip
"""Modules of the Python interface."""


SCHEMAS = """
`vbench schema` lists what is described here, and `vbench schema NAME` prints it as JSON Schema (draft 2020-12), so that
any validator can hold a file against it: `vbench schema run.json > run.schema.json`.

Forms are closed: a field that is not named here is wrong. A form that changes has a higher version; runs, manifests and
submissions of older versions are read all the same. Scores are raw, in the dimension's unit, where nothing else is
said. `*` stands for any name, or for every entry of a list.
"""


DOCS = Path(__file__).parent

EXAMPLES = json.loads((DOCS / "examples" / "scores.json").read_text(encoding="utf-8"))
"""What docs/make_examples.py said of its clips, by dimension."""


def main() -> None:
    """Write every page."""
    pages = {
        "dimensions": dimensions(), "benchmarks": benchmarks(), "generators": generators(),
        "checkpoints": checkpoints(), "commands": commands(), "files": files(), "python": python(),
    }  # fmt: skip
    for name, lines in pages.items():
        with mkdocs_gen_files.open(f"reference/{name}.md", "w") as page:
            page.write("\n".join(lines) + "\n")


def cell(said: object) -> str:
    """A text that fits into a cell of a table."""
    return re.sub(r"\s+", " ", str(said)).replace("|", "\\|").replace("<", "&lt;").strip()


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A Markdown table."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(map(cell, row)) + " |"
    yield ""


def dimensions() -> Iterator[str]:
    """Every dimension once: what its module says, and its row in each benchmark."""
    yield "# Dimensions\n"
    found: dict[str, list[tuple[Benchmark, DimensionSpec]]] = {}
    for name in BENCHMARKS.names():
        benchmark = benchmark_named(name)
        for spec in specs_of(benchmark).values():
            found.setdefault(spec.name, []).append((benchmark, spec))
    for name, rows in found.items():
        yield from dimension(name, rows)


def dimension(name: str, rows: Sequence[tuple[Benchmark, DimensionSpec]]) -> Iterator[str]:
    """One dimension."""
    kind = implementation(rows[0][1])
    module = inspect.getdoc(import_module(kind.__module__)) or ""
    yield f"## {kind.title} {{ #{name} }}\n"
    yield f"`{name}`, version {kind.version}. {kind.meaning}\n"
    yield re.sub(r":\w+:`~?\.?([^`]+)`", r"`\1`", module.partition("\n")[2].strip()) + "\n"
    yield from table(
        ("benchmark", "part", "bounds", "weight", "prompts", "checkpoints"),
        ((benchmark.name, spec.part or "-", f"{spec.minimum:g} to {spec.maximum:g}", f"{spec.weight:g}",
          spec.prompts or "-", ", ".join(spec.checkpoints) or "none") for benchmark, spec in rows),
    )  # fmt: skip
    dial = next((spec.dial for _, spec in rows if spec.dial), "")
    if dial:
        yield f"The dial `{dial}` of the synthetic generator lowers it: [sensitivity](../sensitivity.md).\n"
    if (DOCS / (curve := f"images/sensitivity-{name}.svg")).exists():
        yield f"![The score of {kind.title} along its dial](../{curve})\n"
    yield from examples(name, sorted({file for _, spec in rows for file in spec.checkpoints}))


def examples(name: str, checkpoints: Sequence[str]) -> Iterator[str]:
    """Two clips of a dimension with their scores, or why there are none."""
    found = EXAMPLES.get(name)
    if not found:
        files = ", ".join(f"`{file}`" for file in checkpoints)
        why = f": its score needs {files}, and the lite profile has no proxy of it" if files else " were made"
        yield f"No example clips{why}.\n"
        return
    of = f", of the first frame of every {found['seconds']} s" if found["seconds"] else ""
    yield f"Judged by the lite profile{of}, as clips of the prompt “{found['prompt']}”:\n"
    yield "<table><tr>"
    for which in ("high", "low"):
        one = found[which]
        how = f"with {one['dials']}" if one["dials"] else "as rendered"
        how = f"rendered from “{one['rendered']}”" if one["rendered"] != found["prompt"] else how
        yield (
            f'<td><video src="../examples/{name}-{which}.mp4" controls loop muted playsinline width="240"></video>'
            f"<br>{which}: {one['score']:.4f}, {how}</td>"
        )
    yield "</tr></table>\n"


def benchmarks() -> Iterator[str]:
    """Every benchmark with its dimensions."""
    yield "# Benchmarks\n"
    for name in BENCHMARKS.names():
        benchmark = benchmark_named(name)
        yield f"## {benchmark.title} {{ #{name} }}\n"
        gate = f" A run passes from {100 * benchmark.passes_at:.4f} points on." if benchmark.passes_at else ""
        yield f"`--benchmark {name}`. {benchmark.paper}. {benchmark.samples} samples a prompt.{gate}\n"
        yield from table(
            ("dimension", "part", "weight", "bounds", "prompts"),
            ((titled(spec.name), titled(spec.part) if spec.part else "-", f"{spec.weight:g}",
              f"{spec.minimum:g} to {spec.maximum:g}", spec.prompts or "-") for spec in benchmark.rules.values()),
        )  # fmt: skip


def generators() -> Iterator[str]:
    """Everything that can stand in a model's name."""
    yield "# Generators\n\n`vbench generators NAME` says more of each.\n"
    rows = ((f"`{one['name']}`", one["kind"], one["settings"], one["meaning"]) for one in listing())
    yield from table(("name", "kind", "by default", "what it is"), rows)


def checkpoints() -> Iterator[str]:
    """Every published file."""
    yield "# Checkpoints\n\n`vbench weights list` says which are here.\n"
    yield from table(
        ("name", "network and training", "licence", "from"),
        (
            (f"`{card.name}`", card.title, card.licence, card.repository or card.url)
            for card in all_checkpoints().values()
        ),
    )


def commands() -> Iterator[str]:
    """Every command with its options."""
    import typer

    from vbench.cli import app
    from vbench.cli.environment import name_options

    command: Any = typer.main.get_command(app)
    name_options(command)
    yield "# Commands\n\nEvery option can also be given by the variable beside it.\n"
    yield from of_group(command, "vbench")


def of_group(group: Any, path: str) -> Iterator[str]:
    """The commands below a command, each followed by those below it."""
    for name, command in sorted(group.commands.items()):
        if command.hidden:
            continue
        yield f"## {path} {name}\n"
        yield f"```text\n{inspect.cleandoc(command.help or '')}\n```\n"
        options = [option for option in command.params if not getattr(option, "hidden", False)]
        yield from table(
            ("", "meaning", "variable"),
            ((f"`{', '.join(option.opts) if option.param_type_name == 'option' else option.name.upper()}`",
              getattr(option, "help", "") or "", f"`{option.envvar}`" if option.envvar else "") for option in options),
        )  # fmt: skip
        if hasattr(command, "commands"):
            yield from of_group(command, f"{path} {name}")


def files() -> Iterator[str]:
    """Every file and JSON output that others read, from its schema."""
    yield "# Files and outputs\n"
    yield SCHEMAS
    for one in DOCUMENTS.values():
        yield f"## {one.name} {{ #{one.name} }}\n"
        printed = ", ".join(f"`vbench {words} --json`" for words in one.commands)
        where = f"Printed by {printed}" if printed else "A file"
        yield f"{one.title}. {where}, version {one.version}{', an object a line' * one.lines}.\n"
        for form in one.form.get("anyOf", [one.form]):
            if one.form is not form and form.get("description"):
                yield f"{form['description']}\n"
            rows = list(described(form, "", one.name))
            yield from table(("field", "type", "always there", "meaning", "values"), rows)


def described(form: Schema, path: str, document: str) -> Iterator[tuple[str, ...]]:
    """A row for each field of a form, and of those within it, but not of another document in it."""
    if isinstance(entry := form.get("items", form.get("additionalProperties")), dict) and entry:
        yield from described(entry, f"{path}*." if path else "", document)
    for name, inner in form.get("properties", {}).items():
        other = next((one.name for one in DOCUMENTS.values() if one.name != document and is_of(inner, one)), "")
        meaning = f"{inner.get('description', '')} As [{other}](#{other})." if other else inner.get("description", "")
        there = "yes" if name in form["required"] else ""
        yield f"`{path}{name}`", kind(inner), there, meaning, values(inner)
        if not other:
            yield from described(inner, f"{path}{name}.", document)


def is_of(form: Schema, document: Document) -> bool:
    """Whether a field is what a document is."""
    return bool(form.get("properties")) and form["properties"] == document.form.get("properties")


def kind(form: Schema) -> str:
    """The type of a field, for people."""
    types = form.get("type", [])
    names = [types] if isinstance(types, str) else list(types)
    if "array" in names:
        names[names.index("array")] = f"list of {kind(form['items'])}" if "items" in form else "list"
    if "object" in names and "properties" not in form:
        entry, by = form["additionalProperties"], form.get("propertyNames", {}).get("description")
        of = f" of {kind(entry)}" if entry.get("type") not in (None, "object") else ""
        names[names.index("object")] = f"object{of}{f' by {by}' if by else ''}"
    return " or ".join(names) or ("constant" if "const" in form else "any")


def values(form: Schema) -> str:
    """What a field can be: its range, or all its values."""
    if "const" in form:
        return f"`{form['const']}`"
    if "enum" in form:
        return ", ".join(f"`{one}`" if one else "empty" for one in form["enum"] if one is not None)
    if "pattern" in form:
        return f"matches `{form['pattern']}`"
    low, high = form.get("minimum"), form.get("maximum")
    return f"{low:g} to {high:g}" if high is not None else f"from {low:g}" if low is not None else ""


def python() -> Iterator[str]:
    """The Python interface."""
    yield "# Python\n\nEvery name is also `vbench.NAME`. What a call raises for a user's mistake is a `VBenchError`.\n"
    for module in PUBLIC:
        yield f"::: {module}\n"


main()
