"""DINOv2 against an implementation of others, and its file read strictly."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from tests.parity.checkpoint_cache import manifest
from vbench.dimensions.backbones.dinov2 import DINOv2, Network
from vbench.dimensions.backbones.pixels import IMAGENET


def small() -> Network:
    torch.manual_seed(0)
    network = Network(width=24, depth=2, heads=3)
    for name, value in network.named_parameters():
        torch.nn.init.normal_(value, 1.0 if name.endswith("gamma") else 0.0, 0.3)
    return network.eval().requires_grad_(False)


def test_the_network_is_the_published_one() -> None:
    timm = pytest.importorskip("timm.models.vision_transformer")
    network = small()
    other = timm.VisionTransformer(
        img_size=518, patch_size=14, embed_dim=24, depth=2, num_heads=3, num_classes=0, init_values=1e-5
    )
    state = {name: value for name, value in network.state_dict().items() if name != "mask_token"}
    other.load_state_dict(state)
    pictures = torch.randn(1, 3, 518, 518)
    own, theirs = network(pictures), other.eval().forward_features(pictures)[:, 0]
    assert torch.allclose(own, theirs, atol=1e-4)


def test_the_table_of_positions_is_scaled_by_factor() -> None:
    network = small()
    grid = network.pos_embed[:, 1:].view(1, 37, 37, 24).permute(0, 3, 1, 2)
    scaled = F.interpolate(grid, scale_factor=(16.1 / 37, 16.1 / 37), mode="bicubic")
    assert scaled.shape[-2:] == (16, 16)
    assert torch.equal(network.positions(224, 224)[0, 1:], scaled.flatten(2).transpose(1, 2)[0])


def test_frames_are_scaled_and_cropped_as_the_reference_does() -> None:
    transforms = pytest.importorskip("torchvision.transforms")
    torch.manual_seed(1)
    frames = torch.randint(0, 256, (2, 3, 120, 300), dtype=torch.uint8)
    published = transforms.Compose(
        [
            transforms.Resize(256, interpolation=transforms.InterpolationMode.BICUBIC),
            transforms.CenterCrop(224),
            transforms.Lambda(lambda pixels: pixels / 255),
            transforms.Normalize(*IMAGENET),
        ]
    )
    network = small()
    own = DINOv2(network, torch.device("cpu")).embed(frames)
    assert torch.allclose(own, network(published(frames.float())), atol=1e-4)


def test_the_file_has_the_keys_of_the_network_and_no_others() -> None:
    with torch.device("meta"):
        network = Network(width=768, depth=12, heads=12)
    shapes = {name: list(value.shape) for name, value in network.state_dict().items()}
    assert shapes == {name: described["shape"] for name, described in manifest("dinov2_vitb14")["keys"].items()}
    assert len(shapes) == 175
