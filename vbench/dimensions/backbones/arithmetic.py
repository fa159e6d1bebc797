"""How a backbone multiplies on CUDA.

``float32`` is what scores are defined by. ``tf32`` rounds what goes into a product to ten bits of mantissa and adds up
in float32; the tensor cores do that several times as fast. A backbone says which is its own, and its methods that are
marked with :func:`computes` have it for as long as they run, so that no backbone changes another one's numbers. Whoever
asks backbones does so in a block of :func:`vbench.arithmetic.strictly`, which is where float32 comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import torch

from vbench.arithmetic import tf32

if TYPE_CHECKING:
    from vbench.dimensions.backbones.base import Backbone

B = TypeVar("B", bound="Backbone")
P = ParamSpec("P")
T = TypeVar("T")

ARITHMETICS: Mapping[str, Callable[[], AbstractContextManager[None]]] = {"float32": nullcontext, "tf32": tf32}
"""Name -> what switches it."""


def computes(method: Callable[Concatenate[B, P], T]) -> Callable[Concatenate[B, P], T]:
    """Mark a method that runs a backbone's network: without gradients, in the backbone's own arithmetic."""

    @wraps(method)
    def run(self: B, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with torch.inference_mode(), ARITHMETICS[self.arithmetic]():
            return method(self, *args, **kwargs)

    return run
