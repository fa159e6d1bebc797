"""How figures and names are written in a report."""

from __future__ import annotations

import re

MINUS = "\N{MINUS SIGN}"


def place(value: float, low: float, high: float) -> float:
    """Percent of the way from one end of a scale to the other, within it."""
    return round(min(max(100 * (value - low) / (high - low), 0.0), 100.0), 2)


def fixed(value: float, places: int = 4) -> str:
    """With so many places, and a minus as wide as a plus."""
    return f"{value:.{places}f}".replace("-", MINUS)


def signed(value: float, places: int = 2) -> str:
    """The same with a sign in any case."""
    return f"{value:+.{places}f}".replace("-", MINUS)


def file_name(name: str) -> str:
    """A name of anybody's as a part of a file's name."""
    return re.sub(r"[^\w.-]+", "-", name)[-60:]
