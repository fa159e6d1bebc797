"""Diffusers pipelines that make a better clip of a clip: a video-to-video model, or an upscaler frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import diffusers
import numpy as np
import torch
from PIL import Image
from typing_extensions import override

from vbench.generators.base import Enhancer, Generator, Request, Settings
from vbench.generators.changes import Changes
from vbench.generators.diffusers.call import Call
from vbench.generators.diffusers.checkpoint import Checkpoint, DiffusersOptions
from vbench.generators.diffusers.presets import ENHANCER_PRESETS
from vbench.generators.frames import as_frames, seeded
from vbench.generators.options import read_options
from vbench.media.clip import Clip

ELSEWHERE = {"prompt": "the prompt", "image": "the clip", "video": "the clip", "generator": "--seed"}
"""Arguments that the adapter gives -> from what."""

MULTIPLE = 64
"""Pixels that sides of a resized clip are multiples of."""


class DiffusersEnhancer(Enhancer):
    """``NAME`` or ``NAME:REPO_OR_FOLDER`` of :data:`~vbench.generators.diffusers.presets.ENHANCER_PRESETS`."""

    def __init__(self, name: str, argument: str, options: Sequence[str] = ()) -> None:
        super().__init__(name, argument)
        self.preset = ENHANCER_PRESETS[name]
        self.changes = Changes()
        self.checkpoint = Checkpoint(argument, self.preset, read_options(DiffusersOptions, options, name))

    @override
    def change(self, changes: Changes) -> None:
        self.changes = changes
        self.preset = self.checkpoint.preset = self.preset.changed(changes)

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        return {**self.checkpoint.provenance, "settings": self.preset.settings.stated()}

    @property
    @override
    def checkpoints(self) -> Sequence[str]:
        return self.checkpoint.cards

    @override
    def prepare(self, generator: Generator[Any], settings: Settings) -> Settings:
        Call(getattr(diffusers, self.checkpoint.class_name)).check(self.changes.arguments, ELSEWHERE)
        self.checkpoint.check()
        return settings

    @override
    def load(self) -> None:
        _ = self._pipeline

    @override
    def enhance(self, clip: Clip, request: Request) -> Clip:
        frames = [Image.fromarray(frame) for frame in clip.frames]
        settings = self.preset.settings
        arguments = {
            "num_inference_steps": settings.steps,
            "guidance_scale": settings.guidance,
            "negative_prompt": settings.negative_prompt,
            **self.preset.arguments,
            "prompt": request.prompt,
            "output_type": "np",
        }
        with seeded(request.seed):
            if settings.height and settings.width:
                size = resized(frames[0].size, settings.height * settings.width)
                larger = [frame.resize(size, Image.Resampling.BICUBIC) for frame in frames]
                video = self._pipeline(video=larger, generator=_noise(request), **arguments).frames[0]
            else:
                answers = (self._pipeline(image=one, generator=_noise(request), **arguments) for one in frames)
                video = np.stack([answer.images[0] for answer in answers])
        return Clip(as_frames(video), clip.fps)

    @cached_property
    def _pipeline(self) -> Any:
        return self.checkpoint.load()


def resized(size: tuple[int, int], area: int) -> tuple[int, int]:
    """Width and height of about this area in the shape of a picture.

    >>> resized((576, 320), 1024 * 576), resized((512, 512), 1024 * 576)
    ((1024, 576), (768, 768))
    """
    scale = (area / (size[0] * size[1])) ** 0.5
    width, height = (max(MULTIPLE, round(side * scale / MULTIPLE) * MULTIPLE) for side in size)
    return width, height


def _noise(request: Request) -> torch.Generator:
    """The same for every frame: what differs between frames is then the frame's."""
    return torch.Generator("cpu").manual_seed(request.seed)
