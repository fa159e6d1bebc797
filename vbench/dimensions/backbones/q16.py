"""Q16: whether a picture is fit to be shown, from its CLIP embedding.

Paper: Schramowski et al., "Can Machines Help Us Answering Question 16 in Datasheets, and In Turn Reflecting on
Inappropriate Content?", FAccT 2022. Two learnt vectors beside CLIP ViT-B/32's texts: one for what is fit, one for what
is not.

Checkpoint: ``q16_prompts`` (data/ViT-B-32/prompts.p), MIT by the badge of its README. It is a pickle of one array.
Nothing of it is run: only the three names that an array is pickled with are known, and what comes out must be two
vectors of 512 finite numbers.

Input: embeddings of CLIP ViT-B/32. Output: 100 times the cosines with both vectors; a picture is fit if the first is
larger.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vbench.dimensions.backbones.base import AppropriatenessHead
from vbench.errors import CheckpointError, CheckpointMismatch, UnsafeCheckpoint
from vbench.files.unpickler import Unpickler
from vbench.weights.cards import locate

WIDTH = 512

PRECISIONS = ("<f2", ">f2", "<f4", ">f4")
"""Half and single, in both orders of bytes, as numpy calls them."""

_AGAIN = "Get the published file: vbench weights download q16_prompts --force"


class Q16(AppropriatenessHead):
    """Cosines with what is fit and what is not."""

    name: ClassVar[str] = "q16"
    checkpoints: ClassVar[tuple[str, ...]] = ("q16_prompts",)

    def __init__(self, prompts: Tensor, device: torch.device) -> None:
        self.prompts, self.device = F.normalize(prompts), device

    @classmethod
    def load(cls, device: torch.device) -> Self:
        """Read ``q16_prompts``; see :meth:`Backbone.load` for the errors."""
        return cls(read_prompts(locate("q16_prompts")), device)

    def similarities(self, embeddings: Tensor) -> Tensor:
        """``(N, 512)`` as CLIP ViT-B/32 gives them -> ``(N, 2)`` float32 on the CPU."""
        return 100 * F.normalize(embeddings.cpu().float()) @ self.prompts.T


def read_prompts(path: Path) -> Tensor:
    """The two vectors of a pickle, ``(2, 512)`` float32; nothing in it is run.

    Raises:
        UnsafeCheckpoint: it names something that is no part of an array.
        CheckpointMismatch: the array is another.
        CheckpointError: it cannot be read.
    """
    try:
        found = _unpickled(path.read_bytes())
    except _Refused as refused:
        raise UnsafeCheckpoint(
            f"{path} is refused: reading it would run {refused}. It should hold one array and nothing else. {_AGAIN}"
        ) from refused
    except Exception as error:  # whatever a damaged pickle makes of the machine that reads it
        raise CheckpointError(f"{path} cannot be read as a pickled array ({type(error).__name__}). {_AGAIN}") from error
    if not isinstance(found, np.ndarray) or found.shape != (2, WIDTH) or not np.isfinite(found).all():
        told = f"{found.dtype} {found.shape}" if isinstance(found, np.ndarray | _Array) else type(found).__name__
        raise CheckpointMismatch(
            f"{path} is not Q16's for CLIP ViT-B/32: expected (2, {WIDTH}) finite numbers of half or single precision, "
            f"found {told}. {_AGAIN}"
        )
    return torch.from_numpy(found.astype(np.float32))


def _unpickled(content: bytes) -> Any:
    """What a pickle holds, where that is an array of a precision that is known the array itself."""
    found = _ArrayUnpickler(io.BytesIO(content)).load()
    if not isinstance(found, _Array) or found.dtype not in PRECISIONS:
        return found
    return np.frombuffer(found.content, found.dtype).reshape(found.shape, order="F" if found.by_columns else "C")


class _Refused(Exception):
    """Something that is no part of an array."""


class _ArrayUnpickler(Unpickler):
    """Knows what a plain array is pickled with, under numpy's old and new name, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        key = module.replace("numpy._core.", "numpy.core."), name
        if key not in _STAND_INS:
            raise _Refused(f"{module}.{name}")
        return _STAND_INS[key]


class _Numbers:
    """What a pickle says of an array's numbers; numpy's own type believes it all, and a wrong bit ends the process."""

    def __init__(self, code: str, *_: object) -> None:
        self.code = code

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1]


class _Array:
    """What a pickle says of an array."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.shape, self.numbers, self.by_columns, self.content = state

    @property
    def dtype(self) -> str:
        return f"{self.numbers.order}{self.numbers.code}"


def _reconstruct(*_: object) -> _Array:
    return _Array()


_STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Numbers,
}
