"""What follows from a board holds as often as it is said."""

from __future__ import annotations

import numpy as np
import pytest

from tests.leaderboard.archives import card
from vbench.analysis.interval import errors
from vbench.analysis.statistics import Figure
from vbench.benchmarks.t2v import RULES, T2V
from vbench.leaderboard.submissions.validate import OURS
from vbench.leaderboard.views.board_row import BoardRow
from vbench.leaderboard.views.conclusions import potential

CATEGORIES = 8


def model(rng: np.random.Generator, prompts: int, better: float = 0.0) -> BoardRow:
    """Whose scores vary from prompt to prompt; one dimension is better in one category."""
    scores = 0.5 + 0.1 * rng.normal(size=(len(RULES), CATEGORIES, prompts))
    scores[0, 0] += better
    return BoardRow(
        "1", OURS, "published", card("Model"), T2V.name, "official", "official",
        scores={name: Figure(float(values.mean())) for name, values in zip(RULES, scores, strict=True)},
        by_category={
            f"category {number}": {name: figure(values[number]) for name, values in zip(RULES, scores, strict=True)}
            for number in range(CATEGORIES)
        },
    )  # fmt: skip


def figure(values: np.ndarray) -> Figure:
    """Mean of so many prompts, of as many videos each as the protocol asks for."""
    mean, far = float(values.mean()), errors(len(values) - 1) * float(values.std(ddof=1)) / len(values) ** 0.5
    return Figure(mean, mean - far, mean + far, len(values) * T2V.samples)


@pytest.mark.parametrize("prompts", [4, 10, 50])
def test_a_model_that_is_as_good_everywhere_is_seldom_said_to_be_better_somewhere(prompts: int) -> None:
    rng = np.random.default_rng(prompts)
    assert sum(bool(potential(model(rng, prompts))) for _ in range(200)) / 200 < 0.1


def test_a_model_that_is_much_better_somewhere_is_said_to_be() -> None:
    (found,) = potential(model(np.random.default_rng(0), 20, better=0.3))
    assert (found.name, [category for category, _ in found.best]) == (next(iter(RULES)), ["category 0"])
    assert found.gain == pytest.approx(0.3 * 7 / 8, abs=0.06)
