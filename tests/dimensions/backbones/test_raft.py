from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor
from torchvision.models.optical_flow import raft_large

from tests.parity.checkpoint_cache import manifest
from vbench.dimensions.backbones.raft import RAFT, UPDATES, published, raft_network
from vbench.errors import NotApplicable


@pytest.fixture(scope="module")
def untrained() -> RAFT:
    torch.manual_seed(0)
    return RAFT(raft_network().eval(), torch.device("cpu"))


def noise(*size: int) -> Tensor:
    return torch.randint(0, 256, size, dtype=torch.uint8, generator=torch.Generator().manual_seed(sum(size)))


def test_the_published_names_are_those_of_the_file() -> None:
    with torch.device("meta"):
        names = published(raft_network()).state_dict()
    assert {name: list(tensor.shape) for name, tensor in names.items()} == {
        name: entry["shape"] for name, entry in manifest("raft_things")["keys"].items()
    }


def test_every_weight_has_a_published_name() -> None:
    with torch.device("meta"):
        network = raft_network()
        tree = published(network)
    named = {id(tensor) for tensor in (*tree.parameters(), *tree.buffers())}
    assert named == {id(tensor) for tensor in (*network.parameters(), *network.buffers())}


def test_the_flow_is_torchvisions(untrained: RAFT) -> None:
    first, second = noise(1, 3, 128, 136), noise(1, 3, 136, 128).transpose(2, 3)
    whole = raft_large(weights=None).eval()
    whole.load_state_dict(untrained.network.state_dict())
    with torch.inference_mode():
        expected = whole(2 * (first / 255) - 1, 2 * (second / 255) - 1, num_flow_updates=UPDATES)[-1]
    torch.testing.assert_close(untrained.flow(first, second), expected, atol=1e-4, rtol=1e-5)


def test_flows_are_those_of_each_pair_whatever_they_share(untrained: RAFT, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = list(noise(4, 3, 128, 136))
    order = [(0, 1), (1, 2), (0, 3), (3, 0), (2, 3)]
    expected = torch.cat([untrained.flow(frames[first][None], frames[second][None]) for first, second in order])
    pairs = [(frames[first], frames[second]) for first, second in order]
    assert torch.stack(list(untrained.flows(pairs))).equal(expected)
    monkeypatch.setattr(RAFT, "at_once_on_cpu", 2)
    torch.testing.assert_close(torch.stack(list(untrained.flows(iter(pairs)))), expected, atol=1e-4, rtol=1e-5)


def test_a_frame_of_neighbouring_pairs_is_encoded_once(untrained: RAFT) -> None:
    frames, encoded = list(noise(4, 3, 128, 136)), []
    hook = untrained.network.feature_encoder.register_forward_hook(lambda _, given, __: encoded.append(len(given[0])))
    try:
        assert len(list(untrained.flows(pairwise(frames)))) == 3
    finally:
        hook.remove()
    assert encoded == [1] * 4


def test_the_padding_stays(untrained: RAFT) -> None:
    assert untrained.flow(noise(1, 3, 122, 131), noise(1, 3, 122, 131)).shape == (1, 2, 128, 136)


def test_a_batch_is_its_pairs_one_by_one(untrained: RAFT) -> None:
    first, second = noise(2, 3, 128, 136), noise(2, 3, 136, 128).transpose(2, 3)
    one_by_one = [untrained.flow(first[i : i + 1], second[i : i + 1]) for i in range(2)]
    assert untrained.flow(first, second).equal(torch.cat(one_by_one))


def test_the_volume_is_let_go(untrained: RAFT) -> None:
    untrained.flow(noise(1, 3, 128, 128), noise(1, 3, 128, 128))
    assert untrained.network.corr_block.corr_pyramid == []


@pytest.mark.parametrize(("height", "width"), [(120, 160), (160, 120), (1, 1)])
def test_frames_that_the_coarsest_level_cannot_see_are_refused(untrained: RAFT, height: int, width: int) -> None:
    with pytest.raises(NotApplicable, match=f"{width}x{height} px are too small for RAFT"):
        untrained.flow(noise(1, 3, height, width), noise(1, 3, height, width))
