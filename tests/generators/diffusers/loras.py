"""LoRAs of tiny pipelines, with random weights."""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file


def save_lora(folder: Path, file: Path, network: str = "transformer", scale: float = 1.0) -> Path:
    """A LoRA on two projections of a pipeline's network, as its training scripts save it.

    Args:
        folder: of the pipeline.
        file: to write.
        network: name of the component.
        scale: of its weights.
    """
    import peft
    from diffusers import DiffusionPipeline

    torch.manual_seed(1)
    pipeline: Any = DiffusionPipeline.from_pretrained(folder)
    component = getattr(pipeline, network)
    component.add_adapter(peft.LoraConfig(r=2, target_modules=["to_q", "to_k"], init_lora_weights=False))
    weights = {
        name: scale * value.contiguous() for name, value in peft.utils.get_peft_model_state_dict(component).items()
    }
    pipeline.save_lora_weights(file.parent, **{f"{network}_lora_layers": weights}, weight_name=file.name)
    return file


def renamed(file: Path, to: Path, old: str, new: str, most: int = 1) -> Path:
    """The same LoRA with an old part of its keys replaced, in the first ``most`` keys that have it."""
    weights, done = {}, 0
    for key, value in load_file(file).items():
        changes = old in key and done < most
        done += changes
        weights[key.replace(old, new) if changes else key] = value
    assert done
    save_file(weights, to)
    return to
