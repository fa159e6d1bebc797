"""The page of docs/notebook.ipynb with what its cells show, made when the site is built; mkdocs runs this."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mkdocs_gen_files

NOTEBOOK = Path(__file__).with_name("notebook.ipynb")


def lines() -> Iterator[str]:
    """The cells in their order."""
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        yield source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```"
        for output in cell.get("outputs", ()):
            yield shown(output.get("data", {}))
    yield "This page is [a notebook](notebook.ipynb)."


def shown(data: dict[str, Any]) -> str:
    """An output as a notebook shows it: its HTML, otherwise its text."""
    html, text = ("".join(data.get(kind, "")) for kind in ("text/html", "text/plain"))
    return f'<div markdown="0">\n{html}\n</div>' if html else f"```text\n{text}\n```"


with mkdocs_gen_files.open("notebook.md", "w") as page:
    page.write("\n\n".join(lines()) + "\n")
