from __future__ import annotations

import doctest

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vbench.generators.models.inflated_sd import attention
from vbench.generators.models.inflated_sd.attention import (
    FirstFrameAttention,
    OrderedTemporalAttention,
    Rotation,
    TemporalAttention,
    bucket,
)


def test_examples() -> None:
    assert doctest.testmod(attention).failed == 0


@given(st.integers(-200, 200))
def test_buckets_tell_directions_and_grow_with_the_distance(distance: int) -> None:
    here, farther = bucket(torch.tensor([distance, distance + (1 if distance >= 0 else -1)])).tolist()
    assert 0 <= here < 32
    assert (here >= 16) == (distance > 0)
    assert farther % 16 >= here % 16


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 30))
def test_rotated_products_depend_on_the_distance_alone(first: int, second: int, shift: int) -> None:
    torch.manual_seed(0)
    query, key = torch.randn(2, 40, dtype=torch.float64)
    queries, keys = (Rotation()(vector.expand(60, 40)) for vector in (query, key))
    here, there = queries[first] @ keys[second], queries[first + shift] @ keys[second + shift]
    torch.testing.assert_close(here, there, atol=1e-4, rtol=0)


@pytest.mark.parametrize("kind", [TemporalAttention, OrderedTemporalAttention])
def test_many_sequences_are_attended_in_parts_with_the_same_result(
    kind: type[TemporalAttention], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    layer, tokens = kind(64, 2).eval(), torch.randn(7, 5, 64)
    whole = layer(tokens)
    monkeypatch.setattr(attention, "MOST_SEQUENCES", 3)
    torch.testing.assert_close(layer(tokens), whole)


def test_windows_are_attended_to_alone_and_averaged_by_their_pyramids() -> None:
    torch.manual_seed(0)
    layer, tokens = OrderedTemporalAttention(64, 2).eval(), torch.randn(3, 12, 64)
    total, weights = torch.zeros_like(tokens), torch.zeros(12, 1)
    pyramid = torch.tensor([1.0, 2, 2, 1])[:, None]
    for start in (0, 2, 4, 6, 8):
        total[:, start : start + 4] += layer(tokens[:, start : start + 4]) * pyramid
        weights[start : start + 4] += pyramid
    whole = layer(tokens)
    layer.window = (4, 2)
    torch.testing.assert_close(layer(tokens), total / weights)
    assert not torch.allclose(layer(tokens), whole)


def test_a_frame_attends_to_the_first_and_the_previous_one() -> None:
    torch.manual_seed(0)
    layer, tokens = FirstFrameAttention(16, 2).eval(), torch.randn(4, 3, 16)
    changed = tokens.clone()
    changed[1] += 1
    same = [torch.equal(one, other) for one, other in zip(layer.over(tokens, 4), layer.over(changed, 4), strict=True)]
    assert same == [True, False, False, True]
