"""Defects by the turn of a dial: 0 is none, 1 is as bad as it gets."""

from __future__ import annotations

from dataclasses import dataclass, fields

from vbench.errors import UsageError


@dataclass(frozen=True)
class Dials:
    """How much of each defect a clip has, all in 0..1.

    Attributes:
        flicker: brightness that changes from frame to frame.
        jerk: movement that hurries and waits.
        blur: detail that is missing.
        color_shift: colours that turn in the course of the clip.
        subject_drift: things that become other things in the course of the clip.
        stillness: movement that is missing.
        freeze: share of the clip, from its end, in which nothing moves any more.
        loop: movement that starts over; at 1 four times in the clip.
        cut: things that are other things from the middle of the clip on.
    """

    flicker: float = 0.0
    jerk: float = 0.0
    blur: float = 0.0
    color_shift: float = 0.0
    subject_drift: float = 0.0
    stillness: float = 0.0
    freeze: float = 0.0
    loop: float = 0.0
    cut: float = 0.0


NAMES = tuple(field.name for field in fields(Dials))


def read_dials(text: str) -> Dials:
    """Dials from ``flicker=0.3,jerk=1``.

    >>> read_dials("flicker=0.3").flicker
    0.3

    Raises:
        UsageError: no such dial, or a position outside 0..1.
    """
    positions: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        name, _, position = part.partition("=")
        name = name.strip().replace("-", "_")
        if name not in NAMES:
            raise UsageError(f"There is no dial {name!r}. Dials: {', '.join(NAMES)}, such as synthetic:jerk=0.5.")
        try:
            positions[name] = float(position)
        except ValueError as error:
            raise UsageError(f"The dial {name} needs a number from 0 to 1, found {position!r}.") from error
        if not 0 <= positions[name] <= 1:
            raise UsageError(f"The dial {name} goes from 0 to 1, found {positions[name]:g}.")
    return Dials(**positions)
