"""The Inception Score: how sure a classifier is of each sample, and how many classes the samples are spread over.

exp of the mean Kullback-Leibler divergence of p(y|x) from the mean p(y) of the split that x is in; 1 where every sample
looks alike to the classifier, the number of classes at most. It needs no reference set. Sums are float64.

Source: Salimans et al., "Improved Techniques for Training GANs", NeurIPS 2016; of videos, with a network of moving
pictures, Saito et al., "Temporal Generative Adversarial Nets with Singular Value Clipping", ICCV 2017.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from vbench.distances.frechet import Array, finite
from vbench.errors import UsageError


def inception_scores(logits: ArrayLike, splits: int, shuffle: int | None = None) -> list[float]:
    """The score of each split.

    Args:
        logits: ``(n, classes)`` before the softmax.
        splits: parts of equal size that the samples are divided into.
        shuffle: seed by which samples are brought into another order first, as torch-fidelity does; ``None`` keeps it.

    Raises:
        UsageError: there are fewer samples than splits.
        ValueError: logits are not finite.

    >>> inception_scores([[9.0, 0.0], [9.0, 0.0]], splits=1)
    [1.0]
    """
    values = np.asarray(finite(logits), dtype=np.float64)
    count = len(values)
    if not 1 <= splits <= count:
        raise UsageError(
            f"{count} samples cannot be divided into {splits} splits: use fewer (--set splits=N), or more videos"
        )
    if shuffle is not None:
        values = values[np.random.RandomState(shuffle).permutation(count)]
    log_p = _log_softmax(values)
    borders = [count * split // splits for split in range(splits + 1)]
    return [_score(log_p[start:end]) for start, end in pairwise(borders)]


def _score(log_p: Array) -> float:
    log_mean = np.logaddexp.reduce(log_p, axis=0) - np.log(len(log_p))  # the logarithm of a mean that may round to 0
    divergence = (np.exp(log_p) * (log_p - log_mean)).sum(axis=1)
    return max(1.0, float(np.exp(divergence.mean())))


def _log_softmax(logits: Array) -> Array:
    above = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(above - np.log(np.exp(above).sum(axis=1, keepdims=True)))
