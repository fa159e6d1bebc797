"""VEnhancer's work on a clip: key frames to noised latents, a sampling that sees them, and back to frames.

Pixels are in memory as numbers a few frames at a time; with chunks the networks see a bounded number of latent frames.
What a longer video needs more of is its latents, and its frames as they are stored.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from vbench.generators.base import Request, SamplingError
from vbench.generators.frames import frames_of
from vbench.generators.models.ldm.vae import SCALE, decoded_parts
from vbench.generators.models.venhancer import padding
from vbench.generators.models.venhancer.control import Hint
from vbench.generators.models.venhancer.frames import Chunk, between, chunks, key_frames, taken
from vbench.generators.models.venhancer.networks import load
from vbench.generators.models.venhancer.options import VEnhancerOptions
from vbench.generators.models.venhancer.prompts import NEGATIVE, POSITIVE
from vbench.generators.models.venhancer.sampler import Schedule, guided, sample
from vbench.generators.models.venhancer.weights_files import GUIDANCE, RESCALE
from vbench.media.clip import Clip

TOGETHER = 2
"""Frames that are decoded at once."""


class Enhancing:
    """The networks, loaded, and how they are used.

    Args:
        options: of the enhancer.
        device: to compute on; an accelerator computes in half precision where PyTorch's autocast does.

    Raises:
        CheckpointError: a file is missing, cannot be read or is not the published one.
    """

    def __init__(self, options: VEnhancerOptions, device: torch.device) -> None:
        self.options, self.device = options, device
        self.networks = load(device, options.checkpoints)

    @torch.inference_mode()
    def enhance(self, clip: Clip, request: Request) -> Clip:
        """The better clip.

        Raises:
            SamplingError: the memory does not suffice, or the values are no picture.
        """
        created = between(clip.fps, self.options.target_fps)
        frames = clip.frames[: self._taken(len(clip.frames), created)]
        scale = padding.raised(self.options.up_scale, frames.shape[1])
        around = padding.margins(*_larger(frames[0], scale).shape[2:])
        generator = torch.Generator("cpu").manual_seed(request.seed)
        try:
            with torch.autocast(self.device.type, torch.float16, enabled=self.device.type != "cpu"):
                keys = self._encoded((padding.padded(_larger(one, scale), around) for one in frames), generator)
                hint = self._hint(keys, math.floor(scale), created, generator)
                latents = self._latents(hint, self._start(keys, created, generator), request.prompt, generator)
                parts = decoded_parts(self.networks.vae, latents[0].transpose(0, 1), TOGETHER)
                enhanced = frames_of(padding.cropped(part, around).permute(0, 2, 3, 1).numpy() for part in parts)
        except torch.cuda.OutOfMemoryError as error:
            raise SamplingError("out of memory: try +venhancer:up_scale=2, chunk=16, or fewer frames") from error
        left_out = {"frames_left_out": len(clip.frames) - len(frames)} if len(clip.frames) > len(frames) else {}
        return Clip(enhanced, clip.fps * (created + 1), {**(clip.facts or {}), **left_out})

    def _taken(self, frames: int, created: int) -> int:
        """How many frames of a clip are enhanced."""
        return frames if self.options.chunk else taken(frames, created, self.options.max_frame_num)

    def _encoded(self, frames: Iterable[Tensor], generator: torch.Generator) -> Tensor:
        """The clip's frames, ``(1, 3, H, W)`` each, as latents ``(1, 4, K, H / 8, W / 8)``."""
        with torch.autocast(self.device.type, enabled=False):
            encoded = [
                self.networks.vae.encode(frame.to(self.device)).latent_dist.sample(generator) for frame in frames
            ]
        return SCALE * torch.cat(encoded).transpose(0, 1)[None]

    def _hint(self, keys: Tensor, up_scale: int, created: int, generator: torch.Generator) -> Hint:
        """The clip's latents with noise on them."""
        timestep = self.options.noise_aug - 1
        return Hint(
            Schedule().noised(keys, self._noise(keys.shape, generator), timestep),
            torch.tensor([timestep], device=self.device),
            torch.tensor([up_scale], device=self.device),
            key_frames(keys.shape[2], created).to(self.device)[None],
        )

    def _start(self, keys: Tensor, created: int, generator: torch.Generator) -> Tensor:
        """Where sampling begins: each key frame and what is created behind it, with noise on them.

        With all noise levels nothing of the clip is left in it. The published code encodes a frame anew for each
        repetition.
        """
        frames = torch.arange(len(key_frames(keys.shape[2], created)), device=keys.device) // (created + 1)
        clean = keys[:, :, frames]
        return Schedule().noised(clean, self._noise(clean.shape, generator), self.options.total_noise_levels - 1)

    def _latents(self, hint: Hint, start: Tensor, prompt: str, generator: torch.Generator) -> Tensor:
        """The clean result, ``(1, 4, F, H / 8, W / 8)``."""
        schedule, networks = Schedule(), self.networks
        with torch.autocast(self.device.type, enabled=False):
            text = networks.text.encode([prompt + POSITIVE, NEGATIVE])

        def denoise_whole(latents: Tensor, sigma: float, hint: Hint) -> Tensor:
            timestep = schedule.timestep(sigma)
            told = torch.tensor([timestep], device=self.device)
            positive, negative = (networks.unet(latents, told, one[None], hint).float() for one in text)
            return schedule.clean(latents, guided(positive, negative, GUIDANCE, RESCALE), timestep)

        plan = self._plan(start.shape[2], hint)

        def denoise(latents: Tensor, sigma: float) -> Tensor:
            kept = []
            for chunk in plan:
                clean = denoise_whole(latents[:, :, chunk.start : chunk.stop], sigma, _of(hint, chunk))
                kept.append(clean[:, :, chunk.kept_from - chunk.start : chunk.kept_to - chunk.start])
            return torch.cat(kept, dim=2)

        sigmas = schedule.sigmas(self.options.steps, self.options.total_noise_levels)
        return sample(denoise, start, sigmas, lambda: self._noise(start.shape, generator))

    def _plan(self, frames: int, hint: Hint) -> list[Chunk]:
        """What is denoised at once.

        Raises:
            SamplingError: chunks of that length hold too few key frames.
        """
        if not self.options.chunk:
            return [Chunk(0, frames, 0, frames)]
        keys = hint.latents.shape[2]
        created = (frames - keys) // (keys - 1) if keys > 1 else 0
        try:
            return chunks(frames, created, self.options.chunk)
        except ValueError as error:
            raise SamplingError(f"+venhancer:chunk={self.options.chunk}: {error}") from error

    def _noise(self, shape: torch.Size, generator: torch.Generator) -> Tensor:
        """Standard normal, drawn on the CPU, so that a seed means the same on every device."""
        return torch.randn(shape, generator=generator).to(self.device)


def _larger(frame: NDArray[np.uint8], scale: float) -> Tensor:
    """``(H, W, 3)`` uint8 -> ``(1, 3, scale * H, scale * W)`` float32 in -1..1."""
    pixels = torch.from_numpy(frame.copy()).permute(2, 0, 1)[None].float() / 255 * 2 - 1
    return F.interpolate(pixels, scale_factor=scale, mode="bilinear")


def _of(hint: Hint, chunk: Chunk) -> Hint:
    """The key frames of a chunk."""
    before, within = int(hint.keys[0, : chunk.start].sum()), hint.keys[:, chunk.start : chunk.stop]
    latents = hint.latents[:, :, before : before + int(within[0].sum())]
    return replace(hint, latents=latents, keys=within)
