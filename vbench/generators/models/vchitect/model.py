"""The loaded model: a prompt to frames.

As published it is run under autocast: the transformer's weights in bfloat16, those of the text encoders and the VAE
in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler
from torch import Tensor, nn
from transformers import AutoTokenizer, CLIPTextModelWithProjection, T5EncoderModel

from vbench.errors import CheckpointError
from vbench.generators.base import Settings
from vbench.generators.models.vchitect.sampling import Scale, sampled
from vbench.generators.models.vchitect.text import Encoder, Encoders, Text
from vbench.generators.models.vchitect.transformer import Sizes, Transformer
from vbench.generators.models.vchitect.weights_files import CHECKPOINT, config
from vbench.weights import safetensors_files
from vbench.weights.load import Part, fill
from vbench.weights.pretrained import read, whole


class Model:
    """The networks of a checkpoint.

    Args:
        folder: in the published layout.
        device: to compute on.
        dtype: of autocast and of the transformer's weights; float32 for no autocast.
        offload: whether only the network that computes is on the device, and the others on the CPU.

    Raises:
        CheckpointError: files cannot be read, or keys and shapes are not the published ones.
    """

    def __init__(self, folder: Path, device: torch.device, dtype: torch.dtype, offload: bool) -> None:
        for library in (diffusers, transformers):
            library.utils.logging.disable_progress_bar()
        self.device, self.dtype, self.offload = device, dtype, offload
        clip, t5 = CLIPTextModelWithProjection, T5EncoderModel
        self.encoders = Encoders((_encoder(folder, "", clip), _encoder(folder, "_2", clip)), _encoder(folder, "_3", t5))
        self.transformer = transformer(folder).to(dtype)
        self.vae = whole(AutoencoderKL, folder / "vae", dtype=torch.float32)
        self.scheduler = read(FlowMatchEulerDiscreteScheduler, folder / "scheduler")

    @torch.inference_mode()
    def sample(self, prompt: str, settings: Settings, scale: Scale, generator: torch.Generator) -> Any:
        """A clip.

        Args:
            prompt: what to show.
            settings: all of them given.
            scale: of guidance.
            generator: that the noise is drawn from, on the CPU.

        Returns:
            ``(T, H, W, 3)`` float32 in 0..1.
        """
        told = settings.stated()
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            wanted, unwanted = self._texts(prompt, told["negative_prompt"])
            pixels = 2 ** (len(self.vae.config.block_out_channels) - 1)
            shape = told["frames"], self.vae.config.latent_channels, told["height"] // pixels, told["width"] // pixels
            noise = torch.randn(shape, generator=generator).to(self.device)
            with self._at_work(self.transformer):
                latents = sampled(
                    partial(self._velocity, wanted),
                    partial(self._velocity, unwanted),
                    noise,
                    self.scheduler,
                    told["steps"],
                    told["guidance"],
                    scale,
                )
            return self._decoded(latents)

    def _texts(self, *prompts: str) -> list[Text]:
        with self._at_work(*(encoder.model for encoder in (*self.encoders.clip, self.encoders.t5))):
            return [self.encoders(prompt) for prompt in prompts]

    def _velocity(self, text: Text, latents: Tensor, timestep: Tensor) -> Tensor:
        velocity: Tensor = self.transformer(latents, timestep.expand(1), text.tokens, text.pooled)
        return velocity

    def _decoded(self, latents: Tensor) -> Any:
        """Frames ``(T, H, W, 3)`` of latents ``(T, C, h, w)``, one after the other."""
        scaled = latents / self.vae.config.scaling_factor + self.vae.config.shift_factor
        with self._at_work(self.vae):
            frames = torch.cat([self.vae.decode(one).sample.float().cpu() for one in scaled.split(1)])
        return (frames / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()

    @contextmanager
    def _at_work(self, *networks: nn.Module) -> Iterator[None]:
        """Networks on the device, as long as they compute where the others need its memory."""
        for network in networks:
            network.to(self.device)
        try:
            yield
        finally:
            for network in networks if self.offload else ():
                network.to("cpu")


def transformer(folder: Path) -> Transformer:
    """The transformer of a checkpoint, on the CPU in float32.

    Raises:
        CheckpointError: sizes are missing, or the weights cannot be read.
        CheckpointMismatch: keys or shapes are not those of such a transformer; the message lists them.
    """
    found, names = config(folder, "transformer"), [field.name for field in fields(Sizes)]
    missing = [name for name in names if not isinstance(found.get(name), int)]
    if missing:
        raise CheckpointError(
            f"{folder / 'transformer' / 'config.json'} does not say as a number: {', '.join(missing)}. "
            f"Get the published file: vbench weights download {CHECKPOINT} --force"
        )
    with torch.device("meta"):
        network = Transformer(Sizes(**{name: found[name] for name in names}))
    path = folder / "transformer"
    state = {key: value.float() for key, value in safetensors_files.read(path).items()}
    fill(CHECKPOINT, state, [Part(network)])
    return network


def _encoder(folder: Path, number: str, kind: Any) -> Encoder:
    tokenizer = read(AutoTokenizer, folder / f"tokenizer{number}")
    return Encoder(tokenizer, whole(kind, folder / f"text_encoder{number}", dtype=torch.float32))
