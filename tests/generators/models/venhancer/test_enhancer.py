"""VEnhancer behind a generator, with small random networks in the published layout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from tests.footage import noise
from tests.generators.models.venhancer import tiny
from tests.generators.models.videocrafter import tiny as videocrafter
from vbench.cli import app
from vbench.errors import CheckpointMismatch, MissingCheckpoint, UsageError
from vbench.generators.base import Request, SamplingError, Settings
from vbench.generators.catalog import build
from vbench.generators.models.venhancer.control import Hint
from vbench.generators.models.venhancer.enhancer import VEnhancer
from vbench.generators.models.venhancer.networks import load
from vbench.media.clip import Clip
from vbench.media.video import Video
from vbench.sampling.manifest import read_manifest

REQUEST = Request("a cat", 0, 1, Settings(), "x.mp4")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of VEnhancer and of VideoCrafter2."""
    folder = tmp_path_factory.mktemp("checkpoints")
    tiny.save(folder, tiny.states())
    videocrafter.save({"state_dict": videocrafter.state(videocrafter.shrunk("videocrafter2"))}, folder, "videocrafter2")
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.shrink(monkeypatch)
    videocrafter.shrink(monkeypatch)


def enhancer(checkpoints: Path, *options: str) -> VEnhancer:
    asked = [f"checkpoints={checkpoints}", "device=cpu", "steps=2", "up_scale=2", "target_fps=0", *options]
    return VEnhancer("venhancer", ",".join(asked))


def clip(frames: int = 3, height: int = 32, width: int = 40) -> Clip:
    return Clip(noise(frames, height=height, width=width, seed=0), 8.0, {"scene": 1})


def test_enhances_what_videocrafter_samples_on_the_command_line(checkpoints: Path, tmp_path: Path) -> None:
    model = f"videocrafter2+venhancer:checkpoints={checkpoints},device=cpu,steps=2,up_scale=2,target_fps=20"
    made = []
    for name in ("one", "again"):
        asked = ["generate", "-m", model, "-o", str(tmp_path / name), "--samples", "1", "--prompt", "a cat"]
        asked += ["--steps", "1", "--size", "64x64", "--frames", "2", "--option", f"checkpoints={checkpoints}"]
        result = CliRunner().invoke(app, [*asked, "--option", "device=cpu"])
        assert result.exit_code == 0, result.output
        made.append((tmp_path / name / "a cat-0.mp4").read_bytes())
    assert made[0] == made[1]
    (record,) = read_manifest(tmp_path / "one")
    video = Video(tmp_path / "one" / record.file)
    assert torch.cat(list(video.batches())).shape == (3, 3, 128, 128)
    assert video.fps == 20


def test_clips_become_larger(checkpoints: Path) -> None:
    better = enhancer(checkpoints).enhance(clip(), REQUEST)
    assert better.frames.shape == (3, 80, 100, 3)
    assert (better.fps, better.facts) == (8.0, {"scene": 1})


def test_a_picture_becomes_a_larger_picture(checkpoints: Path) -> None:
    better = enhancer(checkpoints, "steps=1").enhance(replace(clip(1), fps=0), REQUEST)
    assert better.is_picture
    assert better.frames.shape == (1, 80, 100, 3)


def test_prompt_seed_and_noise_change_the_result(checkpoints: Path) -> None:
    base = enhancer(checkpoints).enhance(clip(), REQUEST).frames
    assert np.array_equal(enhancer(checkpoints).enhance(clip(), REQUEST).frames, base)
    others = [
        enhancer(checkpoints).enhance(clip(), Request("a red bus", 0, 1, Settings(), "x.mp4")),
        enhancer(checkpoints).enhance(clip(), Request("a cat", 0, 2, Settings(), "x.mp4")),
        enhancer(checkpoints, "noise_aug=900").enhance(clip(), REQUEST),
        enhancer(checkpoints, "total_noise_levels=500").enhance(clip(), REQUEST),
        enhancer(checkpoints, "total_noise_levels=1000").enhance(clip(), REQUEST),
    ]
    assert all(not np.array_equal(other.frames, base) for other in others)


def test_frames_beyond_the_48th_are_left_out(checkpoints: Path) -> None:
    better = enhancer(checkpoints, "steps=1").enhance(clip(50, height=40, width=32), REQUEST)
    assert len(better.frames) == 48
    assert better.facts == {"scene": 1, "frames_left_out": 2}


def test_frames_beyond_the_number_asked_for_are_left_out(checkpoints: Path) -> None:
    better = enhancer(checkpoints, "steps=1", "max_frame_num=2").enhance(clip(3, height=40, width=32), REQUEST)
    assert len(better.frames) == 2
    assert better.facts == {"scene": 1, "frames_left_out": 1}


