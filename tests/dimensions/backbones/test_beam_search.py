"""Beam search against the library that it must decide like, on a toy language that ends early."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.parity.checkpoint_cache import KIT
from vbench.dimensions.backbones.tag2text.beam_search import Hypothesis, Search, beam_search
from vbench.parity import seeded

TOY = json.loads((KIT / "goldens" / "scene_beam_search_toy.json").read_text())
MODEL, SETTINGS = TOY["model"], TOY["settings"]
END = 3


class ToyLanguage:
    """Next-token logits from tables: of the last token, of the one before it, and of the sentence."""

    def __init__(self, sentences: list[int], end_bias: float) -> None:
        self.last, self.second, context = (
            torch.from_numpy(seeded.seeded_array(table["key"], {**table, "dtype": "float32"}, table, table["seed"]))
            for table in MODEL["tables"].values()
        )
        self.context = context[sentences].repeat_interleave(SETTINGS["num_beams"], 0)
        self.end_bias = end_bias

    def next_token(self, ids: Tensor, origins: Tensor) -> Tensor:
        self.context = self.context[origins]
        logits = self.last[ids[:, -1]] + self.second[ids[:, -2]] + self.context
        logits[:, MODEL["eos"]] += self.end_bias
        return logits


def search(sentences: list[int], end_bias: float) -> list[Hypothesis]:
    return beam_search(
        ToyLanguage(sentences, end_bias).next_token,
        MODEL["prompt"],
        len(sentences),
        beams=SETTINGS["num_beams"],
        min_length=SETTINGS["min_length"],
        max_length=SETTINGS["max_length"],
        end=MODEL["eos"],
        device=torch.device("cpu"),
    )


def padded(found: list[Hypothesis]) -> list[list[int]]:
    """As the library returns them: ends where they fit, then zeros up to the longest."""
    ended = [[*sentence.ids, MODEL["eos"]][: SETTINGS["max_length"]] for sentence in found]
    width = max(map(len, ended))
    return [ids + [MODEL["pad"]] * (width - len(ids)) for ids in ended]


@pytest.mark.parametrize("case", TOY["cases"], ids=lambda case: f"end_bias={case['eos_bias']}")
def test_sentences_and_scores_are_the_references(case: dict[str, Any]) -> None:
    found = search(list(range(MODEL["batch"])), case["eos_bias"])
    assert padded(found) == case["sequences"]
    assert [sentence.score for sentence in found] == pytest.approx(case["scores"], abs=1e-5)


@pytest.mark.parametrize("case", TOY["cases"], ids=lambda case: f"end_bias={case['eos_bias']}")
def test_a_sentence_does_not_depend_on_those_beside_it(case: dict[str, Any]) -> None:
    together = search(list(range(MODEL["batch"])), case["eos_bias"])
    assert [search([sentence], case["eos_bias"])[0] for sentence in range(MODEL["batch"])] == together


def test_of_equal_sentences_the_last_wins() -> None:
    found = Search([0], beams=2)
    found.closed = [Hypothesis((0, 1), -1.0), Hypothesis((0, 2), -1.0), Hypothesis((0, 3), -2.0)]
    found.is_done = True
    assert found.best() == Hypothesis((0, 2), -1.0)


def test_an_end_behind_the_first_ranks_is_dropped() -> None:
    found = Search([0], beams=2)
    going_on = found.advance([(-1.0, 0, 5), (-2.0, 0, END), (-3.0, 0, END), (-4.0, 1, 6)], END)
    assert going_on == [0, 1]
    assert found.open == [(0, 5), (0, 6)]
    assert found.closed == [Hypothesis((0,), -2.0)]
