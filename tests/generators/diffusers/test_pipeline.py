"""Every family of pipelines in diffusers samples, from a folder, with random weights, on the CPU."""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AnimateDiffPipeline, StableVideoDiffusionPipeline, TextToVideoSDPipeline, WanPipeline
from diffusers.utils.outputs import BaseOutput
from PIL import Image
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from tests.footage import noise
from tests.generators.diffusers.conftest import Folders
from tests.generators.tiny_families import FAMILIES, Family
from vbench import interface
from vbench.cli import app
from vbench.errors import MissingExtra, UsageError
from vbench.generators.base import Delivery, Request, SamplingError, Settings
from vbench.generators.catalog import build
from vbench.generators.diffusers import pipeline as diffusers_pipeline
from vbench.generators.diffusers.call import Call, pipeline_class
from vbench.generators.diffusers.pipeline import DiffusersGenerator
from vbench.generators.diffusers.presets import PRESETS
from vbench.generators.frames import as_frames
from vbench.media.clip import Clip
from vbench.media.video import Video
from vbench.sampling.manifest import read_manifest

pytestmark = pytest.mark.slow

PROMPTS = ("a cat", "a red bus")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A picture for each prompt; the folder of them."""
    folder = tmp_path / "images"
    folder.mkdir()
    for seed, prompt in enumerate(PROMPTS):
        Image.fromarray(noise(1, height=40, width=48, seed=seed)[0]).save(folder / f"{prompt}.png")
    return folder


def arguments(folder: Path, family: Family, out: Path, images: Path, *more: str) -> list[str]:
    """``vbench generate`` of one video for each prompt."""
    has = build(f"diffusers:{folder}").defaults
    asked = ["generate", "-m", f"diffusers:{folder}", "-o", str(out), "--samples", "1", "--steps", "2"]
    asked += ["--frames", str(family.frames)]
    asked += ["--size", family.size] if has.height else []
    asked += ["--images", str(images)] if family.image else []
    asked += [word for prompt in PROMPTS for word in ("--prompt", prompt)]
    return [*asked, *(word for option in family.options for word in ("--option", option)), *more]


def videos(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.mp4"))}


@pytest.mark.parametrize("name", FAMILIES)
def test_family_is_sampled_on_the_command_line(name: str, folders: Folders, tmp_path: Path, image: Path) -> None:
    family, folder = FAMILIES[name], folders(name)
    result = CliRunner().invoke(app, arguments(folder, family, tmp_path / "one", image))
    assert result.exit_code == 0, result.output
    made = videos(tmp_path / "one")
    assert list(made) == [f"{prompt}-0.mp4" for prompt in PROMPTS]
    assert made["a cat-0.mp4"] != made["a red bus-0.mp4"]

    defaults = build(f"diffusers:{folder}").defaults
    for record in read_manifest(tmp_path / "one"):
        video = Video(tmp_path / "one" / record.file)
        frames = torch.cat(list(video.batches()))
        assert len(frames) == family.frames == record.settings["frames"]
        assert video.fps == pytest.approx(defaults.fps) == record.settings["fps"]
        if defaults.height:
            assert f"{frames.shape[3]}x{frames.shape[2]}" == family.size
        assert record.text == record.prompt
        assert (record.read is not None) == Call(
            pipeline_class(json.loads((folder / "model_index.json").read_text())["_class_name"])
        ).takes_prompt
        assert record.findings == []

    torch.manual_seed(99)
    CliRunner().invoke(app, arguments(folder, family, tmp_path / "again", image))
    assert videos(tmp_path / "again") == made


def test_what_the_text_encoder_cuts_is_told(folders: Folders, tmp_path: Path) -> None:
    folder, family = folders("modelscope"), FAMILIES["modelscope"]
    asked = ["generate", "-m", f"diffusers:{folder}", "-o", str(tmp_path / "out"), "--samples", "1", "--steps", "2"]
    asked += ["--frames", str(family.frames), "--size", family.size, "--option", "batch=2"]
    result = CliRunner().invoke(app, [*asked, "--prompt", "a cat", "--prompt", "an even larger cat at sea"])
    assert result.exit_code == 0, result.output
    short, long = read_manifest(tmp_path / "out")
    assert short.read == {"CLIPTokenizer": {"tokens": 6, "cut": 0, "lost": ""}}
    assert long.read == {"CLIPTokenizer": {"tokens": 16, "cut": 6, "lost": "t at sea"}}
    assert short.findings == []
    assert "of the prompt's 22 tokens were cut off" in long.findings[0]
    assert long.findings[0] in " ".join(result.output.split("\n"))
    told = CliRunner().invoke(app, ["check", str(tmp_path / "out"), "--json"])
    assert [one["kind"] for one in json.loads(told.output)["findings"]].count("not_as_asked") == 1


def test_how_a_picture_was_fitted_is_an_option_and_recorded(folders: Folders, tmp_path: Path, image: Path) -> None:
    folder, family, made = folders("wan-i2v"), FAMILIES["wan-i2v"], {}
    for fit in ("auto", "crop", "pad", "stretch"):
        asked = arguments(folder, family, tmp_path / fit, image, "--option", f"fit={fit}", "--size", "32x16")
        result = CliRunner().invoke(app, asked)
        assert result.exit_code == 0, result.output
        record = read_manifest(tmp_path / fit)[0]
        done = "crop" if fit == "auto" else fit
        assert record.settings["image"] == {"file": "a cat.png", "size": "48x40", "fit": done}
        made[fit] = record.sha256
    assert made["auto"] == made["crop"]
    assert len(set(made.values())) == 3
    refused = arguments(folder, family, tmp_path / "refuse", image, "--option", "fit=refuse", "--size", "32x16")
    result = CliRunner().invoke(app, refused)
    assert isinstance(result.exception, UsageError)
    assert "a cat.png has 48x40 pixels, other proportions than the video's 32x16" in str(result.exception)
    assert not (tmp_path / "refuse").exists()


def test_another_seed_gives_other_videos(folders: Folders, tmp_path: Path, image: Path) -> None:
    for seed in ("0", "1"):
        asked = arguments(folders("latte"), FAMILIES["latte"], tmp_path / seed, image, "--seed", seed)
        assert CliRunner().invoke(app, asked).exit_code == 0
    one, other = videos(tmp_path / "0"), videos(tmp_path / "1")
    assert one.keys() == other.keys()
    assert all(one[name] != other[name] for name in one)


def test_a_killed_run_continues_to_the_same_result(folders: Folders, tmp_path: Path, image: Path) -> None:
    asked = arguments(folders("modelscope"), FAMILIES["modelscope"], tmp_path / "killed", image, "--samples", "3")
    killed = [*asked, "--option", "batch=2"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(torch.get_num_threads())}
    with subprocess.Popen([sys.executable, "-m", "vbench", *killed], env=environment) as process:
        while process.poll() is None and not videos_there(tmp_path / "killed"):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert CliRunner().invoke(app, killed).exit_code == 0
    whole = [str(tmp_path / "whole") if word == str(tmp_path / "killed") else word for word in killed]
    assert CliRunner().invoke(app, whole).exit_code == 0
    assert videos(tmp_path / "killed") == videos(tmp_path / "whole")
    assert len(videos(tmp_path / "whole")) == 6
    assert (tmp_path / "killed/samples.jsonl").read_text() == (tmp_path / "whole/samples.jsonl").read_text()


def videos_there(folder: Path) -> bool:
    return any(folder.glob("*.mp4"))


def request(generator: DiffusersGenerator, frames: int, prompt: str = "a cat", seed: int = 1, **given: Any) -> Request:
    """A request for a small video, with the generator's other defaults."""
    image = given.pop("image", None)
    settings = generator.defaults.with_given(**{"frames": frames, "height": 32, "width": 32, "steps": 2, **given})
    return Request(prompt, 0, seed, settings, f"{prompt}-{seed}.mp4", image)


