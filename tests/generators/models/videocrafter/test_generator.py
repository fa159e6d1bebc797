"""VideoCrafter on the command line, with small random networks in the published layout."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from tests.generators.models.videocrafter.tiny import save, shrink, shrunk, state
from vbench.cli import app
from vbench.errors import CheckpointMismatch, MissingCheckpoint, UsageError
from vbench.generators.base import Request, Settings
from vbench.generators.catalog import build
from vbench.generators.models.ldm.attention import Attention
from vbench.generators.models.videocrafter.generator import VideoCrafter, as_tensor
from vbench.generators.models.videocrafter.networks import load
from vbench.generators.models.videocrafter.schedule import cumulative_alphas, diffused
from vbench.media.clip import Clip
from vbench.media.video import Video
from vbench.sampling.manifest import read_manifest

NAMES = ["videocrafter1", "videocrafter1-1024", "videocrafter2"]
EARLY = "videocrafter-0.9"
PICTURED = "videocrafter1-i2v"
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both models."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for name in [*NAMES, PICTURED, EARLY]:
        save({"state_dict": state(shrunk(name)), "global_step": 7}, folder, name)
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


def arguments(checkpoints: Path, model: str, out: Path, *more: str) -> list[str]:
    asked = ["generate", "-m", model, "-o", str(out), "--samples", "1", "--prompt", "a cat", "--prompt", "a red bus"]
    asked += ["--steps", "2", "--size", "64x64", "--frames", "3"]
    return [*asked, "--option", f"checkpoints={checkpoints}", "--option", "device=cpu", *more]


def videos(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.mp4"))}


@pytest.mark.parametrize("name", NAMES)
def test_samples_on_the_command_line(name: str, checkpoints: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, arguments(checkpoints, name, tmp_path / "one"))
    assert result.exit_code == 0, result.output
    made = videos(tmp_path / "one")
    assert list(made) == ["a cat-0.mp4", "a red bus-0.mp4"]
    assert len(set(made.values())) == 2
    for record in read_manifest(tmp_path / "one"):
        video = Video(tmp_path / "one" / record.file)
        assert torch.cat(list(video.batches())).shape == (3, 3, 64, 64)
        assert video.fps == 10
        assert record.settings["guidance"] == 12
    CliRunner().invoke(app, arguments(checkpoints, name, tmp_path / "again"))
    assert videos(tmp_path / "again") == made
    CliRunner().invoke(app, arguments(checkpoints, name, tmp_path / "other", "--seed", "5"))
    assert all(made[file] != content for file, content in videos(tmp_path / "other").items())


def request(generator: VideoCrafter, seed: int = 1, **given: object) -> Request:
    settings = generator.defaults.with_given(**{"frames": 2, "height": 64, "width": 64, "steps": 2, **given})
    return Request("a cat", 0, seed, settings, "x.mp4")


def built(name: str, checkpoints: Path) -> VideoCrafter:
    generator = build(name, [f"checkpoints={checkpoints}", "device=cpu"])
    assert isinstance(generator, VideoCrafter)
    return generator


def frames(clip: object) -> torch.Tensor:
    assert isinstance(clip, Clip)
    return torch.from_numpy(clip.frames).float()


def test_the_published_protocol_is_the_default(checkpoints: Path) -> None:
    generator = built("videocrafter2", checkpoints)
    assert generator.defaults.stated() == {
        "frames": 16, "height": 320, "width": 512, "fps": 10, "steps": 50, "guidance": 12.0, "negative_prompt": "",
    }  # fmt: skip
    facts = generator.provenance
    assert (facts["checkpoint"], facts["eta"], facts["last_scale"], facts["condition_fps"]) == (
        "VideoCrafter/VideoCrafter2", 1.0, 0.7, 28,
    )  # fmt: skip
    assert len(facts["sha256"]) == 64
    assert "condition_fps" not in built("videocrafter1", checkpoints).provenance
    large = built("videocrafter1-1024", checkpoints)
    assert (large.defaults.height, large.defaults.width, large.provenance["last_scale"]) == (576, 1024, 0.3)


def test_settings_change_the_video(checkpoints: Path) -> None:
    generator = built("videocrafter2", checkpoints)
    base = frames(generator.sample(request(generator)))
    for change in ({"guidance": 1.0}, {"negative_prompt": "blurry"}, {"steps": 4}, {"seed": 2}):
        assert not torch.equal(frames(generator.sample(request(generator, **change))), base)
    assert torch.equal(frames(generator.sample(request(generator))), base)


def test_freenoise_samples_long_videos(checkpoints: Path) -> None:
    generator = built("videocrafter2+freenoise", checkpoints)
    wanted = request(generator, frames=20)
    generator.prepare([wanted])
    assert len(frames(generator.sample(wanted))) == 20
    assert generator.provenance["eta"] == 0
    windows = {layer.window for layer in generator._sampler.networks.unet.modules() if isinstance(layer, Attention)}
    assert windows == {None, (16, 4)}
    plain = built("videocrafter2", checkpoints)
    assert not torch.equal(frames(plain.sample(wanted)), frames(generator.sample(wanted)))


def test_freenoise_tells_the_network_the_rate_of_its_authors(checkpoints: Path) -> None:
    rates = {
        name: built(name, checkpoints).provenance["condition_fps"]
        for name in ("videocrafter2", "videocrafter2+freenoise", "videocrafter1-1024+freenoise")
    }
    assert list(rates.values()) == [28, 16, 28]


@pytest.mark.parametrize("technique", ["freeu", "freeu-v2", "freeinit"])
def test_techniques_change_the_video_and_are_recorded(technique: str, checkpoints: Path) -> None:
    plain, changed = built("videocrafter2", checkpoints), built(f"videocrafter2+{technique}", checkpoints)
    one, other = (frames(generator.sample(request(generator))) for generator in (plain, changed))
    assert not torch.equal(one, other)
    assert torch.equal(frames(changed.sample(request(changed))), other)
    assert list(changed.provenance["techniques"]) == [technique]
    assert "techniques" not in plain.provenance


def test_freeinit_samples_five_times_from_refined_noise(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = built("videocrafter2+freeinit", checkpoints)
    starts = []
    denoise = generator._sampler._denoised

    def noted(latents: torch.Tensor, *rest: Any) -> torch.Tensor:
        starts.append(latents)
        return denoise(latents, *rest)

    monkeypatch.setattr(generator._sampler, "_denoised", noted)
    generator.sample(request(generator))
    assert len(starts) == 5
    first, *others = (start.mean(dim=(2, 3, 4)) for start in starts)
    assert all(not torch.allclose(one, first) for one in others)
    assert all(0.5 < start.std() < 1.5 for start in starts)


@pytest.mark.parametrize("last_scale", [1.0, 0.7])
def test_diffusing_to_the_last_timestep_leaves_a_trace(last_scale: float) -> None:
    latents, noise = torch.ones(1), torch.zeros(1)
    alpha = cumulative_alphas()[-1]
    assert diffused(latents, noise, last_scale).item() == pytest.approx(last_scale * alpha**0.5)
    assert diffused(noise, latents, last_scale).item() == pytest.approx((1 - alpha) ** 0.5)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("videocrafter2", {"height": 100}, "multiples of 64 pixels: height 100"),
        ("videocrafter2", {"steps": 3}, "cannot be spaced over 3 steps"),
        ("videocrafter2+freenoise", {"frames": 16}, "ask for 64, as published"),
        ("videocrafter2+freenoise", {"frames": 22}, "22 are asked for"),
    ],
)
def test_what_cannot_be_sampled_is_refused_before(
    name: str, given: dict[str, int], message: str, checkpoints: Path
) -> None:
    generator = built(name, checkpoints)
    with pytest.raises(UsageError, match=message):
        generator.prepare([request(generator, **given)])


def test_an_image_is_refused(checkpoints: Path, tmp_path: Path) -> None:
    generator = built("videocrafter2", checkpoints)
    wanted = request(generator)
    with pytest.raises(UsageError, match="takes no image"):
        generator.prepare([Request(wanted.prompt, 0, 1, wanted.settings, "x.mp4", image=tmp_path)])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("videocrafter2+freeu+freeu-v2", "two versions of one technique"),
        ("videocrafter2+freenoise+freeinit", "take one of them"),
        ("videocrafter2:folder", "--option checkpoints=FOLDER"),
    ],
)
def test_compositions_that_cannot_be_are_refused(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build(name)


def test_a_missing_file_is_told_with_its_command(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, arguments(tmp_path, "videocrafter2", tmp_path / "out"))
    assert isinstance(result.exception, UsageError)
    assert not (tmp_path / "out").exists()
    generator = built("videocrafter2", tmp_path)
    command = f"VBENCH_CACHE_DIR={tmp_path} vbench weights download videocrafter2"
    with pytest.raises(MissingCheckpoint, match=command):
        generator.prepare([request(generator)])


def test_another_file_is_refused_with_its_keys(tmp_path: Path) -> None:
    model = shrunk("videocrafter2")
    weights = state(model)
    del weights["model.diffusion_model.fps_embedding.0.bias"]
    weights["first_stage_model.loss"] = torch.zeros(1)
    weights["cond_stage_model.model.ln_final.weight"] = torch.zeros(3)
    save({"state_dict": weights}, tmp_path, "videocrafter2")
    with pytest.raises(CheckpointMismatch) as caught:
        load(model, CPU, str(tmp_path))
    for told in (
        "1 missing: model.diffusion_model.fps_embedding.0.bias",
        "1 unexpected: first_stage_model.loss",
        "cond_stage_model.model.ln_final.weight (3,) instead of (16,)",
        "vbench weights download videocrafter2",
    ):
        assert told in str(caught.value)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A picture for each prompt."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, colour in (("a cat", (200, 30, 30)), ("a red bus", (30, 30, 200))):
        picture = Image.new("RGB", (90, 60), colour)
        picture.paste((255, 255, 255), (10, 10, 40, 30))
        picture.save(folder / f"{name}.png")
    return folder


def test_pictures_are_animated_on_the_command_line(checkpoints: Path, pictures: Path, tmp_path: Path) -> None:
    told = ["--images", str(pictures)]
    result = CliRunner().invoke(app, arguments(checkpoints, PICTURED, tmp_path / "one", *told))
    assert result.exit_code == 0, result.output
    made = videos(tmp_path / "one")
    for record in read_manifest(tmp_path / "one"):
        assert record.settings["images"] == [{"file": f"{record.prompt}.png", "size": "90x60", "fit": "stretch"}]
        assert record.settings["fps"] == 10
    (tmp_path / "one" / "a cat-0.mp4").unlink()
    CliRunner().invoke(app, arguments(checkpoints, PICTURED, tmp_path / "one", *told))
    assert videos(tmp_path / "one") == made


def test_the_picture_changes_the_video(checkpoints: Path, pictures: Path) -> None:
    generator = built(PICTURED, checkpoints)
    one, other = (
        frames(generator.sample(replace(request(generator), image=pictures / f"{name}.png")))
        for name in ("a cat", "a red bus")
    )
    assert not torch.equal(one, other)


def test_a_model_that_starts_from_a_picture_asks_for_one(checkpoints: Path) -> None:
    generator = built(PICTURED, checkpoints)
    with pytest.raises(UsageError, match="starts from an image: give a folder of them with --images"):
        generator.prepare([request(generator)])
    with pytest.raises(UsageError, match="cannot take freenoise"):
        built(f"{PICTURED}+freenoise", checkpoints)


@pytest.mark.parametrize("part", ["embedder.model.visual.ln_pre.bias", "image_proj_model.layers.0.0.to_kv.weight"])
def test_a_file_without_a_key_of_the_picture_is_refused(part: str, tmp_path: Path, pictures: Path) -> None:
    weights = state(shrunk(PICTURED))
    del weights[part]
    save({"state_dict": weights}, tmp_path, PICTURED)
    result = CliRunner().invoke(app, arguments(tmp_path, PICTURED, tmp_path / "out", "--images", str(pictures)))
    assert isinstance(result.exception, UsageError)
    assert f"1 missing: {part}" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_the_version_before_1_samples_on_the_command_line(checkpoints: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, arguments(checkpoints, EARLY, tmp_path / "one"))
    assert result.exit_code == 0, result.output
    made = videos(tmp_path / "one")
    assert len(set(made.values())) == 2
    for record in read_manifest(tmp_path / "one"):
        assert (record.settings["fps"], record.settings["guidance"]) == (8, 15)
    (tmp_path / "one" / "a cat-0.mp4").unlink()
    CliRunner().invoke(app, arguments(checkpoints, EARLY, tmp_path / "one"))
    assert videos(tmp_path / "one") == made


def test_the_version_before_1_is_refused_without_a_key_of_its_text_tower(tmp_path: Path) -> None:
    weights = state(shrunk(EARLY))
    key = "cond_stage_model.transformer.text_model.final_layer_norm.bias"
    del weights[key]
    save({"state_dict": weights}, tmp_path, EARLY)
    result = CliRunner().invoke(app, arguments(tmp_path, EARLY, tmp_path / "out"))
    assert isinstance(result.exception, UsageError)
    assert f"1 missing: {key}" in str(result.exception)
    assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match="cannot take freeu; it can take freeinit"):
        build(f"{EARLY}+freeu")


def test_deepspeed_files_are_the_same(checkpoints: Path, tmp_path: Path) -> None:
    model = shrunk("videocrafter2")
    wrapped = {f"_forward_module.{key}": value for key, value in state(model).items()}
    save({"module": wrapped}, tmp_path, "videocrafter2")
    found, wanted = (load(model, CPU, str(folder)) for folder in (tmp_path, checkpoints))
    for name, value in wanted.unet.state_dict().items():
        assert torch.equal(found.unet.state_dict()[name], value)


def test_listing_it_imports_nothing_heavy() -> None:
    modules = "vbench.generators.models.videocrafter.generator, vbench.generators.models.venhancer.enhancer"
    check = f"import sys, {modules}; assert not {{'torch', 'diffusers', 'open_clip'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)


@pytest.mark.parametrize("size", [(48, 64), (777, 333), (20, 30), (160, 100)])
def test_a_picture_is_scaled_to_the_video_as_by_the_published_script(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    scaled = cv2.resize(pixels.astype(np.float32), (80, 50), interpolation=cv2.INTER_LINEAR) / 127.5 - 1
    ours = as_tensor(Image.fromarray(pixels), Settings(height=50, width=80))
    np.testing.assert_allclose(ours.permute(1, 2, 0).numpy(), scaled, atol=1e-3)
