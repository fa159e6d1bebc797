"""The dimensions that a call asks for."""

from __future__ import annotations

from collections.abc import Sequence

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.registry import spec_of, specs_of
from vbench.benchmarks.score_card import in_protocol_order
from vbench.benchmarks.t2v import T2V
from vbench.errors import UsageError
from vbench.runs.plan import STANDARD


def dimensions_asked(
    names: Sequence[str] | None, mode: str, benchmark: Benchmark = T2V, pictures: bool = False
) -> tuple[str, ...]:
    """Check and order the dimensions that were asked for; without any, those that the mode can judge.

    Args:
        names: that were asked for.
        mode: one of :data:`MODES`.
        benchmark: whose dimensions they are.
        pictures: whether own videos come with the pictures that they start from.

    Raises:
        UsageError: an unknown dimension, or one that the mode has no facts or pictures for.
        PluginError: one that another package brings, and that is broken.
    """
    without_facts = mode != STANDARD
    if not names:
        usual = [spec for spec in specs_of(benchmark).values() if not spec.judges]
        judged = [
            spec.name
            for spec in usual
            if not without_facts or (spec.free_prompts and not spec.needs and (pictures or not spec.needs_picture))
        ]
        return tuple(in_protocol_order(judged, benchmark))
    asked = in_protocol_order({spec_of(name, benchmark).name for name in names}, benchmark)
    unjudgeable = [name for name in asked if spec_of(name, benchmark).needs]
    if without_facts and unjudgeable:
        raise UsageError(
            f"{', '.join(unjudgeable)}: not for {mode}, as the prompts bring no facts to judge by. "
            "Use a prompt suite (--suite FILE), or leave them out."
        )
    unseen = [name for name in asked if spec_of(name, benchmark).needs_picture]
    if without_facts and unseen and not pictures:
        raise UsageError(
            f"{', '.join(unseen)}: not without the pictures that the videos start from. Name their folder "
            "(--images FOLDER, each named after its prompt), or leave them out."
        )
    return tuple(asked)
