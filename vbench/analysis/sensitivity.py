"""Does a dimension react to what it claims to measure? Its score against the strength of a known defect.

The synthetic generator renders the same scenes with a dial turned up step by step; everything else stays as it is, so
whatever the score does, the dial did. Monotonicity is Goodman and Kruskal's gamma: of all pairs of strengths at which
one clip scores differently, the share that rises less the share that falls. -1 where no turn raises the score, +1 where
none lowers it; pairs at which the score stays do not count, so that a score that only says yes or no can reach -1.

Source: Goodman and Kruskal, "Measures of Association for Cross Classifications", 1954, section 8.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from vbench.benchmarks.base import DimensionSpec
from vbench.dimensions.base import VideoScore
from vbench.errors import UsageError
from vbench.generators.base import Request
from vbench.generators.options import Options
from vbench.generators.synthetic.dials import NAMES
from vbench.generators.synthetic.generator import Synthetic
from vbench.media.encode import write_clip
from vbench.media.video import Video
from vbench.progress import Progress
from vbench.prompts.sampling_plan import seed_of
from vbench.prompts.suite import Prompt

if TYPE_CHECKING:
    from vbench.runs.evaluators import Evaluators

PROMPTS = (
    "a red bus",
    "a dog on the left of a bench",
    "a yellow kite above a boat, fast",
    "zoom in on a blue umbrella",
    "tilt up, a white horse",
    "an orange cat beside a suitcase, slow motion",
)
"""Scenes of different colours, things, cameras and paces."""


@dataclass(frozen=True)
class Sweep:
    """A dimension's scores along a dial.

    Attributes:
        dimension: its name.
        dial: what was turned.
        strengths: positions of the dial, rising from 0 to 1.
        scores: prompt -> its clip's score at each strength.
        means: the dimension's aggregate at each strength.
        monotonicity: -1..1, ``None`` where no clip's score moves.
    """

    dimension: str
    dial: str
    strengths: tuple[float, ...]
    scores: dict[str, tuple[float, ...]]
    means: tuple[float, ...]
    monotonicity: float | None


def sweep(
    dimension: str,
    evaluators: Evaluators,
    dial: str = "",
    steps: int = 6,
    prompts: Sequence[str] = PROMPTS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Sweep:
    """Turn a dial and watch a dimension.

    Args:
        dimension: its name.
        evaluators: who looks.
        dial: what to turn; the dimension's own by default.
        steps: positions of the dial, at least 2.
        prompts: the scenes.
        seed: base seed of the scenes.
        progress: told of every clip.

    Raises:
        UsageError: no such dimension or dial, or the dimension has no dial of its own.
        VBenchError: the dimension cannot be evaluated here.
    """
    dial = _known_dial(evaluators.spec(dimension), dial)
    if obstacle := evaluators.obstacle(dimension):
        raise UsageError(f"{dimension} cannot be evaluated: {obstacle}")
    progress = progress or Progress()
    judge = evaluators.dimension(dimension)
    strengths = tuple(step / (steps - 1) for step in range(steps))
    found: dict[str, list[VideoScore]] = {prompt: [] for prompt in prompts}
    progress.start(len(prompts) * steps, 0, "clips")
    try:
        score_of = partial(evaluators.score, dimension)
        for prompt, score in _scores(score_of, dial, strengths, prompts, seed):
            found[prompt].append(score)
            progress.unit(prompt)
    finally:
        progress.finish()
    curves = {prompt: tuple(score.value for score in scores) for prompt, scores in found.items()}
    by_strength = zip(*found.values(), strict=True)
    means = tuple(
        judge.aggregate(judge.prompt_score(prompt, [score]) for prompt, score in zip(found, scores, strict=True)) or 0.0
        for scores in by_strength
    )
    return Sweep(dimension, dial, strengths, curves, means, monotonicity(list(curves.values())))


def monotonicity(curves: Sequence[Sequence[float]]) -> float | None:
    """Goodman and Kruskal's gamma over the pairs within each curve; ``None`` where nothing moves.

    >>> monotonicity([[3, 2, 1], [1, 0, 0], [5, 5, 5]])
    -1.0
    """
    changes = [later - earlier for curve in curves for earlier, later in combinations(curve, 2)]
    rises, falls = sum(change > 0 for change in changes), sum(change < 0 for change in changes)
    return (rises - falls) / (rises + falls) if rises + falls else None


def _known_dial(spec: DimensionSpec, dial: str) -> str:
    dial = (dial or spec.dial).replace("-", "_")
    if not dial:
        raise UsageError(
            f"{spec.name} has no dial of its own: the synthetic scenes do not show what it judges. "
            f"Choose one with --dial: {', '.join(NAMES)}."
        )
    if dial not in NAMES:
        raise UsageError(f"There is no dial {dial!r}. Dials: {', '.join(NAMES)}.")
    return dial


def _scores(
    score_of: Callable[[Video, Prompt], VideoScore],
    dial: str,
    strengths: Sequence[float],
    prompts: Sequence[str],
    seed: int,
) -> Iterator[tuple[str, VideoScore]]:
    with tempfile.TemporaryDirectory() as scratch:
        for strength in strengths:
            generator = Synthetic("synthetic", f"{dial}={strength}", Options())
            for prompt in prompts:
                request = Request(prompt, 0, seed_of(seed, prompt, 0), generator.defaults, "clip.mp4")
                path = Path(scratch) / request.file
                write_clip(generator.sample(request), path)
                yield prompt, score_of(Video(path), Prompt(prompt))
