"""What a call changes of how a pipeline samples: call arguments, scheduler, LoRAs and components."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vbench.errors import UsageError
from vbench.files.json_file import plain_json

Scheduler = tuple[str, Mapping[str, Any]]
"""Class in diffusers, and what differs from the checkpoint's configuration."""


@dataclass(frozen=True)
class Lora:
    """Low-rank weights on top of a network's own.

    Attributes:
        file: safetensors on this machine; beside a component's files where ``beside`` names one.
        weight: how much they count; 1 as they were trained, 0 not at all.
        beside: component in whose folder the file is published.
    """

    file: str
    weight: float = 1.0
    beside: str = ""


@dataclass(frozen=True)
class Changes:
    """What differs from a model's published way of sampling.

    Attributes:
        arguments: of the pipeline's call, beside the settings.
        scheduler: instead of the checkpoint's or the preset's.
        loras: added to those of the preset, in this order.
        components: component -> folder, or ``OWNER/NAME[/SUBFOLDER]``, that it comes from instead.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    scheduler: Scheduler | None = None
    loras: tuple[Lora, ...] = ()
    components: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return self != Changes()

    def then(self, later: Changes) -> Changes:
        """Both; where they say two things of one, the later one holds."""
        return Changes(
            {**self.arguments, **later.arguments},
            later.scheduler or self.scheduler,
            (*self.loras, *later.loras),
            {**self.components, **later.components},
        )

    @property
    def described(self) -> str:
        """What it has, for messages."""
        told = {
            "call arguments": self.arguments, "a scheduler": self.scheduler, "LoRAs": self.loras,
            "components": self.components,
        }  # fmt: skip
        return ", ".join(name for name, value in told.items() if value)


def read_changes(
    arguments: Sequence[str] = (), scheduler: str = "", loras: Sequence[str] = (), components: Sequence[str] = ()
) -> Changes:
    """Changes as they stand on a command line.

    Args:
        arguments: ``NAME=VALUE``; a value is JSON, or else text.
        scheduler: ``CLASS`` or ``CLASS:NAME=VALUE,NAME=VALUE``.
        loras: ``FILE`` or ``FILE:WEIGHT``.
        components: ``NAME=PLACE``.

    Raises:
        UsageError: a text has not this form.

    >>> read_changes(["guidance_scale_2=3", "use_dynamic_cfg=true"]).arguments
    {'guidance_scale_2': 3, 'use_dynamic_cfg': True}
    >>> read_changes(scheduler="DDIMScheduler:beta_schedule=linear,steps_offset=1").scheduler
    ('DDIMScheduler', {'beta_schedule': 'linear', 'steps_offset': 1})
    >>> read_changes(loras=["mine.safetensors:0.5"]).loras
    (Lora(file='mine.safetensors', weight=0.5, beside=''),)
    """
    return Changes(
        _pairs(arguments, "--set"),
        _scheduler(scheduler) if scheduler else None,
        tuple(_lora(text) for text in loras),
        {name: str(place) for name, place in _pairs(components, "--component", plain=True).items()},
    )


def _pairs(texts: Sequence[str], option: str, plain: bool = False) -> dict[str, Any]:
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"{option} takes NAME=VALUE, found {text!r}.")
        found[name.strip()] = value if plain else _value(value, f"{option} {name}")
    return found


def _scheduler(text: str) -> Scheduler:
    name, _, changes = text.partition(":")
    return name, _pairs(changes.split(",") if changes else [], f"--scheduler {name}:")


def _lora(text: str) -> Lora:
    file, colon, weight = text.rpartition(":")
    try:
        lora = Lora(file, float(weight)) if colon else Lora(text)
    except ValueError:
        return Lora(text)
    if not math.isfinite(lora.weight):
        raise UsageError(f"The weight of --lora {file} must be a finite number, found {weight}.")
    return lora


def _value(text: str, where: str) -> Any:
    try:
        value = plain_json(text)
    except ValueError:
        return text
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise UsageError(f"{where} must be of finite numbers, found {text}.") from error
    return value
