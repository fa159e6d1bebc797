"""docs/notebook.ipynb runs in a kernel of its own, and shows what is stored in it."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.documented import ROOT

pytestmark = pytest.mark.slow

NUMBER = re.compile(r"\d+(?:\.\d+)?")

LAST_PLACES = 6
"""Units of a figure's last place by which another processor may differ; counts must be the same."""


def executed(folder: Path) -> Any:
    spec = importlib.util.spec_from_file_location("make_notebook", ROOT / "docs" / "make_notebook.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.executed(folder)


def shown(cell: Any) -> list[str]:
    """What a cell shows of its value: HTML, or else text."""
    found = [output["data"] for output in cell.get("outputs", ()) if "data" in output]
    return ["".join(data.get("text/html", data.get("text/plain", ""))) for data in found]


def test_it_shows_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    stored = json.loads((ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))
    again = executed(tmp_path)
    assert len(stored["cells"]) == len(again.cells)
    for one, other in zip(stored["cells"], again.cells, strict=True):
        assert not [output for output in other.get("outputs", ()) if output["output_type"] == "error"]
        for was, is_now in zip(shown(one), shown(other), strict=True):
            assert NUMBER.sub("#", was) == NUMBER.sub("#", is_now), "python docs/make_notebook.py"
            for before, after in zip(NUMBER.findall(was), NUMBER.findall(is_now), strict=True):
                decimals = len(before.partition(".")[2])
                assert abs(float(before) - float(after)) <= (LAST_PLACES * 10**-decimals if decimals else 0), was
