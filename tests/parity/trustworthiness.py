"""Checkpoints and whole dimensions of VBench-Trustworthiness: small networks where the kit has small ones."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from safetensors.torch import save_file
from torch import cat, zeros_like

from tests.parity.checkpoint_cache import KIT, write_checkpoint
from tests.parity.conftest import SEEDED_CACHE, clip
from tests.parity.figures import device_of_tests, reference
from vbench.interface import evaluate
from vbench.parity import seeded
from vbench.parity.checkpoints import save
from vbench.runs.run import Run
from vbench.weights.cards import CHECKPOINTS, checkpoint

LONGEST = 384
"""What the goldens of faces were made with, in place of 2048."""


def described(name: str) -> dict[str, Any]:
    return seeded.load_manifest(KIT / "manifests" / f"{name}.json")


def write_blip2(folder: Path) -> None:
    """A small network in the layout of the hub, its keys renamed from LAVIS's."""
    manifest = described("blip2_feature_extractor_tiny")
    state = seeded.state_dict(manifest, 0)
    renamed = {ours: state[theirs].clone() for theirs, ours in manifest["to_transformers"]["map"].items()}
    for layer in range(manifest["source"]["lavis"]["vit"]["depth"]):
        query, value = (state[f"visual_encoder.blocks.{layer}.attn.{one}_bias"] for one in "qv")
        renamed[f"vision_model.encoder.layers.{layer}.self_attn.qkv.bias"] = cat((query, zeros_like(query), value))
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"architectures": ["Blip2ForImageTextRetrieval"], "model_type": "blip-2"}
    (folder / "config.json").write_text(json.dumps(settings | manifest["source"]["transformers_config"]))
    save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})


def write_checker(folder: Path) -> None:
    """A small network under the published names."""
    manifest = described("sd_safety_checker_tiny")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(manifest["source"]["config"]))
    save(seeded.state_dict(manifest, 0), folder / "pytorch_model.bin")


def write_q16(path: Path) -> None:
    """A pickled array, as numpy 1 wrote it."""
    (prompts,) = seeded.state_dict(described("q16_prompts_vit_b_32"), 0).values()
    path.parent.mkdir(parents=True, exist_ok=True)
    written = pickle.dumps(np.asarray(prompts, np.float16), protocol=3)
    path.write_bytes(written.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))


def write_nudenet(path: Path) -> None:
    """The published file, out of its package on PyPI; skips where pip cannot get it. It is AGPL-3.0 and in no kit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "nudenet==3.0.8"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if not wheels:
            pytest.skip(f"NudeNet's network is not here, and pip cannot get it: {done.stderr.strip()[-200:]}")
        with zipfile.ZipFile(wheels[0]) as archive:
            partial = path.with_suffix(".partial")
            partial.write_bytes(archive.read("nudenet/best.onnx"))
            partial.replace(path)


WRITERS = {
    "blip2_itm_vit_g": write_blip2, "sd_safety_checker": write_checker, "q16_prompts": write_q16,
    "nudenet": write_nudenet,
}  # fmt: skip


def prepare(*names: str) -> Path:
    """Put checkpoints into the cache for these tests, unless they are there."""
    for name in names:
        if name in WRITERS:
            place = SEEDED_CACHE / checkpoint(name).path
            if not place.exists():
                WRITERS[name](place)
        elif CHECKPOINTS[name].is_weights:
            write_checkpoint(name, SEEDED_CACHE)
    return SEEDED_CACHE


def evaluated(root: Path, dimension: str, *checkpoints: str, device: str = "cpu") -> tuple[Run, dict[str, Any]]:
    """A run of the golden's clips under its names, through the public interface, and the golden.

    Args:
        root: an empty folder.
        dimension: by its name.
        checkpoints: that it needs.
        device: where; ``"cuda"`` is a card that is pretended.
    """
    prepare(*checkpoints)
    golden = reference(dimension)
    videos = root / "videos"
    videos.mkdir()
    for name, entry in golden["clips"].items():
        shutil.copy(clip(entry.get("clip", name)), videos / entry.get("file_name", name))
    prompts = dict.fromkeys(entry["prompt"] for entry in golden["clips"].values())
    suite = [{"prompt_en": prompt, "dimension": [dimension]} for prompt in prompts]
    (root / "suite.json").write_text(json.dumps(suite))
    options = {dimension: {"longest": LONGEST}} if "retinaface_resnet50" in checkpoints else {}
    with pytest.MonkeyPatch.context() as patch, device_of_tests(device):
        patch.setenv("VBENCH_CACHE_DIR", str(SEEDED_CACHE))
        run = evaluate(
            videos, benchmark="vbench-trustworthiness", suite=root / "suite.json", dimensions=[dimension],
            options=options, output=root / "run", device=device,
        )  # fmt: skip
    return run, golden
