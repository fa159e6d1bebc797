"""Frames as models give them, in one form; and seeds as torch takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vbench.generators.base import SamplingError


def as_frames(video: Any) -> NDArray[np.uint8]:
    """Frames as they are encoded.

    Args:
        video: ``(T, H, W, 3)`` float, meant to be in 0..1, or uint8 already.

    Returns:
        The same as uint8; what is less than 0 or more than 1 becomes 0 or 1.

    Raises:
        SamplingError: there is none, not every value is a number, or all are the same, seen in 256 levels.
    """
    return frames_of([video])


def frames_of(parts: Iterable[Any]) -> NDArray[np.uint8]:
    """The same of a video in parts, of which one at a time is in memory as numbers."""
    frames = np.concatenate([_in_levels(np.asarray(part)) for part in parts])
    if not frames.size:
        raise SamplingError(f"the model gave frames {frames.shape}, which hold nothing: ask for more --frames")
    if frames.min() == frames.max():
        raise SamplingError(
            "every pixel of the video is the same: the precision may be too small (--option dtype=float32), or size "
            "and frames less than the VAE can decode"
        )
    return frames


def _in_levels(values: NDArray[Any]) -> NDArray[np.uint8]:
    if values.dtype == np.uint8:
        return values
    if not np.isfinite(values).all():
        raise SamplingError(
            "the model gave values that are no numbers, as it does where its precision is too small: try "
            "--option dtype=bfloat16 or --option dtype=float32"
        )
    return (values.clip(0, 1) * 255).round().astype(np.uint8)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The global generators start from a seed, and go on as before afterwards: some VAEs draw from them."""
    accelerators = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(accelerators):
        torch.manual_seed(seed)
        yield
