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
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import AutoTokenizer, CLIPTextModelWithProjection, T5EncoderModel

from vbench.errors import CheckpointError, CheckpointMismatch
from vbench.generators.base import Settings
from vbench.generators.models.ldm.weights_files import SHOWN, Part, load_parts, read_file
from vbench.generators.models.vchitect.sampling import Scale, sampled
from vbench.generators.models.vchitect.text import Encoder, Encoders, Text
from vbench.generators.models.vchitect.transformer import Sizes, Transformer
from vbench.generators.models.vchitect.weights_files import COMMAND, config, weights


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
        self.vae = _loaded(AutoencoderKL, folder / "vae")
        self.scheduler = _read(FlowMatchEulerDiscreteScheduler, folder / "scheduler")

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
            f"Get the published file: {COMMAND}"
        )
    with torch.device("meta"):
        network = Transformer(Sizes(**{name: found[name] for name in names}))
    state: dict[str, Tensor] = {}
    for path in weights(folder / "transformer"):
        state |= read_file(path, COMMAND)
    load_parts(folder / "transformer", state, [Part(network)], COMMAND)
    return network


def _encoder(folder: Path, number: str, kind: Any) -> Encoder:
    tokenizer = _read(AutoTokenizer, folder / f"tokenizer{number}", local_files_only=True)
    return Encoder(tokenizer, _loaded(kind, folder / f"text_encoder{number}"))


def _loaded(kind: Any, folder: Path) -> Any:
    """A network of diffusers or transformers in float32, with every key of the file and no other.

    Raises:
        CheckpointError: it cannot be loaded.
        CheckpointMismatch: with the missing, unexpected and misshaped keys.
    """
    network, told = _read(
        kind,
        folder,
        dtype=torch.float32,
        use_safetensors=True,
        local_files_only=True,
        ignore_mismatched_sizes=True,  # they are in what is told, and refused below
        output_loading_info=True,
    )
    findings = {
        "missing": sorted(told["missing_keys"]),
        "unexpected": sorted(told["unexpected_keys"]),
        "of another shape": [
            f"{key} {tuple(found)} instead of {tuple(wanted)}" for key, found, wanted in told["mismatched_keys"]
        ],
    }
    listed = "; ".join(f"{len(keys)} {what}: {', '.join(keys[:SHOWN])}" for what, keys in findings.items() if keys)
    if listed:
        raise CheckpointMismatch(
            f"{folder} is not the published checkpoint: {listed}. Nothing was sampled with it. "
            f"Get the published files: {COMMAND}"
        )
    return network.eval().requires_grad_(False)


def _read(kind: Any, folder: Path, **how: Any) -> Any:
    try:
        return kind.from_pretrained(folder, **how)
    except (OSError, ValueError, RuntimeError, TypeError, SafetensorError) as error:
        raise CheckpointError(
            f"{folder} cannot be loaded as a {kind.__name__}: {error}. Get it again with: {COMMAND}"
        ) from error
