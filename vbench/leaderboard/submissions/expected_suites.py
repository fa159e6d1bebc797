"""What a complete result is: the prompt suites that the board knows, and how many prompts each dimension has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from vbench.prompts.library import SHIPPED, suite
from vbench.prompts.official import NAME as OFFICIAL
from vbench.prompts.official import SUITE_FILE, SUITE_SHA256
from vbench.prompts.suite import PromptSuite
from vbench.weights.cards import cache_dir

OFFICIAL_PROMPTS: Mapping[str, int] = {
    "subject_consistency": 72,
    "background_consistency": 86,
    "temporal_flickering": 75,
    "motion_smoothness": 72,
    "dynamic_degree": 72,
    "aesthetic_quality": 93,
    "imaging_quality": 93,
    "object_class": 79,
    "multiple_objects": 82,
    "human_action": 100,
    "color": 85,
    "spatial_relationship": 84,
    "scene": 86,
    "appearance_style": 90,
    "temporal_style": 100,
    "overall_consistency": 93,
}
"""Distinct prompts by dimension; the prompts themselves are their publisher's and may not be here."""


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


def expected(sha256: str) -> Expected | None:
    """The suite with that digest, ``None`` where the board knows none."""
    if sha256 == SUITE_SHA256:
        if (cache_dir() / "prompts" / OFFICIAL / SUITE_FILE).exists():
            return _of(suite(OFFICIAL, cache_dir() / "prompts"))
        return Expected(OFFICIAL, OFFICIAL_PROMPTS, {})
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
