"""The page of errata: every entry holds, and says what the command works out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.documented import ROOT, maker

MADE = maker("make_errata")
PAGE = (ROOT / "docs" / "errata.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("one", MADE.ERRATA, ids=lambda one: one.name)
def test_erratum(one: Any) -> None:
    assert MADE.entry(one) in PAGE
    reference, ours = str(one.reference()), str(one.ours())
    kept = re.split("; corrected|, beside", ours)[0] == reference.split(", meant")[0]
    assert kept is bool(one.kept)


def test_the_page_has_no_entry_beside_these() -> None:
    assert PAGE.count("\n### ") == len(MADE.ERRATA) == len({one.name for one in MADE.ERRATA})
