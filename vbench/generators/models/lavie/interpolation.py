"""LaVie's temporal interpolation: 16 frames to 61 of the same time, by sampling all of them anew.

Published protocol: the 16 frames are the keys, every fourth of the new ones; each new frame is given the latents of a
key beside its noise; 50 steps of DDIM over kept timesteps, guidance 4, the prompt with ", 4k." and the negative prompt
"None", float32, 24 frames per second where there were 8. The published pipeline takes the prompt from the file's name
and resizes frames to 320 x 512; here the prompt is the prompt, and frames keep their size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vbench.generators.local_model import LoadOptions
from vbench.generators.models.inflated_sd.sampling import guided, spaced_ddim
from vbench.generators.models.inflated_sd.stable_diffusion import StableDiffusion
from vbench.generators.models.inflated_sd.unet import INTERPOLATION, UNet
from vbench.generators.models.lavie import weights_files as published
from vbench.generators.models.lavie.weights_files import EVERY
from vbench.weights.cards import locate
from vbench.weights.load import filled

PROTOCOL = published.INTERPOLATION.protocol.stated()

SUFFIX = ", 4k."
"""What every prompt ends with."""


class Interpolation:
    """The loaded model."""

    def __init__(self, options: LoadOptions) -> None:
        device, dtype = options.placed(published.INTERPOLATION.dtype)
        self.device = device
        self.stable_diffusion = StableDiffusion(
            locate(published.INTERPOLATION.companion, options.checkpoints), device, dtype, dtype
        )
        with torch.device("meta"):
            network = UNet(INTERPOLATION)
        self.network = filled(network, published.INTERPOLATION.weights, options.checkpoints).to(device, dtype)

    @torch.inference_mode()
    def sample(self, prompt: str, frames: NDArray[np.uint8], generator: torch.Generator) -> Any:
        """A longer clip.

        Args:
            prompt: what the clip shows.
            frames: ``(16, H, W, 3)`` uint8, sides multiples of 8.
            generator: that all noise is drawn from, on the CPU.

        Returns:
            ``(61, H, W, 3)`` float32 in 0..1.
        """
        keys = self.stable_diffusion.encoded(signed(frames), generator)
        beside = keys[:, :, keys_of_frames(len(frames))]
        noise = torch.randn(beside.shape, generator=generator).to(self.device)
        text = self.stable_diffusion.text([PROTOCOL["negative_prompt"], prompt + SUFFIX])
        predict = guided(self.network, text, PROTOCOL["guidance"], beside)
        return self.stable_diffusion.decoded(spaced_ddim(predict, noise, PROTOCOL["steps"]))


def keys_of_frames(keys: int) -> list[int]:
    """Which key each new frame is given: each four times in turn, the first without the first, the last without two.

    >>> keys_of_frames(3)
    [0, 0, 0, 1, 1, 1, 1, 2, 2]
    """
    return [(frame + 1) // EVERY for frame in range(EVERY * (keys - 1) + 1)]


def signed(frames: NDArray[np.uint8]) -> torch.Tensor:
    """``(T, H, W, 3)`` uint8 -> ``(T, 3, H, W)`` float32 in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float() / 127.5 - 1
