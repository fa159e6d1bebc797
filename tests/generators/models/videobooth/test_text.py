from __future__ import annotations

import doctest

import pytest
import torch

from tests.generators.models.lavie.goldens import BOUND
from tests.generators.network_goldens import distance, inputs
from tests.generators.techniques_goldens import golden
from vbench.generators.models.videobooth import text
from vbench.generators.models.videobooth.text import injected

FIGURES = golden("conditioning")["videobooth_text_injection"]["cases"]


@pytest.mark.parametrize("name", FIGURES)
def test_the_picture_takes_the_place_that_it_has_in_the_reference(name: str) -> None:
    figures = FIGURES[name]
    told = inputs(figures)
    prompts = [
        injected(told["token_embedding"][torch.tensor(ids)], torch.tensor(ids), placeholder, picture)
        for ids, placeholder, picture in zip(
            figures["input_ids"], figures["placeholder_ids"], told["inj_embedding"], strict=True
        )
    ]
    assert distance(torch.stack(prompts), figures) < BOUND


def test_a_prompt_without_the_placeholder_stays_as_it_is() -> None:
    embedded = torch.arange(8.0)[:, None]
    assert injected(embedded, torch.arange(8), [9, 10], torch.zeros(5, 1)).equal(embedded)


def test_examples() -> None:
    assert doctest.testmod(text).failed == 0
