"""A stage in pixels: from noise to frames, with what the network is shown beside it."""

from __future__ import annotations

from inspect import signature

import torch
import torch.nn.functional as F
from torch import Tensor

from vbench.generators.models.show_one.cascade import Stage
from vbench.generators.models.show_one.loading import PixelStage

LEARNED = ("learned", "learned_range")
"""How a scheduler says that the network predicts the variance, too."""


def denoised(
    model: PixelStage,
    stage: Stage,
    noise: Tensor,
    text: Tensor,
    generator: torch.Generator,
    beside: Tensor | None = None,
    labels: Tensor | None = None,
) -> Tensor:
    """A clip.

    Args:
        model: the stage's networks.
        stage: its steps and guidance.
        noise: standard normal, ``(1, 3, F, H, W)``.
        text: ``(2, L, D)``, of nothing and of the prompt.
        generator: of the noise on the way, on the CPU.
        beside: ``(1, C, F, H, W)``, what the network is shown.
        labels: ``(1,)``, how much noise was added to it.

    Returns:
        Like ``noise``, in about -1..1.
    """
    scheduler = model.scheduler
    scheduler.set_timesteps(stage.steps, device=noise.device)
    drawn = {"generator": generator} if "generator" in signature(scheduler.step).parameters else {}
    video: Tensor = noise * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        seen = video if beside is None else torch.cat([video, beside], dim=1)
        seen = scheduler.scale_model_input(seen.repeat(2, 1, 1, 1, 1), timestep)
        told = None if labels is None else labels.repeat(2)
        without, asked = model.unet(seen, timestep, text, told).chunk(2)
        predicted = _guided(without, asked, video.shape[1], stage.guidance, scheduler.config.variance_type in LEARNED)
        stepped: Tensor = scheduler.step(_frames(predicted), timestep, _frames(video), **drawn).prev_sample
        video = stepped[None].transpose(1, 2)
    return video


def between(keys: tuple[Tensor, Tensor], frames: int) -> Tensor:
    """What the network is shown between two key frames: a dissolve, and which frames are given.

    Args:
        keys: ``(1, 3, H, W)`` each.
        frames: with both.

    Returns:
        ``(1, 4, frames, H, W)``.
    """
    both = torch.stack(keys, dim=2)
    dissolve = F.interpolate(both, (frames, *both.shape[3:]), mode="trilinear", align_corners=True)
    given = torch.zeros_like(dissolve[:, :1])
    given[:, :, [0, -1]] = 1
    return torch.cat([dissolve, given], dim=1)


def enlarged(
    model: PixelStage, stage: Stage, clip: Tensor, times: int, generator: torch.Generator, first: Tensor | None
) -> tuple[Tensor, Tensor]:
    """What the network is shown of a clip that it makes larger: stretched and noised, behind a first frame in full.

    Args:
        model: the stage's networks.
        stage: its noise level.
        clip: ``(1, 3, F, H, W)``.
        times: how much larger.
        generator: of the noise.
        first: ``(1, 3, times H, times W)``, ``None`` where no frame is known.

    Returns:
        ``(1, 3, F, times H, times W)``, and how much noise was added, ``(1,)``.
    """
    size = [times * side for side in clip.shape[3:]]
    stretched = F.interpolate(_frames(clip), size, mode="bilinear", align_corners=True)[None].transpose(1, 2)
    level = torch.tensor([stage.noise_level], device=clip.device)
    noised: Tensor = model.noiser.add_noise(stretched, drawn_like(stretched, generator), level)
    if first is not None:
        noised[:, :, 0] = first
    return noised, level


def drawn_like(clip: Tensor, generator: torch.Generator) -> Tensor:
    """Standard normal of a clip's shape, drawn on the CPU, so that a seed means the same on every device."""
    return torch.randn(clip.shape, generator=generator).to(clip)


def _guided(without: Tensor, asked: Tensor, channels: int, guidance: float, learned: bool) -> Tensor:
    """Noise that the text asks for and more of it than without; the variance is as the text has it."""
    noise = without[:, :channels] + guidance * (asked[:, :channels] - without[:, :channels])
    return torch.cat([noise, asked[:, channels:]], dim=1) if learned else noise


def _frames(video: Tensor) -> Tensor:
    """``(1, C, F, H, W)`` -> ``(F, C, H, W)``."""
    return video[0].transpose(0, 1)
