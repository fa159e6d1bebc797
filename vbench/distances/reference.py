"""A real set as a file that can be handed on: its moments, with the protocol and the network that they belong to.

Nobody can see a video in it. Fréchet distances to it are those to the videos, bit for bit; what needs the single videos
(kernel distances, the real set against itself with other draws) does not work from it.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vbench.distances.frechet import Moments
from vbench.distances.protocols import Protocol
from vbench.distances.result import flaw_of_network
from vbench.errors import UsageError
from vbench.files.json_file import plain_json
from vbench.files.special import refuse_special
from vbench.files.zips import unreadable
from vbench.malformed import flaw

SUFFIX = ".npz"

VERSION = 2
"""Of the file; 1 did not tell the versions of a network."""

KIND = "vbench reference"


@dataclass(frozen=True)
class Reference:
    """The real side of distances.

    Attributes:
        moments: of the features.
        metric: whose they are.
        protocol: name, digest and settings.
        network: name, its files with their digests, and the versions of what gives its features.
        real: digest of the set, videos, windows.
    """

    moments: Moments
    metric: str
    protocol: Mapping[str, Any]
    network: Mapping[str, Any]
    real: Mapping[str, Any]


def protocol_of(reference: Reference) -> Protocol:
    """The protocol of a reference, as it was written.

    Raises:
        UsageError: it holds settings that nobody knows here.
    """
    settings = {name: value for name, value in reference.protocol.items() if name not in ("name", "digest")}
    try:
        return Protocol(name=str(reference.protocol["name"]), metrics=(reference.metric,), **settings)
    except (TypeError, KeyError) as error:
        raise UsageError(f"The reference holds a protocol that is not known here ({error}).") from error


def is_reference(path: Path) -> bool:
    """Whether a path is that of such a file, by its name."""
    return path.suffix == SUFFIX and not path.is_dir()


def content_of_reference(reference: Reference) -> bytes:
    """The bytes of a file; the same reference gives the same bytes."""
    told = {
        "kind": KIND,
        "version": VERSION,
        "metric": reference.metric,
        "protocol": dict(reference.protocol),
        "network": dict(reference.network),
        "real": {name: value for name, value in reference.real.items() if name != "folder"},
        "samples": reference.moments.samples,
        "sha256": _digest(reference.moments),
    }
    file = io.BytesIO()
    about = np.frombuffer(json.dumps(told, allow_nan=False).encode(), dtype=np.uint8)
    np.savez(file, about=about, mean=reference.moments.mean, factor=reference.moments.factor)
    return file.getvalue()


def read_reference(path: Path) -> Reference:
    """A file of :func:`content_of_reference`; nothing in it is run.

    Raises:
        UsageError: it is no such file, damaged, or of a newer version.
    """

    def refused(error: Exception) -> UsageError:
        return UsageError(
            f"{path} is no reference of vbench ({str(error)[:120]}). Statistics that others publish do not say by "
            "which protocol they were made. Make one with: vbench distance REAL --export FILE.npz"
        )

    try:
        refuse_special(path)
        with unreadable(refused), np.load(path, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in ("about", "mean", "factor")}
        told = plain_json(found["about"].tobytes())
        moments = Moments(found["mean"], found["factor"], int(told["samples"]))
        kind, version, sha256 = told["kind"], told["version"], told["sha256"]
        reference = Reference(moments, told["metric"], told["protocol"], told["network"], told["real"])
        whole = _digest(moments) == sha256 and bool(np.isfinite(moments.factor).all())
    except (OSError, ValueError, KeyError, TypeError, OverflowError, MemoryError) as error:
        raise refused(error) from error
    if kind != KIND or not isinstance(version, int) or version > VERSION:
        raise UsageError(f"{path} was written by a newer vbench (version {version}, this one reads {VERSION}).")
    if not whole:
        raise UsageError(f"{path} is damaged: its numbers are not those that were written. Get it again.")
    if told := flaw(reference, [Reference]) or flaw_of_network(reference.network):
        raise refused(ValueError(told))
    return reference


def _digest(moments: Moments) -> str:
    return hashlib.sha256(moments.mean.astype("<f8").tobytes() + moments.factor.astype("<f8").tobytes()).hexdigest()
