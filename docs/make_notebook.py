"""Run docs/notebook.ipynb and store what its cells show: python docs/make_notebook.py.

Its cells are changed in the file, by hand or in Jupyter; ``tests/test_docs_notebook.py`` runs them again.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).with_name("notebook.ipynb")


def executed(folder: Path) -> Any:
    """The notebook as a fresh kernel leaves it, which works in a folder."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=None, startup_timeout=600, resources={"metadata": {"path": str(folder)}})
    client.execute()
    return notebook


def main() -> None:
    """Store the outputs, and nothing of the machine."""
    with tempfile.TemporaryDirectory() as folder:
        notebook = executed(Path(folder))
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", ()):
            if "text/html" in output.get("data", {}):
                output.data.pop("text/plain", None)
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
