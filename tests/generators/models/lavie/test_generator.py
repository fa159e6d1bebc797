from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner, Result

from tests.generators.models.lavie import tiny
from vbench.cli import app
from vbench.errors import CheckpointError, MissingCheckpoint, UsageError
from vbench.generators.base import Request, SamplingError, Settings
from vbench.generators.catalog import build
from vbench.generators.models.inflated_sd.stable_diffusion import StableDiffusion
from vbench.media.clip import Clip
from vbench.media.video import Video, probe
from vbench.sampling.manifest import read_manifest
from vbench.sampling.record import read_sampling
from vbench.weights.cards import candidates


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of published files, small."""
    return tiny.write(tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that fit the small files."""
    tiny.shrink(monkeypatch)


def sampled(model: str, checkpoints: Path, out: Path, *more: str) -> Result:
    """``vbench generate`` of one small video."""
    asked = ["generate", "-m", model, "-o", str(out), "--prompt", "a red bus", "--samples", "1", "--steps", "2"]
    asked += ["--size", "32x16", "--option", f"checkpoints={checkpoints}", "--option", "device=cpu"]
    return CliRunner().invoke(app, [*asked, *more])


@pytest.mark.parametrize(
    ("model", "shape", "fps"),
    [
        ("lavie", (16, 16, 32), 8),
        ("lavie+interpolation", (61, 16, 32), 24),
        ("lavie+vsr", (16, 64, 128), 8),
        ("lavie+interpolation+vsr", (61, 64, 128), 24),
    ],
)
def test_every_composition_samples_through_the_command_line(
    model: str, shape: tuple[int, int, int], fps: float, checkpoints: Path, tmp_path: Path
) -> None:
    result = sampled(model, checkpoints, tmp_path / "once")
    assert result.exit_code == 0, result.output
    assert sampled(model, checkpoints, tmp_path / "again").exit_code == 0
    (record,) = read_manifest(tmp_path / "once")
    video = tmp_path / "once" / record.file
    assert video.read_bytes() == (tmp_path / "again" / record.file).read_bytes()
    found = probe(video)
    assert (found.frames, found.height, found.width, found.fps) == (*shape, fps)
    told = read_sampling(tmp_path / "once")
    assert told is not None
    assert "lavie_base.pt" in str(told)
    assert ("lavie_vsr.pt" in str(told)) == ("vsr" in model)


@pytest.mark.parametrize("technique", ["freeu", "freeu-v2", "freeinit", "freeinit+freeu"])
def test_techniques_change_the_video_and_are_listed(technique: str, checkpoints: Path, tmp_path: Path) -> None:
    for model in ("lavie", f"lavie+{technique}"):
        assert sampled(model, checkpoints, tmp_path / model).exit_code == 0
    (plain,), (changed,) = (read_manifest(tmp_path / model) for model in ("lavie", f"lavie+{technique}"))
    assert plain.sha256 != changed.sha256
    assert all(name in str(read_sampling(tmp_path / f"lavie+{technique}")) for name in technique.split("+"))


def test_freenoise_samples_long_clips_and_takes_several_prompts_one_after_the_other(
    checkpoints: Path, tmp_path: Path
) -> None:
    def video(name: str, prompt: str, *more: str) -> NDArray[np.uint8]:
        asked = ("--frames", "24", "--prompt", prompt, *more)
        result = sampled("lavie+freenoise", checkpoints, tmp_path / name, *asked)
        assert result.exit_code == 0, result.output
        (file,) = (one.file for one in read_manifest(tmp_path / name) if one.prompt == prompt)
        return np.concatenate([part.permute(0, 2, 3, 1).numpy() for part in Video(tmp_path / name / file).batches()])

    asked = "a blue bus; a yellow cat"
    split, whole = (
        video(name, asked, *more) for name, more in (("split", ("--option", "motion_injection=yes")), ("whole", ()))
    )
    assert split.shape == (24, 16, 32, 3)
    assert not np.array_equal(split, whole)
    told = read_sampling(tmp_path / "split")
    assert told is not None
    assert told["provenance"]["scheduler"] == "ddim"
    assert told["provenance"]["techniques"]["freenoise"] == {"window": 16, "stride": 4, "motion_injection": True}
    (read,) = (one.read for one in read_manifest(tmp_path / "split") if one.prompt == asked)
    assert read is not None
    assert next(iter(read.values()))["tokens"] == len("abluebus") + len("ayellowcat") + 4


