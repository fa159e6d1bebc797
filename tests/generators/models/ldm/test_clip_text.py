"""CLIP's text tower as early latent diffusion uses it."""

from __future__ import annotations

from typing import Any

import torch

from vbench.generators.models.ldm.clip_text import ClipText
from vbench.generators.models.ldm.sizes import TextSizes

SIZES = TextSizes(width=16, heads=2, layers=2)


@torch.inference_mode()
def test_a_text_is_padded_with_its_end_and_sees_only_what_stands_before() -> None:
    torch.manual_seed(0)
    tower: Any = ClipText(SIZES)
    tower.eval()
    seen = list[torch.Tensor]()
    tower.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    features = tower.encode(["a cat!", "a cat! runs"])
    assert features.shape == (2, 77, 16)
    start, end = 49406, 49407
    short, longer = seen[0].tolist()
    assert short[0] == start
    assert short[4:] == [end] * 73
    assert longer[5:] == [end] * 72
    torch.testing.assert_close(features[0, :4], features[1, :4])


def test_it_can_be_built_without_memory() -> None:
    with torch.device("meta"):
        tower = ClipText(SIZES)
    tower.load_state_dict(ClipText(SIZES).state_dict(), assign=True)
    assert not any(value.is_meta for value in (*tower.parameters(), *tower.buffers()))
