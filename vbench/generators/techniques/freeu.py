"""FreeU: a U-Net's decoder listens more to its backbone and less to the coarse part of its skip connections.

Si et al., "FreeU: Free Lunch in Diffusion U-Net" (CVPR 2024), section 3.2. Nothing is trained. Before a residual
block of the decoder gets the concatenation of backbone features and skip features,

- half of the backbone's channels are amplified by ``b`` (equation 4),
- the lowest spatial frequencies of the skip features are scaled by ``s`` (equations 5 to 7).

There are two versions of the amplification and two ways to choose the blocks. The authors' demo has version 1,
their README version 2; both choose by the hidden width (:func:`stage_by_width`). Diffusers' ``enable_freeu`` is
version 1 chosen by the up block (:func:`stage_by_up_block`), which are other blocks of the same U-Net. Its filter is
the one here. Video features are taken frame by frame, with the frames in the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.fft import fftn, fftshift, ifftn, ifftshift


@dataclass(frozen=True)
class Scales:
    """The four numbers of FreeU.

    Attributes:
        b1: backbone factor of the first stage, the coarsest features.
        b2: backbone factor of the second stage.
        s1: skip factor of the first stage.
        s2: skip factor of the second stage.
    """

    b1: float
    b2: float
    s1: float
    s2: float

    def of(self, stage: int) -> tuple[float, float]:
        """``(b, s)`` of stage 0 or 1."""
        return ((self.b1, self.s1), (self.b2, self.s2))[stage]


PUBLISHED = {
    "SD1.4": Scales(1.3, 1.4, 0.9, 0.2),
    "SD1.5": Scales(1.5, 1.6, 0.9, 0.2),
    "SD2.1": Scales(1.4, 1.6, 0.9, 0.2),
    "SDXL": Scales(1.3, 1.4, 0.9, 0.2),
}
"""The authors' values by base model."""

VERSIONS = ("freeu", "freeu-v2")
"""Names of the two; a model takes one of them."""

THRESHOLD = 1
"""Half the side of the box of scaled skip frequencies."""


def scaled_skip(skip: Tensor, scale: float, threshold: int = THRESHOLD) -> Tensor:
    """Skip features whose low frequencies are multiplied by a factor.

    ``IFFT(FFT(skip) * mask)``, the mask is ``scale`` on rows and columns ``[centre - threshold, centre + threshold)``
    of the shifted spectrum, 1 elsewhere, and ``centre = size // 2``. A threshold above half the size makes the slice
    begin below 0, so that it counts from the end, as in the published code.

    Args:
        skip: ``(N, C, H, W)``, any float dtype; the transform is computed in float32.
        scale: ``s``.
        threshold: half the side of the box, in bins.

    Returns:
        A tensor like ``skip``.
    """
    axes = (-2, -1)
    spectrum = fftshift(fftn(skip.float(), dim=axes), dim=axes)
    middle, centre = spectrum.shape[-2] // 2, spectrum.shape[-1] // 2
    mask = torch.ones(spectrum.shape[-2:], device=skip.device)
    mask[middle - threshold : middle + threshold, centre - threshold : centre + threshold] = scale
    filtered: Tensor = ifftn(ifftshift(spectrum * mask, dim=axes), dim=axes).real
    return filtered.to(skip.dtype)


def amplified_v1(hidden: Tensor, b: float) -> Tensor:
    """Backbone features with the first half of the channels times ``b``.

    Args:
        hidden: ``(N, C, H, W)``, any float dtype.
        b: the factor.

    Returns:
        A new tensor like ``hidden``.
    """
    half = hidden.shape[1] // 2
    return torch.cat([hidden[:, :half] * b, hidden[:, half:]], dim=1)


def amplified_v2(hidden: Tensor, b: float) -> Tensor:
    """Backbone features with the first half of the channels times ``(b - 1) * m + 1``.

    ``m`` is the mean over all channels, brought to 0..1 by its minimum and maximum over the positions of the sample.
    A sample whose mean is the same everywhere has no structure to amplify: its ``m`` is 0 (the published code divides
    by 0 there).

    Args:
        hidden: ``(N, C, H, W)``, any float dtype.
        b: the factor where ``m`` is 1.

    Returns:
        A new tensor like ``hidden``.
    """
    mean = hidden.mean(dim=1, keepdim=True)
    lowest, highest = mean.amin(dim=(2, 3), keepdim=True), mean.amax(dim=(2, 3), keepdim=True)
    span = torch.where(highest > lowest, highest - lowest, 1)
    structure = (mean - lowest) / span
    half = hidden.shape[1] // 2
    return torch.cat([hidden[:, :half] * ((b - 1) * structure + 1), hidden[:, half:]], dim=1)


def listened(
    hidden: Tensor, skip: Tensor, widest: int, scales: Scales, amplified: Callable[[Tensor, float], Tensor]
) -> tuple[Tensor, Tensor]:
    """Backbone and skip features of a block as FreeU gives them to it, by the width of the backbone's.

    Args:
        hidden: ``(N, C, H, W)``.
        skip: ``(N, D, H, W)``.
        widest: channels of the backbone in the middle.
        scales: of both stages.
        amplified: version of the amplification.
    """
    stage = stage_by_width(hidden.shape[1], widest)
    if stage is None:
        return hidden, skip
    b, s = scales.of(stage)
    return amplified(hidden, b), scaled_skip(skip, s)


def stage_by_width(width: int, widest: int = 1280) -> int | None:
    """The reference's placement: a residual block belongs to a stage by the channels of its backbone features.

    Args:
        width: channels before the skip features are appended.
        widest: of the U-Net; 1280 in Stable Diffusion, where the stages are at 1280 and 640.

    Returns:
        0 (``b1, s1``), 1 (``b2, s2``) or ``None`` for a block that stays as it is.
    """
    return {widest: 0, widest // 2: 1}.get(width)


def stage_by_up_block(index: int) -> int | None:
    """Diffusers' placement: all residual blocks of the first up block are stage 0, those of the second are stage 1.

    Args:
        index: of the up block, from the coarsest.

    Returns:
        0 (``b1, s1``), 1 (``b2, s2``) or ``None`` for a block that stays as it is.
    """
    return index if index in (0, 1) else None


AMPLIFIED: dict[str, Callable[[Tensor, float], Tensor]] = dict(zip(VERSIONS, (amplified_v1, amplified_v2), strict=True))
"""Version -> how it amplifies."""
