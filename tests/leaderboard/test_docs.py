"""What the documentation of the board says is true."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from vbench.leaderboard.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "leaderboard.md").read_text(encoding="utf-8")


def test_every_setting_stands_there_with_its_default() -> None:
    stated = dict(re.findall(r"^\| `([A-Z_]+)` \| `?([^`|]*?)`? \|", PAGE, re.MULTILINE))
    known = {field.name.upper(): str(field.default) if field.default != () else "none" for field in fields(Settings)}
    assert stated == known


def test_every_picture_is_there() -> None:
    for picture in re.findall(r"\]\((images/[^)]+)\)", PAGE):
        assert (Path(__file__).parents[2] / "docs" / picture).exists()
