"""The reference's figures for the training-free techniques, and how they are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vbench.parity import seeded

KIT = Path(__file__).parents[1] / "parity" / "kit" / "generators"


def golden(name: str) -> dict[str, Any]:
    """Everything the kit says of a technique."""
    figures: dict[str, Any] = json.loads((KIT / f"{name}.json").read_text())
    return figures


def given(case: dict[str, Any], name: str) -> Tensor:
    """An input of a case, ``(...)`` float32."""
    described = case["inputs"][name]
    array = seeded.seeded_array(name, {"shape": described["shape"], "dtype": "float32"}, described["rule"], 0)
    return torch.from_numpy(array)


def differs_by(output: Tensor, case: dict[str, Any]) -> float:
    """Largest absolute difference from the figures of a case: strided values, mean, deviation, extremes."""
    expected = case["output"]
    assert list(output.shape) == expected["shape"]
    assert output.dtype == torch.float32
    stride, values = expected["slice"]["flat_stride"], torch.tensor(expected["slice"]["values"])
    flat = output.flatten()
    taken = flat[torch.arange(len(values)) * stride % flat.numel()]
    found = [flat.double().mean(), flat.double().std(), flat.min(), flat.max()]
    told = [expected[name] for name in ("mean", "std", "min", "max")]
    differences: list[float] = [abs(float(a) - b) for a, b in zip(found, told, strict=True)]
    differences.append(float((taken - values).abs().max()))
    return max(differences)
