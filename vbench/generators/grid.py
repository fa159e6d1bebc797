"""Numbers of frames and pixels that a network can sample: others come out grey, as noise or in another size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vbench.errors import UsageError
from vbench.generators.base import Settings


@dataclass(frozen=True)
class Axis:
    """``first``, ``first + step``, ``first + 2 step``, ...

    Attributes:
        step: from one number to the next.
        first: the least one.
        most: the largest one, 0 for none.
        reason: why no other works, for the message.
    """

    step: int = 1
    first: int = 1
    most: int = 0
    reason: str = ""

    def has(self, value: int) -> bool:
        """Whether it is one of them."""
        return value >= self.first and (value - self.first) % self.step == 0 and not 0 < self.most < value

    def nearest(self, value: int) -> tuple[int, ...]:
        """The one or two next to a number.

        >>> Axis(4).nearest(8), Axis(16, 16).nearest(40), Axis(200, 320).nearest(100), Axis(1, 1, 32).nearest(48)
        ((5, 9), (32, 48), (320,), (32,))
        """
        below = self.first + (value - self.first) // self.step * self.step
        next_to = (max(one, self.first) for one in (below, below + self.step))
        if not self.most:
            return tuple(dict.fromkeys(next_to))
        largest = self.first + (self.most - self.first) // self.step * self.step
        return tuple(dict.fromkeys(min(one, largest) for one in next_to))

    @property
    def described(self) -> str:
        """In a formula.

        >>> Axis(4).described, Axis(16, 16).described, Axis(200, 320).described, Axis(1, 1, 32).described
        ('4k + 1', 'multiples of 16', '320 + 200k', 'at most 32')
        """
        if self.step == 1:
            return f"at most {self.most}"
        up_to = f", at most {self.most}" if self.most else ""
        if self.first == self.step:
            return f"multiples of {self.step}{up_to}"
        return (
            f"{self.step}k + {self.first}{up_to}" if self.first < self.step else f"{self.first} + {self.step}k{up_to}"
        )


def multiples(of: int) -> dict[str, Axis]:
    """The axes of frames whose sides are multiples."""
    return {"height": Axis(of, of), "width": Axis(of, of)}


def check(name: str, settings: Settings, axes: Mapping[str, Axis]) -> None:
    """Refuse settings that are not on the grid.

    Args:
        name: who samples, for the message.
        settings: that are asked for; what is ``None`` is not looked at.
        axes: by ``frames``, ``height`` and ``width``.

    Raises:
        UsageError: one is not; the message has the two nearest that are.
    """
    for setting, axis in axes.items():
        value = getattr(settings, setting)
        if not value or axis.has(value):
            continue
        ask = " or ".join(map(str, axis.nearest(value)))
        reason = f" ({axis.reason})" if axis.reason else ""
        if setting == "frames":
            raise UsageError(f"{name} samples {axis.described} frames{reason}: ask for {ask}, not {value}.")
        raise UsageError(f"{name} samples {axis.described} pixels{reason}: {setting} {value} is none, ask for {ask}.")
