"""Write seeded checkpoints in the published formats, under the published names."""

from __future__ import annotations

import fcntl
import shutil
import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from tests.parity import seeded
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


ARCHIVES = ("clip_vit_b_32", "clip_vit_l_14")
"""Published as TorchScript."""


def manifest(name: str) -> dict[str, Any]:
    """The keys and shapes of a published checkpoint, by our name for it."""
    return seeded.load_manifest(KIT / "manifests" / f"{MANIFESTS[name]}.json")


def seeded_state(name: str, seed: int = 0) -> dict[str, Tensor]:
    """Deterministic weights for a checkpoint, tied keys made equal as in a published file."""
    described = manifest(name)
    state: dict[str, Tensor] = seeded.state_dict(described, seed)
    for key, source in described.get("tied", {}).items():
        state[key] = state[source]
    return state


def write_checkpoint(name: str, cache: Path, seed: int = 0) -> Path:
    """Put a seeded checkpoint where ``VBENCH_CACHE_DIR=cache`` expects it, unless it is there.

    Of several processes one makes it, and the others wait.
    """
    entry = CHECKPOINTS[name]
    target = cache / entry.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            partial = target.with_suffix(".partial")
            _write(name, partial, entry.entry, seed, target.suffix)
            partial.rename(target)
    return target


def _write(name: str, target: Path, entry: str, seed: int, form: str) -> None:
    if name in MANIFESTS and form == ".safetensors":
        save_file(seeded_state(name, seed), target)
    elif name in MANIFESTS:
        save(seeded_state(name, seed), target, entry, torchscript=name in ARCHIVES)
    else:  # small enough to be in the kit as published
        shutil.copy(KIT / "weights" / Path(CHECKPOINTS[name].path).name, target)


def save(state: dict[str, Tensor], path: Path, entry: str = "", torchscript: bool = False) -> None:
    """Write a state dict as a TorchScript archive, as a training checkpoint or as it is."""
    if torchscript:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scripting is deprecated; OpenAI's files are of its making
            torch.jit.save(torch.jit.script(_nested(state)), str(path))
    else:
        torch.save({entry: state} if entry else state, path)


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
