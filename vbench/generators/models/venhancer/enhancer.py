"""``+venhancer``: larger, smoother clips by VEnhancer with the published checkpoints, as published."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from vbench import device as devices
from vbench.files.digest import digest
from vbench.generators.base import Enhancer, Request
from vbench.generators.models.venhancer.options import VEnhancerOptions
from vbench.generators.models.venhancer.weights_files import GUIDANCE, RESCALE, files
from vbench.generators.options import read_options
from vbench.media.clip import Clip
from vbench.weights.cards import cache_dir

if TYPE_CHECKING:
    from vbench.generators.models.venhancer.sampling import Enhancing


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
