"""How a checkpoint is read without running what is in it, and put into a network whole or not at all.

Files are read with ``weights_only=True``; TorchScript archives go through :mod:`vbench.weights.torchscript`. Keys and
shapes are compared one by one before a single value reaches a network: a score from half-loaded weights cannot happen.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbench.errors import CheckpointError, CheckpointMismatch, UnsafeCheckpoint
from vbench.weights.cards import candidates, checkpoint, locate

if TYPE_CHECKING:
    from torch import Tensor, nn


def state_dict(name: str) -> dict[str, Tensor]:
    """Read a checkpoint's tensors, on the CPU, floating ones as float32.

    Raises:
        MissingCheckpoint: the file is not in the cache.
        UnsafeCheckpoint: the file asks for code to be run.
        CheckpointError: the file is damaged or holds no tensors.
    """
    path = locate(name)
    payload = read_tensors(path)
    entry = checkpoint(name).entry
    if entry and isinstance(payload.get(entry), Mapping):
        payload = payload[entry]
    strangers = [key for key, value in payload.items() if not hasattr(value, "dtype")]
    if strangers or not payload:
        raise CheckpointError(
            f"{path} is not a state dict: expected only tensors{f' under {entry!r}' if entry else ''}, "
            f"found {_shortened(strangers) or 'nothing'}."
        )
    return {key: value.float() if value.is_floating_point() else value for key, value in payload.items()}


def read_tensors(path: Path) -> Mapping[str, Any]:
    """Read a ``torch.save`` file or a TorchScript archive as a mapping, executing nothing that is in it."""
    if _is_torchscript(path):
        from vbench.weights.torchscript import read_torchscript

        return read_torchscript(path)
    return _read_saved(path)


def _is_torchscript(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.count("/") == 1 and name.endswith("/constants.pkl") for name in archive.namelist())


_SIGNS_OF_CODE = ("Unsupported global", "Unsupported class", "unrecognized function")


def _read_saved(path: Path) -> Mapping[str, Any]:
    import argparse
    import pickle

    import torch

    try:
        # A Namespace is what training scripts leave beside the weights; it only holds values.
        with torch.serialization.safe_globals([argparse.Namespace]):
            payload = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if not any(sign in str(error) for sign in _SIGNS_OF_CODE):
            raise CheckpointError(_damaged(path, error)) from error
        named = next(line for line in str(error).splitlines() if any(sign in line for sign in _SIGNS_OF_CODE))
        raise UnsafeCheckpoint(
            f"{path} is refused: reading it would run code that it names ({named.strip()[:200]}). "
            "A checkpoint holds tensors only; get it again from its publisher "
            "(a backbone's: vbench weights download --force NAME)."
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise CheckpointError(_damaged(path, error)) from error
    if not isinstance(payload, Mapping):
        raise CheckpointError(
            f"{path} is not a checkpoint: expected a mapping of tensors, found a {type(payload).__name__}."
        )
    return payload


def _damaged(path: Path, error: Exception) -> str:
    return (
        f"{path} cannot be read as a checkpoint ({path.stat().st_size:,} bytes; "
        f"{type(error).__name__}: {str(error)[:120]}). Delete it and download it again."
    )


def load_strictly(network: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    """Put ``state`` into ``network`` after checking every key and shape.

    The network may have been built under ``torch.device("meta")``: tensors are assigned, not copied.

    Raises:
        CheckpointMismatch: with all missing, unexpected and wrongly shaped keys.
    """
    wanted = network.state_dict()
    missing = [key for key in wanted if key not in state]
    unexpected = [key for key in state if key not in wanted]
    reshaped = [
        f"{key} {tuple(state[key].shape)} instead of {tuple(wanted[key].shape)}"
        for key in wanted
        if key in state and state[key].shape != wanted[key].shape
    ]
    findings = [
        f"{len(keys)} {what}: {_shortened(keys)}"
        for what, keys in (("missing", missing), ("unexpected", unexpected), ("of another shape", reshaped))
        if keys
    ]
    if findings:
        raise CheckpointMismatch(
            f"{_file_of(name)} does not fit {checkpoint(name).title}: {'; '.join(findings)}. "
            f"Nothing was scored with it. Get the published file: vbench weights download {name} --force"
        )
    network.load_state_dict(state, assign=True)
    network.eval().requires_grad_(False)


def _file_of(name: str) -> Path:
    return next((place for place in candidates(name) if place.is_file()), candidates(name)[0])


def _shortened(keys: list[str], limit: int = 20) -> str:
    more = f" and {len(keys) - limit} more" if len(keys) > limit else ""
    return ", ".join(str(key) for key in keys[:limit]) + more
