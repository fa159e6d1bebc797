"""Show-1's networks out of their folders: whole, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from torch import Tensor

from vbench.errors import CheckpointError, MissingCheckpoint
from vbench.files.json_file import plain_json
from vbench.generators.models.show_one.unet import FrameUNet
from vbench.weights.cards import locate
from vbench.weights.load import Part, fill, read_tensors
from vbench.weights.pretrained import CONFIG, read, whole

NAMES = ("diffusion_pytorch_model", "model", "pytorch_model")
"""How diffusers and transformers name a network's file."""

KINDS = [(variant, suffix) for suffix in (".safetensors", ".bin") for variant in ("fp16", "")]
"""Variants and endings of weights' files, those first that are taken first."""

TOKENS = 77
"""Of a prompt that T5 reads."""

UNTOLD = {"final_sigmas_type": "sigma_min"}
"""What Show-1's schedulers do without being told in diffusers 0.19, which it is published for: their last step leads to
timestep 0, where some noise is left. Later versions go on to none."""


@dataclass(frozen=True)
class PixelStage:
    """A stage in pixels.

    Attributes:
        unet: that denoises.
        scheduler: of its steps.
        noiser: of what is enlarged; ``None`` for a stage that does not.
    """

    unet: FrameUNet
    scheduler: Any
    noiser: Any


def pixel_stage(name: str, checkpoints: str, device: torch.device, dtype: torch.dtype) -> PixelStage:
    """A stage out of its folder.

    Args:
        name: of the checkpoint's card.
        checkpoints: a folder that stands for the cache.
        device: to compute on.
        dtype: to compute in.

    Raises:
        CheckpointError: it is not whole, or its configuration is none of such a network.
    """
    folder = locate(name, checkpoints)
    with torch.device("meta"):
        unet = _built(folder / "unet" / CONFIG)
    fill(name, read_tensors(weights_file(folder / "unet")), [Part(unet.network)], checkpoints)
    unet.to(device, dtype).eval()
    noiser = folder / "image_noising_scheduler"
    return PixelStage(unet, read_scheduler(folder / "scheduler"), read_scheduler(noiser) if noiser.is_dir() else None)


@dataclass(frozen=True)
class Text:
    """T5 with its tokenizer."""

    tokenizer: Any
    encoder: Any

    def __call__(self, prompt: str) -> Tensor:
        """``(1, 77, C)`` of a prompt in small letters; what is longer is cut."""
        tokens = self.tokenizer(
            [prompt.lower().strip()], padding="max_length", max_length=TOKENS, truncation=True, return_tensors="pt"
        )
        device = self.encoder.device
        given = tokens.input_ids.to(device), tokens.attention_mask.to(device)
        features: Tensor = self.encoder(given[0], attention_mask=given[1])[0]
        return features


def text(folder: Path, device: torch.device, dtype: torch.dtype) -> Text:
    """T5 out of the first stage's folder; raises as :func:`pixel_stage`."""
    encoder = network(transformers.T5EncoderModel, folder / "text_encoder", dtype)
    return Text(read(transformers.AutoTokenizer, folder / "tokenizer"), encoder.to(device))


def last_stage(folder: Path, device: torch.device, dtype: torch.dtype) -> Any:
    """The pipeline of the last stage, in latents; raises as :func:`pixel_stage`."""
    pipeline: Any = diffusers.VideoToVideoSDPipeline(
        vae=network(diffusers.AutoencoderKL, folder / "vae", dtype),
        text_encoder=network(transformers.CLIPTextModel, folder / "text_encoder", dtype),
        tokenizer=read(transformers.CLIPTokenizer, folder / "tokenizer"),
        unet=network(diffusers.UNet3DConditionModel, folder / "unet", dtype),
        scheduler=read_scheduler(folder / "scheduler"),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device)


def network(kind: Any, folder: Path, dtype: torch.dtype) -> Any:
    """A network of diffusers or transformers, of whatever kind of file is there."""
    for library in (diffusers, transformers):
        library.utils.logging.disable_progress_bar()
    path = weights_file(folder)
    variant = "fp16" if ".fp16" in path.name else None
    return whole(kind, folder, variant=variant, use_safetensors=path.suffix == ".safetensors", dtype=dtype)


def weights_file(folder: Path) -> Path:
    """The file of a network's weights, or the first of several; raises as :func:`weights_files`."""
    return weights_files(folder)[0]


def weights_files(folder: Path) -> list[Path]:
    """The files of a network's weights that are read.

    Raises:
        MissingCheckpoint: there is none.
    """
    for variant, suffix in KINDS:
        for name in NAMES:
            found = sorted(folder.glob(f"{name}{f'.{variant}' if variant else ''}*{suffix}"))
            fitting = [path for path in found if variant or ".fp16" not in path.name]
            if fitting:
                return fitting
    raise MissingCheckpoint(f"{folder} holds no weights: expected a file such as {NAMES[0]}{KINDS[0][1]}.")


def _built(config: Path) -> FrameUNet:
    try:
        return FrameUNet(plain_json(config.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{config} is no configuration of a U-Net of Show-1 ({type(error).__name__}: {str(error)[:200]}). "
            "Download it again."
        ) from error


def read_scheduler(folder: Path) -> Any:
    """The scheduler that a folder's configuration names, as it was when Show-1 was published.

    Raises:
        CheckpointError: the configuration names none, or cannot be read.
    """
    try:
        told = plain_json((folder / "scheduler_config.json").read_text(encoding="utf-8"))
        kind = getattr(diffusers, told["_class_name"])
        known = signature(kind).parameters
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise CheckpointError(f"{folder} is no scheduler of diffusers: {error}. Download it again.") from error
    return read(kind, folder, **{name: value for name, value in UNTOLD.items() if name in known and name not in told})
