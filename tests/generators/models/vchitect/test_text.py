"""Prompts are read as Stable Diffusion 3's pipeline in diffusers reads them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import StableDiffusion3Pipeline

from tests.generators.models.vchitect.tiny import parts
from vbench.generators.models.vchitect.text import T5_TOKENS, Encoder, Encoders


@pytest.mark.parametrize("prompt", ["a cat", "", "a very long story of a cat " * 20])
def test_it_is_stable_diffusion_3s(prompt: str) -> None:
    found = parts()
    encoders = [Encoder(found[f"tokenizer{n}"], found[f"text_encoder{n}"]) for n in ("", "_2", "_3")]
    with torch.inference_mode():
        text = Encoders((encoders[0], encoders[1]), encoders[2])(prompt)
        pipeline: Any = StableDiffusion3Pipeline(**found, transformer=None)
        tokens, _, pooled, _ = pipeline.encode_prompt(prompt, None, None, do_classifier_free_guidance=False)
    assert torch.allclose(text.tokens, tokens, atol=1e-6)
    assert torch.allclose(text.pooled, pooled, atol=1e-6)
    assert text.tokens.shape == (
        1,
        found["tokenizer"].model_max_length + T5_TOKENS,
        found["text_encoder_3"].config.d_model,
    )
