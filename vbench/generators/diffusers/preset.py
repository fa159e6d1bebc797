"""What a preset is: a diffusers pipeline, its checkpoint, and a published way of sampling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vbench.generators.base import Settings
from vbench.generators.changes import Changes, Lora, Scheduler


@dataclass(frozen=True)
class Part:
    """A component that does not come with the checkpoint as it should be.

    Attributes:
        kind: its class, in diffusers or transformers; ``""`` for the one that its configuration names.
        repository: where it is published, ``""`` for the checkpoint's own repository.
        subfolder: where it lies in there.
        given: whether it was asked for, so that it is taken whatever the checkpoint has itself; ``repository`` may
            then be a folder.
    """

    kind: str
    repository: str = ""
    subfolder: str = ""
    given: bool = False


SINGLE_FILES = (
    "AnimateDiff", "Cosmos", "HunyuanSkyreels", "HunyuanVideoImageToVideo", "HunyuanVideoPipeline", "LTX", "Mochi",
    "MotifVideo", "PIA", "SkyReelsV2", "Wan",
)  # fmt: skip
"""How pipelines begin whose transformer or U-Net diffusers reads from a single file, as well as from a folder."""


@dataclass(frozen=True)
class Preset:
    """A model that a diffusers pipeline samples.

    Attributes:
        pipeline: class in diffusers.
        repository: where its checkpoint is published, by the name of its card, which has revision and licence.
        settings: the published protocol.
        meaning: the model in a sentence, with the source of the protocol.
        dtype: precision on an accelerator.
        dtypes: component -> its precision there, where it has another.
        tiling: whether the VAE decodes in tiles.
        scheduler: class in diffusers and what differs from the checkpoint's configuration.
        arguments: what else the pipeline is called with.
        parts: component -> where it comes from instead.
        loras: on top of its networks.
        template: what is fed; ``{prompt}`` is the prompt, ``{lowered}`` the same in small letters.
    """

    pipeline: str
    repository: str
    settings: Settings
    meaning: str
    dtype: str = "bfloat16"
    dtypes: Mapping[str, str] = field(default_factory=dict)
    tiling: bool = False
    scheduler: Scheduler | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)
    loras: tuple[Lora, ...] = ()
    template: str = "{prompt}"

    @property
    def cards(self) -> list[str]:
        """Names of the cards of everything that it is made of as published."""
        return [self.repository, *(part.repository for part in self.parts.values() if part.repository)]

    def fed(self, prompt: str) -> str:
        """What the pipeline is given for a prompt.

        >>> Preset("", "", Settings(), "", template="{lowered}, 4k").fed(" A Cat ")
        'a cat, 4k'
        """
        words = {"{prompt}": prompt, "{lowered}": prompt.lower().strip()}
        return "".join(words.get(part, part) for part in re.split("({prompt}|{lowered})", self.template))

    def changed(self, changes: Changes) -> Preset:
        """The same, sampled otherwise."""
        given = {name: _given(place) for name, place in changes.components.items()}
        return replace(
            self,
            arguments={**self.arguments, **changes.arguments},
            scheduler=changes.scheduler or self.scheduler,
            loras=(*self.loras, *changes.loras),
            parts={**self.parts, **given},
        )

    @property
    def single_file(self) -> bool:
        """Whether diffusers reads the main network of this pipeline from a single file, too."""
        return self.pipeline.startswith(SINGLE_FILES)


def _given(place: str) -> Part:
    """A component from a folder, or from ``OWNER/NAME[/SUBFOLDER]``."""
    if Path(place).expanduser().is_dir() or place.startswith(("/", ".", "~")):
        return Part("", place, given=True)
    words = place.split("/", 2)
    return Part("", "/".join(words[:2]), "/".join(words[2:]), given=True)
