"""T2V-Turbo on the command line, with small random networks in the published layout."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from tests.generators.models.videocrafter.tiny import save, shrink, shrunk, state
from vbench.cli import app
from vbench.errors import UsageError
from vbench.generators.base import Request
from vbench.generators.catalog import build
from vbench.generators.models.t2v_turbo.generator import T2VTurbo
from vbench.generators.models.t2v_turbo.unet import GuidedUNet, Lora
from vbench.media.clip import Clip
from vbench.sampling.manifest import read_manifest

FILES = {"t2v-turbo": "unet_lora.pt", "t2v-turbo-v2": "unet_mg.pt"}
NAMES = list(FILES)


def files(folder: Path, drop: str = "") -> Path:
    """VideoCrafter2 and what T2V-Turbo publishes beside it, all small; without one key of the second version."""
    base = shrunk("videocrafter2")
    save({"state_dict": state(base)}, folder, "videocrafter2")
    torch.manual_seed(1)
    lora = [torch.randn(one.shape) * 0.05 for one in Lora(GuidedUNet(base.plan, knows_motion=False))]
    whole = {key: value for key, value in GuidedUNet(base.plan, knows_motion=True).state_dict().items() if key != drop}
    (folder / "t2v-turbo").mkdir(parents=True, exist_ok=True)
    torch.save(lora, folder / "t2v-turbo" / FILES["t2v-turbo"])
    torch.save(whole, folder / "t2v-turbo" / FILES["t2v-turbo-v2"])
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    return files(tmp_path / "checkpoints")


def arguments(checkpoints: Path, model: str, out: Path, *more: str) -> list[str]:
    asked = ["generate", "-m", model, "-o", str(out), "--samples", "1", "--prompt", "a cat", "--prompt", "a red bus"]
    asked += ["--steps", "2", "--size", "64x64", "--frames", "3"]
    return [*asked, "--option", f"checkpoints={checkpoints}", "--option", "device=cpu", *more]


def videos(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.mp4"))}


@pytest.mark.parametrize("name", NAMES)
def test_samples_on_the_command_line_and_goes_on(name: str, checkpoints: Path, tmp_path: Path) -> None:
    out = tmp_path / "one"
    result = CliRunner().invoke(app, arguments(checkpoints, name, out))
    assert result.exit_code == 0, result.output
    made = videos(out)
    assert len(set(made.values())) == 2
    for record in read_manifest(out):
        assert record.settings["guidance"] == 7.5
        assert "negative_prompt" not in record.settings
    (out / "a red bus-0.mp4").unlink()
    CliRunner().invoke(app, arguments(checkpoints, name, out))
    assert videos(out) == made


def built(name: str, checkpoints: Path) -> T2VTurbo:
    generator = build(name, [f"checkpoints={checkpoints}", "device=cpu"])
    assert isinstance(generator, T2VTurbo)
    return generator


def sampled(generator: T2VTurbo, **given: object) -> torch.Tensor:
    settings = generator.defaults.with_given(**{"frames": 2, "height": 64, "width": 64, "steps": 2, **given})
    clip = generator.sample(Request("a cat", 0, 1, settings, "x.mp4"))
    assert isinstance(clip, Clip)
    return torch.from_numpy(clip.frames).float()


def test_the_published_protocols_are_the_defaults(checkpoints: Path) -> None:
    first, second = (built(name, checkpoints) for name in NAMES)
    size = {"frames": 16, "height": 320, "width": 512, "guidance": 7.5}
    assert first.defaults.stated() == {**size, "fps": 16, "steps": 4}
    assert second.defaults.stated() == {**size, "fps": 8, "steps": 16}
    told = first.provenance
    assert (told["levels"], told["guidance_projection"]) == (50, "of the LoRA alone")
    assert (told["checkpoint"], told["base"]) == ("jiachenli-ucsb/T2V-Turbo-VC2", "VideoCrafter/VideoCrafter2")
    told = second.provenance
    assert (told["levels"], told["motion_guidance"], told["motion_share"]) == (200, 0.05, 0.5)


@pytest.mark.parametrize("name", NAMES)
def test_settings_change_the_video(name: str, checkpoints: Path) -> None:
    generator = built(name, checkpoints)
    base = sampled(generator)
    for change in ({"guidance": 2.0}, {"fps": 24}, {"steps": 3}):
        assert not torch.equal(sampled(generator, **change), base)
    assert torch.equal(sampled(generator), base)


def test_a_lora_of_another_network_is_refused_whole(checkpoints: Path, tmp_path: Path) -> None:
    path = checkpoints / "t2v-turbo" / FILES["t2v-turbo"]
    tensors = torch.load(path)
    tensors[3] = tensors[3][:, :-1]
    torch.save(tensors[:-2], path)
    result = CliRunner().invoke(app, arguments(checkpoints, "t2v-turbo", tmp_path / "out"))
    assert isinstance(result.exception, UsageError)
    assert f"2 missing: {len(tensors) - 2}, {len(tensors) - 1}" in str(result.exception)
    assert "1 of another shape: 3 (" in str(result.exception)
    assert str(path) in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("key", ["motion_cond_proj.weight", "time_embed.0.bias"])
def test_a_network_without_a_key_is_refused(key: str, tmp_path: Path) -> None:
    folder = files(tmp_path / "checkpoints", drop=key)
    result = CliRunner().invoke(app, arguments(folder, "t2v-turbo-v2", tmp_path / "out"))
    assert isinstance(result.exception, UsageError)
    assert f"1 missing: {key}" in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "message"), [({"height": 100}, "multiples of 64"), ({"steps": 60}, "ask for 1 to 50 steps, not 60")]
)
def test_what_cannot_be_sampled_is_refused_before(given: dict[str, int], message: str, checkpoints: Path) -> None:
    generator = built("t2v-turbo", checkpoints)
    with pytest.raises(UsageError, match=message):
        generator.prepare([Request("a cat", 0, 1, generator.defaults.with_given(**given), "x.mp4")])
