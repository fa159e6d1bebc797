"""The published T2V-Turbo models: what each needs beside VideoCrafter2, and its protocol."""

from __future__ import annotations

from dataclasses import dataclass

from vbench.generators.base import Settings


@dataclass(frozen=True)
class Model:
    """A published model.

    Attributes:
        name: of the generator and of the checkpoint.
        settings: the published protocol; guidance and fps are told to the network.
        levels: of the noise schedule that it was distilled over.
        motion_guidance: told to a network that was trained with it, ``None`` for one that was not.
        motion_share: of the schedule, from the noisy end, over which it is told more than 0.
    """

    name: str
    settings: Settings
    levels: int
    motion_guidance: float | None = None
    motion_share: float = 0.0

    @property
    def is_lora(self) -> bool:
        """Whether its file changes VideoCrafter2's U-Net, and is not a whole one."""
        return self.motion_guidance is None


BASE = "videocrafter2"
"""Whose text tower and VAE they have, and which the first of them changes."""

MODELS = {
    model.name: model
    for model in (
        Model(
            "t2v-turbo",
            Settings(frames=16, height=320, width=512, fps=16, steps=4, guidance=7.5),
            levels=50,
        ),
        Model(
            "t2v-turbo-v2",
            Settings(frames=16, height=320, width=512, fps=8, steps=16, guidance=7.5),
            levels=200,
            motion_guidance=0.05,
            motion_share=0.5,
        ),
    )
}
"""Model by its name."""
