"""``+venhancer``: larger, smoother clips by VEnhancer with the published checkpoints, as published."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor
from typing_extensions import override

from vbench import device as devices
from vbench.checkpoints import cache_dir, digest
from vbench.errors import UsageError
from vbench.generators.base import Clip, Enhancer, Options, Request, SamplingError, read_options
from vbench.generators.diffusers_pipeline import as_frames
from vbench.generators.ldm.vae import SCALE, decoded
from vbench.generators.venhancer import padding
from vbench.generators.venhancer.control import Hint
from vbench.generators.venhancer.frames import between, key_frames, taken
from vbench.generators.venhancer.models import Networks, files, load
from vbench.generators.venhancer.prompts import NEGATIVE, POSITIVE
from vbench.generators.venhancer.sampler import TIMESTEPS, Schedule, guided, sample

GUIDANCE, RESCALE = 7.5, 0.2
TOGETHER = 2
"""Frames that are decoded at once."""


@dataclass(frozen=True)
class VEnhancerOptions(Options):
    """What can stand behind the colon, ``+venhancer:up_scale=2,target_fps=24``.

    Attributes:
        checkpoints: folder with the three files, by default ``venhancer`` in the suite's cache.
        device: auto, cpu, cuda, ...
        up_scale: how many times larger a clip becomes, raised for one that would have less than 720 rows.
        target_fps: rate to come near to by creating frames; 0 creates none.
        noise_aug: timestep of the noise on the clip, 1 to 1000; more changes more.
        steps: denoising steps.
    """

    checkpoints: str = ""
    device: str = "auto"
    up_scale: float = 4.0
    target_fps: float = 0.0
    noise_aug: int = 200
    steps: int = 50

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            UsageError: a number out of its range.
        """
        if not 1 <= self.noise_aug <= TIMESTEPS:
            raise UsageError(f"VEnhancer's noise_aug is 1 to {TIMESTEPS}, found {self.noise_aug}.")
        if self.up_scale < 1 or self.steps < 1 or self.target_fps < 0:
            raise UsageError(
                "VEnhancer's up_scale and steps are 1 or more and its target_fps 0 or more, found "
                f"{self.up_scale:g}, {self.steps} and {self.target_fps:g}."
            )


class VEnhancer(Enhancer):
    """The enhancer; its weights are loaded for the first clip. Frames beyond the 48th are left out, as published.

    Raises:
        UsageError: options that there are not.
        MissingCheckpoint: a file is not there.
    """

    meaning: ClassVar[str] = (
        "makes clips four times larger and creates frames between theirs; +venhancer:up_scale=2,target_fps=24"
    )

    def __init__(self, name: str, argument: str) -> None:
        super().__init__(name, argument)
        self.options = read_options(VEnhancerOptions, argument.split(",") if argument else [], name)
        files(self.folder)
        self.device = devices.choose(self.options.device)

    @property
    def folder(self) -> Path:
        """Where the files are looked for."""
        given = self.options.checkpoints
        return Path(given).expanduser() if given else cache_dir() / "venhancer"

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        settings = {
            name: value for name, value in asdict(self.options).items() if name not in ("checkpoints", "device")
        }
        return {
            "files": {path.name: digest(path) for path in files(self.folder)},
            "settings": {**settings, "guidance": GUIDANCE, "rescale": RESCALE, "sampler": "DPM-Solver++ 2M SDE"},
            "dtype": "float32" if self.device.type == "cpu" else "float16",
            "device": self.device.type,
            "torch": torch.__version__,
        }

    @override
    @torch.inference_mode()
    def enhance(self, clip: Clip, request: Request) -> Clip:
        created = between(clip.fps, self.options.target_fps)
        frames = clip.frames[: taken(len(clip.frames), created)]
        pixels = torch.from_numpy(frames.copy()).permute(0, 3, 1, 2).float() / 255 * 2 - 1
        scale = max(self.options.up_scale, padding.HEIGHT / pixels.shape[2])
        larger = F.interpolate(pixels, scale_factor=scale, mode="bilinear")
        around = padding.margins(*larger.shape[2:])
        generator = torch.Generator("cpu").manual_seed(request.seed)
        try:
            with torch.autocast(self.device.type, torch.float16, enabled=self.device.type != "cpu"):
                hint = self._hint(padding.padded(larger, around), math.floor(scale), created, generator)
                latents = self._latents(hint, request.prompt, generator)
                video = decoded(self._networks.vae, latents[0].transpose(0, 1), TOGETHER)
        except torch.cuda.OutOfMemoryError as error:
            raise SamplingError("out of memory: try +venhancer:up_scale=2, or fewer frames") from error
        enhanced = as_frames(padding.cropped(video, around).permute(0, 2, 3, 1).numpy())
        return Clip(enhanced, clip.fps * (created + 1), clip.facts)

    def _hint(self, pixels: Tensor, up_scale: int, created: int, generator: torch.Generator) -> Hint:
        """The clip's frames ``(K, 3, H, W)`` as latents with noise on them."""
        timestep = self.options.noise_aug - 1
        with torch.autocast(self.device.type, enabled=False):
            encoded = [
                self._networks.vae.encode(frame[None].to(self.device)).latent_dist.sample(generator) for frame in pixels
            ]
        clean = SCALE * torch.cat(encoded).transpose(0, 1)[None]
        return Hint(
            Schedule().noised(clean, self._noise(clean.shape, generator), timestep),
            torch.tensor([timestep], device=self.device),
            torch.tensor([up_scale], device=self.device),
            key_frames(len(pixels), created).to(self.device)[None],
        )

    def _latents(self, hint: Hint, prompt: str, generator: torch.Generator) -> Tensor:
        """The clean result, ``(1, 4, F, H / 8, W / 8)``; it starts from noise in which nothing of the clip is left."""
        schedule, networks = Schedule(), self._networks
        with torch.autocast(self.device.type, enabled=False):
            text = networks.text.encode([prompt + POSITIVE, NEGATIVE])
        channels, height, width = hint.latents.shape[1], *hint.latents.shape[3:]
        shape = torch.Size((1, channels, hint.keys.shape[1], height, width))

        def denoise(latents: Tensor, sigma: float) -> Tensor:
            timestep = schedule.timestep(sigma)
            told = torch.tensor([timestep], device=self.device)
            positive, negative = (networks.unet(latents, told, one[None], hint).float() for one in text)
            return schedule.clean(latents, guided(positive, negative, GUIDANCE, RESCALE), timestep)

        start = self._noise(shape, generator)
        return sample(denoise, start, schedule.sigmas(self.options.steps), lambda: self._noise(shape, generator))

    def _noise(self, shape: torch.Size, generator: torch.Generator) -> Tensor:
        """Standard normal, drawn on the CPU, so that a seed means the same on every device."""
        return torch.randn(shape, generator=generator).to(self.device)

    @cached_property
    def _networks(self) -> Networks:
        return load(self.folder, self.device)
