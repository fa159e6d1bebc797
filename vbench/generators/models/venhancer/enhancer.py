"""``+venhancer``: larger, smoother clips by VEnhancer with the published checkpoints, as published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from vbench import device as devices
from vbench.files.digest import digest
from vbench.generators.base import Enhancer, Generator, Request, Settings
from vbench.generators.local_model import check_files
from vbench.generators.models.venhancer.options import VEnhancerOptions
from vbench.generators.models.venhancer.weights_files import GUIDANCE, RESCALE, TEXT, UNET, VAE
from vbench.generators.options import read_options
from vbench.media.clip import Clip
from vbench.weights.cards import locate

if TYPE_CHECKING:
    import torch

    from vbench.generators.models.venhancer.sampling import Enhancing

FILES = (UNET, TEXT, VAE)

NOT_TOLD = ("checkpoints", "device")
"""Options that are no settings."""


class VEnhancer(Enhancer):
    """The enhancer; its weights are loaded for the first clip.

    Frames beyond the 48th are left out, as published; with ``+venhancer:chunk=32`` a clip of any length is enhanced.

    Raises:
        UsageError: options that there are not.
    """

    version = 2
    meaning: ClassVar[str] = (
        "makes clips four times larger, smoother with +venhancer:target_fps=24 (VEnhancer, protocol of its repository)"
    )

    def __init__(self, name: str, argument: str, options: Sequence[str] = ()) -> None:
        super().__init__(name, argument)
        self.options = read_options(VEnhancerOptions, [*(argument.split(",") if argument else []), *options], name)

    @cached_property
    def device(self) -> torch.device:
        """To compute on."""
        return devices.choose(self.options.device)

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        paths = [locate(name, self.options.checkpoints) for name in FILES]
        settings = {name: value for name, value in asdict(self.options).items() if name not in NOT_TOLD}
        if not self.options.chunk:
            del settings["chunk"]
        return {
            "files": {path.name: digest(path) for path in paths},
            "settings": {**settings, "guidance": GUIDANCE, "rescale": RESCALE, "sampler": "DPM-Solver++ 2M SDE"},
            "dtype": "float32" if self.device.type == "cpu" else "float16",
            "device": self.device.type,
        }

    @property
    @override
    def checkpoints(self) -> Sequence[str]:
        return FILES

    @override
    def prepare(self, generator: Generator[Any], settings: Settings) -> Settings:
        check_files(FILES, self.options.checkpoints)
        _ = self.device
        return settings

    @override
    def load(self) -> None:
        _ = self._enhancing

    @override
    def enhance(self, clip: Clip, request: Request) -> Clip:
        return self._enhancing.enhance(clip, request)

    @cached_property
    def _enhancing(self) -> Enhancing:
        from vbench.generators.models.venhancer.sampling import Enhancing

        return Enhancing(self.options, self.device)
