"""Two dimensions against each other, over models: does who gains in one lose in the other?

The correlation is Spearman's, of ranks; its 95 % interval is by Fisher's transformation, with the variance of Bonett
and Wright, "Sample Size Requirements for Estimating Pearson, Kendall and Spearman Correlations", Psychometrika 2000.
Where all ranks are alike that transformation has no width, though other models would hardly all be; the inner end is
then that of the next correlation there is, with two neighbours exchanged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vbench.analysis.alignment import spearman
from vbench.analysis.interval import NORMAL, Interval

FEWEST = 5
"""Models from which on a correlation is given; with fewer, any order is chance."""


def correlation(across: Sequence[float], up: Sequence[float]) -> Interval | None:
    """Of the ranks of models in two dimensions, -1..1.

    Args:
        across: a score a model.
        up: another one a model.

    Returns:
        ``None`` for fewer than five models, and where all are equal in one of the two.
    """
    if len(across) < FEWEST or len(set(across)) < 2 or len(set(up)) < 2:
        return None
    models = len(across)
    found = float(spearman(np.array(across)[None], np.array(up)[None])[0])
    next_to_one = 1 - 12 / (models**3 - models)
    within = min(max(found, -next_to_one), next_to_one)
    far = NORMAL * math.sqrt((1 + within**2 / 2) / (models - 3))
    low, high = math.tanh(math.atanh(within) - far), math.tanh(math.atanh(within) + far)
    return Interval(found, min(low, found), max(high, found))


def described(found: Interval | None, models: int) -> str:
    """A correlation for people.

    >>> described(Interval(-0.6, -0.8, -0.2), 20)
    'over 20 models the ranks are opposed: correlation -0.60 (95 %: -0.80 to -0.20)'
    >>> described(None, 3)
    'over 3 models nothing can be said of a correlation'
    """
    if found is None:
        return f"over {models} models nothing can be said of a correlation"
    how = "opposed" if found.high < 0 else "alike" if found.low > 0 else "neither alike nor opposed beyond noise"
    return (
        f"over {models} models the ranks are {how}: correlation {found.score:+.2f} "
        f"(95 %: {found.low:+.2f} to {found.high:+.2f})"
    )
