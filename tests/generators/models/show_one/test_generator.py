"""Show-1 on the command line, with small random networks in the published layout."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from tests.generators.models.show_one.tiny import FOLDERS, save, shrink
from vbench.cli import app
from vbench.errors import CheckpointError, UsageError
from vbench.generators.base import Request
from vbench.generators.catalog import build
from vbench.generators.models.show_one.denoising import between, enlarged
from vbench.generators.models.show_one.generator import ShowOneGenerator
from vbench.generators.models.show_one.loading import PixelStage
from vbench.media.video import Video
from vbench.sampling.manifest import read_manifest

STAGES = list(FOLDERS)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


def arguments(checkpoints: Path, out: Path, *more: str) -> list[str]:
    asked = ["generate", "-m", "show-1", "-o", str(out), "--samples", "1", "--prompt", "a cat", "--prompt", "a red bus"]
    for stage in STAGES:
        asked += ["--option", f"{stage}_steps=2"]
    return [*asked, "--option", f"checkpoints={checkpoints}", "--option", "device=cpu", *more]


def videos(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.mp4"))}


def test_samples_on_the_command_line_and_goes_on(checkpoints: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, arguments(checkpoints, tmp_path))
    assert result.exit_code == 0, result.output
    made = videos(tmp_path)
    assert len(set(made.values())) == 2
    for record in read_manifest(tmp_path):
        assert torch.cat(list(Video(tmp_path / record.file).batches())).shape == (29, 3, 16, 32)
        assert not record.findings
    (tmp_path / "a red bus-0.mp4").unlink()
    CliRunner().invoke(app, arguments(checkpoints, tmp_path))
    assert videos(tmp_path) == made


def built(checkpoints: Path, *options: str) -> ShowOneGenerator:
    generator = build("show-1", [f"checkpoints={checkpoints}", "device=cpu", *options])
    assert isinstance(generator, ShowOneGenerator)
    return generator


def test_the_published_protocol_is_the_default(checkpoints: Path) -> None:
    stages = built(checkpoints).provenance["stages"]
    told = [(stage["steps"], stage["guidance"], stage["noise_level"]) for stage in stages.values()]
    assert len({stage["sha256"] for stage in stages.values()}) == 5
    assert told == [(75, 9, 0), (75, 4, 0), (70, 4, 150), (125, 7, 250), (50, 15, 0)]
    assert built(checkpoints, "larger_steps=2").provenance["stages"]["larger"]["steps"] == 2


@pytest.mark.parametrize("steps", [1, 1001])
def test_steps_that_no_schedule_has_are_refused(steps: int, checkpoints: Path) -> None:
    with pytest.raises(UsageError, match=f"keys_steps must be 2 to 1000, found {steps}"):
        built(checkpoints, f"keys_steps={steps}")


@pytest.mark.parametrize("stage", ["keys", "first", "larger"])
def test_a_stage_without_a_key_is_refused(stage: str, tmp_path: Path) -> None:
    key = "mid_block.resnets.0.conv1.bias" if stage == "first" else "mid_block.temp_convs.1.conv4.3.bias"
    folder = save(tmp_path / "checkpoints", {stage: key})
    result = CliRunner().invoke(app, arguments(folder, tmp_path / "out"))
    assert isinstance(result.exception, UsageError)
    assert f"1 missing: {key}" in str(result.exception)
    assert str(folder / "show-1" / FOLDERS[stage]) in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_a_configuration_of_another_network_is_refused(tmp_path: Path) -> None:
    folder = save(tmp_path / "checkpoints")
    (folder / "show-1" / "base" / "unet" / "config.json").write_text('{"down_block_types": "DownBlock3D"}')
    with pytest.raises(CheckpointError, match=r"is no configuration of a U-Net of Show-1"):
        built(folder).load()


@pytest.mark.parametrize(
    ("given", "message"),
    [({"height": 320}, "show-1 samples 32x16"), ({"frames": 16}, r"29 \+ 28k frames .* ask for 29, not 16")],
)
def test_what_cannot_be_sampled_is_refused_before(given: dict[str, int], message: str, checkpoints: Path) -> None:
    generator = built(checkpoints)
    with pytest.raises(UsageError, match=message):
        generator.prepare([Request("a cat", 0, 1, generator.defaults.with_given(**given), "x.mp4")])


def test_a_gap_is_shown_as_a_dissolve_and_a_mark() -> None:
    shown = between((torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)), 5)
    assert shown[0, :, :, 0, 0].tolist() == [[0, 0.25, 0.5, 0.75, 1]] * 3 + [[1, 0, 0, 0, 1]]


def test_a_window_is_shown_behind_its_first_frame_in_full(checkpoints: Path) -> None:
    generator = built(checkpoints)
    model, stage = generator._model.models["larger"], generator.cascade.larger_stage
    assert isinstance(model, PixelStage)
    first, clip = torch.randn(1, 3, 8, 16), torch.randn(1, 3, 8, 4, 8)
    shown, level = enlarged(model, stage, clip, 2, torch.Generator().manual_seed(0), first)
    assert torch.equal(shown[:, :, 0], first)
    assert level.tolist() == [250]
    assert not torch.equal(shown[:, :, 1], shown[:, :, 2])
