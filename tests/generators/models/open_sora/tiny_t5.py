"""T5 as it is published: in files of torch, with an index."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from tests.generators import tiny_families

FILE = "pytorch_model-00001-of-00001.bin"


def save(folder: Path) -> None:
    """Write the folder."""
    encoder = tiny_families.t5()
    state = encoder.state_dict()
    encoder.config.save_pretrained(folder)
    tiny_families.tokenizer().save_pretrained(folder)
    torch.save(state, folder / FILE)
    index = {"metadata": {}, "weight_map": dict.fromkeys(state, FILE)}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    (folder / "spiece.model").touch()
