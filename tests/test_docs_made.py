"""What programs of docs/ wrote into pages is what they write today."""

from __future__ import annotations

import pytest

from tests.documented import ROOT, assert_shows, block, maker

pytestmark = pytest.mark.slow


def test_a_run_of_image_to_video(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    stored = block("docs/i2v.md", "vbench compare runs/follows").rstrip()
    assert_shows(stored, maker("make_i2v_run").shown(), "python docs/make_i2v_run.py")


def test_what_happens_to_files_of_every_kind() -> None:
    table = maker("make_file_table").table()
    assert table in (ROOT / "docs" / "decoding.md").read_text(encoding="utf-8"), table
