"""Any no-reference measure of pyiqa, on that measure's own scale.

Paper and licence: each measure has its own; pyiqa itself is PolyForm-Noncommercial-1.0.0 and therefore only comes with
the extra ``iqa``.

Checkpoint: pyiqa's, not ours: it fetches a measure's weights when it first makes it and keeps them in PyTorch's hub
folder. They are read as tensors only; a file that names code is refused.

Input: frames of any size that the measure takes, RGB in [0, 255], uint8 or float32.

Output: one number a frame as the measure gives it, neither scaled nor turned around.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from difflib import get_close_matches
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from vbench.dimensions.backbones.base import Measure, QualityMeasures
from vbench.errors import CheckpointError, MissingExtra, UsageError

NOT_OF_FRAMES = ("clipscore", "fid", "fid_dinov2", "inception_score", "sfid")
"""What pyiqa counts among its no-reference measures but needs texts or a set of pictures."""

TENSORS_ONLY = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
"""The variable by which PyTorch overrules what pyiqa asks of it."""

PATIENCE = 30.0
"""Seconds that a server may be silent."""


class PyiqaMeasures(QualityMeasures):
    """The measures of pyiqa."""

    name: ClassVar[str] = "pyiqa"
    at_once_on_gpu: ClassVar[int] = 8
    extra: ClassVar[str] = "iqa"

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._failed: dict[str, CheckpointError] = {}

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Make sure that pyiqa is there; weights are read when a measure is chosen.

        Raises:
            MissingExtra: it is not installed.
        """
        _pyiqa()
        return cls(device)

    def choose(self, name: str) -> Measure:
        """See :class:`QualityMeasures`; a measure that could not be made is not tried again."""
        known_measure(name)
        if name in self._failed:
            raise self._failed[name]
        try:
            with _on_guard():
                model = _pyiqa().create_metric(name, device=self.device, as_loss=False)
        except ModuleNotFoundError as error:
            raise MissingExtra(
                f"pyiqa's {name} needs the package {error.name}, which pyiqa does not bring. Install it, or choose "
                "another measure."
            ) from error
        except Exception as error:  # pyiqa raises whatever its loaders do: no network, no such file, a broken one
            self._failed[name] = CheckpointError(
                f"pyiqa could not make {name} ({type(error).__name__}: {error}). Its weights are fetched from "
                f"huggingface.co and lie in {torch.hub.get_dir()}/pyiqa; put them there, or choose another measure."
            )
            raise self._failed[name] from error

        @torch.inference_mode()
        def rate(frames: Tensor) -> Tensor:
            ratings = [model(chunk.to(self.device).float() / 255) for chunk in self.chunks(frames)]
            return torch.cat([rating.reshape(-1).float().cpu() for rating in ratings])

        return Measure(name, bool(model.lower_better), rate)


def known_measure(name: str) -> str:
    """The name itself, if pyiqa has a measure of single frames by it.

    Raises:
        UsageError: it has none, or one that needs more than a frame; the message gives close names.
        MissingExtra: pyiqa is not installed.
    """
    names = [known for known in _pyiqa().list_models(metric_mode="NR") if known not in NOT_OF_FRAMES]
    if name in names:
        return name
    close = get_close_matches(name, names, 3, 0.5)
    why = "pyiqa's {0} needs more than the frames" if name in _pyiqa().list_models() else "pyiqa has no measure {0!r}"
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    raise UsageError(f"{why.format(name)}.{hint} Known: {', '.join(names)}.")


def _pyiqa() -> Any:
    try:
        import pyiqa
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f'Other measures of imaging quality need {error.name}. Install it with: pip install "vbench-suite[iqa]"'
        ) from error
    return pyiqa


@contextmanager
def _on_guard() -> Iterator[None]:
    """Files are read as tensors only, silent servers are left, and standard output stays the caller's."""
    before, patience = os.environ.get(TENSORS_ONLY), socket.getdefaulttimeout()
    os.environ[TENSORS_ONLY] = "1"
    socket.setdefaulttimeout(PATIENCE)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        socket.setdefaulttimeout(patience)
        del os.environ[TENSORS_ONLY]
        if before is not None:
            os.environ[TENSORS_ONLY] = before
