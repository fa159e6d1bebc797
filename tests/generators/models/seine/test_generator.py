from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner, Result

from tests.footage import noise
from tests.generators.models.lavie import tiny
from vbench.cli import app
from vbench.errors import UsageError
from vbench.generators.catalog import build
from vbench.generators.models.inflated_sd.unet import UNet
from vbench.generators.models.seine import model
from vbench.media.video import probe
from vbench.sampling.manifest import read_manifest
from vbench.sampling.record import read_sampling

SMALL = replace(tiny.BASE, in_channels=9)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of published files, small."""
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    torch.save({"ema": UNet(SMALL).state_dict()}, folder / "seine.pt")
    tiny.companion(folder / "stable-diffusion-v1-4", levels=4)
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that fits the small file."""
    monkeypatch.setattr(model, "ARCHITECTURE", SMALL)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A first picture and a last one."""
    folder = tmp_path / "images"
    folder.mkdir()
    for seed, name in enumerate(("a red bus", "a red bus-last")):
        Image.fromarray(noise(1, height=40, width=48, seed=seed)[0]).save(folder / f"{name}.png")
    return folder


def sampled(checkpoints: Path, images: Path | None, out: Path, *more: str) -> Result:
    """``vbench generate`` of one small video."""
    asked = ["generate", "-m", "seine", "-o", str(out), "--prompt", "a red bus", "--samples", "1", "--steps", "2"]
    asked += ["--size", "32x16", "--frames", "5", "--option", f"checkpoints={checkpoints}", "--option", "device=cpu"]
    asked += ["--images", str(images)] if images else []
    return CliRunner().invoke(app, [*asked, *more])


@pytest.mark.parametrize("task", ["first", "transition"])
@pytest.mark.parametrize("scheduler", ["ddpm", "ddim"])
def test_both_tasks_sample_through_the_command_line(
    task: str, scheduler: str, checkpoints: Path, images: Path, tmp_path: Path
) -> None:
    more = ("--option", f"task={task}", "--option", f"scheduler={scheduler}")
    result = sampled(checkpoints, images, tmp_path / "once", *more)
    assert result.exit_code == 0, result.output
    assert sampled(checkpoints, images, tmp_path / "again", *more).exit_code == 0
    (record,), (again,) = (read_manifest(tmp_path / name) for name in ("once", "again"))
    assert record.sha256 == again.sha256
    found = probe(tmp_path / "once" / record.file)
    assert (found.frames, found.height, found.width, found.fps) == (5, 16, 32, 8)
    assert task in str(read_sampling(tmp_path / "once"))
    told = [{"file": "a red bus.png", "size": "48x40", "fit": "stretch"}]
    assert record.settings["images"][:1] == told
    if task == "first":
        cropped = sampled(checkpoints, images, tmp_path / "cropped", *more, "--option", "fit=crop")
        assert cropped.exit_code == 0, cropped.output
        assert read_manifest(tmp_path / "cropped")[0].sha256 != record.sha256


def test_the_last_picture_changes_a_transition_alone(checkpoints: Path, images: Path, tmp_path: Path) -> None:
    def digests(name: str) -> list[str]:
        for task in ("first", "transition"):
            done = sampled(checkpoints, images, tmp_path / name / task, "--option", f"task={task}")
            assert done.exit_code == 0
        return [read_manifest(tmp_path / name / task)[0].sha256 for task in ("first", "transition")]

    before = digests("before")
    Image.fromarray(noise(1, height=40, width=48, seed=7)[0]).save(images / "a red bus-last.png")
    after = digests("after")
    assert before[0] == after[0]
    assert before[1] != after[1]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--option", "task=prediction"), "The option task must be first or transition; found 'prediction'"),
        (("--option", "scheduler=euler"), "The option scheduler must be ddpm or ddim"),
        (("--option", "task=transition", "--frames", "2"), "nothing to generate in 2 frames"),
        (("--steps", "1"), "ask for at least --steps 2"),
        (("--size", "30x16"), "multiples of 8 pixels: width 30 is none"),
    ],
)
def test_what_cannot_be_is_refused(
    more: tuple[str, ...], message: str, checkpoints: Path, images: Path, tmp_path: Path
) -> None:
    result = sampled(checkpoints, images, tmp_path / "out", *more)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)


def test_missing_pictures_and_files_are_refused_with_what_is_needed(
    checkpoints: Path, images: Path, tmp_path: Path
) -> None:
    assert "give a folder of them with --images" in str(sampled(checkpoints, None, tmp_path / "out").exception)
    (images / "a red bus-last.png").unlink()
    transition = sampled(checkpoints, images, tmp_path / "out", "--option", "task=transition")
    assert "a red bus-last.png beside" in str(transition.exception)
    (images / "a red bus.png").write_text("no picture")
    assert "cannot be read as an image" in str(sampled(checkpoints, images, tmp_path / "out").exception)
    nowhere = sampled(tmp_path, images, tmp_path / "out").exception
    assert isinstance(nowhere, UsageError)
    assert f"VBENCH_CACHE_DIR={tmp_path} vbench weights download seine" in str(nowhere)


@pytest.mark.parametrize("technique", ["freeu", "freeu-v2"])
def test_freeu_changes_the_video_and_is_recorded(
    technique: str, checkpoints: Path, images: Path, tmp_path: Path
) -> None:
    plain, changed = tmp_path / "plain", tmp_path / "changed"
    assert sampled(checkpoints, images, plain).exit_code == 0
    result = sampled(checkpoints, images, changed, "--model", f"seine+{technique}")
    assert result.exit_code == 0, result.output
    assert (plain / "a red bus-0.mp4").read_bytes() != (changed / "a red bus-0.mp4").read_bytes()
    record = read_sampling(changed)
    assert record
    assert list(record["provenance"]["techniques"]) == [technique]


def test_what_seine_cannot_take_is_refused() -> None:
    for model_name, says in (("seine+freeinit", "cannot take freeinit"), ("seine+freeu+freeu-v2", "two versions")):
        with pytest.raises(UsageError, match=says):
            build(model_name)
