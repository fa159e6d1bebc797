from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from vbench.dimensions.backbones.amt import AMT, AMTNetwork, Correlation
from vbench.errors import NotApplicable

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def untrained() -> AMT:
    torch.manual_seed(0)
    return AMT(AMTNetwork().eval(), CPU)


def noise(*size: int) -> Tensor:
    return torch.randint(0, 256, size, dtype=torch.uint8, generator=torch.Generator().manual_seed(sum(size)))


def whole_volume(source: Tensor, target: Tensor, flow: Tensor) -> Tensor:
    """All pairs at once, the correlations (not the features) pooled."""
    count, channels, height, width = source.shape
    volume = torch.einsum("ncij,nckl->nijkl", source, target).reshape(-1, 1, height, width) / channels**0.5
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    x, y = x + flow[:, 0], y + flow[:, 1]
    seen = []
    for level in range(4):
        rows, columns = volume.shape[-2:]
        for right in range(-3, 4):
            for down in range(-3, 4):
                place = torch.stack(((x / 2**level + right) / (columns - 1), (y / 2**level + down) / (rows - 1)), -1)
                place = 2 * place.reshape(-1, 1, 1, 2) - 1
                seen.append(F.grid_sample(volume, place, align_corners=True).view(count, height, width))
        volume = F.avg_pool2d(volume, 2)
    return torch.stack(seen, 1)


@pytest.mark.parametrize("block_bytes", [1, 50_000, 2**26])
def test_blocks_of_correlations_are_the_whole_volume(block_bytes: int) -> None:
    generator = torch.Generator().manual_seed(1)
    source, target = torch.randn(2, 2, 84, 16, 19, generator=generator)
    flow = 5 * torch.randn(2, 2, 16, 19, generator=generator)
    blockwise = Correlation(source, target, block_bytes).around(flow)
    torch.testing.assert_close(blockwise, whole_volume(source, target, flow), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("block_bytes", [50_000, 2**26])
def test_correlations_that_are_kept_are_those_that_are_not(block_bytes: int) -> None:
    source, target, flow = noise(1, 84, 16, 19) / 255, noise(1, 84, 16, 19) / 255, noise(1, 2, 16, 19) / 50
    kept, anew = (Correlation(source, target, block_bytes, kept_bytes) for kept_bytes in (2**30, 0))
    for _ in range(2):
        assert kept.around(flow).equal(anew.around(flow))


def test_the_middle_has_the_size_and_type_of_the_frames(untrained: AMT) -> None:
    middle = untrained.middle(noise(1, 3, 130, 147), noise(1, 3, 130, 147))
    assert middle.shape == (1, 3, 130, 147)
    assert middle.dtype == torch.uint8


def test_a_batch_is_its_pairs_one_by_one(untrained: AMT) -> None:
    first, last = noise(3, 3, 128, 144), noise(3, 3, 144, 128).transpose(2, 3).contiguous()
    together = untrained.middle(first, last)
    one_by_one = torch.cat([untrained.middle(first[i : i + 1], last[i : i + 1]) for i in range(3)])
    assert together.equal(one_by_one)


@pytest.mark.parametrize(("height", "width"), [(112, 200), (200, 112), (1, 1)])
def test_frames_that_the_coarsest_level_cannot_see_are_refused(untrained: AMT, height: int, width: int) -> None:
    with pytest.raises(NotApplicable, match=f"{width}x{height} px are too small for AMT"):
        untrained.middle(noise(1, 3, height, width), noise(1, 3, height, width))


def test_the_smallest_frames_are_seen(untrained: AMT) -> None:
    assert untrained.middle(noise(1, 3, 113, 113), noise(1, 3, 113, 113)).shape == (1, 3, 113, 113)
