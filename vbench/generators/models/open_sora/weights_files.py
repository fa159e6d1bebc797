"""Open-Sora's published files, sizes and protocol."""

from __future__ import annotations

from dataclasses import dataclass, field

from vbench.generators.base import Settings
from vbench.generators.models.ldm.sizes import VAE_WIDTHS


@dataclass(frozen=True)
class Model:
    """The published model.

    Attributes:
        transformer: name of its checkpoint.
        vae: alike.
        text: alike, of T5.
        settings: the published protocol.
        vae_width: channels of the VAE along time.
        vae_widths: channels of the VAE of frames, by level.
        sizes: what differs from the transformer's published sizes.
    """

    transformer: str = "hpcai-tech/OpenSora-STDiT-v3"
    vae: str = "hpcai-tech/OpenSora-VAE-v1.2"
    text: str = "DeepFloyd/t5-v1_1-xxl"
    settings: Settings = field(
        default_factory=lambda: Settings(frames=51, height=240, width=426, fps=24, steps=30, guidance=7.0)
    )
    vae_width: int = 128
    vae_widths: tuple[int, ...] = VAE_WIDTHS
    sizes: tuple[tuple[str, int], ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the checkpoints' cards."""
        return self.transformer, self.vae, self.text


MODELS = {"open-sora-1.2": Model()}
"""Model by its name."""


@dataclass(frozen=True)
class EarlyModel:
    """Open-Sora 1.0.

    Attributes:
        transformer: name of its checkpoint.
        vae: alike.
        text: alike, of T5.
        settings: the published protocol.
        sizes: what differs from the transformer's published sizes.
    """

    transformer: str = "open-sora-1.0"
    vae: str = "stabilityai/sd-vae-ft-ema"
    text: str = "DeepFloyd/t5-v1_1-xxl"
    settings: Settings = field(
        default_factory=lambda: Settings(frames=16, height=512, width=512, fps=8, steps=100, guidance=7.0)
    )
    sizes: tuple[tuple[str, int], ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the checkpoints' cards."""
        return self.transformer, self.vae, self.text


EARLY = {"open-sora-1.0": EarlyModel()}
"""Model by its name."""
