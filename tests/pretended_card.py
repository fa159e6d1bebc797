"""A CUDA device that is pretended: tensors that say they are on it, computed on the processor.

CI has no GPU, and what only a GPU runs would be run by nobody there. Here a tensor of ``cuda:0`` holds a tensor of the
CPU, and an operation of the two kinds together ends as it does on a card. It tells where things are computed, and what
the pieces and the ways that only a card has give; not what a card's arithmetic gives.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

CARD = torch.device("cuda", 0)

aten = torch.ops.aten

INDEXED = (aten.index, aten.index_put, aten.index_put_, aten._index_put_impl_)
"""Operations on a card's tensor whose places may be told by a tensor of the CPU."""

WHERE_ONE_IS = {aten.copy_: 0, aten.type_as: 1}
"""Operations that bring values to where one of their tensors is, and which."""

ACROSS = (aten._to_copy, aten.to, *WHERE_ONE_IS)
"""Operations that bring values from one device to another."""


class OnCard(Tensor):
    """A tensor that says it is on the card.

    Attributes:
        held: its values, on the CPU.
    """

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> OnCard:
        with torch.inference_mode(False):  # views of a network's weights cannot be inference tensors
            wrapper = Tensor._make_wrapper_subclass(
                cls, held.size(), strides=held.stride(), storage_offset=held.storage_offset(),
                dtype=held.dtype, layout=held.layout, device=CARD, requires_grad=held.requires_grad,
            )  # fmt: skip
        wrapper.held = held
        return wrapper

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return f"OnCard({self.held!r})"

    def tolist(self) -> Any:
        """As any tensor's; PyTorch refuses it to classes of others."""
        return self.held.tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]
        return computed(func, args, kwargs or {})


class Pretending(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """As long as it is entered, new tensors are made on the card where the card is asked for."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return computed(func, args, kwargs or {})


_room: ContextVar[float] = ContextVar("room", default=math.inf)
"""Bytes of the largest tensor that the card holds."""


def _refuse_larger(given: Any) -> None:
    """End as a card does that has no room for what an operation gives."""
    if any(leaf.untyped_storage().nbytes() > _room.get() for leaf in tree_leaves(given) if isinstance(leaf, Tensor)):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")


def computed(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """What an operation gives, on the device where a card would have it."""
    if func is aten._local_scalar_dense.default:
        return func(_held(args[0]))
    if func.overloadpacket in (aten.pin_memory, aten._pin_memory):
        return args[0].clone()
    if func is aten.is_pinned.default:
        return False
    leaves = tree_leaves((args, kwargs))
    tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
    asked = [leaf for leaf in leaves if isinstance(leaf, torch.device)]
    if func.overloadpacket not in ACROSS:
        _refuse_strangers(func, args, tensors)
    on_card = asked[0].type == "cuda" if asked else any(isinstance(tensor, OnCard) for tensor in tensors)
    if func.overloadpacket in WHERE_ONE_IS:
        on_card = isinstance(args[WHERE_ONE_IS[func.overloadpacket]], OnCard)
    given = func(*tree_map(_held, args), **tree_map(_held, kwargs))
    if not on_card:
        return given
    _refuse_larger(given)
    mine = {id(tensor.held): tensor for tensor in tensors if isinstance(tensor, OnCard)}
    return tree_map(lambda leaf: mine.get(id(leaf), OnCard(leaf)) if isinstance(leaf, Tensor) else leaf, given)


def _refuse_strangers(func: Any, args: Any, tensors: list[Tensor]) -> None:
    """End as a card does where tensors of the two devices meet; a number may lie anywhere."""
    if func.overloadpacket in INDEXED and isinstance(args[0], OnCard):
        tensors = [args[0], *args[2:3]]
    kinds = {isinstance(tensor, OnCard) for tensor in tensors if tensor.dim()}
    kinds |= {True for tensor in tensors if isinstance(tensor, OnCard)}
    if len(kinds) > 1:
        raise RuntimeError(f"Expected all tensors to be on the same device, found cuda:0 and cpu ({func})")


def _held(leaf: Any) -> Any:
    if isinstance(leaf, torch.device):
        return torch.device("cpu")
    return leaf.held if isinstance(leaf, OnCard) else leaf


@contextmanager
def pretended_card(room: float = math.inf) -> Iterator[torch.device]:
    """A card as long as the block runs.

    Args:
        room: bytes of the largest tensor that it holds.
    """
    if not hasattr(torch._C, "_ensureCUDADeviceGuardSet"):
        pytest.skip(f"PyTorch {torch.__version__} cannot pretend a card")
    torch._C._ensureCUDADeviceGuardSet()  # indexing asks for one
    torch._C._set_only_lift_cpu_tensors(True)  # torch.tensor makes its values on the CPU and brings them over
    before = _room.set(room)
    try:
        with pytest.MonkeyPatch.context() as patch, Pretending():  # type: ignore[no-untyped-call]
            patch.setattr(torch.cuda, "_lazy_init", lambda: None)
            patch.setattr(torch.cuda, "is_available", lambda: True)
            patch.setattr(torch.cuda, "device_count", lambda: 1)
            patch.setattr(torch.cuda, "get_device_name", lambda _=None: "a card that is pretended")
            patch.setattr(torch.cuda, "device", lambda _: nullcontext())
            patch.setattr(torch.cuda, "empty_cache", lambda: None)
            patch.setattr(torch, "_has_compatible_shallow_copy_type", lambda *_: False)  # so that modules move
            yield CARD
    finally:
        _room.reset(before)
        torch._C._set_only_lift_cpu_tensors(False)
