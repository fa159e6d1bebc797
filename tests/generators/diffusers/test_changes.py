"""Call arguments, schedulers, LoRAs, components and precisions are given to any pipeline, and recorded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from tests.generators.diffusers.conftest import Folders
from tests.generators.diffusers.loras import renamed, save_lora
from tests.generators.tiny_families import FAMILIES
from vbench.cli import app
from vbench.errors import CheckpointError, CheckpointMismatch, UsageError
from vbench.generators.base import Delivery, Request
from vbench.generators.catalog import built, said_of
from vbench.generators.diffusers.pipeline import DiffusersGenerator
from vbench.generators.diffusers.presets import PRESETS
from vbench.generators.recipe import Recipe
from vbench.media.clip import Clip

pytestmark = pytest.mark.slow


def generator_of(model: str, **said: Any) -> DiffusersGenerator:
    """A generator as a command line asks for it."""
    generator = built(Recipe(model, said=said_of(model, **said)))
    assert isinstance(generator, DiffusersGenerator)
    return generator


def asked(generator: DiffusersGenerator, frames: int = 5) -> list[Request]:
    settings = generator.defaults.with_given(frames=frames, height=32, width=32, steps=2)
    return [Request("a cat", 0, 1, settings, "a cat-0.mp4")]


def frames_of(deliveries: Iterator[Delivery]) -> Any:
    (delivery,) = deliveries
    assert isinstance(delivery.video, Clip), delivery.reason
    return delivery.video.frames


@pytest.fixture(scope="module")
def lora(folders: Folders, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_lora(folders("wan"), tmp_path_factory.mktemp("lora") / "mine.safetensors", scale=20.0)


def test_an_argument_reaches_the_call_and_the_record(folders: Folders) -> None:
    plain, changed = (
        generator_of("wan2.1-1.3b:" + str(folders("wan"))),
        generator_of(f"wan2.1-1.3b:{folders('wan')}", arguments=["max_sequence_length=3"]),
    )
    changed.prepare(asked(changed))
    assert changed.provenance["arguments"] == {"max_sequence_length": 3}
    assert plain.provenance != changed.provenance
    one, other = (frames_of(one.sample_all(asked(one))) for one in (plain, changed))
    assert (one != other).any()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["guidance_scale2=3"],
            "no argument named 'guidance_scale2' of the call of WanPipeline. Did you mean guidance",
        ),
        (["num_frames=5"], "num_frames is given by --frames"),
        (["height=64"], "height is given by --size"),
        (["output_type=latent"], "no argument named 'output_type'"),
        (["max_sequence_length=many"], "max_sequence_length of WanPipeline is int, found 'many'"),
        (["guidance_scale_2=true"], "guidance_scale_2 of WanPipeline is float"),
        (["guidance_scale_2"], "--set takes NAME=VALUE"),
    ],
)
def test_an_argument_that_the_call_does_not_take_is_refused(arguments: list[str], says: str, folders: Folders) -> None:
    with pytest.raises(UsageError) as caught:
        generator = generator_of(f"wan2.1-1.3b:{folders('wan')}", arguments=arguments)
        generator.prepare(asked(generator))
    assert says in str(caught.value)


def test_another_scheduler_with_settings_of_its_own(folders: Folders) -> None:
    said = "FlowMatchEulerDiscreteScheduler:shift=5.0"
    generator = generator_of(f"wan2.1-1.3b:{folders('wan')}", schedulers=[said])
    generator.prepare(asked(generator))
    assert generator.provenance["scheduler"]["class"] == "FlowMatchEulerDiscreteScheduler"
    other = generator_of(f"wan2.1-1.3b:{folders('wan')}", schedulers=[said.replace("5.0", "6.0")])
    assert other.provenance["scheduler"] != generator.provenance["scheduler"]
    assert generator._pipeline.scheduler.config.shift == 5.0


@pytest.mark.parametrize(
    ("scheduler", "says"),
    [
        ("DDIMSchedular", "no scheduler 'DDIMSchedular': did you mean DDIMScheduler"),
        ("UNet2DModel", "has no scheduler 'UNet2DModel'"),
        (
            "UniPCMultistepScheduler:flow_shif=3",
            "no setting named 'flow_shif' in UniPCMultistepScheduler. Did you mean",
        ),
    ],
)
def test_a_scheduler_that_is_not_there_is_refused(scheduler: str, says: str, folders: Folders) -> None:
    generator = generator_of(f"wan2.1-1.3b:{folders('wan')}", schedulers=[scheduler])
    with pytest.raises(UsageError) as caught:
        generator.prepare(asked(generator))
    assert says in str(caught.value)


def test_a_lora_changes_the_video_and_its_weight_how_much(folders: Folders, lora: Path) -> None:
    model = f"wan2.1-1.3b:{folders('wan')}"
    plain, none, whole = (
        generator_of(model),
        generator_of(model, loras=[f"{lora}:0"]),
        generator_of(model, loras=[str(lora)]),
    )
    whole.prepare(asked(whole))
    (told,) = whole.provenance["loras"]
    assert (told["file"], told["weight"]) == ("mine.safetensors", 1.0)
    assert len(told["sha256"]) == 64
    videos = [frames_of(one.sample_all(asked(one))) for one in (plain, none, whole)]
    assert (videos[0] == videos[1]).all()
    assert (videos[0] != videos[2]).any()


def test_several_loras_are_added(folders: Folders, lora: Path, tmp_path: Path) -> None:
    again = shutil.copy(lora, tmp_path / "again.safetensors")
    generator = generator_of(f"wan2.1-1.3b:{folders('wan')}", loras=[str(lora), f"{again}:-1"])
    plain = generator_of(f"wan2.1-1.3b:{folders('wan')}")
    assert generator._pipeline.get_active_adapters() == ["lora0", "lora1"]
    one, other = (frames_of(one.sample_all(asked(one))) for one in (plain, generator))
    assert abs(one.astype(int) - other.astype(int)).max() <= 1


@pytest.mark.parametrize(
    ("old", "new", "most", "says"),
    [
        ("to_q.", "to_r.", 1, "without a place: transformer.blocks.0.attn1.to_r"),
        (".blocks.0.", ".blocks.7.", 99, "does not fit WanPipeline"),
        ("transformer.", "unet.", 99, "does not fit WanPipeline"),
        ("transformer.", "unet.", 1, "does not fit WanPipeline"),
    ],
)
def test_a_lora_of_which_a_key_does_not_land_is_refused_and_nothing_written(
    old: str, new: str, most: int, says: str, folders: Folders, lora: Path, tmp_path: Path
) -> None:
    broken = renamed(lora, tmp_path / "broken.safetensors", old, new, most)
    call = ["generate", "-m", f"wan2.1-1.3b:{folders('wan')}", "--prompt", "a cat", "--frames", "5", "--size", "32x32"]
    result = CliRunner().invoke(app, [*call, "--steps", "2", "--lora", str(broken), "-o", str(tmp_path / "out")])
    assert result.exit_code != 0
    assert isinstance(result.exception, (UsageError, CheckpointMismatch))
    assert says in str(result.exception)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").glob("*.json*"))


def test_half_of_a_lora_is_refused(folders: Folders, lora: Path, tmp_path: Path) -> None:
    weights = load_file(lora)
    del weights[next(key for key in weights if "lora_B" in key)]
    save_file(weights, tmp_path / "half.safetensors")
    generator = generator_of(f"wan2.1-1.3b:{folders('wan')}", loras=[str(tmp_path / "half.safetensors")])
    with pytest.raises(CheckpointMismatch, match="does not fit WanPipeline"):
        generator.load()


@pytest.mark.parametrize(
    ("name", "says"),
    [("none.safetensors", "is not there"), ("mine.bin", "no safetensors"), ("network.safetensors", "holds no LoRA")],
)
def test_a_file_that_is_no_lora_is_refused_before_loading(
    name: str, says: str, folders: Folders, tmp_path: Path
) -> None:
    (tmp_path / "mine.bin").write_bytes(b"")
    save_file({"blocks.0.weight": torch.zeros(2)}, tmp_path / "network.safetensors")
    generator = generator_of(f"wan2.1-1.3b:{folders('wan')}", loras=[str(tmp_path / name)])
    with pytest.raises((UsageError, CheckpointError), match=says):
        generator.prepare(asked(generator))


def test_another_motion_adapter(folders: Folders, tmp_path: Path) -> None:
    from diffusers import MotionAdapter

    torch.manual_seed(5)
    folder = folders("animatediff")
    config = json.loads((folder / "motion_adapter/config.json").read_text())
    adapter: Any = MotionAdapter.from_config(config)
    for value in adapter.parameters():
        torch.nn.init.normal_(value)
    adapter.save_pretrained(tmp_path / "motion")
    one, other = (
        generator_of(f"animatediff:{folder}"),
        generator_of(f"animatediff:{folder}", components=[f"motion_adapter={tmp_path / 'motion'}"]),
    )
    other.prepare(asked(other, 4))
    assert other.provenance["parts"]["motion_adapter"].startswith("motion, ")
    frames = [frames_of(generator.sample_all(asked(generator, 4))) for generator in (one, other)]
    assert (frames[0] != frames[1]).any()


@pytest.mark.parametrize(
    ("component", "says"),
    [
        ("motion_adaptor={empty}", "Did you mean motion_adapter"),
        ("motion_adapter={empty}", "no component motion_adapter"),
        ("motion_adapter=nobody/nothing", "nobody/nothing is not on this machine"),
    ],
)
def test_a_component_that_is_none_is_refused(component: str, says: str, folders: Folders, tmp_path: Path) -> None:
    generator = generator_of(f"animatediff:{folders('animatediff')}", components=[component.format(empty=tmp_path)])
    with pytest.raises(UsageError, match=says):
        generator.prepare(asked(generator, 4))


def test_components_have_their_own_precision(folders: Folders) -> None:
    generator = generator_of(f"wan2.1-1.3b:{folders('wan')}", options=["dtypes=text_encoder:bfloat16"])
    assert generator.provenance["dtypes"] == {"text_encoder": "bfloat16"}
    pipeline = generator._pipeline
    found = (pipeline.text_encoder.dtype, pipeline.transformer.dtype, pipeline.vae.dtype)
    assert found == (torch.bfloat16, torch.float32, torch.float32)
    with pytest.raises(UsageError, match="COMPONENT:PRECISION"):
        generator_of("latte", options=["dtypes=vae:float8"])
    unknown = generator_of(f"wan2.1-1.3b:{folders('wan')}", options=["dtypes=text_enc:float16"])
    with pytest.raises(UsageError, match="Did you mean text_encoder"):
        unknown.prepare(asked(unknown))


@pytest.mark.parametrize(
    ("preset", "family"), [("hunyuanvideo", "hunyuanvideo"), ("mochi-1", "mochi-1"), ("allegro", "allegro")]
)
def test_a_pipeline_samples_in_the_mixed_precision_of_its_authors(preset: str, family: str, folders: Folders) -> None:
    generator = generator_of(f"{preset}:{folders(family)}", options=["dtype=bfloat16"])
    tiny = FAMILIES[family]
    width, height = map(int, tiny.size.split("x"))
    settings = generator.defaults.with_given(frames=tiny.frames, height=height, width=width, steps=2)
    request = Request("a cat", 0, 1, settings, "a cat-0.mp4")
    assert len(frames_of(generator.sample_all([request]))) == tiny.frames
    for component, dtype in PRESETS[preset].dtypes.items():
        assert getattr(generator._pipeline, component).dtype == getattr(torch, dtype)


@pytest.mark.parametrize(
    ("model", "frames", "says"),
    [
        ("animatediff", 48, "at most 32 frames: ask for 32"),
        ("helios", 34, "ask for 33 or 66, not 34"),
    ],
)
def test_what_cannot_work_is_refused_without_the_files(model: str, frames: int, says: str) -> None:
    generator = generator_of(model)
    settings = generator.defaults.with_given(frames=frames)
    with pytest.raises(UsageError) as caught:
        generator.prepare([Request("a cat", 0, 1, settings, "a cat-0.mp4")])
    assert says in str(caught.value)


def test_freeinit_on_zeroscope_is_refused_before_anything_is_loaded(folders: Folders, tmp_path: Path) -> None:
    folder = shutil.copytree(folders("modelscope"), tmp_path / "zeroscope")
    config = json.loads((folder / "scheduler/scheduler_config.json").read_text())
    (folder / "scheduler/scheduler_config.json").write_text(json.dumps({**config, "timestep_spacing": "leading"}))
    generator = generator_of(f"zeroscope:{folder}+freeinit")
    with pytest.raises(UsageError, match="DPMSolverMultistepScheduler, as it is set up here, does not"):
        generator.prepare(asked(generator, 4))
    assert "_pipeline" not in vars(generator)
    generator_of(f"zeroscope:{folder}+freeinit", schedulers=["DDIMScheduler"]).prepare(asked(generator, 4))


def test_a_folder_of_other_samples_is_not_continued_with_a_lora(folders: Folders, lora: Path, tmp_path: Path) -> None:
    call = ["generate", "-m", f"wan2.1-1.3b:{folders('wan')}", "--prompt", "a cat", "--samples", "1"]
    call += ["--frames", "5", "--size", "32x32", "--steps", "1", "-o", str(tmp_path / "out")]
    assert CliRunner().invoke(app, call).exit_code == 0
    for more in (
        ["--lora", str(lora)],
        ["--scheduler", "FlowMatchEulerDiscreteScheduler"],
        ["--set", "guidance_scale_2=3"],
    ):
        result = CliRunner().invoke(app, [*call, *more])
        assert isinstance(result.exception, UsageError)
        assert "holds other samples" in str(result.exception)
