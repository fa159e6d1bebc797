"""No pipeline is sampled of which a component is not whole: every network of every family, and every kind of fault."""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from tests.generators.diffusers.conftest import Folders
from tests.generators.tiny_families import FAMILIES
from vbench.cli import app
from vbench.errors import CheckpointError, CheckpointMismatch, UsageError, VBenchError
from vbench.generators.base import Request
from vbench.generators.catalog import build
from vbench.generators.diffusers import single_file
from vbench.generators.diffusers.checkpoint import Checkpoint, DiffusersOptions
from vbench.generators.diffusers.components import Component, components
from vbench.generators.diffusers.presets import PRESETS

pytestmark = pytest.mark.slow

State = dict[str, torch.Tensor]


def networks(folder: Path) -> Iterator[Component]:
    """The components of a folder that have weights."""
    index = json.loads((folder / "model_index.json").read_text())
    own = {name: folder / name for name in index if (folder / name).is_dir()}
    yield from (one for one in components(index, own, {}) if one.is_network)


def change(component: Component, how: Callable[[State], State]) -> Path:
    """Other tensors in the file of a component."""
    path = component.weights()
    save_file({key: value.contiguous() for key, value in how(load_file(path)).items()}, path, {"format": "pt"})
    return path


def without_the_last(state: State) -> State:
    return dict(sorted(state.items())[:-1])


def with_another(state: State) -> State:
    return {**state, "another.weight": torch.zeros(2)}


def of_another_shape(state: State) -> State:
    key = max(state, key=lambda name: state[name].numel())
    return {**state, key: torch.zeros(*state[key].shape, 2)}


def behind_a_prefix(state: State) -> State:
    return {f"wrapped.net.{key}": value for key, value in state.items()}


FAULTS = {
    without_the_last: " missing: ",
    with_another: "1 unexpected: another.weight",
    of_another_shape: "1 of another shape",
    behind_a_prefix: "unexpected: wrapped.net.",
}


def refused(folder: Path) -> str:
    """What is said of a folder before anything is loaded."""
    with pytest.raises(VBenchError) as caught:
        Checkpoint(str(folder), None, DiffusersOptions()).check()
    return str(caught.value)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_network_of_a_family_must_be_whole(name: str, folders: Folders, tmp_path: Path) -> None:
    whole = folders(name)
    Checkpoint(str(whole), None, DiffusersOptions()).check()
    found = list(networks(whole))
    assert len(found) >= 2
    for component in found:
        for fault, says in FAULTS.items():
            folder = shutil.copytree(whole, tmp_path / f"{component.name}-{fault.__name__}")
            broken = Component(component.name, component.kind, folder / component.name)
            path = change(broken, fault)
            told = refused(folder)
            assert says in told, (component.name, told)
            assert f"The {component.name} of this checkpoint is no whole {component.kind.__name__}" in told
            assert str(path) in told
            shutil.rmtree(folder)


@pytest.mark.parametrize("component", ["text_encoder", "unet", "vae", "motion_adapter"])
def test_nothing_is_written_and_the_call_is_wrong(component: str, folders: Folders, tmp_path: Path) -> None:
    folder = shutil.copytree(folders("animatediff"), tmp_path / "broken")
    (broken,) = (one for one in networks(folder) if one.name == component)
    change(broken, without_the_last)
    asked = ["generate", "-m", f"diffusers:{folder}", "-o", str(tmp_path / "out"), "--prompt", "a cat"]
    result = CliRunner().invoke(app, [*asked, "--samples", "1", "--steps", "1", "--frames", "4", "--size", "32x32"])
    assert isinstance(result.exception, UsageError)  # exit status 2
    assert f"The {component} of this checkpoint" in str(result.exception)
    assert "1 missing: " in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("component", ["text_encoder", "unet", "vae", "scheduler", "tokenizer"])
def test_a_folder_that_is_not_there_is_told(component: str, folders: Folders, tmp_path: Path) -> None:
    folder = shutil.copytree(folders("animatediff"), tmp_path / "broken")
    shutil.rmtree(folder / component)
    assert f"the checkpoint has no {component}" in refused(folder)


@pytest.mark.parametrize("component", ["text_encoder", "unet", "scheduler", "tokenizer"])
@pytest.mark.parametrize("content", ["{", ""])
def test_configurations_that_are_no_json_are_told(
    component: str, content: str, folders: Folders, tmp_path: Path
) -> None:
    folder = shutil.copytree(folders("animatediff"), tmp_path / "broken")
    config = next((folder / component).glob("*config.json"))
    config.write_text(content)
    told = refused(folder)
    assert f"The {component} of this checkpoint cannot be loaded" in told
    assert str(config) in told


@pytest.mark.parametrize("component", ["text_encoder", "unet", "vae"])
@pytest.mark.parametrize("content", ["[]", '{"hidden_size": "many", "block_out_channels": "some"}'])
def test_configurations_of_something_else_are_told(
    component: str, content: str, folders: Folders, tmp_path: Path
) -> None:
    folder = shutil.copytree(folders("animatediff"), tmp_path / "broken")
    (folder / component / "config.json").write_text(content)
    assert f"The {component} of this checkpoint" in refused(folder)