def generator_of(text: str, *options: str) -> DiffusersGenerator:
    generator = build(text, options)
    assert isinstance(generator, DiffusersGenerator)
    return generator


def frames_of(deliveries: Iterator[Delivery]) -> list[Any]:
    clips = [delivery.video for delivery in deliveries]
    assert all(isinstance(clip, Clip) for clip in clips)
    return [clip.frames for clip in clips if isinstance(clip, Clip)]


@pytest.mark.parametrize("name", ["animatediff", "hunyuanvideo-1.5", "wan", "cogvideox"])
def test_a_batch_gives_the_same_samples_up_to_rounding(name: str, folders: Folders) -> None:
    together, alone = (generator_of(f"diffusers:{folders(name)}", f"batch={size}") for size in (3, 1))
    asked = [request(alone, FAMILIES[name].frames, prompt, seed) for prompt, seed in zip("abc", (1, 2, 3), strict=True)]
    for one, other in zip(frames_of(together.sample_all(asked)), frames_of(alone.sample_all(asked)), strict=True):
        assert np.abs(one.astype(int) - other.astype(int)).max() <= 2


def test_a_pipeline_that_samples_otherwise_in_a_batch_is_not_batched(folders: Folders) -> None:
    generator = generator_of(f"diffusers:{folders('latte')}", "batch=2")
    with pytest.raises(UsageError, match="one video at a time"):
        generator.prepare([request(generator, 4)])


