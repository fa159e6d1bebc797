"""docs/notebook.ipynb runs in a kernel of its own, and shows what is stored in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.documented import ROOT, assert_shows, maker

pytestmark = pytest.mark.slow


def shown(cell: Any) -> list[str]:
    """What a cell shows of its value: HTML, or else text."""
    found = [output["data"] for output in cell.get("outputs", ()) if "data" in output]
    return ["".join(data.get("text/html", data.get("text/plain", ""))) for data in found]


def test_it_shows_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    stored = json.loads((ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))
    again = maker("make_notebook").executed(tmp_path)
    assert len(stored["cells"]) == len(again.cells)
    for one, other in zip(stored["cells"], again.cells, strict=True):
        assert not [output for output in other.get("outputs", ()) if output["output_type"] == "error"]
        for was, is_now in zip(shown(one), shown(other), strict=True):
            assert_shows(was, is_now, "python docs/make_notebook.py")
