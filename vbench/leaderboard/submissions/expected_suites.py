"""What a complete result is: the prompt suites that the board knows, and which prompts each dimension has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from vbench.prompts.digests import digests_by_dimension, official_digests
from vbench.prompts.library import SHIPPED, suite
from vbench.prompts.official import NAME as OFFICIAL
from vbench.prompts.official import SUITE_SHA256
from vbench.weights.cards import cache_dir


@dataclass(frozen=True)
class Expected:
    """What a whole run of a suite covers.

    Attributes:
        name: of the suite.
        prompts: digests of the prompts by dimension (:func:`vbench.prompts.digests.prompt_digest`).
    """

    name: str
    prompts: Mapping[str, frozenset[str]]

    def count(self, dimension: str) -> int:
        """How many prompts a dimension has."""
        return len(self.prompts.get(dimension, ()))


def expected(sha256: str) -> Expected | None:
    """The suite with that digest, ``None`` where the board knows none."""
    if sha256 == SUITE_SHA256:
        return Expected(OFFICIAL, official_digests())
    return _shipped().get(sha256)


@cache
def _shipped() -> dict[str, Expected]:
    found = (suite(name, cache_dir()) for name in SHIPPED)
    return {one.digest: Expected(one.name, digests_by_dimension(one)) for one in found}
