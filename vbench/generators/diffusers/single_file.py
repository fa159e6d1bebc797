"""A pipeline's main network out of one file, as other programs publish it: ``PRESET:FILE.safetensors`` or ``.gguf``."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers.loaders import single_file_model

from vbench.errors import CheckpointError, CheckpointMismatch, MissingExtra, UsageError
from vbench.weights import safetensors_files
from vbench.weights.load import mismatches, shortened

SUFFIXES = (".safetensors", ".gguf")

NETWORKS = ("transformer", "unet")
"""What a single file can stand for, by the name of the component."""


def is_single_file(place: str) -> bool:
    """Whether a model's argument is an existing file."""
    return bool(place) and Path(place).expanduser().is_file()


def can_load(kind: Any) -> bool:
    """Whether diffusers reads networks of this class from single files."""
    return getattr(kind, "__name__", "") in single_file_model.SINGLE_FILE_LOADABLE_CLASSES


def check(kind: Any, config: Path, file: Path) -> None:
    """Refuse a file that is not the whole network.

    Args:
        kind: class of the network.
        config: folder of its configuration.
        file: the weights.

    Raises:
        UsageError: diffusers reads no such file, or no such network from one.
        MissingExtra: a package that it needs is not installed.
        CheckpointMismatch: with all missing, unexpected and wrongly shaped keys.
        CheckpointError: it is damaged.
    """
    if file.suffix not in SUFFIXES:
        raise UsageError(
            f"{file} is neither safetensors nor GGUF; other files can run code while they are read. Convert it: "
            "https://huggingface.co/docs/safetensors/convert-weights"
        )
    if not can_load(kind):
        raise UsageError(
            f"diffusers {diffusers.__version__} reads no {kind.__name__} from a single file. Give the folder of a "
            "whole pipeline instead."
        )
    if file.suffix == ".gguf":
        if not find_spec("gguf"):
            raise MissingExtra(f"{file} needs the package gguf: pip install gguf")
        return
    entries = safetensors_files.header(file)
    differences = _differences(kind, config, entries)
    if differences:
        raise CheckpointMismatch(
            f"{file} is no whole {kind.__name__}: {'; '.join(differences)}. Nothing was sampled with it."
        )


def load(kind: Any, config: Path, file: Path, dtype: torch.dtype) -> Any:
    """The network with the file's weights.

    Raises:
        CheckpointError: diffusers cannot read it.
        CheckpointMismatch: parameters are left without values.
    """
    how: dict[str, Any] = {}
    if file.suffix == ".gguf":
        how["quantization_config"] = diffusers.GGUFQuantizationConfig(compute_dtype=dtype)
    try:
        network = kind.from_single_file(str(file), config=str(config), torch_dtype=dtype, local_files_only=True, **how)
    except (OSError, ValueError, RuntimeError, TypeError, KeyError, NotImplementedError) as error:
        raise CheckpointError(f"{file} cannot be loaded as {kind.__name__}: {str(error)[:500]}") from error
    empty = [key for key, value in network.named_parameters() if value.is_meta]
    if empty:
        raise CheckpointMismatch(f"{file} is no whole {kind.__name__}: {len(empty)} missing: {shortened(empty)}.")
    return network


def _differences(kind: Any, config: Path, entries: dict[str, safetensors_files.Entry]) -> list[str]:
    """What the file lacks or has besides, under the names that diffusers gives its keys."""
    from accelerate import init_empty_weights

    settings = kind.load_config(config, local_files_only=True)
    with init_empty_weights():
        expected = kind.from_config(settings).state_dict()
    state = {key: torch.empty(entry.shape, device="meta") for key, entry in entries.items()}
    rules: Any = single_file_model.SINGLE_FILE_LOADABLE_CLASSES[kind.__name__]
    translate = rules["checkpoint_mapping_fn"]
    if not set(expected) & set(state):
        try:
            state = translate(config=settings, checkpoint=state)
        except (KeyError, ValueError, RuntimeError, IndexError, TypeError) as error:
            raise CheckpointError(
                f"{config} describes another {kind.__name__} than the file holds, or the file is of another model "
                f"({type(error).__name__}: {str(error)[:200]})."
            ) from error
    found = {key: tuple(value.shape) for key, value in state.items()}
    return mismatches({key: tuple(value.shape) for key, value in expected.items()}, found)
