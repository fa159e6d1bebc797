"""Seeded weights: from a manifest of names and shapes to a state dict, the same on every machine.

The published checkpoints cannot be fetched everywhere, and are not needed to compare arithmetic: two implementations
that load the same numbers must say the same. A manifest lists every key of one published checkpoint, ``{"keys": {key:
{"shape": [...], "dtype": "float32"}}, "rules": {...}}``. Each key is filled from NumPy's PCG64, seeded by the key's
name, whatever the order of the keys or the version of torch.

With n standard normal, drawn in float64 and cast last, the first of these that fits fills a key:

1. the manifest's own rule for it: ``{"values": [...]}``, ``{"const": c}``, ``{"arange": n}``, ``{"std": s, "mean": m}``
2. integers: zeros
3. a running variance: 1 + 0.1 |n|
4. a running mean: 0.1 n
5. one axis, and the name ends in weight, gamma or scale: 1 + 0.1 n
6. one axis or none: 0.02 n
7. otherwise n / sqrt(numbers that one output sums over)
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

SCALES = ("weight", "gamma", "scale")


def load_manifest(path: Path) -> dict[str, Any]:
    """Read a manifest."""
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def state_dict(manifest: Mapping[str, Any], seed: int = 0) -> dict[str, torch.Tensor]:
    """Fill a manifest.

    Args:
        manifest: keys, shapes, dtypes and rules; ``tied`` keys are made equal, as in a published file.
        seed: of all keys.

    Returns:
        Key -> tensor, of the shape and dtype that the manifest says.
    """
    rules = manifest.get("rules", {})
    state = {
        key: torch.from_numpy(seeded_array(key, spec, rules.get(key), seed).copy())
        for key, spec in manifest["keys"].items()
    }
    for key, source in manifest.get("tied", {}).items():
        state[key] = state[source]
    return state


def seeded_array(key: str, spec: Mapping[str, Any], rule: Mapping[str, Any] | None, seed: int) -> npt.NDArray[Any]:
    """Fill one key.

    Args:
        key: its name.
        spec: ``shape`` and ``dtype``; bfloat16, which NumPy does not have, is float32 here.
        rule: of the manifest for this key, if it has one.
        seed: of all keys.
    """
    shape, dtype = tuple(spec["shape"]), np.dtype(spec["dtype"].replace("bfloat16", "float32"))
    rule = rule or {}
    if "values" in rule:
        return np.asarray(rule["values"], dtype=dtype).reshape(shape)
    if "const" in rule:
        return np.full(shape, rule["const"], dtype=dtype)
    if "arange" in rule:
        return np.arange(rule["arange"], dtype=dtype).reshape(shape)
    if dtype.kind in "iub":
        return np.zeros(shape, dtype=dtype)
    n = np.random.Generator(np.random.PCG64([seed, zlib.crc32(key.encode())])).standard_normal(shape)
    last = key.rsplit(".", 1)[-1]
    if "std" in rule or "mean" in rule:
        filled = rule.get("mean", 0.0) + rule.get("std", 1.0) * n
    elif last == "running_var":
        filled = 1.0 + 0.1 * np.abs(n)
    elif last == "running_mean":
        filled = 0.1 * n
    elif len(shape) == 1 and last in SCALES:
        filled = 1.0 + 0.1 * n
    elif len(shape) <= 1:
        filled = 0.02 * n
    else:
        filled = n * math.sqrt(1.0 / max(1, math.prod(shape[1:])))
    return np.asarray(filled, dtype=dtype)
