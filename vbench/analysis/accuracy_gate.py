"""Does a run pass the accuracy gate of its benchmark, and would it pass again?

The score is the benchmark's Total. With one video a prompt nothing is known of how far another sampling of the same
prompt would lie, so the interval draws prompts, as everywhere; the share of draws that pass says how much hangs on
which prompts are asked. A run that is not whole fails, whatever its score: samples that were dropped often raise it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vbench.analysis.interval import Interval
from vbench.analysis.statistics import DRAWS, drawn_scores, intervals
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.known_suites import expected
from vbench.benchmarks.registry import BENCHMARKS, benchmark_named
from vbench.benchmarks.score_card import TOTAL
from vbench.errors import UsageError
from vbench.runs.run import Run


@dataclass(frozen=True)
class Passed:
    """A run at a gate.

    Attributes:
        threshold: Total from which on a run passes, 0..1.
        score: the run's Total; ``None`` where it has none.
        interval: its 95 % interval over prompts; ``None`` where nothing says how far it would move.
        again: share of draws of the prompts that reach the threshold; ``None`` where there is no interval.
        faults: why it fails whatever its score; empty where the run is whole.
    """

    threshold: float
    score: float | None
    interval: Interval | None
    again: float | None
    faults: tuple[str, ...]

    @property
    def distance(self) -> float | None:
        """Score less threshold."""
        return None if self.score is None else self.score - self.threshold

    @property
    def passes(self) -> bool:
        """Whether the run is whole and reaches the threshold."""
        return not self.faults and self.distance is not None and self.distance >= 0


def gate_named(name: str) -> Benchmark:
    """A benchmark that lets pass.

    Raises:
        UsageError: it does not, or there is none of this name.
    """
    benchmark = benchmark_named(name)
    if benchmark.passes_at is None:
        gates = [one for one in BENCHMARKS.names() if benchmark_named(one).passes_at is not None]
        raise UsageError(f"{name} ranks, it has no gate. With a gate: {', '.join(gates)}.")
    return benchmark


def at_gate(run: Run, seed: int = 0, draws: int = DRAWS) -> Passed:
    """Hold a run against its benchmark's gate.

    Args:
        run: of a benchmark with a gate.
        seed: of the draws of prompts.
        draws: how many.

    Raises:
        UsageError: the benchmark has no gate.
    """
    card = run.card
    threshold = gate_named(card.benchmark.name).passes_at
    assert threshold is not None
    if card.total is None:
        return Passed(threshold, None, None, None, tuple(_faults(run)))
    rows = run.rows()
    interval = intervals(rows, benchmark=card.benchmark).get(TOTAL)
    again = float(np.mean(drawn_scores(rows, TOTAL, seed, draws, card.benchmark) >= threshold)) if interval else None
    return Passed(threshold, card.total, interval, again, tuple(_faults(run)))


def _faults(run: Run) -> Iterator[str]:
    """Why a run's score is not the gate's."""
    card, record = run.card, run.record
    if not record.comparable:
        yield f"the profile {record.profile}, or an option, is not the protocol's"
    suite = expected(record.suite["sha256"], card.benchmark)
    if suite is None or suite.name != card.benchmark.suite:
        asked = record.suite["name"] or "no suite"
        yield f"the prompts are of {asked}, not of {card.benchmark.suite}"
    for name, spec in card.benchmark.rules.items():
        wanted = spec.prompts * card.benchmark.samples_of(spec)
        found = card.dimensions[name].videos if name in card.dimensions else 0
        if name not in card.scores:
            yield f"{name} has no score: {card.not_evaluated.get(name, 'no video of it was scored')}"
        elif found != wanted:
            yield f"{name} has {found} of {wanted} videos"
