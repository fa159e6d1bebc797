"""What the references' networks and samplers gave, and how to ask ours the same."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tests.generators.techniques_goldens import KIT, differs_by
from vbench.parity import seeded


def manifest(name: str) -> dict[str, Any]:
    """Keys and shapes of a checkpoint, with the reference's configuration."""
    found: dict[str, Any] = seeded.load_manifest(KIT / "manifests" / f"{name}.json")
    return found


def seeded_network(network: nn.Module, name: str) -> nn.Module:
    """The network with the seeded weights of a manifest, loaded strictly, as it is used."""
    network.load_state_dict(seeded.state_dict(manifest(name), 0), strict=True)
    return network.eval().requires_grad_(False)


def shapes(network: nn.Module) -> dict[str, list[int]]:
    """Keys and shapes of a network."""
    return {key: list(value.shape) for key, value in network.state_dict().items()}


def manifest_shapes(name: str) -> dict[str, list[int]]:
    """Keys and shapes of a published checkpoint."""
    return {key: spec["shape"] for key, spec in manifest(name)["keys"].items()}


def seeded_input(name: str, shape: tuple[int, ...]) -> Tensor:
    """Standard normal numbers by their name."""
    return torch.from_numpy(seeded.seeded_array(name, {"shape": shape, "dtype": "float32"}, {"std": 1.0}, 0))


def inputs(case: dict[str, Any]) -> dict[str, Tensor]:
    """A case's inputs by their names in the reference, without the prefix."""
    return {
        name.removeprefix("input."): torch.from_numpy(
            seeded.seeded_array(name, {"dtype": "float32", **spec}, spec["rule"], 0)
        )
        for name, spec in case["inputs"].items()
    }


def distance(output: Tensor, case: dict[str, Any]) -> float:
    """The largest difference from the figures of a case, in standard deviations of the output."""
    return float(differs_by(output, case) / case["output"]["std"])
