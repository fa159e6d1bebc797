from __future__ import annotations

import pytest
import torch

from vbench.dimensions.backbones.dino import DINO, VisionTransformer


@pytest.fixture(scope="module")
def tiny() -> DINO:
    torch.manual_seed(0)
    network = VisionTransformer(width=24, depth=2, heads=3).eval()
    torch.nn.init.normal_(network.pos_embed)
    return DINO(network, torch.device("cpu"))


def noise(*size: int) -> torch.Tensor:
    return torch.randint(0, 256, size, dtype=torch.uint8, generator=torch.Generator().manual_seed(sum(size)))


def test_frames_go_in_fours_and_a_batch_is_its_fours(tiny: DINO) -> None:
    frames = noise(9, 3, 60, 97)
    assert tiny.embed(frames).equal(torch.cat([tiny.embed(four) for four in torch.split(frames, 4)]))
    one_by_one = torch.cat([tiny.embed(frame[None]) for frame in frames])
    torch.testing.assert_close(tiny.embed(frames), one_by_one, atol=1e-5, rtol=1e-5)


def test_frames_of_any_shape_are_seen_whole(tiny: DINO) -> None:
    wide = noise(1, 3, 64, 128)
    changed = wide.clone()
    changed[..., -8:] = 255 - changed[..., -8:]
    assert tiny.embed(wide).shape == (1, 24)
    assert not tiny.embed(wide).equal(tiny.embed(changed))


def test_positions_of_a_square_are_the_table_itself(tiny: DINO) -> None:
    assert tiny.network.positions(224, 224).equal(tiny.network.pos_embed)


def test_positions_are_scaled_by_factor_not_by_size(tiny: DINO) -> None:
    with torch.inference_mode():
        positions = tiny.network.positions(224, 320)
        table = tiny.network.pos_embed[:, 1:].view(1, 14, 14, -1).permute(0, 3, 1, 2)
        by_size = torch.nn.functional.interpolate(table, (14, 20), mode="bicubic").flatten(2).transpose(1, 2)
    assert positions.shape == (1, 1 + 14 * 20, 24)
    assert positions[:, :1].equal(tiny.network.pos_embed[:, :1])
    assert not torch.allclose(positions[:, 1:], by_size, atol=1e-3)


@pytest.mark.parametrize(("height", "width"), [(224, 238), (225, 224)])
def test_positions_of_nearly_a_square_are_scaled_too_as_in_the_published_code(
    tiny: DINO, height: int, width: int
) -> None:
    with torch.inference_mode():
        positions = tiny.network.positions(height, width)
        table = tiny.network.pos_embed[:, 1:].view(1, 14, 14, -1).permute(0, 3, 1, 2)
        scaled = torch.nn.functional.interpolate(table, scale_factor=(14.1 / 14, 14.1 / 14), mode="bicubic")
    assert positions.shape == tiny.network.pos_embed.shape
    assert positions[:, 1:].equal(scaled.flatten(2).transpose(1, 2))
    assert not torch.allclose(positions, tiny.network.pos_embed, atol=1e-3)
