"""LoRAs on a loaded pipeline: every key of a file lands, or nothing is sampled.

Diffusers leaves out what does not fit with a warning at most, and samples with the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from vbench.errors import CheckpointError, CheckpointMismatch, MissingExtra, UsageError
from vbench.weights import safetensors_files
from vbench.weights.load import shortened

BESIDES = ("alpha", "dora_scale")
"""How keys end that are no low-rank weights: a scale, which diffusers folds in; and magnitudes, which it leaves out."""

HALVES = (
    (re.compile(r"\.processor\.(to_\w+?)_lora\."), r".\1.lora."),
    (re.compile(r"\.to_out\.lora\."), ".to_out.0.lora."),
    (re.compile(r"\.(lora_linear_layer\.|lora\.|lora_)down\.weight$"), ".lora_A.weight"),
    (re.compile(r"\.(lora_linear_layer\.|lora\.|lora_)up\.weight$"), ".lora_B.weight"),
)
"""How programs name the two halves of a LoRA -> how peft does."""


def check(kind: type, file: Path) -> None:
    """Refuse a file that is no LoRA, or a pipeline that takes none.

    Args:
        kind: class of the pipeline.
        file: the LoRA.

    Raises:
        UsageError: it is not there, no safetensors, or the pipeline takes none.
        CheckpointError: it is damaged, or holds no low-rank weights.
        MissingExtra: peft is not installed.
    """
    if not file.is_file():
        raise UsageError(f"The LoRA {file} is not there: --lora takes a safetensors file, and :WEIGHT behind it.")
    if file.suffix != ".safetensors":
        raise UsageError(f"{file} is no safetensors file; files of other kinds can run code while they are read.")
    if not hasattr(kind, "load_lora_weights"):
        raise UsageError(f"diffusers loads no LoRA into {kind.__name__}.")
    keys = list(safetensors_files.header(file))
    if not any("lora" in key or "lokr" in key for key in keys):
        raise CheckpointError(f"{file} holds no LoRA; its keys are {shortened(keys)}.")
    if left_out := [key for key in keys if key.endswith("dora_scale")]:
        raise CheckpointError(f"{file} is a DoRA, and diffusers leaves out its {shortened(left_out)}.")
    if not find_spec("peft"):
        raise MissingExtra(f"{file} is a LoRA, which needs the package peft: pip install peft")


def add(pipeline: Any, loras: Sequence[tuple[Path, float]]) -> None:
    """Put LoRAs on a pipeline.

    Args:
        pipeline: with its weights.
        loras: files and their weights.

    Raises:
        CheckpointMismatch: a key of a file has no place in the pipeline, or half of a place has no key.
    """
    names = [f"lora{number}" for number in range(len(loras))]
    for name, (file, _) in zip(names, loras, strict=True):
        try:
            told = pipeline.lora_state_dict(file.parent, weight_name=file.name, local_files_only=True)
            pipeline.load_lora_weights(file.parent, weight_name=file.name, adapter_name=name, local_files_only=True)
        except (OSError, ValueError, RuntimeError, KeyError, TypeError, IndexError) as error:
            raise CheckpointMismatch(
                f"The LoRA {file} does not fit {type(pipeline).__name__}: {str(error)[:500]}"
            ) from error
        state = told[0] if isinstance(told, tuple) else told
        _refuse_what_did_not_land(pipeline, name, file, list(state))
    if names:
        pipeline.set_adapters(names, [weight for _, weight in loras])


def _refuse_what_did_not_land(pipeline: Any, adapter: str, file: Path, keys: list[str]) -> None:
    """Compare the keys of a file with the parameters that were made for it."""
    given = {_peft(key) for key in keys if not key.endswith(BESIDES)}
    of_file = set(safetensors_files.header(file))
    if of_file & set(keys):  # not translated: what is not among the keys was left out on the way
        given |= {_peft(key) for key in of_file if not key.endswith(BESIDES)}
    landed = set(_landed(pipeline, adapter))
    kinds = {"without a place": sorted(given - landed), "without a key": sorted(landed - given)}
    told = [f"{len(found)} {kind}: {shortened(found)}" for kind, found in kinds.items() if found]
    if told or not landed:
        raise CheckpointMismatch(
            f"The LoRA {file} does not fit {type(pipeline).__name__}: {'; '.join(told)}. Nothing was sampled with it."
        )


def _landed(pipeline: Any, adapter: str) -> Iterator[str]:
    """The parameters of an adapter, as peft names them in files."""
    for component, network in pipeline.components.items():
        if isinstance(network, torch.nn.Module):
            for name, _ in network.named_parameters():
                if f".{adapter}." in f"{name}.":
                    yield f"{component}.{name.replace(f'.{adapter}', '').replace('.base_layer', '')}"


def _peft(key: str) -> str:
    """A key as peft names it.

    >>> _peft("unet.down.attn1.processor.to_q_lora.down.weight"), _peft("unet.a.to_k.lora_B.weight")
    ('unet.down.attn1.to_q.lora_A.weight', 'unet.a.to_k.lora_B.weight')
    """
    for pattern, name in HALVES:
        key = pattern.sub(name, key)
    return key
