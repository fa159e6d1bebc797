"""Figures that were made of a reference once, beside the tests that hold our networks against them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from torch import nn

from tests.generators.network_goldens import shapes
from vbench.parity import seeded


def figures(path: Path) -> dict[str, Any]:
    """What a file of figures says."""
    told: dict[str, Any] = json.loads(path.read_text())
    return told


def keys(network: nn.Module) -> dict[str, Any]:
    """Number and digest of a network's names and shapes, as the files have them."""
    lines = sorted(f"{key} {' '.join(map(str, shape))}" for key, shape in shapes(network).items())
    return {"count": len(lines), "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest()}


def seeded_by_name(network: nn.Module) -> nn.Module:
    """The network with weights that follow from its names, as it is used."""
    keys = {
        key: {"shape": list(tensor.shape), "dtype": str(tensor.dtype).removeprefix("torch.")}
        for key, tensor in network.state_dict().items()
    }
    network.load_state_dict(seeded.state_dict({"keys": keys}))
    return network.eval().requires_grad_(False)
