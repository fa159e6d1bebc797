"""Open-Sora's published files, sizes and protocol."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vbench.generators.base import BOARD, Settings
from vbench.generators.models.ldm.sizes import VAE_WIDTHS

CHUNK, CHUNK_LATENTS = 17, 5
"""Frames that the VAE of 1.2 codes together, and the latents that they become."""


@dataclass(frozen=True)
class Model:
    """Open-Sora 1.2.

    Attributes:
        transformer: name of its checkpoint.
        vae: alike.
        text: alike, of T5.
        settings: the published protocol.
        dtype: that it is published to be run in, but for T5, which is float32.
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
    dtype: str = "bfloat16"
    vae_width: int = 128
    vae_widths: tuple[int, ...] = VAE_WIDTHS
    sizes: tuple[tuple[str, int], ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the checkpoints' cards."""
        return self.transformer, self.vae, self.text


MODELS = {
    "open-sora-1.2": Model(),
    f"open-sora-1.2{BOARD}": Model(
        settings=Settings(frames=204, height=720, width=1280, fps=24, steps=30, guidance=7.0)
    ),
}  # fmt: skip
"""Model by its name."""


@dataclass(frozen=True)
class EarlyModel:
    """Open-Sora 1.0 or 1.1.

    Attributes:
        transformer: name of its checkpoint.
        settings: the published protocol.
        dtype: that it is published to be run in, but for T5, which is float32.
        text_tokens: that T5 reads of a prompt.
        interval: frames of the trained videos for each that is sampled, 0 for a network that is told nothing of them.
        vae: name of its checkpoint.
        text: alike, of T5.
        sizes: what differs from the transformer's published sizes.
    """

    transformer: str
    settings: Settings
    dtype: str
    text_tokens: int
    interval: int = 0
    vae: str = "stabilityai/sd-vae-ft-ema"
    text: str = "DeepFloyd/t5-v1_1-xxl"
    sizes: tuple[tuple[str, int], ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the checkpoints' cards."""
        return self.transformer, self.vae, self.text


EARLY = {
    "open-sora-1.0": EarlyModel(
        "open-sora-1.0", Settings(frames=16, height=512, width=512, fps=8, steps=100, guidance=7.0), "float16", 120
    ),
    "open-sora-1.1": EarlyModel(
        "hpcai-tech/OpenSora-STDiT-v2-stage3",
        Settings(frames=16, height=240, width=426, fps=8, steps=100, guidance=7.0),
        "bfloat16",
        200,
        interval=3,
    ),
}
EARLY[f"open-sora-1.1{BOARD}"] = replace(
    EARLY["open-sora-1.1"], settings=replace(EARLY["open-sora-1.1"].settings, frames=64)
)
"""Model by its name."""
