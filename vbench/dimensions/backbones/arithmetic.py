"""How a backbone multiplies on CUDA, and the one place where that is switched.

``float32`` is what scores are defined by. ``tf32`` rounds what goes into a product to ten bits of mantissa and adds up
in float32; the tensor cores do that several times as fast. A backbone says which is its own, and its methods that are
marked with :func:`computes` have it for as long as they run, so that no backbone changes another one's numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import torch

if TYPE_CHECKING:
    from vbench.dimensions.backbones.base import Backbone

B = TypeVar("B", bound="Backbone")
P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def tf32() -> Iterator[None]:
    """Matrix products and convolutions of TF32 as long as the block runs.

    >>> with tf32():
    ...     torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    (True, True)
    """
    products, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    before = products.allow_tf32, convolutions.allow_tf32
    products.allow_tf32 = convolutions.allow_tf32 = True
    try:
        yield
    finally:
        products.allow_tf32, convolutions.allow_tf32 = before


ARITHMETICS: Mapping[str, Callable[[], AbstractContextManager[None]]] = {"float32": nullcontext, "tf32": tf32}
"""Name -> what switches it."""


def computes(method: Callable[Concatenate[B, P], T]) -> Callable[Concatenate[B, P], T]:
    """Mark a method that runs a backbone's network: without gradients, in the backbone's own arithmetic."""

    @wraps(method)
    def run(self: B, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with torch.inference_mode(), ARITHMETICS[self.arithmetic]():
            return method(self, *args, **kwargs)

    return run
