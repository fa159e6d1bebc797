"""The text tower is open_clip's, up to the last block but one."""

from __future__ import annotations

import open_clip
import torch

from vbench.generators.models.ldm.sizes import TextSizes
from vbench.generators.models.ldm.text import TextTower


@torch.inference_mode()
def test_features_are_those_of_open_clips_tower_without_its_last_block() -> None:
    torch.manual_seed(0)
    tower = TextTower(TextSizes(width=16, heads=2, layers=3)).eval()
    whole = open_clip.CLIP(
        16,
        {"layers": 1, "width": 16, "head_width": 8, "image_size": 16, "patch_size": 8},
        {"width": 16, "heads": 2, "layers": 2},
    ).eval()
    whole.load_state_dict({k: v for k, v in tower.state_dict().items() if "resblocks.2" not in k}, strict=False)
    texts = ["a cat", "", "word " * 100]
    tokens = open_clip.tokenize(texts)
    wanted = whole.transformer(whole.token_embedding(tokens) + whole.positional_embedding, attn_mask=whole.attn_mask)
    torch.testing.assert_close(tower.encode(texts), whole.ln_final(wanted))


def test_full_size_has_the_published_keys() -> None:
    with torch.device("meta"):
        tower = TextTower(TextSizes())
        published = open_clip.CLIP(**open_clip.get_model_config("ViT-H-14"))
    shapes = {key: value.shape for key, value in published.state_dict().items() if not key.startswith("visual.")}
    assert {key: value.shape for key, value in tower.state_dict().items()} == shapes
