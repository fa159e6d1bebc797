"""The published VideoCrafter models: sizes and protocol; each is the checkpoint of the same name."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vbench.generators.base import Settings
from vbench.generators.models.ldm.sizes import VAE_WIDTHS, PictureSizes, Plan, TextSizes


@dataclass(frozen=True)
class Model:
    """A published model.

    Attributes:
        name: of the generator and of the checkpoint.
        settings: the published protocol.
        plan: of the U-Net.
        condition_fps: what the U-Net is told of the rate, which is not the rate of the file; ``None`` where it is not.
        freenoise_fps: the same with FreeNoise, whose authors tell it another one.
        last_scale: of the clean latents, see :func:`~vbench.generators.models.videocrafter.schedule.scales`.
        text: sizes of the text tower.
        vae: channels of the VAE by level.
        picture: sizes of the picture tower, ``None`` where it starts from text alone.
        early: whether it is the version before 1, with another U-Net and CLIP's text tower.
    """

    name: str
    settings: Settings
    plan: Plan
    condition_fps: int | None = None
    freenoise_fps: int | None = None
    last_scale: float = 1.0
    text: TextSizes = field(default_factory=TextSizes)
    vae: tuple[int, ...] = VAE_WIDTHS
    picture: PictureSizes | None = None
    early: bool = False


_PROTOCOL = Settings(frames=16, height=320, width=512, fps=10, steps=50, guidance=12.0, negative_prompt="")

MODELS = {
    model.name: model
    for model in (
        Model(
            "videocrafter-0.9",
            replace(_PROTOCOL, height=256, width=256, fps=8, guidance=15.0),
            Plan(text_width=768, distance=16),
            text=TextSizes(width=768, heads=12, layers=12),
            early=True,
        ),
        Model("videocrafter1", _PROTOCOL, Plan(temporal_convolutions=False, distance=16)),
        Model(
            "videocrafter1-1024",
            replace(_PROTOCOL, height=576, width=1024),
            Plan(temporal_convolutions=False, distance=16),
            condition_fps=28,
            freenoise_fps=28,
            last_scale=0.3,
        ),
        Model(
            "videocrafter1-i2v",
            _PROTOCOL,
            Plan(temporal_convolutions=True, sees_picture=True),
            condition_fps=8,
            last_scale=0.7,
            picture=PictureSizes(),
        ),
        Model(
            "videocrafter2",
            _PROTOCOL,
            Plan(temporal_convolutions=True),
            condition_fps=28,
            freenoise_fps=16,
            last_scale=0.7,
        ),
    )
}
"""Model by its name."""
