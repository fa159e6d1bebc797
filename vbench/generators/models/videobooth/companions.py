"""What VideoBooth takes from CLIP and Stable Diffusion as they are: words and pictures to features, latents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import AutoencoderKL
from torch import Tensor
from transformers import CLIPModel, CLIPTokenizer

from vbench.generators.base import SamplingError
from vbench.generators.models.inflated_sd.stable_diffusion import StableDiffusion
from vbench.generators.models.videobooth.mapper import DEPTHS
from vbench.generators.models.videobooth.text import PLACEHOLDER, injected
from vbench.weights.pretrained import read, whole


class Companions(StableDiffusion):
    """Tokenizer, both encoders of CLIP, and a VAE from a repository of its own.

    Args:
        clip: folder in transformers' layout.
        vae: folder in diffusers' layout.
        device: to compute on.
        dtype: to compute in.

    Raises:
        CheckpointError: a folder is not whole.
    """

    def __init__(self, clip: Path, vae: Path, device: torch.device, dtype: torch.dtype) -> None:
        self.device = device
        for library in (diffusers, transformers):
            library.utils.logging.disable_progress_bar()
        self.tokenizer: Any = read(CLIPTokenizer, clip)
        both, pixels = whole(CLIPModel, clip).to(device, dtype), whole(AutoencoderKL, vae)
        self.text_encoder, self.image_encoder = both.text_model, both.vision_model
        self.vae = pixels.to(device, dtype)

    def seen(self, picture: Tensor) -> list[Tensor]:
        """Tokens ``(1, 1 + patches, C)`` at each depth that the mapper knows, of a ``(1, 3, 224, 224)`` picture."""
        layers = self.image_encoder(picture.to(self.device, self.vae.dtype), output_hidden_states=True).hidden_states
        return [layers[depth] for depth in DEPTHS]

    def text_with(self, picture: Tensor, prompt: str) -> Tensor:
        """Features ``(1, 77, C)`` of a prompt with a picture's words ``(N, C)`` instead of the placeholder.

        Raises:
            SamplingError: the prompt is so long that the placeholder is cut off.
        """
        placeholder = self.tokenizer(PLACEHOLDER, add_special_tokens=False).input_ids

        def inject(layer: Any, given: tuple[Tensor, ...], embedded: Tensor) -> Tensor:
            ids = given[0][0]
            if placeholder[0] not in ids:
                raise SamplingError(
                    f"the word that the picture stands for is beyond the {len(ids)} tokens that CLIP reads of a prompt"
                )
            return injected(embedded[0], ids, placeholder, picture)[None]

        hook = self.text_encoder.embeddings.token_embedding.register_forward_hook(inject)
        try:
            return self.text([prompt])
        finally:
            hook.remove()
