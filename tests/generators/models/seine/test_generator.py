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
from vbench.generators.models.seine.tasks import TASKS
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


def test_prompts_end_as_in_the_configurations_of_the_repository() -> None:
    ends = {name: task.suffix for name, task in TASKS.items()}  # additional_prompt, put behind the prompt as it stands
    assert ends == {"first": ", slow motion.", "transition": "smooth transition.", "prediction": ""}


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
    assert len(record.settings["started_from"]) == {"first": 1, "transition": 2}[task]
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
        (("--option", "task=middle"), "The option task must be first or transition or prediction; found 'middle'"),
        (("--option", "task=prediction", "--frames", "3"), "nothing to generate in 3 frames"),
        (("--option", "task=prediction", "--option", "given=-1"), "given must be 0 or more"),
        (("--option", "task=prediction"), "3 are given: a red bus-2.png beside"),
        (("--option", "task=transition", "--option", "given=2"), "2 are given: a red bus-2.png beside"),
        (("--option", "clips=videos"), "for --option task=prediction"),
        (("--option", "scheduler=euler"), "The option scheduler must be ddpm or ddim"),
        (("--option", "task=transition", "--frames", "2"), "nothing to generate in 2 frames"),
        (("--steps", "1"), "ask for at least --steps 2"),
        (("--steps", "1001"), "at most --steps 1000, not 1001"),
        (("--size", "30x16"), "multiples of 8 pixels: width 30 is none"),
    ],
)
def test_what_cannot_be_is_refused(
    more: tuple[str, ...], message: str, checkpoints: Path, images: Path, tmp_path: Path
) -> None:
    result = sampled(checkpoints, images, tmp_path / "out", *more)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)


def test_a_prediction_goes_on_from_the_first_frames_and_from_no_other(
    checkpoints: Path, images: Path, tmp_path: Path
) -> None:
    def picture(name: str, seed: int) -> None:
        Image.fromarray(noise(1, height=40, width=48, seed=seed)[0]).save(images / f"{name}.png")

    def digest(out: str, *more: str) -> str:
        result = sampled(checkpoints, images, tmp_path / out, "--option", "task=prediction", *more)
        assert result.exit_code == 0, result.output
        return read_manifest(tmp_path / out)[0].sha256

    for number in (2, 3, 4):
        picture(f"a red bus-{number}", number)
    three = digest("three")
    (record,) = read_manifest(tmp_path / "three")
    assert [one["file"] for one in record.settings["images"]] == ["a red bus.png", "a red bus-2.png", "a red bus-3.png"]
    told = read_sampling(tmp_path / "three")
    assert told is not None
    assert (told["provenance"]["task"], told["provenance"]["given"]) == ("prediction", [3, 0])
    picture("a red bus-4", 9)
    assert digest("fourth", "--option", "given=3") == three
    assert digest("four", "--option", "given=4") != three
    picture("a red bus-3", 9)
    assert digest("third") != three


def test_a_prediction_goes_on_from_the_end_of_a_clip(checkpoints: Path, images: Path, tmp_path: Path) -> None:
    first = sampled(checkpoints, images, tmp_path / "clips")
    assert first.exit_code == 0
    more = ("--option", "task=prediction", "--option", "given=2", "--option", f"clips={tmp_path / 'clips'}")
    result = sampled(checkpoints, None, tmp_path / "on", *more)
    assert result.exit_code == 0, result.output
    (record,) = read_manifest(tmp_path / "on")
    told = [{"file": "a red bus-0.mp4", "size": "32x16", "fit": "as it is", "frame": number} for number in (3, 4)]
    assert record.settings["images"] == told
    (tmp_path / "clips/a red bus-0.mp4").rename(tmp_path / "clips/a red bus.mp4")
    assert sampled(checkpoints, None, tmp_path / "by prompt", *more).exit_code == 0
    assert read_manifest(tmp_path / "by prompt")[0].settings["images"][0]["file"] == "a red bus.mp4"
    few = sampled(checkpoints, None, tmp_path / "few", *more, "--option", "given=6", "--frames", "9").exception
    assert "has 5 frames, and 6 are to be given" in str(few)
    (tmp_path / "clips/a red bus.mp4").unlink()
    assert "has neither a red bus-0.mp4 nor a red bus.mp4" in str(
        sampled(checkpoints, None, tmp_path / "gone", *more).exception
    )


def test_two_frames_at_each_end_of_a_transition(checkpoints: Path, images: Path, tmp_path: Path) -> None:
    for seed, name in enumerate(("a red bus-2", "a red bus-last-2"), 5):
        Image.fromarray(noise(1, height=40, width=48, seed=seed)[0]).save(images / f"{name}.png")
    result = sampled(checkpoints, images, tmp_path / "two", "--option", "task=transition", "--option", "given=2")
    assert result.exit_code == 0, result.output
    (record,) = read_manifest(tmp_path / "two")
    assert [one["file"] for one in record.settings["images"]] == [
        "a red bus.png", "a red bus-2.png", "a red bus-last.png", "a red bus-last-2.png",
    ]  # fmt: skip


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
