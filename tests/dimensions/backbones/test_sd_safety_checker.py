"""The safety checker's configuration in the forms in which it is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from vbench.dimensions.backbones.sd_safety_checker import Network, configuration

VISION = {
    "hidden_size": 24, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 28,
    "patch_size": 14,
}  # fmt: skip


@pytest.mark.parametrize("unasked", [{}, {"projection_dim": 512}, {"projection_dim": 40}])
def test_its_vectors_are_as_wide_as_the_file_says_for_the_whole(tmp_path: Path, unasked: dict[str, int]) -> None:
    """transformers writes the vision tower's own default, 512, beside the 768 of the whole."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"projection_dim": 40, "vision_config": VISION | unasked}))
    with torch.device("meta"):
        network = Network(configuration(path))
    assert network.visual_projection.weight.shape == (40, 24)
    assert network.concept_embeds.shape == (17, 40)
