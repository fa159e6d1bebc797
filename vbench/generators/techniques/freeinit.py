"""FreeInit: sample, keep the low frequencies of the result's noised latents, sample again from there.

Wu et al., "FreeInit: Bridging Initialization Gap in Video Diffusion Models" (ECCV 2024), section 4.2. A model that
was trained on noised videos sees low frequencies of the video even at the last timestep; pure noise has none of them.
Each iteration samples fully, diffuses the result to the last timestep with the *first* initial noise, and mixes

    ``IFFT(FFT(diffused) * filter + FFT(fresh noise) * (1 - filter))``

over frames, height and width (equations 5 to 7). The published loop has 5 iterations with :func:`butterworth`.

Diffusers has the same mix and the same filters but :func:`box`; it knows them for AnimateDiff alone.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.fft import fftn, fftshift, ifftn, ifftshift

Shape = tuple[int, int, int]
"""Frames, height, width of the latents."""

AXES = (-3, -2, -1)


def squared_distance(shape: Shape, spatial_stop: float, temporal_stop: float) -> Tensor:
    """Squared distance of each bin of the shifted spectrum from its centre.

    ``(d_s / d_t * (2t / T - 1))² + (2h / H - 1)² + (2w / W - 1)²``

    Args:
        shape: ``(T, H, W)``.
        spatial_stop: ``d_s``, 0..1.
        temporal_stop: ``d_t``, 0..1, not 0.

    Returns:
        ``(T, H, W)`` float64.
    """
    t, h, w = (2 * torch.arange(size, dtype=torch.float64) / size - 1 for size in shape)
    across_time = spatial_stop / temporal_stop * t
    return across_time.square()[:, None, None] + h.square()[:, None] + w.square()


def butterworth(shape: Shape, spatial_stop: float = 0.25, temporal_stop: float = 0.25, order: int = 4) -> Tensor:
    """Low-pass filter ``1 / (1 + (d² / d_s²)^order)``.

    Args:
        shape: ``(T, H, W)``.
        spatial_stop: ``d_s``, 0..1; 0 lets nothing pass.
        temporal_stop: ``d_t``, 0..1; 0 lets nothing pass.
        order: how steep.

    Returns:
        ``(T, H, W)`` float32, the zero frequency in the middle.
    """
    if not spatial_stop or not temporal_stop:
        return torch.zeros(shape)
    distance = squared_distance(shape, spatial_stop, temporal_stop)
    return (1 / (1 + (distance / spatial_stop**2) ** order)).float()


def gaussian(shape: Shape, spatial_stop: float = 0.25, temporal_stop: float = 0.25) -> Tensor:
    """Low-pass filter ``exp(-d² / (2 d_s²))``; arguments and result as of :func:`butterworth`."""
    if not spatial_stop or not temporal_stop:
        return torch.zeros(shape)
    distance = squared_distance(shape, spatial_stop, temporal_stop)
    return torch.exp(-1 / (2 * spatial_stop**2) * distance).float()


def ideal(shape: Shape, spatial_stop: float = 0.25, temporal_stop: float = 0.25) -> Tensor:
    """Low-pass filter that is 1 where ``d² <= 2 d_s``, else 0; arguments and result as of :func:`butterworth`.

    The published code compares with ``2 d_s``, not with ``d_s²``, and so do diffusers and this.
    """
    if not spatial_stop or not temporal_stop:
        return torch.zeros(shape)
    return (squared_distance(shape, spatial_stop, temporal_stop) <= 2 * spatial_stop).float()


def box(shape: Shape, spatial_stop: float = 0.25, temporal_stop: float = 0.25) -> Tensor:
    """Low-pass filter that is 1 on a box ``[centre - r, centre + r)``, else 0; arguments as of :func:`butterworth`.

    ``r = round(T // 2 * d_t)`` over the frames and ``r = round(H // 2 * d_s)`` over height and width alike. Where it
    is more than half the width the slice counts from the end, as in the published code.
    """
    mask = torch.zeros(shape)
    t, h, w = (size // 2 for size in shape)
    across_time, across_space = round(t * temporal_stop), round(h * spatial_stop)
    mask[
        t - across_time : t + across_time,
        h - across_space : h + across_space,
        w - across_space : w + across_space,
    ] = 1
    return mask


FILTERS = {"butterworth": butterworth, "gaussian": gaussian, "ideal": ideal, "box": box}


def mixed(latents: Tensor, noise: Tensor, low_pass: Tensor) -> Tensor:
    """Low frequencies of the latents with high frequencies of the noise.

    Args:
        latents: ``(..., T, H, W)``, any float dtype; transformed in float32.
        noise: like ``latents``.
        low_pass: ``(T, H, W)`` float32, the zero frequency in the middle.

    Returns:
        A tensor like ``latents``.
    """
    low_pass = low_pass.to(latents.device)
    of_latents, of_noise = (fftshift(fftn(part.float(), dim=AXES), dim=AXES) for part in (latents, noise))
    spectrum = of_latents * low_pass + of_noise * (1 - low_pass)
    mixture: Tensor = ifftn(ifftshift(spectrum, dim=AXES), dim=AXES).real
    return mixture.to(latents.dtype)


def fast_steps(steps: int, iterations: int, iteration: int) -> int:
    """Denoising steps of an iteration with coarse-to-fine sampling, ``steps / iterations * (iteration + 1)``.

    Args:
        steps: of the last iteration.
        iterations: how many.
        iteration: from 0.

    Returns:
        The number rounded down, at least 1 (the published code has no such bound, diffusers has it).
    """
    return max(1, int(steps / iterations * (iteration + 1)))
