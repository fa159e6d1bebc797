"""``+venhancer``: larger, smoother clips by VEnhancer with the published checkpoints, as published."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from vbench import device as devices
from vbench.errors import UsageError
from vbench.generators.base import Clip, Enhancer, Options, Request, read_options
from vbench.generators.models.venhancer.weights_files import GUIDANCE, RESCALE, TIMESTEPS, files
from vbench.weights.cards import cache_dir, digest

if TYPE_CHECKING:
    from vbench.generators.models.venhancer.sampling import Enhancing


@dataclass(frozen=True)
class VEnhancerOptions(Options):
    """What can stand behind the colon, ``+venhancer:up_scale=2,target_fps=24``.

    Attributes:
        checkpoints: folder with the three files, by default ``venhancer`` in the suite's cache.
        device: auto, cpu, cuda, ...
        up_scale: how many times larger a clip becomes, raised for one that would have less than 720 rows.
        target_fps: rate to come near to by creating frames; 0 creates none.
        noise_aug: timestep of the noise on the clip, 1 to 1000; more changes more.
        steps: denoising steps.
    """

    checkpoints: str = ""
    device: str = "auto"
    up_scale: float = 4.0
    target_fps: float = 0.0
    noise_aug: int = 200
    steps: int = 50

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            UsageError: a number out of its range.
        """
        if not 1 <= self.noise_aug <= TIMESTEPS:
            raise UsageError(f"VEnhancer's noise_aug is 1 to {TIMESTEPS}, found {self.noise_aug}.")
        if self.up_scale < 1 or self.steps < 1 or self.target_fps < 0:
            raise UsageError(
                "VEnhancer's up_scale and steps are 1 or more and its target_fps 0 or more, found "
                f"{self.up_scale:g}, {self.steps} and {self.target_fps:g}."
            )


class VEnhancer(Enhancer):
    """The enhancer; its weights are loaded for the first clip. Frames beyond the 48th are left out, as published.

    Raises:
        UsageError: options that there are not.
        MissingCheckpoint: a file is not there.
    """

    meaning: ClassVar[str] = (
        "makes clips four times larger, smoother with +venhancer:target_fps=24 (VEnhancer, protocol of its repository)"
    )

    def __init__(self, name: str, argument: str) -> None:
        super().__init__(name, argument)
        self.options = read_options(VEnhancerOptions, argument.split(",") if argument else [], name)
        files(self.folder)
        self.device = devices.choose(self.options.device)

    @property
    def folder(self) -> Path:
        """Where the files are looked for."""
        given = self.options.checkpoints
        return Path(given).expanduser() if given else cache_dir() / "venhancer"

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        settings = {
            name: value for name, value in asdict(self.options).items() if name not in ("checkpoints", "device")
        }
        return {
            "files": {path.name: digest(path) for path in files(self.folder)},
            "settings": {**settings, "guidance": GUIDANCE, "rescale": RESCALE, "sampler": "DPM-Solver++ 2M SDE"},
            "dtype": "float32" if self.device.type == "cpu" else "float16",
            "device": self.device.type,
        }

    @override
    def enhance(self, clip: Clip, request: Request) -> Clip:
        return self._enhancing.enhance(clip, request)

    @cached_property
    def _enhancing(self) -> Enhancing:
        from vbench.generators.models.venhancer.sampling import Enhancing

        return Enhancing(self.options, self.folder, self.device)
