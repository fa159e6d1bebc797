"""Names that look alike: the letters of a name, each replaced by one that stands for all that look like it.

The letters are those of Unicode's list of confusables, as the package ``confusable_homoglyphs`` has it.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from functools import cache, lru_cache

from confusable_homoglyphs.confusables import confusables_data

CASELESS = str.maketrans("oil", "011")
"""Letters that look like a digit in one of their cases."""

KEPT = 1 << 14
"""Names of which it is kept what they look like: each new one is held against all that a board knows."""


@lru_cache(maxsize=KEPT)
def look_alike(text: str) -> str:
    """What a text looks like, without regard to case, marks, spaces and signs.

    >>> look_alike("V\N{CYRILLIC SMALL LETTER IE}o 3") == look_alike("Veo 3") == look_alike("VEO-3")
    True
    >>> look_alike("Veo 3") == look_alike("Veo 2")
    False
    """
    shown = _without_marks(text)
    seen = "".join(_stand_ins().get(letter, letter) for letter in shown)
    again = "".join(_stand_ins().get(letter, letter) for letter in _without_marks(seen).casefold())
    return "".join(letter for letter in again if letter.isalnum()).translate(CASELESS)


def _without_marks(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.category(letter).startswith("M"))


@cache
def _stand_ins() -> dict[str, str]:
    """Letter -> the first ASCII letter or digit, or else the first of all, that looks like it."""
    groups: dict[str, set[str]] = defaultdict(set)
    for letter, others in confusables_data.items():
        alike = {letter, *(other["c"] for other in others)}
        alike = {one for one in alike if len(one) == 1}
        joined = set().union(alike, *(groups[one] for one in alike if one in groups))
        for one in joined:
            groups[one] = joined
    return {letter: min(alike, key=_order) for letter, alike in groups.items()}


def _order(letter: str) -> tuple[bool, bool, str]:
    return not letter.isascii(), not letter.isalnum(), letter.casefold()
