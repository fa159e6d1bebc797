"""Seeded checkpoints for the tests: those of the kit that users have, and those of networks that only tests hold."""

from __future__ import annotations

import fcntl
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from safetensors.torch import save_file
from torch import Tensor

from vbench.parity import checkpoints
from vbench.parity.checkpoints import save
from vbench.parity.seeded import load_manifest, state_dict
from vbench.weights.cards import CHECKPOINTS

KIT = Path(__file__).parent / "kit"

MANIFESTS = {
    "dinov2_vitb14": "dinov2_vitb14",
    "cotracker2": "cotracker2",
    "dreamsim_clip": "dreamsim_clip_vitb16",
    "dreamsim_open_clip": "dreamsim_open_clip_vitb16",
    "dreamsim_lora": "dreamsim_ensemble_lora",
    "retinaface_resnet50": "retinaface_resnet50",
    "inception_2015_12_05": "inception_2015_12_05",
    "i3d_kinetics_400": "i3d_pretrained_400",
    "videomae_v2_g_ssv2": "videomae_v2_g_ssv2",
}


def manifest(name: str) -> dict[str, Any]:
    """The keys and shapes of a published checkpoint, by our name for it."""
    own = KIT / "manifests" / f"{MANIFESTS.get(name)}.json"
    return load_manifest(own if name in MANIFESTS else checkpoints.manifest_of(name))


def seeded_state(name: str, seed: int = 0) -> dict[str, Tensor]:
    """Deterministic weights for a checkpoint."""
    return state_dict(manifest(name), seed)


_used: dict[Path, TextIO] = {}
"""The lock of each checkpoint that this process uses; it is shared with the other processes that use it."""


def write_checkpoint(name: str, cache: Path) -> Path:
    """Put a seeded checkpoint where ``VBENCH_CACHE_DIR=cache`` expects it, unless it is there.

    Of several processes one makes it, and the others wait. It is there until each of them has ended or calls
    :func:`remove_unused`.
    """
    target = cache / CHECKPOINTS[name].path
    target.parent.mkdir(parents=True, exist_ok=True)
    if target not in _used:
        _used[target] = target.with_suffix(".lock").open("w")
    lock = _used[target]
    fcntl.flock(lock, fcntl.LOCK_SH)
    while not target.exists():
        fcntl.flock(lock, fcntl.LOCK_EX)
        _make(name, cache)
        fcntl.flock(lock, fcntl.LOCK_SH)
    return target


def remove_unused() -> None:
    """Remove the checkpoints that this process used and no other uses: all of them would be 8 GB."""
    while _used:
        target, lock = _used.popitem()
        with lock, suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            target.unlink(missing_ok=True)


def _make(name: str, cache: Path) -> None:
    target = cache / CHECKPOINTS[name].path
    if name not in MANIFESTS:
        checkpoints.write_checkpoint(name, cache)
    elif not target.exists():
        partial = target.with_suffix(".partial")
        if target.suffix == ".safetensors":
            save_file(seeded_state(name), partial)
        else:
            save(seeded_state(name), partial, CHECKPOINTS[name].entry)
        partial.rename(target)