def test_a_long_clip_is_enhanced_whole_in_chunks_of_bounded_length(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long, seen = clip(53, height=40, width=32), set[tuple[int, int]]()
    chunked = enhancer(checkpoints, "steps=2", "chunk=8")
    unet = chunked._enhancing.networks.unet
    forward = unet.forward

    def noted(latents: torch.Tensor, told: torch.Tensor, text: torch.Tensor, hint: Hint) -> torch.Tensor:
        seen.add((latents.shape[2], hint.latents.shape[2]))
        return forward(latents, told, text, hint)

    monkeypatch.setattr(unet, "forward", noted)
    better = chunked.enhance(long, REQUEST)
    assert (len(better.frames), better.facts) == (53, {"scene": 1})
    assert max(seen) <= (10, 10)
    assert chunked.provenance["settings"]["chunk"] == 8
    smoother = enhancer(checkpoints, "steps=1", "target_fps=16", "chunk=9").enhance(clip(20, 40, 32), REQUEST)
    assert (len(smoother.frames), smoother.fps) == (39, 16.0)
    few = enhancer(checkpoints, "steps=1", "target_fps=64", "chunk=4")
    with pytest.raises(SamplingError, match="chunk=4: 4 frames are no chunk where 7 are created"):
        few.enhance(clip(3), REQUEST)


def test_one_chunk_is_no_chunk(checkpoints: Path) -> None:
    whole = enhancer(checkpoints).enhance(clip(5), REQUEST)
    assert np.array_equal(enhancer(checkpoints, "chunk=5").enhance(clip(5), REQUEST).frames, whole.frames)
    assert not np.array_equal(enhancer(checkpoints, "chunk=4").enhance(clip(7), REQUEST).frames[:5], whole.frames)
    assert "chunk" not in enhancer(checkpoints).provenance["settings"]


def test_defaults_are_those_of_the_published_script(checkpoints: Path) -> None:
    told = VEnhancer("venhancer", f"checkpoints={checkpoints}").provenance["settings"]
    asked = {name: told[name] for name in ("steps", "total_noise_levels", "target_fps", "max_frame_num", "noise_aug")}
    assert asked == {
        "steps": 45, "total_noise_levels": 900, "target_fps": 24.0, "max_frame_num": 48, "noise_aug": 200,
    }  # fmt: skip
    created = enhancer(checkpoints, "steps=1", "target_fps=24").enhance(clip(2), REQUEST)
    assert (len(created.frames), created.fps) == (4, 24.0)


def test_provenance_names_files_and_settings(checkpoints: Path) -> None:
    facts = enhancer(checkpoints).provenance
    assert sorted(facts["files"]) == ["open_clip_pytorch_model.bin", "v2-1_512-ema-pruned.ckpt", "venhancer_paper.pt"]
    assert facts["settings"]["guidance"] == 7.5
    assert facts["settings"]["noise_aug"] == 200
    assert facts["dtype"] == "float32"


def test_safetensors_are_read_as_well(checkpoints: Path, tmp_path: Path) -> None:
    states = tiny.states()
    vae = states.pop("v2-1_512-ema-pruned.ckpt")
    tiny.save(tmp_path, states)
    save_file(
        {key: value.contiguous() for key, value in vae.items()}, tmp_path / "venhancer/v2-1_512-ema-pruned.safetensors"
    )
    found, wanted = (load(torch.device("cpu"), str(folder)).vae.state_dict() for folder in (tmp_path, checkpoints))
    assert all(torch.equal(found[key], value) for key, value in wanted.items())


def test_missing_files_are_told_with_their_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path))
    states = tiny.states()
    tiny.save(tmp_path, {"venhancer_paper.pt": states["venhancer_paper.pt"]})
    with pytest.raises(MissingCheckpoint) as caught:
        build("synthetic+venhancer").prepare([REQUEST])
    told = str(caught.value)
    assert "vbench weights download openclip_vit_h_14" in told
    assert "v2-1_512-ema-pruned" in told
    assert "download venhancer" not in told


@pytest.mark.parametrize("file", ["venhancer_paper.pt", "open_clip_pytorch_model.bin", "v2-1_512-ema-pruned.ckpt"])
def test_other_files_are_refused_with_their_keys(file: str, tmp_path: Path) -> None:
    states = tiny.states()
    missing = min(key for key in states[file] if not key.startswith(("visual.", "model.")))
    del states[file][missing]
    tiny.save(tmp_path, states)
    with pytest.raises(CheckpointMismatch, match=f"1 missing: {missing}"):
        load(torch.device("cpu"), str(tmp_path))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("noise_aug=0", "noise_aug is 1 to 1000, found 0"),
        ("total_noise_levels=1", "total_noise_levels is 2 to 1000, found 1"),
        ("max_frame_num=99", "max_frame_num is 1 to 48, found 99"),
        ("up_scale=0.5", "1 or more"),
        ("steps=7,total_noise_levels=2", "no more than its total_noise_levels, 2, found 7"),
        ("chunk=3", "chunk is 4 to 48 frames, or 0, found 3"),
        ("wobble=1", "no option 'wobble=1'"),
        ("steps=many", "must be a number"),
    ],
)
def test_options_that_cannot_be_are_refused(option: str, message: str, checkpoints: Path) -> None:
    with pytest.raises(UsageError, match=message):
        enhancer(checkpoints, option)
