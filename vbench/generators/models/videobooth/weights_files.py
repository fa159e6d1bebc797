"""What is published of VideoBooth: its checkpoints, protocol and precision."""

from __future__ import annotations

from vbench.generators.base import Settings
from vbench.generators.local_model import Model

MAPPER, VAE = "videobooth_mapper", "stabilityai/sd-vae-ft-ema"
"""Besides the network and CLIP, by the names of their cards."""

VIDEOBOOTH = Model(
    "videobooth",
    "openai/clip-vit-large-patch14",
    Settings(frames=16, height=256, width=256, fps=8, steps=250, guidance=4.0, negative_prompt="None"),
    dtype="float32",
    more=(MAPPER, VAE),
)
