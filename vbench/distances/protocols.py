"""Protocols: everything besides the videos that moves a distance, as data with a digest.

Most differences between printed distances are differences of these choices: the stride of the real side alone took FVD
on FaceForensics from 67 to 34. So a protocol stands in every result, and results of two protocols are not compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from vbench.errors import UsageError
from vbench.registry import unknown

STARTS = ("every", "first", "random")
"""Where windows of a video start: one after the other, at its beginning, or at one place that the seed gives."""

CHOICES = ("random", "first")
"""Which videos are taken of more than are wanted: those that the seed gives, or the first by name."""

FITS = ("", "crop-lanczos", "lanczos-crop", "antialias-crop")
"""How frames get their size first: not at all; the middle square, scaled by Pillow's Lanczos (Latte); scaled so and
then cropped (StyleGAN-V); scaled bilinearly with smoothing, cropped, and cut off to bytes (cd-fvd)."""

CODINGS = ("", "jpeg-75")
"""What frames are stored as before a network sees them: as they are, or JPEG files of quality 75."""

DIVISORS = ("n", "n-1")

VIDEO_METRICS = ("fvd", "kvd", "isv", "gaussian-mmd", "quadratic-mmd")
FRAME_METRICS = ("fid", "kid", "is")
SCORES, SUBSETS = ("is", "isv"), ("kid", "kvd")


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How two sets are compared.

    Attributes:
        name: of the protocol; no part of its digest.
        metrics: which it defines; no part of its digest.
        note: what a reader of a figure should know; no part of its digest.
        network: name of the backbone; ``""`` for the metric's own.
        resizing: how frames get to the square that the network sees; ``""`` for the network's own.
        frames: of a window; 0 for the metric's own (16, or 1 where frames are compared).
        stride_real: frames from one of a window to the next, on the real side.
        stride_generated: the same on the generated side.
        start_real: where windows of a real video start, one of :data:`STARTS`.
        start_generated: the same on the generated side.
        samples_real: videos that are taken at most; 0 for all.
        samples_generated: the same on the generated side.
        choice: which, one of :data:`CHOICES`.
        seed: of starts, choice and subsets.
        fit: how frames get their size first, one of :data:`FITS`.
        size: of the square that they get.
        coding: what they are stored as, one of :data:`CODINGS`.
        divisor: of the covariances, one of :data:`DIVISORS`.
        splits: of an Inception Score.
        shuffle: seed by which samples are mixed before they are split; -1 for none.
        subsets: random subsets that a kernel distance is averaged over; 0 for all pairs.
        subset_size: samples of one.
    """

    name: str
    metrics: tuple[str, ...] = ()
    note: str = ""
    network: str = ""
    resizing: str = ""
    frames: int = 0
    stride_real: int = 1
    stride_generated: int = 1
    start_real: str = "every"
    start_generated: str = "every"
    samples_real: int = 0
    samples_generated: int = 0
    choice: str = "random"
    seed: int = 0
    fit: str = ""
    size: int = 0
    coding: str = ""
    divisor: str = "n-1"
    splits: int = 10
    shuffle: int = -1
    subsets: int = 0
    subset_size: int = 1000

    @property
    def settings(self) -> dict[str, Any]:
        """All that moves a figure."""
        return {name: value for name, value in asdict(self).items() if name not in ("name", "metrics", "note")}

    @property
    def digest(self) -> str:
        """Of the settings: 64 hexadecimal characters, the same for equal protocols under other names."""
        return hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode()).hexdigest()

    @property
    def freedom(self) -> int:
        """What is taken off n where a covariance is averaged."""
        return 1 if self.divisor == "n-1" else 0

    def side(self, real: bool) -> Side:
        """How windows are taken from one side."""
        if real:
            return Side(self.frames, self.stride_real, self.start_real, self.samples_real, self.choice, self.seed)
        return Side(
            self.frames, self.stride_generated, self.start_generated, self.samples_generated, self.choice, self.seed
        )

    def plain(self) -> dict[str, Any]:
        """Everything as JSON types."""
        return {"name": self.name, "digest": self.digest, **self.settings}


@dataclass(frozen=True)
class Side:
    """How windows are taken from one side; attributes as in :class:`Protocol`."""

    frames: int
    stride: int
    start: str
    samples: int
    choice: str
    seed: int

    @property
    def length(self) -> int:
        """Frames that a video must have."""
        return self.frames * self.stride


FREE, LITE = "free", "lite"

LITE_NETWORK = "efficientnet_lite0_windows"

