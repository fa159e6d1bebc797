"""A model file holds all that a command line can say, and is read strictly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vbench.cli import app
from vbench.errors import UsageError
from vbench.generators.catalog import build, built, said_of
from vbench.generators.changes import Changes, Lora
from vbench.generators.diffusers.pipeline import DiffusersGenerator
from vbench.generators.recipe import Said, read_recipe
from vbench.sampling.record import read_sampling

YAML = """
model: animatediff:base+freeu+zeroscope-xl
settings: {steps: 12, guidance: 3}
options: {batch: 2, dtypes: "vae:float32"}
set: {clip_skip: 1}
scheduler: {class: EulerDiscreteScheduler, beta_schedule: linear}
loras: [mine.safetensors, {file: other.safetensors, weight: 0.5}]
components: {motion_adapter: motion}
enhancers:
  zeroscope-xl: {set: {strength: 0.4}, options: {dtype: float16}}
"""

TOML = """
model = "animatediff:base+freeu+zeroscope-xl"
settings = {steps = 12, guidance = 3}
options = {batch = 2, dtypes = "vae:float32"}
set = {clip_skip = 1}
scheduler = {class = "EulerDiscreteScheduler", beta_schedule = "linear"}
loras = ["mine.safetensors", {file = "other.safetensors", weight = 0.5}]
components = {motion_adapter = "motion"}
[enhancers.zeroscope-xl]
set = {strength = 0.4}
options = {dtype = "float16"}
"""


def written(folder: Path, text: str, suffix: str = ".yaml") -> str:
    path = folder / f"model{suffix}"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(("text", "suffix"), [(YAML, ".yaml"), (YAML, ".yml"), (TOML, ".toml")])
def test_a_file_says_what_a_command_line_can(text: str, suffix: str, tmp_path: Path) -> None:
    (tmp_path / "mine.safetensors").write_bytes(b"")
    (tmp_path / "motion").mkdir()
    recipe = read_recipe(written(tmp_path, text, suffix))
    assert recipe.model == "animatediff:base+freeu+zeroscope-xl"
    assert recipe.settings == {"steps": 12, "guidance": 3}
    assert recipe.of("") == Said(
        ("batch=2", "dtypes=vae:float32"),
        Changes(
            {"clip_skip": 1},
            ("EulerDiscreteScheduler", {"beta_schedule": "linear"}),
            (Lora(str(tmp_path / "mine.safetensors")), Lora("other.safetensors", 0.5)),
            {"motion_adapter": str(tmp_path / "motion")},
        ),
    )
    assert recipe.of("zeroscope-xl") == Said(("dtype=float16",), Changes({"strength": 0.4}))
    assert built(recipe).model_file == recipe.file


def test_the_command_line_comes_after_the_file(tmp_path: Path) -> None:
    model = written(tmp_path, "{model: animatediff:base, set: {clip_skip: 1, eta: 0.5}, options: {batch: 2}}")
    recipe = read_recipe(model)
    generator = built(recipe.then(said_of(recipe.model, options=["batch=3"], arguments=["clip_skip=2"])))
    assert isinstance(generator, DiffusersGenerator)
    assert generator.options.batch == 3
    assert generator.changes.arguments == {"clip_skip": 2, "eta": 0.5}


def test_what_begins_with_an_enhancers_name_is_for_the_enhancer() -> None:
    said = said_of(
        "animatediff+zeroscope-xl",
        options=["zeroscope-xl:dtype=float16", "batch=2"],
        arguments=["zeroscope-xl:strength=0.4", "clip_skip=1"],
        schedulers=["zeroscope-xl:DDIMScheduler"],
        loras=["zeroscope-xl:a.safetensors:0.5", "b.safetensors"],
    )
    assert said["zeroscope-xl"] == Said(
        ("dtype=float16",),
        Changes({"strength": 0.4}, ("DDIMScheduler", {}), (Lora("a.safetensors", 0.5),)),
    )
    assert said[""] == Said(("batch=2",), Changes({"clip_skip": 1}, loras=(Lora("b.safetensors"),)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("model: [", "is not YAML"),
        ("- latte", "must hold a table"),
        ("settings: {}", "must say which model"),
        ("{model: latte, setting: {steps: 3}}", "no key named 'setting' in .*Did you mean settings"),
        ("{model: latte, settings: {step: 3}}", "no key named 'step' in .*Did you mean steps"),
        ("{model: latte, settings: {steps: many}}", "the setting steps is a int, found 'many'"),
        ("{model: latte, settings: {fps: .nan}}", "finite numbers"),
        ('{model: "directory:caf\\udce9"}', r"'directory:caf\\udce9' is no text"),
        ("model: " + "[" * 20000, "is not YAML"),
        ("{model: latte, set: {seen: 2026-01-01}}", "holds something else"),
        ("{model: latte, set: 3}", "set must be a table"),
        ("{model: latte, scheduler: {beta: 1}}", "scheduler must be"),
        ("{model: latte, loras: a.safetensors}", "loras must be a list"),
        ("{model: latte, loras: [{path: a}]}", "a LoRA must be"),
        ("{model: latte, loras: [{file: a, weight: x}]}", "weight of a LoRA is a number"),
        ("{model: latte, enhancers: {vsr: {sets: {}}}}", "no key named 'sets'"),
        ("{model: latte, enhancers: {vsr: {options: {dtype: float32}}}}", "'vsr' is no enhancer of latte"),
        ("{model: latte, options: {dtypo: float32}}", "no option 'dtypo=float32'"),
        ("{model: latte+freeu, settings: {}, set: [1]}", "set must be a table"),
        ("{model: synthetic, set: {a: 1}}", "synthetic is no diffusers pipeline and takes no call arguments"),
        ("{model: synthetic+vsr, enhancers: {vsr: {loras: [a]}}}", "vsr is no diffusers pipeline and takes no LoRAs"),
        ("{model: synthetic+venhancer, enhancers: {venhancer: {options: {step: 3}}}}", "no option 'step=3'"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=says):
        build(written(tmp_path, text))


def test_a_file_that_is_not_utf_8_or_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    latin, nested = tmp_path / "latin.yaml", tmp_path / "nested.toml"
    latin.write_bytes(b"model: caf\xe9")
    nested.write_text(f"model = {'[' * 20000}")
    with pytest.raises(UsageError, match=r"latin\.yaml cannot be read: it is not UTF-8 \(byte 10\)"):
        build(str(latin))
    for model in (str(nested), f"http:{nested}"):
        with pytest.raises(UsageError, match="is not TOML"):
            build(model)


@pytest.mark.parametrize(
    "said",
    [
        {"arguments": ["guidance_scale_2=NaN"]},
        {"arguments": ["sigmas=[1, 1e999]"]},
        {"schedulers": ["DDIMScheduler:beta_start=Infinity"]},
        {"loras": ["mine.safetensors:nan"]},
    ],
)
def test_numbers_on_a_command_line_are_finite(said: dict[str, list[str]]) -> None:
    with pytest.raises(UsageError, match="finite number"):
        said_of("animatediff", **said)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"The model file none\.yaml cannot be read"):
        build("none.yaml")


def test_a_file_samples_and_is_recorded_whole(tmp_path: Path) -> None:
    text = "{model: 'synthetic:jerk=0.5', settings: {frames: 3, width: 32, height: 32}}"
    call = [
        "generate",
        "-m",
        written(tmp_path, text),
        "--prompt",
        "a cat",
        "--samples",
        "1",
        "-o",
        str(tmp_path / "out"),
    ]
    assert CliRunner().invoke(app, call).exit_code == 0
    record = read_sampling(tmp_path / "out")
    assert record
    assert record["model"] == "synthetic:jerk=0.5"
    assert record["settings"]["frames"] == 3
    assert record["model_file"] == {
        "model": "synthetic:jerk=0.5", "settings": {"frames": 3, "width": 32, "height": 32},
    }  # fmt: skip
    shared = tmp_path / "shared.yaml"
    shared.write_text(json.dumps(record["model_file"]))
    again = [*call[:2], str(shared), *call[3:]]
    result = CliRunner().invoke(app, again)
    assert "1 were there before" in result.output
