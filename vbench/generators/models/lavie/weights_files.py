"""What is published of LaVie: its protocols, and what its stages make of a clip."""

from __future__ import annotations

from dataclasses import replace

from vbench.generators.base import Settings
from vbench.generators.local_model import Model

STABLE_DIFFUSION = "stable-diffusion-v1-4"

BASE = Model(
    "lavie_base",
    STABLE_DIFFUSION,
    Settings(frames=16, height=320, width=512, fps=8, steps=50, guidance=7.5, negative_prompt=""),
)

PROTOCOLS = {"lavie": BASE.protocol, "lavie@vbench": replace(BASE.protocol, height=512)}
"""The base model's by name: of its repository, and as the table in VBench's sampled_videos/README.md has it."""

INTERPOLATION = Model(
    "lavie_interpolation",
    STABLE_DIFFUSION,
    Settings(frames=61, fps=24, steps=50, guidance=4.0, negative_prompt="None"),
    dtype="float32",
)

SUPER_RESOLUTION = Model(
    "lavie_vsr",
    "stable-diffusion-x4-upscaler",
    Settings(steps=50, guidance=5.0, negative_prompt="blur, worst quality"),
)

SCHEDULERS = ("ddpm", "ddim", "eulerdiscrete")
"""Of the base model."""

MOST_STEPS = {"ddpm": 1000, "ddim": 999}
"""That a scheduler can go through; DDIM's first timestep is 1."""

KEYS, EVERY = 16, 4
"""Frames of a clip that is interpolated, and how many of the new ones are there for each."""

MOST_PIXELS = 4 * 320 * 512
"""Of a frame that is interpolated; the cost of attention within frames grows with their square."""

FASTER = 3
"""Times the frames per second after interpolation."""

LARGER = 4
"""Times the height and the width after super-resolution."""
