"""How VEnhancer is loaded and what it is told."""

from __future__ import annotations

from dataclasses import dataclass

from vbench.errors import UsageError
from vbench.generators.models.venhancer.weights_files import LEAST, MOST, TIMESTEPS
from vbench.generators.options import Options


@dataclass(frozen=True)
class VEnhancerOptions(Options):
    """What can stand behind the colon, ``+venhancer:up_scale=2,target_fps=24``.

    Attributes:
        checkpoints: folder of the published files, laid out as the suite's cache; ``""`` for that cache.
        device: auto, cpu, cuda, ...
        up_scale: how many times larger a clip becomes, raised for one that would have less than 720 rows.
        target_fps: rate to come near to by creating frames; 0 creates none.
        noise_aug: timestep of the noise on the clip, 1 to 1000; more changes more.
        total_noise_levels: timestep at which sampling starts, 2 to 1000; less than 1000 leaves something of the clip.
        steps: denoising steps, no more than total_noise_levels.
        max_frame_num: frames of a result; a longer clip's others are left out.
        chunk: frames that are denoised at once, 32 for instance, of a video of any length; 0 denoises max_frame_num.
    """

    checkpoints: str = ""
    device: str = "auto"
    up_scale: float = 4.0
    target_fps: float = 24.0
    noise_aug: int = 200
    total_noise_levels: int = 900
    steps: int = 45
    max_frame_num: int = MOST
    chunk: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            UsageError: a number out of its range.
        """
        if not 1 <= self.noise_aug <= TIMESTEPS:
            raise UsageError(f"VEnhancer's noise_aug is 1 to {TIMESTEPS}, found {self.noise_aug}.")
        if not 2 <= self.total_noise_levels <= TIMESTEPS:
            raise UsageError(f"VEnhancer's total_noise_levels is 2 to {TIMESTEPS}, found {self.total_noise_levels}.")
        if self.steps > self.total_noise_levels:
            raise UsageError(
                f"VEnhancer's steps are no more than its total_noise_levels, {self.total_noise_levels}, "
                f"found {self.steps}."
            )
        if not 1 <= self.max_frame_num <= MOST:
            raise UsageError(f"VEnhancer's max_frame_num is 1 to {MOST}, found {self.max_frame_num}.")
        if self.chunk and not LEAST <= self.chunk <= MOST:
            raise UsageError(f"VEnhancer's chunk is {LEAST} to {MOST} frames, or 0, found {self.chunk}.")
        if self.up_scale < 1 or self.steps < 1 or self.target_fps < 0:
            raise UsageError(
                "VEnhancer's up_scale and steps are 1 or more and its target_fps 0 or more, found "
                f"{self.up_scale:g}, {self.steps} and {self.target_fps:g}."
            )
