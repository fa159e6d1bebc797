"""Distances of sets by kernels: squared maximum mean discrepancies, in float64 and in blocks of bounded memory.

- ``cubic`` (x.y/D + 1)^3, unbiased: KID on Inception's features (Bińkowski et al., "Demystifying MMD GANs", ICLR 2018),
  and KVD on those of windows.
- ``gaussian`` 1000 exp(-|x - y|^2 / 200) of unit vectors, biased: the kernel of CMMD (Jayasumana et al., "Rethinking
  FID", CVPR 2024). The difference is squared as it is; expanding the square loses three digits.
- ``quadratic`` 100 (x.y/D)^2, biased: the kernel of JEDi (Luo et al., "Beyond FVD", ICLR 2025).

An unbiased estimate leaves out what a sample has in common with itself, within each set but not across: it is 0 on
average for equal distributions, so below 0 half of the time, and far below 0 for sets that share samples.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from vbench.distances.frechet import Array, finite
from vbench.errors import UsageError

Kernel = Callable[[Array, Array], Array]
"""Two matrices ``(n, D)`` and ``(m, D)`` -> ``(n, m)``."""

BLOCK = 1024
"""Samples of either set that are looked at together."""

SIGMA = 10.0
"""Width of the Gaussian kernel."""


def cubic(first: Array, second: Array) -> Array:
    """(x.y/D + 1)^3."""
    return np.asarray((first @ second.T / first.shape[1] + 1) ** 3)


def quadratic(first: Array, second: Array) -> Array:
    """(x.y/D)^2."""
    return np.asarray((first @ second.T / first.shape[1]) ** 2)


def gaussian(first: Array, second: Array) -> Array:
    """exp(-|x - y|^2 / (2 sigma^2)) with a sigma of 10."""
    squares = np.stack([((second - one) ** 2).sum(axis=1) for one in first])
    return np.asarray(np.exp(-squares / (2 * SIGMA**2)))


def discrepancy(real: ArrayLike, generated: ArrayLike, kernel: Kernel, unbiased: bool) -> float:
    """The squared maximum mean discrepancy over all pairs.

    Args:
        real: ``(n, D)`` features.
        generated: ``(m, D)`` features.
        kernel: how alike two are.
        unbiased: whether a sample's likeness to itself is left out.

    Raises:
        UsageError: an unbiased estimate needs two samples of each set.
        ValueError: features are not finite.

    >>> discrepancy([[0.0], [1.0]], [[0.0], [1.0]], quadratic, unbiased=False)
    0.0
    """
    first, second = (np.asarray(finite(samples), dtype=np.float64) for samples in (real, generated))
    if unbiased and min(len(first), len(second)) < 2:
        raise UsageError(f"an unbiased estimate needs two samples of each set, found {len(first)} and {len(second)}")
    within = [_sum(one, one, kernel) for one in (first, second)]
    counts = [len(first) ** 2, len(second) ** 2]
    if unbiased:
        within = [whole - _of_itself(one, kernel) for whole, one in zip(within, (first, second), strict=True)]
        counts = [len(one) * (len(one) - 1) for one in (first, second)]
    across = _sum(first, second, kernel) / (len(first) * len(second))
    return float(within[0] / counts[0] + within[1] / counts[1] - 2 * across)


def in_subsets(real: ArrayLike, generated: ArrayLike, subsets: int, size: int, seed: int) -> list[float]:
    """The unbiased cubic discrepancy of random subsets, drawn as torch-fidelity draws them.

    Args:
        real: ``(n, D)`` features.
        generated: ``(m, D)`` features.
        subsets: how many.
        size: samples of each.
        seed: of the draws.

    Raises:
        UsageError: a set has fewer samples than a subset.
    """
    first, second = finite(real), finite(generated)
    if size > min(len(first), len(second)):
        raise UsageError(
            f"subsets of {size} samples cannot be drawn from {len(first)} and {len(second)}: use all pairs "
            "(--set subsets=0) or smaller ones (--set subset_size=N)"
        )
    rng = np.random.RandomState(seed)
    found = []
    for _ in range(subsets):
        one = first[rng.choice(len(first), size, replace=False)]
        two = second[rng.choice(len(second), size, replace=False)]
        found.append(discrepancy(one, two, cubic, unbiased=True))
    return found


def unit(samples: ArrayLike) -> Array:
    """Samples at unit length, float64.

    Raises:
        UsageError: one has no direction.
    """
    values = np.asarray(finite(samples), dtype=np.float64)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    if not lengths.all():
        raise UsageError("a feature of nothing but zeros has no direction: this distance cannot use it")
    return np.asarray(values / lengths)


def _sum(first: Array, second: Array, kernel: Kernel) -> float:
    blocks = (
        kernel(first[i : i + BLOCK], second[j : j + BLOCK]).sum()
        for i in range(0, len(first), BLOCK)
        for j in range(0, len(second), BLOCK)
    )
    return float(sum(blocks))


def _of_itself(samples: Array, kernel: Kernel) -> float:
    return float(sum(kernel(one[None], one[None])[0, 0] for one in samples))
