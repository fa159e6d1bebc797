"""What a complete result is: the prompt suites that the board knows, and how many prompts each dimension has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.t2v import RULES, T2V
from vbench.files.cache import cache_dir
from vbench.prompts.library import SHIPPED, load_suite, suite
from vbench.prompts.official import NAME as OFFICIAL
from vbench.prompts.official import SUITE_FILE, SUITE_SHA256
from vbench.prompts.suite import PromptSuite


@dataclass(frozen=True)
class Expected:
    """What a whole run of a suite covers.

    Attributes:
        name: of the suite.
        counts: number of prompts by dimension.
        prompts: the prompts by dimension; empty where they are not here.
    """

    name: str
    counts: Mapping[str, int]
    prompts: Mapping[str, frozenset[str]]


def expected(sha256: str, benchmark: Benchmark = T2V) -> Expected | None:
    """The suite with that digest, ``None`` where neither the board nor the benchmark knows one."""
    if sha256 == SUITE_SHA256:
        if (cache_dir() / "prompts" / OFFICIAL / SUITE_FILE).exists():
            return _of(suite(OFFICIAL, cache_dir() / "prompts"))
        return Expected(OFFICIAL, {name: rule.prompts for name, rule in RULES.items()}, {})
    if benchmark.suite not in ("", OFFICIAL, *SHIPPED) and (own := load_suite(benchmark.suite)).digest == sha256:
        return _of(own)
    return _shipped().get(sha256)


@cache
def _shipped() -> dict[str, Expected]:
    return {found.digest: _of(found) for found in (suite(name, cache_dir()) for name in SHIPPED)}


def _of(found: PromptSuite) -> Expected:
    prompts: dict[str, set[str]] = defaultdict(set)
    for prompt in found:
        for name in prompt.dimensions:
            prompts[name].add(prompt.text)
    counts = {name: len(texts) for name, texts in prompts.items()}
    return Expected(found.name, counts, {name: frozenset(texts) for name, texts in prompts.items()})