PROTOCOLS: Mapping[str, Protocol] = {
    one.name: one
    for one in (
        Protocol(
            name="latte-fvd2048-16f",
            metrics=("fvd", "kvd"),
            network="i3d_kinetics_400",
            resizing="bilinear",
            frames=16,
            stride_real=3,
            start_real="random",
            start_generated="first",
            samples_real=2048,
            samples_generated=2048,
            fit="crop-lanczos",
            size=256,
            coding="jpeg-75",
            divisor="n",
            note="Latte's figures are of one draw of videos and starts that nobody can repeat, of the split that was "
            "trained on, and for Taichi-HD with stride_real=6.",
        ),
        Protocol(
            name="stylegan-v",
            metrics=("fvd", "kvd"),
            network="i3d_kinetics_400",
            resizing="bilinear",
            frames=16,
            start_real="random",
            start_generated="first",
            samples_real=2048,
            samples_generated=2048,
            choice="first",
            fit="lanczos-crop",
            size=256,
            coding="jpeg-75",
            divisor="n",
            note="StyleGAN-V's starts in real videos are of one draw that nobody can repeat.",
        ),
        Protocol(
            name="cd-fvd",
            metrics=("fvd", "kvd"),
            network="videomae_v2_g_ssv2",
            resizing="bilinear",
            frames=16,
            start_real="random",
            start_generated="random",
            samples_generated=2048,
            fit="antialias-crop",
            size=256,
            divisor="n",
            note="cd-fvd repeats videos where there are fewer than 2048 generated ones; here none is. Its FVD by I3D "
            "has network=i3d_kinetics_400_eps_1e-5.",
        ),
        Protocol(name=FREE, metrics=(*VIDEO_METRICS, *FRAME_METRICS)),
        Protocol(
            name=LITE,
            metrics=("fvd", "kvd", "gaussian-mmd", "quadratic-mmd"),
            network=LITE_NETWORK,
            note="A proxy by a small network of pictures that needs no download: never compare it with another FVD.",
        ),
    )
}


def protocol_named(name: str) -> Protocol:
    """The protocol of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in PROTOCOLS:
        raise unknown("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]


def with_settings(protocol: Protocol, settings: Mapping[str, Any]) -> Protocol:
    """A protocol with other settings; its name says which.

    Raises:
        UsageError: there is no such setting, or not with such a value.
    """
    changes: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in protocol.settings:
            raise unknown("setting", name, protocol.settings, " of a protocol")
        changes[name] = _read(name, value, type(getattr(protocol, name)))
    changes = {name: value for name, value in changes.items() if getattr(protocol, name) != value}
    if not changes:
        return protocol
    told = ",".join(f"{name}={value}" for name, value in sorted(changes.items()))
    return replace(protocol, name=f"{protocol.name}:{told}", **changes)


def read_settings(stated: Iterable[str]) -> dict[str, str]:
    """``NAME=VALUE`` as they stand on a command line.

    Raises:
        UsageError: one has another form.
    """
    found = {}
    for text in stated:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set takes NAME=VALUE, such as stride_real=6; found {text!r}.")
        found[name.strip().replace("-", "_")] = value.strip()
    return found


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """In which settings two protocols, as results hold them, differ; in words.

    >>> latte, stylegan = protocol_named("latte-fvd2048-16f"), protocol_named("stylegan-v")
    >>> differences(latte.plain(), stylegan.plain())
    ['stride_real 3 and 1', 'choice random and first', 'fit crop-lanczos and lanczos-crop']
    """
    names = [one.name for one in fields(Protocol) if one.name not in ("name", "metrics", "note")]
    known = [*names, *sorted({*first, *second} - {*names, "name", "digest"})]
    return list(_different(first, second, known))


def _different(first: Mapping[str, Any], second: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        one, two = (side.get(name, "nothing") for side in (first, second))
        if one != two:
            yield f"{name} {one if one != '' else 'none'} and {two if two != '' else 'none'}"


_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "start_real": STARTS,
    "start_generated": STARTS,
    "choice": CHOICES,
    "fit": FITS,
    "coding": CODINGS,
    "divisor": DIVISORS,
}

_LEAST = {
    "stride_real": 1, "stride_generated": 1, "frames": 1, "splits": 1, "subset_size": 2, "size": 16, "shuffle": -1,
}  # fmt: skip


def _read(name: str, value: Any, kind: type) -> Any:
    if kind is not int:
        text = "" if value in ("none", "None") else str(value)
        if text not in _ALLOWED.get(name, (text,)):
            raise UsageError(f"{name} must be {' or '.join(one or 'none' for one in _ALLOWED[name])}, found {text!r}.")
        return text
    try:
        number = int(str(value))
    except ValueError as error:
        raise UsageError(f"{name} must be a whole number, found {value!r}.") from error
    if number < _LEAST.get(name, 0):
        raise UsageError(f"{name} must be {_LEAST.get(name, 0)} at least, found {number}.")
    return number
