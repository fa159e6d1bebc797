"""A modular pipeline of diffusers is sampled as its ordinary sister is."""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from diffusers import ModularPipeline
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from tests.generators.diffusers.conftest import Folders
from vbench.cli import app
from vbench.errors import CheckpointMismatch, UsageError
from vbench.generators.base import Request
from vbench.generators.catalog import built, said_of
from vbench.generators.recipe import Recipe
from vbench.media.video import Video
from vbench.sampling.record import read_sampling

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkpoint(folders: Folders, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("modular") / "wan"
    pipeline: Any = ModularPipeline.from_pretrained(str(folders("wan")))
    pipeline.load_components()
    pipeline.save_pretrained(str(folder))
    index = json.loads((folder / "modular_model_index.json").read_text())
    for entry in index.values():
        if isinstance(entry, list) and isinstance(entry[-1], dict):
            entry[-1]["pretrained_model_name_or_path"] = "somebody/else"
    (folder / "modular_model_index.json").write_text(json.dumps(index))
    return folder


def call(checkpoint: Path, out: Path, *more: str) -> list[str]:
    asked = ["generate", "-m", f"diffusers:{checkpoint}", "-o", str(out), "--prompt", "a cat", "--samples", "1"]
    return [*asked, "--frames", "5", "--size", "32x32", "--steps", "2", *more]


def test_it_is_sampled_from_its_own_folder(checkpoint: Path, tmp_path: Path) -> None:
    for name in ("one", "again"):
        result = CliRunner().invoke(app, call(checkpoint, tmp_path / name))
        assert result.exit_code == 0, result.output
    assert Video(tmp_path / "one/a cat-0.mp4").frame_count == 5
    assert (tmp_path / "one/a cat-0.mp4").read_bytes() == (tmp_path / "again/a cat-0.mp4").read_bytes()
    record = read_sampling(tmp_path / "one")
    assert record
    assert record["provenance"]["pipeline"] == "WanModularPipeline"


def test_arguments_schedulers_and_components_are_given_to_it(checkpoint: Path, folders: Folders) -> None:
    model = f"diffusers:{checkpoint}"
    said = said_of(
        model,
        arguments=["max_sequence_length=16"],
        schedulers=["FlowMatchEulerDiscreteScheduler"],
        components=[f"vae={folders('wan') / 'vae'}"],
    )
    generator = built(Recipe(model, said=said))
    settings = generator.defaults.with_given(frames=5, height=32, width=32, steps=2)
    requests = [Request("a cat", 0, 1, settings, "a cat-0.mp4")]
    generator.prepare(requests)
    (delivery,) = generator.sample_all(requests)
    assert delivery.video is not None, delivery.reason
    wrong = built(Recipe(model, said=said_of(model, arguments=["max_sequence_lenght=16"])))
    with pytest.raises(UsageError, match="Did you mean max_sequence_length"):
        wrong.prepare(requests)


def test_a_component_that_is_not_whole_is_refused(checkpoint: Path, tmp_path: Path) -> None:

    folder = shutil.copytree(checkpoint, tmp_path / "broken")
    (file,) = (folder / "transformer").glob("*.safetensors")
    weights = load_file(file)
    weights.pop(next(iter(weights)))
    save_file(weights, file)
    result = CliRunner().invoke(app, call(folder, tmp_path / "out"))
    assert isinstance(result.exception, (UsageError, CheckpointMismatch))
    assert "transformer" in str(result.exception)
    assert not (tmp_path / "out").exists()
