"""What SEINE can be asked for: which frames are given, in which size, with which words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vbench.generators.base import Settings
from vbench.generators.local_model import Model
from vbench.generators.models.lavie.weights_files import STABLE_DIFFUSION


@dataclass(frozen=True)
class Task:
    """One way of sampling.

    Attributes:
        protocol: the published one.
        suffix: what every prompt ends with, put behind it as it stands, as in its repository.
        first: how many frames at the beginning are given.
        last: how many at the end.
    """

    protocol: Settings
    suffix: str
    first: int = 1
    last: int = 0

    def given(self, count: int) -> Task:
        """The same with so many frames at each end where any is given; 0 leaves it as it is.

        >>> (TASKS["transition"].given(2).last, TASKS["prediction"].given(5).last, TASKS["first"].given(0).first)
        (2, 0, 1)
        """
        if not count:
            return self
        return replace(self, first=count if self.first else 0, last=count if self.last else 0)


_FIRST = Settings(frames=16, height=240, width=560, fps=8, steps=250, guidance=8.0, negative_prompt="")

TASKS = {
    "first": Task(_FIRST, ", slow motion."),
    "transition": Task(replace(_FIRST, height=512, width=512), "smooth transition.", last=1),
    "prediction": Task(_FIRST, "", first=3),
}
"""By the names of the option. No script of its repository predicts: the paper does from 3 to 5 frames."""

TASKS_ON_BOARD = {"first": replace(TASKS["first"], protocol=replace(_FIRST, height=320, width=512))}
"""The one that VBench's table of image-to-video models has, SEINE-512x320 in vbench2_beta_i2v/README.md."""

SEINE = Model("seine", STABLE_DIFFUSION, _FIRST)

SCHEDULERS = ("ddpm", "ddim")


def mask(frames: int, first: int, last: int) -> list[int]:
    """1 for each frame to generate, 0 for each that is given.

    >>> mask(5, first=1, last=2)
    [0, 1, 1, 0, 0]
    """
    return [int(first <= frame < frames - last) for frame in range(frames)]
