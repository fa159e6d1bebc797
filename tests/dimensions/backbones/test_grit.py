"""GRiT at a tenth of its width with random weights: its rules, its decoder's memory, and what it refuses to load."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.parity.checkpoint_cache import manifest
from vbench.dimensions.backbones.base import Regions
from vbench.dimensions.backbones.grit import Grit, GritNetwork, grit
from vbench.dimensions.backbones.grit.backbone import Attention, Block, relative
from vbench.dimensions.backbones.grit.cascade import pooled, selected
from vbench.dimensions.backbones.grit.proposals import KEPT, CenterHead, best_apart
from vbench.dimensions.backbones.grit.text_decoder import LONGEST, TextDecoder
from vbench.dimensions.backbones.wordpiece import END, WordPiece
from vbench.errors import CheckpointMismatch
from vbench.weights.cards import CHECKPOINTS

WORDS = 200


def vocabulary() -> WordPiece:
    pieces = [f"w{index}" for index in range(WORDS)]
    pieces[101], pieces[102] = "[CLS]", "[SEP]"
    return WordPiece(pieces)


@pytest.fixture(scope="module")
def tiny() -> Grit:
    """Sees something nearly everywhere."""
    torch.manual_seed(0)
    decoder = TextDecoder(channels=64, width=32, heads=2, depth=2, words=WORDS)
    network = GritNetwork(width=32, depth=3, heads=2, channels=64, hidden=16, text_decoder=decoder)
    for predictor in network.roi_heads.box_predictor:
        predictor.get_parameter("cls_score.bias").data[0] = 5
    network.get_parameter("proposal_generator.centernet_head.agn_hm.bias").data.fill_(5)
    network.get_parameter("proposal_generator.centernet_head.bbox_pred.bias").data.fill_(2)
    return Grit(network.eval().requires_grad_(False), vocabulary(), torch.device("cpu"))


@pytest.fixture
def frames() -> Tensor:
    return torch.randint(0, 256, (3, 3, 70, 101), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def test_boxes_lie_in_the_frame_and_are_sure_apart_and_best_first(tiny: Grit, frames: Tensor) -> None:
    for regions in tiny.find(frames):
        assert len(regions.boxes) > 3
        assert regions.boxes.min() >= 0
        assert (regions.boxes <= torch.tensor([101, 70, 101, 70])).all()
        assert (regions.boxes[:, 2:] > regions.boxes[:, :2]).all()
        assert (regions.scores > 0.5).all()
        assert regions.scores.tolist() == sorted(regions.scores.tolist(), reverse=True)
        assert regions.features.shape == (len(regions.boxes), 14 * 14, 64)


def test_a_frame_gives_the_same_alone_and_among_others(tiny: Grit, frames: Tensor) -> None:
    together = tiny.find(frames)
    for frame, among in zip(frames, together, strict=True):
        [alone] = tiny.find(frame[None])
        assert torch.equal(alone.boxes, among.boxes)
        assert torch.equal(alone.scores, among.scores)
        assert tiny.describe(alone, ["label"]) == tiny.describe(among, ["label"])


def test_frames_that_go_through_the_network_together_show_the_same(tiny: Grit, frames: Tensor) -> None:
    one_by_one = tiny.find(frames)
    tiny.at_once_on_cpu = 2  # type: ignore[misc]
    try:
        together = tiny.find(frames)
    finally:
        del tiny.at_once_on_cpu
    for alone, among in zip(one_by_one, together, strict=True):
        torch.testing.assert_close(among.boxes, alone.boxes, atol=1e-3, rtol=1e-5)
        torch.testing.assert_close(among.features, alone.features, atol=1e-3, rtol=1e-4)


def test_levels_may_be_given_as_bytes_or_as_floats(tiny: Grit, frames: Tensor) -> None:
    for whole, real in zip(tiny.find(frames), tiny.find(frames.float()), strict=True):
        assert torch.equal(whole.boxes, real.boxes)


def test_a_frame_may_be_smaller_than_a_patch(tiny: Grit) -> None:
    [regions] = tiny.find(torch.zeros(1, 3, 5, 7, dtype=torch.uint8))
    assert (regions.boxes <= torch.tensor([7, 5, 7, 5])).all()


def test_no_region_no_words(tiny: Grit) -> None:
    nothing = Regions(torch.empty(0, 4), torch.empty(0), torch.empty(0, 196, 64))
    assert tiny.describe(nothing, ["label", "caption"]) == {"label": (), "caption": ()}


def test_a_frame_in_which_nothing_is_sure_has_no_regions(tiny: Grit, frames: Tensor) -> None:
    biases = [predictor.get_parameter("cls_score.bias") for predictor in tiny.network.roi_heads.box_predictor]
    for bias in biases:
        bias[0] -= 20
    try:
        [regions] = tiny.find(frames[:1])
    finally:
        for bias in biases:
            bias[0] += 20
    assert regions.boxes.shape == (0, 4)
    assert regions.features.shape == (0, 196, 64)


def test_two_wordings_at_once_are_those_of_two_calls(tiny: Grit, frames: Tensor) -> None:
    [regions] = tiny.find(frames[:1])
    both = tiny.describe(regions, ["caption", "label"])
    assert len(both["label"]) == len(both["caption"]) == len(regions.boxes)
    assert both["caption"] == tiny.describe(regions, ["caption"])["caption"]
    assert both["label"] == tiny.describe(regions, ["label"])["label"]


def test_more_regions_than_go_together_are_all_described(tiny: Grit, monkeypatch: pytest.MonkeyPatch) -> None:
    features = torch.randn(5, 196, 64)
    regions = Regions(torch.empty(5, 4), torch.empty(5), features)
    whole = tiny.describe(regions, ["label"])
    monkeypatch.setattr(grit, "REGIONS_AT_ONCE", 2)
    assert tiny.describe(regions, ["label"]) == whole


def test_a_description_ends_no_word_comes_twice_in_a_row(tiny: Grit) -> None:
    [ids] = tiny.network.write(torch.randn(20, 196, 64), [101])
    assert ids.shape[1] <= LONGEST
    assert (ids[:, 0] == 101).all()
    for row in ids.tolist():
        text = row[: row.index(END)] if END in row else row
        assert all(before != after for before, after in pairwise(text[1:]))
        assert set(row[len(text) :]) <= {END}


def test_remembered_keys_and_values_change_no_word(tiny: Grit) -> None:
    """The decoder against one that looks at the whole sequence again for every word, through a mask."""
    decoder = tiny.network.roi_heads.text_decoder["textual"]
    assert isinstance(decoder, TextDecoder)
    features = torch.randn(6, 9, 64)
    [ids] = decoder(features, [104])
    logits = all_at_once(decoder, features, ids[:, :-1])
    logits[:, 1:] = logits[:, 1:].scatter(2, ids[:, 1:-1, None], -10_000.0)
    for row, best in zip(ids[:, 1:].tolist(), logits.argmax(2).tolist(), strict=True):
        length = row.index(END) + 1 if END in row else len(row)
        assert row[:length] == best[:length]


def all_at_once(decoder: TextDecoder, features: Tensor, ids: Tensor) -> Tensor:
    """Logits after each of the words, ``(N, length, words)``."""
    embedding = decoder.embedding
    text = embedding.layer_norm(embedding.words(ids) + embedding.positions.weight[: ids.shape[1]])
    tokens = torch.cat([decoder.object_feature_projection(features), text], 1)
    visible, length = features.shape[1], tokens.shape[1]
    allowed = torch.ones(length, length).tril().bool()
    allowed[:visible, :visible] = True
    for layer in decoder.transformer["encoder"].get_submodule("layer").children():
        heads = layer.get_submodule("attention.self")
        query, key, value = (
            heads.get_submodule(name)(tokens).unflatten(2, (2, 16)).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        weights = (query @ key.mT / 4).masked_fill(~allowed, -torch.inf).softmax(-1)
        tokens = layer.get_submodule("attention.output")((weights @ value).transpose(1, 2).flatten(2), tokens)
        hidden = F.gelu(layer.get_submodule("intermediate.dense")(tokens))
        tokens = layer.get_submodule("output")(hidden, tokens)
    return F.linear(tokens[:, visible:], embedding.words.weight, decoder.output.get_parameter("bias"))


def test_relative_positions_are_added_pair_by_pair() -> None:
    torch.manual_seed(0)
    attention = Attention(width=4, heads=1, trained_side=3)
    attention.rel_pos_h.data.normal_()
    attention.rel_pos_w.data.normal_()
    grid = torch.randn(1, 3, 2, 4)
    query, key, value = attention.qkv(grid).flatten(0, 2).split(4, 1)
    rows, columns = relative(attention.rel_pos_h, 3), relative(attention.rel_pos_w, 2)
    expected = []
    for here in range(6):
        logits = torch.stack(
            [
                query[here] @ key[there] / 2
                + query[here] @ rows[here // 2, there // 2]
                + query[here] @ columns[here % 2, there % 2]
                for there in range(6)
            ]
        )
        expected.append(logits.softmax(0) @ value)
    torch.testing.assert_close(attention(grid).flatten(0, 2), attention.proj(torch.stack(expected)))


def test_windows_do_not_see_each_other_and_global_blocks_do() -> None:
    torch.manual_seed(0)
    grid = torch.randn(1, 14, 20, 8)
    changed = grid.clone()
    changed[:, :, 14:] = torch.randn(1, 14, 6, 8)
    for is_global in (False, True):
        block = Block(width=8, heads=2, is_global=is_global)
        same = torch.allclose(block(grid)[:, :, :14], block(changed)[:, :, :14], atol=1e-6)
        assert same is not is_global


def test_what_fills_a_window_up_takes_part_in_attention() -> None:
    """As keys and values made of the biases alone, without a mask."""
    torch.manual_seed(0)
    block = Block(width=8, heads=2, is_global=False)
    grid = torch.randn(1, 10, 14, 8)
    before = block(grid)
    block.attn.qkv.bias.data[16:] += 1
    shift = (block(grid) - before).abs().max()
    assert shift > 0.01


def test_proposals_that_tie_with_the_last_stay() -> None:
    places = torch.arange(300.0)[:, None] * 10
    boxes = torch.cat([places, places, places + 5, places + 5], 1)
    scores = torch.linspace(0.9, 0.1, 300)
    scores[KEPT : KEPT + 4] = scores[KEPT - 1]
    assert len(best_apart(boxes, scores)[0]) == KEPT + 4
    assert len(best_apart(boxes[:100], scores[:100])[0]) == 100


def test_proposals_that_nearly_coincide_become_the_better_one() -> None:
    boxes = torch.tensor([[0.0, 0, 100, 100], [0, 0, 100, 95], [0, 0, 100, 85]])
    assert best_apart(boxes, torch.tensor([0.3, 0.5, 0.4]))[1].tolist() == pytest.approx([0.5, 0.4])


def test_cold_points_propose_nothing() -> None:
    head = CenterHead(channels=64)
    head.get_parameter("agn_hm.bias").data.fill_(-20)
    levels = [torch.randn(1, 64, side, side) for side in (16, 8, 4, 2, 1)]
    [(boxes, scores)] = head(levels)
    assert (boxes.shape, scores.shape) == ((0, 4), (0,))


def test_broken_and_empty_boxes_are_left_out() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [float("nan"), 0, 10, 10], [20, 20, 20, 30], [30, 30, 40, 30]])
    kept, scores = selected(boxes, torch.tensor([0.6, 0.9, 0.8, 0.7]))
    assert kept.tolist() == [[0, 0, 10, 10]]
    assert scores.tolist() == pytest.approx([0.6])


def test_each_box_is_pooled_from_the_level_of_its_size() -> None:
    levels = [torch.full((1, 2, 64 >> k, 64 >> k), float(k)) for k in range(3)]
    boxes = torch.tensor([[0.0, 0, 500, 500], [10, 10, 50, 50], [0, 0, 300, 300]])
    assert pooled(levels, boxes, torch.zeros(3), 7).amax((1, 2, 3)).tolist() == [2, 0, 1]


def published() -> dict[str, Tensor]:
    return {key: torch.empty(entry["shape"], device="meta") for key, entry in manifest("grit_b")["keys"].items()}


def load(state: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch) -> Grit:
    monkeypatch.setattr(grit, "state_dict", lambda name: dict(state))
    return Grit.load(torch.device("meta"))


def test_the_published_keys_are_read_whole_but_for_the_mask_head(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load(published(), monkeypatch)
    assert set(published()) - set(loaded.network.state_dict()) == {
        key for key in published() if key.startswith("roi_heads.mask_head.")
    }


KEY = "roi_heads.text_decoder.textual.embedding.layer_norm.weight"


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    state = published()
    del state[KEY]
    with pytest.raises(CheckpointMismatch, match=f"1 missing: {KEY}\\."):
        load(state, monkeypatch)


def test_another_shape_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    state = published() | {KEY: torch.empty(5, device="meta")}
    with pytest.raises(CheckpointMismatch, match=rf"1 of another shape: {KEY} \(5,\) instead of \(768,\)"):
        load(state, monkeypatch)


def test_a_strange_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    state = published() | {"roi_heads.extra": torch.empty(5, device="meta")}
    with pytest.raises(CheckpointMismatch, match=r"1 unexpected: roi_heads\.extra\."):
        load(state, monkeypatch)


ALIASES = manifest("grit_b")["aliases"]


def test_second_names_are_accepted_where_they_hold_the_same() -> None:
    state = {name: torch.ones(2) for name in ALIASES.values()}
    assert grit.used(state | {alias: torch.ones(2) for alias in ALIASES}) == state


@pytest.mark.parametrize("strange", [torch.zeros(2), torch.ones(3)])
def test_second_names_are_refused_where_they_hold_something_else(strange: Tensor) -> None:
    name, alias = "text_decoder.textual.embedding.words.weight", "text_decoder.textual.output.weight"
    state = {f"roi_heads.{name}": torch.ones(2), f"roi_heads.{alias}": strange}
    with pytest.raises(CheckpointMismatch, match=f"different values: roi_heads.{alias} and roi_heads.{name}"):
        grit.used(state)


def test_all_second_names_of_the_manifest_are_known() -> None:
    assert {alias: grit.original(alias) for alias in ALIASES} == ALIASES


def test_the_checkpoints_are_in_the_table() -> None:
    assert all(name in CHECKPOINTS for name in Grit.checkpoints)
