"""Models by name: which diffusers pipeline, which checkpoint, and the published way of sampling."""

from __future__ import annotations

from dataclasses import dataclass

from vbench.generators.base import Settings


@dataclass(frozen=True)
class Preset:
    """A model that a diffusers pipeline samples.

    Attributes:
        pipeline: class in diffusers.
        repository: where its checkpoint is published, ``""`` where a folder must be given.
        settings: the published protocol.
        meaning: the model in a sentence, with the source of the protocol.
    """

    pipeline: str
    repository: str
    settings: Settings
    meaning: str


PRESETS: dict[str, Preset] = {
    "latte": Preset(
        "LattePipeline",
        "maxin-cn/Latte-1",
        Settings(frames=16, height=512, width=512, fps=8, steps=50, guidance=7.5, negative_prompt=""),
        "Latte-1, a text-to-video diffusion transformer (configs/t2x/t2v_sample.yaml of its repository).",
    ),
}
"""Generators by name."""

ENHANCER_PRESETS: dict[str, Preset] = {}
"""Enhancers by name."""
