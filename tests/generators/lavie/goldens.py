"""The reference's figures for LaVie's and SEINE's networks, and how they are compared."""

from __future__ import annotations

import json
from typing import Any

import torch
from torch import Tensor, nn

from tests.generators.techniques_goldens import KIT, golden
from tests.parity import seeded
from vbench.generators.lavie.unet import Architecture

BOUND = 1e-4
"""Of the output's deviation."""


def manifest(name: str) -> dict[str, Any]:
    """Keys, shapes and configuration of a checkpoint."""
    described: dict[str, Any] = json.loads((KIT / "manifests" / f"{name}.json").read_text())
    return described


def architecture(config: dict[str, Any]) -> Architecture:
    """Ours from a configuration in the reference's names."""
    own_first = config.get("only_cross_attention", [False] * len(config["block_out_channels"]))
    return Architecture(
        in_channels=config["in_channels"],
        out_channels=config["out_channels"],
        widths=tuple(config["block_out_channels"]),
        attends=tuple(kind.startswith("CrossAttn") for kind in config["down_block_types"]),
        only_text=tuple(own_first),
        layers=config["layers_per_block"],
        heads=config["attention_head_dim"],
        text_width=config["cross_attention_dim"],
        groups=config["norm_num_groups"],
        first_frame=config["use_first_frame"],
        labels=config.get("num_class_embeds", 0),
    )


def filled(network: nn.Module, name: str) -> nn.Module:
    """The network with the seeded weights of a manifest, loaded strictly."""
    figures = golden(name)["weights"]["model"]
    network.load_state_dict(seeded.state_dict(manifest(figures["manifest"].removesuffix(".json")), figures["seed"]))
    return network.eval().requires_grad_(False)


def inputs(case: dict[str, Any]) -> dict[str, Tensor]:
    """What the reference's network was given, by name."""
    return {
        name.removeprefix("input."): torch.from_numpy(
            seeded.seeded_array(
                name, {"shape": spec["shape"], "dtype": spec.get("dtype", "float32")}, spec["rule"], 0
            ).copy()
        )
        for name, spec in case["inputs"].items()
    }


def difference(output: Tensor, case: dict[str, Any]) -> float:
    """Largest absolute difference of the figures, in parts of the reference's deviation."""
    expected = case["output"]
    assert list(output.shape) == expected["shape"]
    stride, values = expected["slice"]["flat_stride"], torch.tensor(expected["slice"]["values"])
    flat = output.flatten()
    taken = flat[torch.arange(len(values)) * stride % flat.numel()]
    found = [flat.double().mean(), flat.double().std(), flat.min(), flat.max()]
    told = [expected[name] for name in ("mean", "std", "min", "max")]
    differences: list[float] = [abs(float(one) - other) for one, other in zip(found, told, strict=True)]
    differences.append(float((taken - values).abs().max()))
    return max(differences) / float(expected["std"])
