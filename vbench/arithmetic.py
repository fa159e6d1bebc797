"""How float32 is computed in this process while something is scored or sampled.

A training loop or a notebook may have switched TF32 on, or autocast, or another dtype or device for new tensors, and
PyTorch itself lets cuDNN convolve in TF32 and add up in an order of its own each time. Any of it moves scores, or ends
them. So whatever scores or samples does it in a block of :func:`strictly`, and what others have switched is theirs
again behind it.

PyTorch 2.9 and later say the precision of float32 twice, by ``allow_tf32`` and by ``fp32_precision``, and complain
where the two differ; both are set.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch

from vbench.device import KINDS


class Switch(NamedTuple):
    """Something of PyTorch's that holds for the whole process.

    Attributes:
        read: tells how it stands.
        write: sets it.
        wanted: how it is to stand.
    """

    read: Callable[[], Any]
    write: Callable[[Any], object]
    wanted: Any


@contextmanager
def strictly() -> Iterator[None]:
    """Float32 as it stands, the same bits each time, as long as the block runs; several threads may be in one.

    >>> with torch.autocast("cpu"), strictly():
    ...     (torch.ones(1, 1) @ torch.ones(1, 1)).dtype
    torch.float32
    """
    with _everywhere(), _in_this_thread():
        yield


@contextmanager
def tf32() -> Iterator[None]:
    """Matrix products and convolutions of TF32 on CUDA as long as the block runs.

    >>> with tf32():
    ...     torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    (True, True)
    """
    products, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    once = [_attribute(products, "allow_tf32", True), _attribute(convolutions, "allow_tf32", True)]
    with _switched([*once, *_said_again((products, *_cudnn()), "tf32")]):
        yield


def _strict() -> list[Switch]:
    cudnn, mkldnn = torch.backends.cudnn, torch.backends.mkldnn
    return [
        Switch(torch.get_default_dtype, torch.set_default_dtype, torch.float32),
        Switch(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"),
        _attribute(cudnn, "allow_tf32", False),
        _attribute(cudnn, "deterministic", True),
        _attribute(cudnn, "benchmark", False),
        *_said_again((torch.backends.cuda.matmul, *_cudnn()), "ieee"),
        *_said_again([getattr(mkldnn, name, None) for name in ("matmul", "conv", "rnn")], "ieee"),
    ]


def _cudnn() -> list[Any]:
    return [getattr(torch.backends.cudnn, name, None) for name in ("conv", "rnn")]


def _attribute(place: Any, name: str, wanted: object) -> Switch:
    return Switch(partial(getattr, place, name), partial(setattr, place, name), wanted)


def _said_again(places: Sequence[Any], precision: str) -> list[Switch]:
    """The precision as PyTorch 2.9 and later have it, place by place; nothing where it is older."""
    return [
        Switch(partial(_own_precision, place), partial(setattr, place, "fp32_precision"), precision)
        for place in places
        if hasattr(place, "fp32_precision")
    ]


def _own_precision(place: Any) -> str:
    """What is said of a place itself; ``"none"`` where it has what is said of all places."""
    found: str = place.fp32_precision
    place.fp32_precision = "none"
    if place.fp32_precision != found:
        place.fp32_precision = found
        return found
    return "none"


@contextmanager
def _switched(switches: Sequence[Switch]) -> Iterator[None]:
    before = [_standing(switch) for switch in switches]
    try:
        for switch in switches:
            switch.write(switch.wanted)
        yield
    finally:
        for switch, value in zip(switches, before, strict=True):
            if value is not None:
                switch.write(value)


def _standing(switch: Switch) -> Any:
    """How it stands; ``None`` where PyTorch does not tell, as somebody has set its other name alone."""
    try:
        return switch.read()
    except RuntimeError:
        return None


class _Everywhere:
    """What holds for the process: the first thread that comes switches it, the last that goes switches it back."""

    def __init__(self) -> None:
        self._lock, self._inside, self._back = threading.Lock(), 0, ExitStack()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._inside:
                self._back.enter_context(_switched(_strict()))
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._back.close()


_everywhere = _Everywhere()


@contextmanager
def _in_this_thread() -> Iterator[None]:
    with ExitStack() as stack:
        for kind in KINDS:  # autocast is switched on for each by itself
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        if torch.empty(0).device.type != "cpu":  # get_default_device of older versions does not tell of blocks
            stack.enter_context(torch.device("cpu"))
        yield
