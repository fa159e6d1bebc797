"""A backbone that computes in TF32 has it for itself alone, in every network that it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import open_clip
import pytest
import torch
from torch import Tensor, nn

from vbench.arithmetic import strictly
from vbench.dimensions.backbones import amt, clip, dino, raft, umt, viclip
from vbench.dimensions.backbones.arithmetic import computes
from vbench.dimensions.backbones.base import Backbone
from vbench.dimensions.profiles import BACKBONES, FAST

CPU = torch.device("cpu")
ON, OFF = (True, True), (False, False)


def switches() -> tuple[bool, bool]:
    """Whether matrix products and convolutions are computed in TF32 now."""
    return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    """Both are off around each test, as around whatever scores."""
    with strictly():
        yield


class Towers(nn.Module):
    """ViCLIP's network at a sixteenth of its width."""

    def __init__(self) -> None:
        super().__init__()
        self.vision_encoder = viclip.VideoTower(width=64, depth=1, heads=1, output=16)
        self.text_encoder = viclip.TextTower(width=64, depth=1, heads=1)


def clip_network() -> nn.Module:
    vision = {"layers": 1, "width": 64, "patch_size": 32, "image_size": 224}
    text = {"layers": 1, "width": 32, "heads": 2, "context_length": 77, "vocab_size": 49408}
    network: nn.Module = open_clip.CLIP(16, vision_cfg=vision, text_cfg=text, quick_gelu=True)
    return network


def run_clip(found: Backbone, frames: Tensor) -> None:
    assert isinstance(found, clip.CLIP)
    found.embed(frames)
    found.embed_as_images(frames)
    found.embed_text("a bus")


def run_dino(found: Backbone, frames: Tensor) -> None:
    assert isinstance(found, dino.DINO)
    found.embed(frames)
    found.embed_frames(frames)
    found.embed_picture(frames[0])


def run_raft(found: Backbone, frames: Tensor) -> None:
    assert isinstance(found, raft.RAFT)
    found.flow(frames[:1], frames[1:2])
    list(found.flows([(frames[0], frames[1])]))


def run_amt(found: Backbone, frames: Tensor) -> None:
    assert isinstance(found, amt.AMT)
    found.middle(frames[:1], frames[1:2])


def run_umt(found: Backbone, frames: Tensor) -> None:
    assert isinstance(found, umt.UMT)
    found.probabilities(frames.repeat(8, 1, 1, 1))


def run_viclip(found: Backbone, frames: Tensor) -> None:
    assert isinstance(found, viclip.ViCLIP)
    found.embed_video(frames.repeat(4, 1, 1, 1))
    found.embed_text("a bus")


def tokens() -> open_clip.SimpleTokenizer:
    return open_clip.SimpleTokenizer(context_length=77)


CASES: dict[str, tuple[Callable[[type[Backbone]], Backbone], Callable[[Backbone, Tensor], None]]] = {
    "clip_vit_b_32": (lambda kind: kind(clip_network(), tokens(), CPU), run_clip),  # type: ignore[call-arg]
    "clip_vit_l_14": (lambda kind: kind(clip_network(), tokens(), CPU), run_clip),  # type: ignore[call-arg]
    "dino_vitb16": (lambda kind: kind(dino.VisionTransformer(32, 1, 2), CPU), run_dino),  # type: ignore[call-arg]
    "raft_things": (lambda kind: kind(raft.raft_network(), CPU), run_raft),  # type: ignore[call-arg]
    "amt_s": (lambda kind: kind(amt.AMTNetwork(), CPU), run_amt),  # type: ignore[call-arg]
    "umt_l16_k400": (
        lambda kind: kind(umt.VideoClassifier(size=224, width=32, depth=1, heads=1), CPU),  # type: ignore[call-arg]
        run_umt,
    ),
    "viclip_l": (lambda kind: kind(Towers(), CPU), run_viclip),  # type: ignore[call-arg]
}


@pytest.mark.parametrize("name", FAST)
def test_every_network_of_a_fast_backbone_runs_in_tf32_and_of_a_strict_one_in_float32(name: str) -> None:
    make, run = CASES[name]
    frames = torch.randint(0, 256, (2, 3, 128, 136), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    for kind, expected in ((BACKBONES.get(name), OFF), (BACKBONES.get(FAST[name]), ON)):
        seen: list[tuple[bool, bool]] = []
        torch.manual_seed(0)
        found = make(kind)
        network: nn.Module = found.network.eval().requires_grad_(False)  # type: ignore[attr-defined]
        for layer in network.modules():
            layer.register_forward_pre_hook(lambda *_, seen=seen: seen.append(switches()))
        run(found, frames)
        assert len(seen) > 3
        assert set(seen) == {expected}
        assert switches() == OFF


@pytest.mark.parametrize("name", FAST)
def test_a_fast_backbone_is_the_strict_one_but_for_that(name: str) -> None:
    strict, fast = BACKBONES.get(name), BACKBONES.get(FAST[name])
    assert issubclass(fast, strict)
    assert {key for key in vars(fast) if not key.startswith("_")} == {"name", "arithmetic"}
    assert (strict.arithmetic, fast.arithmetic) == ("float32", "tf32")


def test_the_switches_are_set_back_when_a_network_fails() -> None:
    class Failing(Backbone):
        name = "failing"
        arithmetic = "tf32"

        @classmethod
        def load(cls, device: torch.device) -> Failing:
            return cls()

        @computes
        def look(self) -> None:
            assert switches() == ON
            assert torch.is_inference_mode_enabled()
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Failing().look()
    assert switches() == OFF