@pytest.mark.parametrize("component", ["text_encoder", "unet"])
def test_files_that_are_missing_or_cut_are_told(component: str, folders: Folders, tmp_path: Path) -> None:
    folder = shutil.copytree(folders("animatediff"), tmp_path / "broken")
    (broken,) = (one for one in networks(folder) if one.name == component)
    path, state = broken.weights(), load_file(broken.weights())
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    assert "was not downloaded to its end" in refused(folder)
    path.unlink()
    assert "has no weights of the" in refused(folder)
    stem = path.name.removesuffix(".safetensors")
    names = {key: f"{stem}-0000{1 + number % 2}-of-00002.safetensors" for number, key in enumerate(state)}
    for file in set(names.values()):
        save_file({key: value for key, value in state.items() if names[key] == file}, path.parent / file)
    assert "no index that names all of them" in refused(folder)
    (path.parent / f"{stem}.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": names}))
    Checkpoint(str(folder), None, DiffusersOptions()).check()
    (path.parent / next(iter(names.values()))).unlink()
    assert "lacks 1 of 2 files" in refused(folder)


def test_a_variant_is_named_and_taken(folders: Folders, tmp_path: Path) -> None:
    folder = shutil.copytree(folders("animatediff"), tmp_path / "fp16")
    for component in networks(folder):
        path = component.weights()
        path.rename(path.with_name(path.name.replace(".safetensors", ".fp16.safetensors")))
    assert "only in the variant fp16: take it with --option variant=fp16" in refused(folder)
    generator = build(f"diffusers:{folder}", ["variant=fp16"])
    settings = generator.defaults.with_given(frames=4, height=32, width=32, steps=1)
    generator.prepare([Request("a cat", 0, 0, settings, "a cat.mp4")])
    generator.load()


def test_what_is_read_is_whole_whichever_way_memory_is_saved(folders: Folders, tmp_path: Path) -> None:
    """The libraries' two ways of loading differ in what they do without a key; the check comes before both."""
    for name in ("latte", "hunyuanvideo-1.5"):
        for component in networks(folders(name)):
            for saves in (True, False):
                how = {"low_cpu_mem_usage": saves, "output_loading_info": True}
                _, told = component.kind.from_pretrained(component.folder, **how)
                assert not told["missing_keys"], (name, component.name)
                assert not told["unexpected_keys"], (name, component.name)


def base(folders: Folders, family: str, preset: str, hub: Path) -> Path:
    """A family in the hub's cache as the repository of a preset; the folder."""
    card = build(preset).checkpoints[0]
    repository = hub / f"models--{card.replace('/', '--')}"
    checkpoint = Checkpoint("", PRESETS[preset], DiffusersOptions())
    commit = checkpoint.revision or "0123456789abcdef0123456789abcdef01234567"
    folder = shutil.copytree(folders(family), repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs/main").write_text(commit)
    return folder


def test_a_single_file_stands_for_the_main_network_of_a_preset(folders: Folders, tmp_path: Path) -> None:
    folder = base(folders, "wan", "wan2.1-1.3b", tmp_path / "hub")
    file = tmp_path / "mine.safetensors"
    state = load_file(folder / "transformer/diffusion_pytorch_model.safetensors")
    trained = {key: value + 1 for key, value in state.items()}
    save_file(trained, file)
    generator = build(f"wan2.1-1.3b:{file}")
    settings = generator.defaults.with_given(frames=5, height=32, width=32, steps=1)
    generator.prepare([Request("a cat", 0, 0, settings, "a cat.mp4")])
    loaded = generator._pipeline.transformer.state_dict()  # type: ignore[attr-defined]
    assert all(torch.equal(loaded[key], value) for key, value in trained.items())
    assert generator.provenance["file"]["name"] == "mine.safetensors"
    save_file(without_the_last(trained), file)
    with pytest.raises(CheckpointMismatch, match="1 missing"):
        build(f"wan2.1-1.3b:{file}").prepare([Request("a cat", 0, 0, settings, "a cat.mp4")])
    file.write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="no safetensors file"):
        build(f"wan2.1-1.3b:{file}").prepare([Request("a cat", 0, 0, settings, "a cat.mp4")])


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("diffusers:{folder}/one.safetensors", "is one network and no pipeline: say whose it is"),
        ("diffusers:{folder}/one.gguf", "animatediff:"),
        ("wan2.1-1.3b:{folder}/one.ckpt", "neither safetensors nor GGUF"),
        ("latte:{folder}/one.safetensors", "reads no LatteTransformer3DModel from a single file"),
    ],
)
def test_single_files_that_are_not_read_say_what_is(model: str, says: str, folders: Folders, tmp_path: Path) -> None:
    for suffix in ("safetensors", "gguf", "ckpt"):
        (tmp_path / f"one.{suffix}").write_bytes(b"x")
    for family, preset in (("wan", "wan2.1-1.3b"), ("latte", "latte")):
        base(folders, family, preset, tmp_path / "hub")
    with pytest.raises(UsageError, match=says):
        generator = build(model.format(folder=tmp_path))
        settings = generator.defaults.with_given(frames=4 if "latte" in model else 5, height=32, width=32)
        generator.prepare([Request("a cat", 0, 0, settings, "a cat.mp4")])


def test_the_presets_of_single_files_are_those_that_diffusers_can_read(folders: Folders) -> None:
    by_pipeline = {
        json.loads((folders(name) / "model_index.json").read_text())["_class_name"]: folders(name) for name in FAMILIES
    }
    compared = 0
    for preset in PRESETS.values():
        folder = by_pipeline.get(preset.pipeline)
        if folder and preset.pipeline not in ("AnimateDiffPipeline", "AnimateDiffSDXLPipeline", "PIAPipeline"):
            kinds = [one.kind for one in networks(folder) if one.name in single_file.NETWORKS]
            assert preset.single_file == any(single_file.can_load(kind) for kind in kinds), preset.pipeline
            compared += 1
    assert compared > 10