def test_what_cleaning_takes_out_of_a_prompt_is_not_passed_over(folders: Folders) -> None:
    generator = generator_of(f"diffusers:{folders('latte')}")
    asked = [request(generator, 4, prompt) for prompt in ("一只猫", "a cat at 640x480")]
    nothing, something = generator.sample_all(asked)
    assert nothing.reason.startswith("the model cleans what it reads, and nothing is left of '一只猫'")
    assert something.read


class Small(WanPipeline):
    """Has memory for a single video at a time, and for none of dogs."""

    @wraps(WanPipeline.__call__)
    def __call__(self, *args: Any, **arguments: Any) -> Any:
        prompt = arguments["prompt"]
        if isinstance(prompt, list) or "dog" in prompt:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return super().__call__(*args, **arguments)  # type: ignore[misc]


def test_too_little_memory_halves_the_batch(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffusers.WanPipeline", Small)
    generator = generator_of(f"diffusers:{folders('wan')}", "batch=4")
    asked = [request(generator, 5, prompt) for prompt in ("a cat", "a dog", "a bus", "a cow")]
    answers = {one.request.prompt: one for one in generator.sample_all(asked)}
    assert [prompt for prompt, one in answers.items() if one.video is None] == ["a dog"]
    assert "--option offload=model" in answers["a dog"].reason


class Odd(WanPipeline):
    """Gives what the prompt says instead of a video."""

    @wraps(WanPipeline.__call__)
    def __call__(self, *args: Any, **arguments: Any) -> Any:
        answer = super().__call__(*args, **arguments)  # type: ignore[misc]
        given = {
            "no frames": answer.frames[:, :0],
            "two videos": np.concatenate([answer.frames] * 2),
            "no video": None,
            "bytes": (answer.frames * 255).round().astype(np.uint8),
        }
        answer.frames = given.get(arguments["prompt"], answer.frames)
        return answer


def test_nothing_that_a_pipeline_gives_for_a_prompt_ends_the_others(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diffusers.WanPipeline", Odd)
    generator = generator_of(f"diffusers:{folders('wan')}")
    reasons = {
        "no frames": "the model gave frames (0, 32, 32, 3), which hold nothing: ask for more --frames",
        "two videos": "the pipeline gave 2 videos, and 1 were asked for",
        "no video": "the pipeline gave no video: a WanPipelineOutput without frames, video, videos",
    }
    answers = list(generator.sample_all([request(generator, 5, prompt) for prompt in (*reasons, "a cat")]))
    assert {one.request.prompt: one.reason for one in answers if one.video is None} == reasons
    assert len(answers) == len(reasons) + 1


def test_frames_that_are_bytes_already_stay_as_they_are(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffusers.WanPipeline", Odd)
    generator = generator_of(f"diffusers:{folders('wan')}")
    asked = [request(generator, 5, "bytes"), replace(request(generator, 5, "bytes"), prompt="bytes ")]
    as_bytes, as_numbers = (one.video for one in generator.sample_all(asked))
    assert isinstance(as_bytes, Clip)
    assert isinstance(as_numbers, Clip)
    assert np.array_equal(as_bytes.frames, as_numbers.frames)


def test_values_that_are_no_numbers_are_a_failure() -> None:
    with pytest.raises(SamplingError, match="dtype=bfloat16"):
        as_frames(np.full((2, 4, 4, 3), np.nan))
    with pytest.raises(SamplingError, match="every pixel"):
        as_frames(np.zeros((2, 4, 4, 3)))
    assert as_frames(np.array([[[[0.0, 0.5, 1.0]]]])).tolist() == [[[[0, 128, 255]]]]
    assert as_frames(np.array([[[[-0.1, 0.5, 1.1]]]])).tolist() == [[[[0, 128, 255]]]], "clipped, not wrapped round"


@pytest.mark.parametrize(
    ("preset", "family", "frames"),
    [("ltx-video-i2v", "ltx-video", 9), ("skyreels-v2-df-i2v", "skyreels-v2-df", 5), ("wan2.2-ti2v-5b-i2v", "wan", 5)],
)
def test_a_checkpoint_is_sampled_by_another_pipeline_of_the_same_parts(
    preset: str, family: str, frames: int, folders: Folders, image: Path
) -> None:
    generator = generator_of(f"{preset}:{folders(family)}")
    generator.prepare([request(generator, frames, image=image / "a cat.png")])


def test_a_checkpoint_of_other_networks_is_refused(folders: Folders) -> None:
    generator = generator_of(f"latte:{folders('wan')}")
    with pytest.raises(UsageError, match="holds a WanPipeline, but a LattePipeline was expected"):
        generator.prepare([request(generator, 16)])


@dataclass
class VideoOutput(BaseOutput):
    """As some pipelines name what they give."""

    video: Any


class GivesVideo(TextToVideoSDPipeline):
    """A pipeline that gives ``.video``, not ``.frames``."""

    @wraps(TextToVideoSDPipeline.__call__)
    def __call__(self, *args: Any, **arguments: Any) -> Any:
        return VideoOutput(video=super().__call__(*args, **arguments).frames)  # type: ignore[misc]


def test_a_pipeline_that_gives_video_is_sampled(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = generator_of(f"diffusers:{folders('modelscope')}")
    asked = [request(plain, 4)]
    before = frames_of(plain.sample_all(asked))[0]
    monkeypatch.setattr("diffusers.TextToVideoSDPipeline", GivesVideo)
    assert (frames_of(generator_of(f"diffusers:{folders('modelscope')}").sample_all(asked))[0] == before).all()


def test_both_networks_of_wan_22_are_used(folders: Folders) -> None:
    generator = generator_of(f"wan2.2-t2v-a14b:{folders('wan2.2')}")
    asked = [request(generator, 5, steps=4)]
    generator.prepare(asked)
    one = frames_of(generator.sample_all(asked))[0]
    for network in ("transformer", "transformer_2"):
        changed = generator_of(f"wan2.2-t2v-a14b:{folders('wan2.2')}")
        for value in getattr(changed._pipeline, network).parameters():
            value.data.mul_(0.5)
        assert (frames_of(changed.sample_all(asked))[0] != one).any()


def test_framepack_gives_as_many_frames_as_asked_for(folders: Folders, image: Path) -> None:
    generator = generator_of(f"framepack:{folders('framepack')}")
    with pytest.raises(UsageError, match="whole sections behind the picture"):
        generator.prepare([request(generator, 91, image=image / "a cat.png")])
    asked = [request(generator, 73, height=64, width=64, image=image / "a cat.png")]
    assert len(frames_of(generator.sample_all(asked))[0]) == 73


def test_nan_weights_give_a_reason_and_no_video(folders: Folders) -> None:
    generator = generator_of(f"diffusers:{folders('latte')}")
    generator._pipeline.vae.post_quant_conv.weight.data.fill_(torch.nan)
    (answer,) = generator.sample_all([request(generator, 4)])
    assert answer.video is None
    assert "no numbers" in answer.reason


def test_defaults_are_the_signature_and_then_the_first_preset() -> None:
    assert Call(TextToVideoSDPipeline).defaults == Settings(16, 256, 256, 8.0, 50, 9.0, "")
    assert Call(StableVideoDiffusionPipeline).defaults == Settings(25, 576, 1024, 7.0, 25)
    assert Call(pipeline_class("HunyuanVideo15ImageToVideoPipeline")).defaults.height is None
    assert (Call(pipeline_class("CosmosTextToWorldPipeline")).defaults.negative_prompt or "").startswith("The video")
    assert Call(pipeline_class("AnimateDiffPAGPipeline")).defaults.fps == 8


@pytest.mark.parametrize(
    ("pipeline", "says"),
    [
        ("AudioLDM2Pipeline", "returns neither video nor pictures"),
        ("StableDiffusionImg2ImgPipeline", "needs image, which a prompt suite does not have"),
        ("NoSuchPipeline", "has no NoSuchPipeline"),
        ("WanVideoToVideoPipeline", "needs video"),
        ("LucyEditPipeline", "needs video"),
        ("WanAnimatePipeline", "needs pose_video"),
        ("LTX2LatentUpsamplePipeline", "needs video"),
    ],
)
def test_pipelines_that_cannot_sample_prompts_are_refused(pipeline: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": pipeline}))
    with pytest.raises(UsageError, match=says):
        _ = build(f"diffusers:{tmp_path}").defaults


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "is no diffusers pipeline"),
        ("{", "is no diffusers pipeline"),
        ('{"_class_name": ["my_module", "Mine"]}', "never run"),
        ("[]", "never run"),
    ],
)
def test_a_folder_that_is_no_pipeline_is_refused(content: str | None, says: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "model_index.json").write_text(content)
    with pytest.raises(UsageError, match=says):
        _ = build(f"diffusers:{tmp_path}").defaults


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["dtype=float8"], "auto, float32, float16, bfloat16"),
        (["offload=disk"], "none, model, sequential"),
        (["batch=0"], "1 or more"),
        (["tiling=maybe"], "auto, yes, no"),
        (["precision=16"], "no option"),
    ],
)
def test_options_say_what_can_be_meant(options: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        build("latte", options)


def test_pickled_weights_are_refused(folders: Folders, tmp_path: Path) -> None:
    folder = shutil.copytree(folders("latte"), tmp_path / "latte")
    (folder / "vae/diffusion_pytorch_model.safetensors").rename(folder / "vae/diffusion_pytorch_model.bin")
    generator = generator_of(f"diffusers:{folder}")
    with pytest.raises(UsageError, match="no safetensors"):
        generator.prepare([request(generator, 4)])


def test_broken_weights_are_a_usage_error(folders: Folders, tmp_path: Path) -> None:
    folder = shutil.copytree(folders("latte"), tmp_path / "latte")
    (folder / "vae/diffusion_pytorch_model.safetensors").write_bytes(b"12345678901234567890")
    generator = generator_of(f"diffusers:{folder}")
    with pytest.raises(UsageError, match="cannot be loaded as LattePipeline"):
        list(generator.sample_all([request(generator, 4)]))


def test_a_repository_that_is_not_here_says_how_to_get_it() -> None:
    generator = generator_of("latte")
    with pytest.raises(UsageError, match="vbench weights download maxin-cn/Latte-1"):
        generator.prepare([Request("a cat", 0, 0, generator.defaults, "a.mp4")])
    other = generator_of("latte", "revision=refs/pr/1")
    with pytest.raises(UsageError, match="hf download maxin-cn/Latte-1 --revision refs/pr/1"):
        other.prepare([Request("a cat", 0, 0, generator.defaults, "a.mp4")])
    fetching = generator_of("diffusers:somebody/video-model", "download=yes")
    with pytest.raises(UsageError, match="could not be fetched"):
        _ = fetching.defaults
    with pytest.raises(UsageError, match="neither a folder nor a repository"):
        _ = build("diffusers:no-such-folder").defaults


def test_a_repository_out_of_the_cache(folders: Folders, tmp_path: Path) -> None:
    repository = tmp_path / "hub/models--somebody--tiny"
    commit = "0123456789abcdef0123456789abcdef01234567"
    shutil.copytree(folders("wan"), repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs/main").write_text(commit)
    generator = generator_of("diffusers:somebody/tiny")
    asked = [request(generator, 5)]
    generator.prepare(asked)
    assert len(frames_of(generator.sample_all(asked))) == 1
    assert generator.provenance["checkpoint"] == "somebody/tiny"
    assert generator.provenance["revision"] == commit


def test_two_commits_of_a_branch_are_not_mixed_in_a_folder(folders: Folders, tmp_path: Path) -> None:
    repository = tmp_path / "hub/models--somebody--tiny"
    (repository / "refs").mkdir(parents=True)

    def sampled(commit: str) -> None:
        shutil.copytree(folders("modelscope"), repository / "snapshots" / commit)
        (repository / "refs/main").write_text(commit)
        settings = {"frames": 2, "width": 16, "height": 16, "steps": 2}
        interface.generate("diffusers:somebody/tiny", tmp_path / "out", prompts=["a cat"], samples=1, settings=settings)

    sampled("a" * 40)
    told = json.loads((tmp_path / "out/sampling.json").read_text())
    assert told["provenance"]["revision"] == "a" * 40
    with pytest.raises(UsageError, match="holds other samples") as caught:
        sampled("b" * 40)
    assert "a" * 40 in str(caught.value)
    assert "b" * 40 in str(caught.value)


def test_a_checkpoint_that_was_trained_on_is_not_continued(folders: Folders, tmp_path: Path) -> None:
    checkpoint = shutil.copytree(folders("modelscope"), tmp_path / "snapshots/last")  # no folder of the hub's
    settings = {"frames": 2, "width": 16, "height": 16, "steps": 2}

    def sampled() -> None:
        interface.generate(f"diffusers:{checkpoint}", tmp_path / "out", prompts=["a cat"], samples=1, settings=settings)

    sampled()
    sampled()
    weights = checkpoint / "unet/diffusion_pytorch_model.safetensors"
    size = weights.stat().st_size
    save_file({name: value + 0.01 for name, value in load_file(weights).items()}, weights, {"format": "pt"})
    assert weights.stat().st_size == size
    with pytest.raises(UsageError, match=r"holds other samples: digest of provenance was '\w+' and is now '\w+'\."):
        sampled()


def test_provenance_names_no_path_and_is_the_same_for_the_same_folder(folders: Folders, tmp_path: Path) -> None:
    folder = folders("latte")
    told = build(f"diffusers:{folder}").provenance
    assert str(folder.parent) not in json.dumps(told)
    assert told["checkpoint"] == "latte"
    assert told["pipeline"] == "LattePipeline"
    assert told["scheduler"]["class"] == "DDIMScheduler"
    assert (told["dtype"], told["device"], told["tiling"]) == ("float32", "cpu", False)
    moved = shutil.copytree(folder, tmp_path / "moved")
    assert build(f"diffusers:{moved}").provenance == told | {"checkpoint": "moved"}
    config = moved / "transformer/config.json"
    config.write_text(config.read_text() + " ")
    assert build(f"diffusers:{moved}").provenance["digest"] != told["digest"]


def test_a_preset_samples_a_folder_in_its_own_way(folders: Folders) -> None:
    generator = generator_of(f"modelscope:{folders('modelscope')}")
    assert generator.defaults == build("modelscope").defaults
    asked = [request(generator, 4)]
    generator.prepare(asked)
    assert len(frames_of(generator.sample_all(asked))) == 1
    with pytest.raises(UsageError, match="holds a TextToVideoSDPipeline, but a LattePipeline"):
        generator_of(f"latte:{folders('modelscope')}").prepare(asked)


def test_animatediff_is_assembled_of_a_base_and_an_adapter(folders: Folders, tmp_path: Path) -> None:
    whole = AnimateDiffPipeline.from_pretrained(folders("animatediff"))
    base = shutil.copytree(folders("animatediff"), tmp_path / "base")
    index = json.loads((base / "model_index.json").read_text())
    del index["motion_adapter"]
    index |= {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNetMotionModel"]}
    (base / "model_index.json").write_text(json.dumps(index))
    generator = generator_of(f"animatediff:{base}")
    asked = [request(generator, 4)]
    generator.prepare(asked)
    assert generator.provenance["parts"] == {"motion_adapter": "motion_adapter"}
    assert generator.provenance["scheduler"]["class"] == "DDIMScheduler"
    assert type(generator._pipeline) is type(whole)
    assert generator._pipeline.scheduler.config.timestep_spacing == "linspace"
    assert len(frames_of(generator.sample_all(asked))) == 1


@pytest.mark.skipif(bool(find_spec("peft")), reason="peft is here")
def test_a_lora_needs_peft(folders: Folders) -> None:
    generator = generator_of(f"animatelcm:{folders('animatediff')}")
    with pytest.raises(MissingExtra, match="pip install peft"):
        generator.prepare([request(generator, 4)])


def test_a_lora_is_loaded_with_its_weight(folders: Folders, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    folder = shutil.copytree(folders("animatediff"), tmp_path / "lcm")
    trained: Any = AnimateDiffPipeline.from_pretrained(folder)
    trained.unet.add_adapter(peft.LoraConfig(r=2, target_modules=["to_q", "to_k"], init_lora_weights=False))
    weights = peft.utils.get_peft_model_state_dict(trained.unet)
    (lora,) = PRESETS["animatelcm"].loras
    trained.save_lora_weights(folder / lora.beside, unet_lora_layers=weights, weight_name=lora.file)
    generator = generator_of(f"animatelcm:{folder}")
    asked = [request(generator, 4)]
    generator.prepare(asked)
    one = frames_of(generator.sample_all(asked))[0]
    generator._pipeline.set_adapters(["lora0"], [0.0])
    assert (frames_of(generator.sample_all(asked))[0] != one).any()


def test_latte_takes_its_temporal_decoder(folders: Folders, tmp_path: Path) -> None:
    folder = shutil.copytree(folders("latte"), tmp_path / "latte")
    shutil.copytree(folders("svd") / "vae", folder / "vae_temporal_decoder")
    generator = generator_of(f"latte:{folder}")
    asked = [request(generator, 4)]
    generator.prepare(asked)
    assert type(generator._pipeline.vae).__name__ == "AutoencoderKLTemporalDecoder"
    assert len(frames_of(generator.sample_all(asked))) == 1
    with pytest.raises(UsageError, match="at most 4 frames"):
        generator.prepare([request(generator, 16)])


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("wan", {"frames": 8}, "ask for 5 or 9, not 8"),
        ("ltx-video", {"frames": 16}, "ask for 9 or 17, not 16"),
        ("ltx-video", {"frames": 9, "height": 48}, "multiples of 32 pixels"),
        ("wan-i2v", {"frames": 5}, "starts from an image"),
    ],
)
def test_what_the_pipeline_would_change_is_refused(
    name: str, given: dict[str, int], says: str, folders: Folders
) -> None:
    generator = generator_of(f"diffusers:{folders(name)}")
    with pytest.raises(UsageError, match=says):
        generator.prepare([request(generator, **given)])  # type: ignore[arg-type]


def test_images_where_there_should_be_none_and_in_batches(folders: Folders, image: Path, tmp_path: Path) -> None:
    picture = image / "a cat.png"
    latte = generator_of(f"diffusers:{folders('latte')}")
    with pytest.raises(UsageError, match="takes no image"):
        latte.prepare([request(latte, 4, image=picture)])
    svd = generator_of(f"diffusers:{folders('svd')}", "batch=2")
    with pytest.raises(UsageError, match="batch=1"):
        svd.prepare([request(svd, 4, image=picture)])
    broken = tmp_path / "broken.png"
    broken.write_text("no image")
    svd = generator_of(f"diffusers:{folders('svd')}")
    with pytest.raises(UsageError, match="cannot be read as an image"):
        svd.prepare([request(svd, 4, image=broken)])


def test_offload_needs_an_accelerator(folders: Folders) -> None:
    generator = generator_of(f"diffusers:{folders('latte')}", "offload=model", "device=cpu")
    with pytest.raises(UsageError, match="only a CPU"):
        generator.prepare([request(generator, 4)])


def test_tiling_is_switched_on_and_recorded(folders: Folders) -> None:
    generator = generator_of(f"diffusers:{folders('wan')}", "tiling=yes")
    assert generator.provenance["tiling"] is True
    assert generator._pipeline.vae.use_tiling
    with pytest.raises(UsageError, match="cannot decode in tiles"):
        _ = generator_of(f"diffusers:{folders('svd')}", "tiling=yes")._pipeline


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_precision_of_a_preset_leaves_the_vae_alone(dtype: str, folders: Folders) -> None:
    generator = generator_of(f"wan2.1-1.3b:{folders('wan')}", f"dtype={dtype}")
    assert generator._pipeline.transformer.dtype == getattr(torch, dtype)
    assert generator._pipeline.vae.dtype == torch.float32


def test_techniques_change_the_video_and_are_recorded(folders: Folders) -> None:
    folder = folders("animatediff")
    plain, changed = (generator_of(f"animatediff:{folder}{part}") for part in ("", "+freeu+freeinit"))
    asked = [request(plain, 4)]
    changed.prepare(asked)
    told = changed.provenance["techniques"]
    assert list(told) == ["freeu", "freeinit"]
    assert told["freeinit"]["iterations"] == 5
    assert (frames_of(plain.sample_all(asked))[0] != frames_of(changed.sample_all(asked))[0]).any()
    assert changed.provenance["techniques"] == told


@pytest.mark.parametrize(
    ("name", "parts", "says"),
    [
        ("latte", "+freeu", "U-Net"),
        ("wan", "+freeinit", "freeinit|Freeinit"),
        ("animatediff", "+freenoise", "more than 16 frames"),
        ("animatediff", "+freeu+freeu-v2", "two versions"),
    ],
)
def test_techniques_that_cannot_work_are_refused_before_loading(
    name: str, parts: str, says: str, folders: Folders
) -> None:
    with pytest.raises(UsageError, match=says):
        generator = generator_of(f"diffusers:{folders(name)}{parts}")
        generator.prepare([request(generator, FAMILIES[name].frames)])


def test_the_global_generators_go_on_as_before(folders: Folders) -> None:
    generator = generator_of(f"diffusers:{folders('ltx-video')}")
    asked = [request(generator, 9)]
    list(generator.sample_all(asked))
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    one = frames_of(generator.sample_all(asked))[0]
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(4)
    assert (frames_of(generator.sample_all(asked))[0] == one).all()


def test_another_number_of_frames_than_asked_for_is_a_failure(folders: Folders) -> None:
    generator = generator_of(f"diffusers:{folders('helios')}")
    (answer,) = generator.sample_all([request(generator, 9)])
    assert answer.video is None
    assert "the model gave 33 of 32 x 32" in answer.reason


def test_a_pipeline_must_be_named() -> None:
    with pytest.raises(UsageError, match="Say which pipeline"):
        build("diffusers")


def test_the_adapter_reads_no_code_out_of_a_checkpoint() -> None:
    source = Path(diffusers_pipeline.__file__).parent
    assert not any("trust_remote_code" in path.read_text() for path in source.glob("*.py"))


@pytest.mark.parametrize("name", ["wan-i2v", "cogvideox-i2v", "i2vgen-xl", "svd"])
def test_pictures_of_a_suite_are_what_a_pipeline_starts_from(name: str, folders: Folders, tmp_path: Path) -> None:
    family, folder = FAMILIES[name], folders(name)
    asked = [
        "generate",
        "-m",
        f"diffusers:{folder}",
        "--benchmark",
        "vbench-i2v",
        "--suite",
        "i2v-demo",
        "--samples",
        "1",
    ]
    asked += ["-d", "i2v_subject", "-d", "camera_motion", "--frames", str(family.frames), "--size", family.size]
    asked += ["--option", "batch=1", "-o", str(tmp_path)]
    asked += ["--steps", "2"] if name != "svd" else ["--steps", "1"]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    records = read_manifest(tmp_path)
    camera = [record for record in records if "camera" in record.prompt]
    assert len(records) - len(camera) == 2
    assert len(camera) == (0 if name == "svd" else 9)  # it reads no text, which alone says how the camera moves
    assert ("camera_motion" in result.output) == (name == "svd")
    assert all("tokens were cut off" in finding for record in records for finding in record.findings)
