"""The Fréchet distance between two sets of features, exact for any number of samples and dimensions.

|m1 - m2|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2), where the last trace is the sum of the singular values of F1 F2^T for
any F with F^T F = C: the nuclear norm. So no square root of a matrix is taken, nothing is added to a covariance that is
singular, and fewer samples than dimensions, dead dimensions and identical sets need no care. All in float64.

Sources: Fréchet, "Sur la distance de deux lois de probabilité", 1957; Dowson and Landau, "The Fréchet distance between
multivariate normal distributions", 1982; Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a
Local Nash Equilibrium", NeurIPS 2017 (FID); Unterthiner et al., "Towards Accurate Generative Models of Video", 2018
(FVD).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vbench.errors import UsageError

Array = NDArray[np.float64]

BLOCK = 4096
"""Samples that are turned into float64 together, so that memory does not grow with their number."""

ROUNDING = 1e-6
"""What may be missing to 0, in parts of the traces."""


@dataclass(frozen=True)
class Moments:
    """Mean and covariance of a set.

    Attributes:
        mean: ``(D,)`` float64.
        factor: ``(min(n, D), D)`` float64; the covariance is its transpose times itself.
        samples: how many there were.
    """

    mean: Array
    factor: Array
    samples: int

    @property
    def trace(self) -> float:
        """Of the covariance."""
        return float((self.factor**2).sum())


@dataclass(frozen=True)
class Frechet:
    """A distance and the terms that it is made of.

    Attributes:
        mean_term: squared distance of the means.
        trace_real: trace of the first covariance.
        trace_generated: of the second.
        trace_root: of the root of their product.
    """

    mean_term: float
    trace_real: float
    trace_generated: float
    trace_root: float

    @property
    def distance(self) -> float:
        """Their sum; what rounding leaves below 0 is 0.

        Raises:
            ArithmeticError: it is below 0 by more than rounding.
        """
        traces = self.trace_real + self.trace_generated
        distance = self.mean_term + traces - 2 * self.trace_root
        if distance < -ROUNDING * (traces + self.mean_term):
            raise ArithmeticError(f"a Fréchet distance of {distance:g} is none: {self}")
        return max(0.0, distance)


def moments(samples: ArrayLike, freedom: int) -> Moments:
    """Mean and covariance of features.

    Args:
        samples: ``(n, D)``, finite.
        freedom: what is taken off n where the covariance is averaged: 1 for the unbiased estimate, 0 as StyleGAN-V,
            Latte and cd-fvd do.

    Raises:
        UsageError: there are fewer than two samples.
        ValueError: one is not finite.
    """
    values = finite(samples)
    if len(values) < 2:
        raise UsageError(f"a covariance needs two samples at least, found {len(values)}")
    mean: Array = np.asarray(np.mean(values, axis=0, dtype=np.float64))
    factor: Array = np.empty((0, values.shape[1]))
    for start in range(0, len(values), BLOCK):
        factor = np.asarray(np.linalg.qr(np.vstack([factor, values[start : start + BLOCK] - mean]), mode="r"))
    return Moments(mean, factor / np.sqrt(len(values) - freedom), len(values))


def moments_of_covariance(mean: ArrayLike, covariance: ArrayLike, samples: int) -> Moments:
    """The same where a covariance is given, such as a published one: its factor is found by its eigenvectors."""
    strengths, directions = np.linalg.eigh(np.asarray(covariance, dtype=np.float64))
    factor = np.sqrt(strengths.clip(0))[:, None] * directions.T
    return Moments(np.asarray(mean, dtype=np.float64), factor, samples)


def frechet(real: Moments, generated: Moments) -> Frechet:
    """The distance between two sets.

    >>> near = moments([[0.0, 0.0], [2.0, 0.0]], freedom=0)
    >>> far = moments([[3.0, 1.0], [3.0, 3.0]], freedom=0)
    >>> frechet(near, near).distance, frechet(near, far).distance
    (0.0, 10.0)
    """
    root = np.linalg.svd(real.factor @ generated.factor.T, compute_uv=False)
    apart = real.mean - generated.mean
    return Frechet(float(apart @ apart), real.trace, generated.trace, float(root.sum()))


def finite(samples: ArrayLike) -> NDArray[np.floating]:
    """Samples as a matrix.

    Raises:
        ValueError: they are none, or not finite.
    """
    values = np.asarray(samples)
    if values.ndim != 2 or not np.issubdtype(values.dtype, np.floating):
        raise ValueError(f"expected (n, D) floating features, found {values.shape} {values.dtype}")
    if not np.isfinite(values).all():
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        raise ValueError(f"{len(bad)} of {len(values)} features are not finite, the first at {bad[0]}")
    return values