def test_the_published_sampler_stays_what_it_is_by_default(checkpoints: Path) -> None:
    for name, scheduler in (("lavie", "ddpm"), ("lavie+freenoise", "ddim")):
        assert build(name, (f"checkpoints={checkpoints}", "device=cpu")).provenance["scheduler"] == scheduler


def test_prompts_that_differ_behind_the_limit_are_told(checkpoints: Path, tmp_path: Path) -> None:
    words = " ".join(["house"] * 80)
    result = sampled("lavie", checkpoints, tmp_path, "--prompt", f"{words} red", "--prompt", f"{words} blue")
    assert result.exit_code == 0, result.output
    bus, *two = read_manifest(tmp_path)
    assert bus.findings == []
    for record, word in zip(two, ("red", "blue"), strict=True):
        assert record.read is not None
        (read,) = record.read.values()
        assert read["cut"] > 0
        assert read["lost"].endswith(word)
        assert "tokens were cut off" in record.findings[0]


@pytest.mark.parametrize("scheduler", ["ddim", "eulerdiscrete"])
def test_other_schedulers_sample_too(scheduler: str, checkpoints: Path, tmp_path: Path) -> None:
    result = sampled("lavie", checkpoints, tmp_path, "--option", f"scheduler={scheduler}", "--frames", "3")
    assert result.exit_code == 0, result.output


def test_guidance_of_no_more_than_one_is_the_prompt_alone_as_published(checkpoints: Path, tmp_path: Path) -> None:
    def pixels(guidance: str) -> str | None:
        assert sampled("lavie", checkpoints, tmp_path / guidance, "--guidance", guidance).exit_code == 0
        (record,) = read_manifest(tmp_path / guidance)
        return record.sha256

    one, less, none, more = map(pixels, ("1", "0.5", "0", "7.5"))
    assert one == less == none != more


def test_another_seed_is_another_video_and_others_beside_it_change_nothing(checkpoints: Path, tmp_path: Path) -> None:
    assert sampled("lavie", checkpoints, tmp_path / "alone", "--seed", "1").exit_code == 0
    assert sampled("lavie", checkpoints, tmp_path / "other", "--seed", "2").exit_code == 0
    assert sampled("lavie", checkpoints, tmp_path / "both", "--seed", "1", "--prompt", "a blue cat").exit_code == 0
    alone, other, both = (
        {record.prompt: record.sha256 for record in read_manifest(tmp_path / name)}
        for name in ("alone", "other", "both")
    )
    assert alone["a red bus"] != other["a red bus"]
    assert alone["a red bus"] == both["a red bus"]


@pytest.mark.parametrize(
    ("model", "more", "message"),
    [
        ("lavie+freenoise", (), "ask for 64, as published, or 20, 24, ...; 16 are asked for"),
        ("lavie+freenoise", ("--frames", "22"), "22 are asked for"),
        ("lavie+freenoise", ("--option", "scheduler=ddpm"), "--option scheduler=ddim"),
        ("lavie+freenoise+freeinit", (), "take one of them"),
        ("lavie", ("--option", "motion_injection=yes"), "--model lavie+freenoise"),
        ("lavie+freeu+freeu-v2", (), "two versions of one technique"),
        ("lavie+freeinit", ("--option", "scheduler=eulerdiscrete"), "--option scheduler=ddpm or ddim"),
        ("lavie", ("--option", "scheduler=pndm"), "must be auto, ddpm, ddim, eulerdiscrete; found 'pndm'"),
        ("lavie", ("--option", "dtype=half"), "must be auto, float32, float16, bfloat16; found 'half'"),
        ("lavie", ("--steps", "1001"), "at most --steps 1000, not 1001"),
        ("lavie", ("--steps", "1000", "--option", "scheduler=ddim"), "at most --steps 999, not 1000"),
        ("lavie", ("--size", "20x16"), "multiples of 8 pixels: width 20 is none"),
        ("lavie:folder", (), "lavie takes its folder as --option checkpoints=FOLDER, not after a colon"),
        ("lavie+interpolation", ("--frames", "8"), "works on clips of 16 frames, and gets 8: ask for --frames 16"),
        ("lavie+vsr+interpolation", ("--size", "512x320"), "gets 2048x1280: put it before what makes clips larger"),
        ("synthetic+interpolation:checkpoints=nowhere", (), "looked for nowhere/lavie_interpolation.pt"),
    ],
)
def test_what_cannot_be_is_refused_before_sampling(
    model: str, more: tuple[str, ...], message: str, checkpoints: Path, tmp_path: Path
) -> None:
    options = () if model.startswith("synthetic") else ("--option", f"checkpoints={checkpoints}")
    asked = ["generate", "-m", model, "-o", str(tmp_path / "out"), "--prompt", "a cat", *options, *more]
    with pytest.raises((UsageError, MissingCheckpoint)) as caught:
        CliRunner().invoke(app, asked, catch_exceptions=False)
    assert message in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_missing_files_come_with_the_commands_that_get_them(tmp_path: Path) -> None:
    generator = build("lavie+vsr", [f"checkpoints={tmp_path}"])
    request = Request("a cat", 0, 0, generator.defaults, "a cat-0.mp4")
    with pytest.raises(MissingCheckpoint) as caught:
        generator.prepare([request])
    message = str(caught.value)
    for name in ("lavie_base", "stable-diffusion-v1-4"):
        assert f"VBENCH_CACHE_DIR={tmp_path} vbench weights download {name}" in message


