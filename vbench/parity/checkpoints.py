"""Seeded checkpoints in the published formats, under the published names."""

from __future__ import annotations

import math
import shutil
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vbench.parity.seeded import load_manifest, state_dict
from vbench.weights.cards import CHECKPOINTS

KIT = Path(__file__).parent / "kit"

MANIFESTS = {
    "dino_vitb16": "dino_vitb16",
    "clip_vit_b_32": "clip_vit_b_32",
    "clip_vit_l_14": "clip_vit_l_14",
    "amt_s": "amt_s",
    "raft_things": "raft_things",
    "musiq_spaq": "musiq_spaq",
    "umt_l16_k400": "umt_l16_k400",
    "viclip_l": "viclip_l_internvid_10m_flt",
    "tag2text_swin_14m": "tag2text_swin_14m",
    "grit_b": "grit_b_densecap_objectdet",
}
"""Checkpoint -> its manifest, of those that the kit has. One that is not among them is in the kit as published."""

ARCHIVES = ("clip_vit_b_32", "clip_vit_l_14")
"""Published as TorchScript."""


def manifest_of(name: str) -> Path:
    """Where the keys and shapes of a published checkpoint stand."""
    return KIT / "manifests" / f"{MANIFESTS[name]}.json"


def size_of(name: str) -> int:
    """Bytes that a seeded checkpoint takes, about."""
    if name not in MANIFESTS:
        return _published(name).stat().st_size
    keys = load_manifest(manifest_of(name))["keys"].values()
    return sum(math.prod(key["shape"]) * np.dtype(key["dtype"]).itemsize for key in keys)


def write_checkpoint(name: str, cache: Path) -> Path:
    """Put a seeded checkpoint where ``VBENCH_CACHE_DIR=cache`` expects it, unless it is there.

    Args:
        name: as ``vbench weights`` calls it.
        cache: folder of checkpoints.
    """
    card = CHECKPOINTS[name]
    target = cache / card.path
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".partial")
        if name in MANIFESTS:
            save(state_dict(load_manifest(manifest_of(name))), partial, card.entry, name in ARCHIVES)
        else:
            shutil.copyfile(_published(name), partial)
        partial.rename(target)
    return target


def save(state: dict[str, Tensor], path: Path, entry: str = "", torchscript: bool = False) -> None:
    """Write a state dict.

    Args:
        state: key -> tensor.
        path: of the file.
        entry: under which a training checkpoint has it, ``""`` for a plain one.
        torchscript: whether it is an archive of TorchScript.
    """
    if torchscript:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scripting is deprecated; OpenAI's files are of its making
            torch.jit.save(torch.jit.script(_nested(state)), str(path))
    else:
        torch.save({entry: state} if entry else state, path)


def _published(name: str) -> Path:
    return KIT / "weights" / Path(CHECKPOINTS[name].path).name


def _nested(state: dict[str, Tensor]) -> nn.Module:
    root = nn.Module()
    for key, tensor in state.items():
        *parents, leaf = key.split(".")
        module = root
        for parent in parents:
            if not hasattr(module, parent):
                module.add_module(parent, nn.Module())
            module = getattr(module, parent)
        if tensor.is_floating_point():
            module.register_parameter(leaf, nn.Parameter(tensor, requires_grad=False))
        else:
            module.register_buffer(leaf, tensor)
    return root
