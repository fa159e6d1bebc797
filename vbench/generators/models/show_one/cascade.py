"""Show-1's published stages and sizes; each stage is a checkpoint of the name beside it."""

from __future__ import annotations

from dataclasses import dataclass, field

from vbench.generators.base import Settings


@dataclass(frozen=True)
class Stage:
    """How a stage is sampled.

    Attributes:
        weights: name of the checkpoint's card.
        steps: of denoising.
        guidance: scale of classifier-free guidance.
        noise_level: timestep to which what is enlarged is noised before.
    """

    weights: str
    steps: int
    guidance: float
    noise_level: int = 0


@dataclass(frozen=True)
class Cascade:
    """The stages, and the sizes between them.

    Attributes:
        keys: frames of the first stage.
        gap: frames from a key frame to the next.
        height: of the first stage, in pixels.
        width: alike.
        enlarged: how many times as high and wide pixels are made.
        window: frames that are enlarged at once; the first one is the last one of the window before.
        settings: of the video that comes out.
        strength: of the noise that the last stage starts from, 0..1.
        dtype: that the networks are published to be run in.
        keys_stage: text to key frames.
        between_stage: frames between two.
        first_stage: a still made larger, the first frame.
        larger_stage: a window made larger, behind its first frame.
        last_stage: the whole made larger and denoised again, in latents.
    """

    keys: int = 8
    gap: int = 4
    height: int = 40
    width: int = 64
    enlarged: int = 4
    window: int = 8
    settings: Settings = field(
        default_factory=lambda: Settings(
            frames=29, height=320, width=576, fps=8, negative_prompt="low resolution, blur"
        )
    )  # fmt: skip
    strength: float = 0.8
    dtype: str = "float16"
    keys_stage: Stage = Stage("showlab/show-1-base", 75, 9.0)
    between_stage: Stage = Stage("showlab/show-1-interpolation", 75, 4.0)
    first_stage: Stage = Stage("DeepFloyd/IF-II-L-v1.0", 70, 4.0, noise_level=150)
    larger_stage: Stage = Stage("showlab/show-1-sr1", 125, 7.0, noise_level=250)
    last_stage: Stage = Stage("showlab/show-1-sr2", 50, 15.0)

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the checkpoints' cards."""
        return tuple(stage.weights for stage in self.stages.values())

    @property
    def stages(self) -> dict[str, Stage]:
        """Stage by its name, in the order of work."""
        return {
            "keys": self.keys_stage,
            "between": self.between_stage,
            "first": self.first_stage,
            "larger": self.larger_stage,
            "last": self.last_stage,
        }


CASCADE = {"show-1": Cascade()}
"""The published one."""