def test_the_suites_cache_is_where_checkpoints_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(tmp_path))
    assert candidates("lavie_base")[0] == tmp_path / "lavie_base.pt"
    assert candidates("lavie_base", "elsewhere") == [Path("elsewhere/lavie_base.pt")]


def test_half_precision_samples_every_stage(checkpoints: Path, tmp_path: Path) -> None:
    result = sampled("lavie+vsr", checkpoints, tmp_path, "--option", "dtype=bfloat16", "--frames", "3")
    assert result.exit_code == 0, result.output
    assert str(read_sampling(tmp_path)).count("bfloat16") == 2


def test_a_companion_that_is_not_whole_is_refused(checkpoints: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    shutil.copytree(checkpoints, folder)
    weights = folder / "stable-diffusion-v1-4" / "vae" / "diffusion_pytorch_model.safetensors"
    state = load_file(weights)
    del state["post_quant_conv.bias"]
    save_file(state, weights, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"no whole AutoencoderKL: 1 missing: post_quant_conv\.bias"):
        StableDiffusion(weights.parents[1], torch.device("cpu"), torch.float32, torch.float32)
    shutil.rmtree(weights.parent)
    with pytest.raises(CheckpointError, match="cannot be loaded as AutoencoderKL"):
        StableDiffusion(weights.parents[1], torch.device("cpu"), torch.float32, torch.float32)


@pytest.mark.parametrize("what", ["missing", "unexpected", "of another shape", "no tensors"])
def test_wrong_weights_are_refused_and_named(what: str, checkpoints: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    shutil.copytree(checkpoints, folder)
    state = torch.load(folder / "lavie_base.pt", weights_only=True)
    if what == "missing":
        del state["conv_in.bias"]
    elif what == "unexpected":
        state["conv_in.extra"] = torch.zeros(1)
    elif what == "of another shape":
        state["conv_in.bias"] = torch.zeros(1)
    else:
        state = {"ema": 3}
    torch.save(state, folder / "lavie_base.pt")
    result = sampled("lavie", folder, tmp_path / "out")
    assert isinstance(result.exception, UsageError)
    assert ("expected only tensors" if what == "no tensors" else "conv_in.") in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_interpolation_refuses_a_clip_of_another_length(checkpoints: Path) -> None:
    enhancer = build(f"synthetic+interpolation:checkpoints={checkpoints}").enhancers[0]  # type: ignore[attr-defined]
    request = Request("a cat", 0, 0, Settings(), "a cat-0.mp4")
    with pytest.raises(SamplingError, match=r"clips of 16 frames .* this one has 9 of 32x16"):
        enhancer.enhance(Clip(np.zeros((9, 16, 32, 3), np.uint8), 8), request)


def test_a_folder_of_samples_is_not_continued_with_another_companion(checkpoints: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "checkpoints", tmp_path / "out"
    shutil.copytree(checkpoints, folder)
    assert sampled("lavie", folder, out).exit_code == 0
    weights = folder / "stable-diffusion-v1-4" / "vae" / "diffusion_pytorch_model.safetensors"
    save_file({key: value + 1 for key, value in load_file(weights).items()}, weights, metadata={"format": "pt"})
    again = sampled("lavie", folder, out, "--samples", "2")
    assert isinstance(again.exception, UsageError)
    assert "companion_content of provenance was" in str(again.exception)
