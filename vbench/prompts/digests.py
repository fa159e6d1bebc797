"""Prompts by their digests: an official suite can be checked where its text, which is its publisher's, is not here.

``data/official_digests.json`` and those of the other official suites beside it are made from the published files by
``perf/official_digests.py``.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from vbench.files.json_file import plain_json
from vbench.prompts.official import I2V_NAME, NAME, TRUST_NAME
from vbench.prompts.suite import Prompt

DATA = {
    NAME: Path(__file__).parent / "data" / "official_digests.json",
    I2V_NAME: Path(__file__).parent / "data" / "official_i2v_digests.json",
    TRUST_NAME: Path(__file__).parent / "data" / "official_trustworthiness_digests.json",
}
"""Suite -> file of its digests."""


def normal(text: str) -> str:
    r"""A prompt as it is digested: composed characters, one space between words, none around them; case counts.

    >>> normal(" a  fantasy\tlandscape ")
    'a fantasy landscape'
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def prompt_digest(text: str) -> str:
    """SHA-256 of a prompt's normal form."""
    return hashlib.sha256(normal(text).encode("utf-8", "surrogatepass")).hexdigest()


def digests_by_dimension(prompts: Iterable[Prompt]) -> dict[str, frozenset[str]]:
    """Dimension -> digests of the prompts that test it."""
    found: dict[str, set[str]] = defaultdict(set)
    for prompt in prompts:
        for name in prompt.dimensions:
            found[name].add(prompt_digest(prompt.text))
    return {name: frozenset(digests) for name, digests in found.items()}


@cache
def official_digests(suite: str = NAME) -> Mapping[str, frozenset[str]]:
    """Dimension -> digests of an official suite's prompts."""
    found: dict[str, set[str]] = defaultdict(set)
    for digest, names in plain_json(DATA[suite].read_text(encoding="utf-8")).items():
        for name in names:
            found[name].add(digest)
    return {name: frozenset(digests) for name, digests in found.items()}
