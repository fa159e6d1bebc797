"""What LaVie takes from Stable Diffusion as it is: text to features, frames to latents and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import AutoencoderKL
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from vbench.weights.pretrained import read, whole

AT_ONCE = 4
"""Frames that go through the VAE together."""


class StableDiffusion:
    """Tokenizer, text encoder and VAE.

    Args:
        folder: in diffusers' layout.
        device: to compute on.
        dtype: of the text encoder.
        vae_dtype: of the VAE.

    Raises:
        CheckpointError: the folder is not whole.
    """

    def __init__(self, folder: Path, device: torch.device, dtype: torch.dtype, vae_dtype: torch.dtype) -> None:
        self.device = device
        for library in (diffusers, transformers):
            library.utils.logging.disable_progress_bar()
        self.tokenizer: Any = read(CLIPTokenizer, folder / "tokenizer")
        text_encoder, vae = whole(CLIPTextModel, folder / "text_encoder"), whole(AutoencoderKL, folder / "vae")
        self.text_encoder = text_encoder.to(device, dtype)
        self.vae = vae.to(device, vae_dtype)

    @property
    def factor(self) -> int:
        """Pixels that a latent is wide."""
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))

    def text(self, prompts: list[str]) -> Tensor:
        """Features of prompts, ``(N, 77, C)``; what is longer is cut off."""
        length = self.tokenizer.model_max_length
        tokens = self.tokenizer(
            prompts, padding="max_length", max_length=length, truncation=True, return_tensors="pt"
        ).input_ids
        features: Tensor = self.text_encoder(tokens.to(self.device))[0]
        return features

    def encoded(self, frames: Tensor, generator: torch.Generator) -> Tensor:
        """Latents, drawn from what the VAE says of each frame.

        Args:
            frames: ``(T, 3, H, W)`` in -1..1.
            generator: of the draws, on the CPU.

        Returns:
            ``(1, 4, T, H / factor, W / factor)`` float32.
        """
        parts = torch.split(frames.to(self.device, self.vae.dtype), AT_ONCE)
        drawn = [self.vae.encode(part).latent_dist.sample(generator).float() for part in parts]
        latents: Tensor = torch.cat(drawn).transpose(0, 1)[None] * self.vae.config.scaling_factor
        return latents

    def decoded(self, latents: Tensor) -> Any:
        """Frames ``(T, H, W, 3)`` float32 in 0..1, a NumPy array, of ``(1, 4, T, h, w)`` latents."""
        parts = torch.split(latents[0].transpose(0, 1) / self.vae.config.scaling_factor, AT_ONCE)
        frames = torch.cat([self.vae.decode(part.to(self.vae.dtype)).sample.float().cpu() for part in parts])
        return (frames / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()
