"""What a complete result is: the prompt suites that are known by their digest, and which prompts each dimension has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.t2v import T2V
from vbench.files.cache import cache_dir
from vbench.prompts.digests import digests_by_dimension, official_digests, prompt_digest
from vbench.prompts.library import SHIPPED, load_suite, suite
from vbench.prompts.official import I2V_NAME, I2V_SHA256, SUITE_FILES, SUITE_SHA256
from vbench.prompts.official import NAME as OFFICIAL


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


def expected(sha256: str, benchmark: Benchmark = T2V) -> Expected | None:
    """The suite with that digest; ``None`` where it is neither the official one, nor ours, nor the benchmark's."""
    if sha256 == SUITE_SHA256:
        return Expected(OFFICIAL, official_digests())
    if sha256 == I2V_SHA256:
        return Expected(I2V_NAME, official_digests(I2V_NAME))
    if benchmark.suite not in ("", *SUITE_FILES, *SHIPPED) and (own := load_suite(benchmark.suite)).digest == sha256:
        return Expected(own.name, digests_by_dimension(own))
    return _shipped().get(sha256)


def suite_of(prompts: Iterable[tuple[str, str]]) -> Expected:
    """The suite that has most of the prompts; the official one where several have as many.

    Args:
        prompts: (dimension, prompt), of result files that do not say which suite was meant.
    """
    digests = [(name, prompt_digest(prompt)) for name, prompt in set(prompts)]
    known = [Expected(OFFICIAL, official_digests()), *_shipped().values()]
    return max(known, key=lambda suite: sum(digest in suite.prompts.get(name, ()) for name, digest in digests))


@cache
def _shipped() -> dict[str, Expected]:
    found = (suite(name, cache_dir()) for name in SHIPPED)
    return {one.digest: Expected(one.name, digests_by_dimension(one)) for one in found}
