"""Vchitect-2.0 on the command line, with small random networks in the published layout."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from tests.generators.models.vchitect.tiny import WEIGHTS, changed, save
from vbench.cli import app
from vbench.errors import CheckpointError, CheckpointMismatch, MissingCheckpoint, UsageError
from vbench.generators.base import Request
from vbench.generators.catalog import build
from vbench.generators.models.vchitect.generator import Vchitect
from vbench.generators.models.vchitect.model import Model
from vbench.media.clip import Clip
from vbench.media.video import Video
from vbench.sampling.manifest import read_manifest

COMMAND = "vbench weights download Vchitect/Vchitect-2.0-2B"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("checkpoints") / "vchitect-2.0")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A checkpoint of its own, to be spoilt."""
    return save(tmp_path / "vchitect-2.0")


def arguments(checkpoint: Path, out: Path, *more: str) -> list[str]:
    asked = [
        "generate",
        "-m",
        "vchitect-2",
        "--option",
        f"checkpoints={checkpoint.parent}",
        "-o",
        str(out),
        "--samples",
        "1",
        "--prompt",
        "a cat",
        "--prompt",
        "a red bus",
    ]
    return [*asked, "--steps", "3", "--size", "48x32", "--frames", "3", "--option", "device=cpu", *more]


def videos(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.mp4"))}


def built(folder: Path, *options: str) -> Vchitect:
    generator = build("vchitect-2", ["device=cpu", f"checkpoints={folder.parent}", *options])
    assert isinstance(generator, Vchitect)
    return generator


def request(generator: Vchitect, seed: int = 1, **given: object) -> Request:
    settings = generator.defaults.with_given(**{"frames": 2, "height": 32, "width": 32, "steps": 3, **given})
    return Request("a cat", 0, seed, settings, "x.mp4")


def frames(generator: Vchitect, seed: int = 1, **given: object) -> Tensor:
    clip = generator.sample(request(generator, seed, **given))
    assert isinstance(clip, Clip)
    return torch.from_numpy(clip.frames).float()


def loaded(folder: Path) -> Model:
    return Model(folder, torch.device("cpu"), torch.float32, offload=False)


def test_samples_on_the_command_line(checkpoint: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, arguments(checkpoint, tmp_path / "one"))
    assert result.exit_code == 0, result.output
    made = videos(tmp_path / "one")
    assert list(made) == ["a cat-0.mp4", "a red bus-0.mp4"]
    assert len(set(made.values())) == 2
    for record in read_manifest(tmp_path / "one"):
        video = Video(tmp_path / "one" / record.file)
        assert torch.cat(list(video.batches())).shape == (3, 3, 32, 48)
        assert video.fps == 8
        assert (record.settings["guidance"], record.settings["steps"]) == (7.5, 3)
    CliRunner().invoke(app, arguments(checkpoint, tmp_path / "again"))
    assert videos(tmp_path / "again") == made
    CliRunner().invoke(app, arguments(checkpoint, tmp_path / "other", "--seed", "5"))
    assert all(made[file] != content for file, content in videos(tmp_path / "other").items())


def test_the_published_protocol_is_the_default(checkpoint: Path) -> None:
    generator = built(checkpoint)
    assert generator.defaults.stated() == {
        "frames": 40, "height": 432, "width": 768, "fps": 8, "steps": 100, "guidance": 7.5, "negative_prompt": "",
    }  # fmt: skip
    facts = generator.provenance
    assert (facts["guidance"], facts["dtype"]) == ("published", "float32")
    assert facts["checkpoint"] == "Vchitect/Vchitect-2.0-2B"
    assert len(facts["digest"]) == 64


def test_settings_change_the_video(checkpoint: Path) -> None:
    generator = built(checkpoint)
    base = frames(generator)
    for change in ({"guidance": 1.0}, {"negative_prompt": "blurry"}, {"steps": 4}, {"seed": 2}):
        assert not torch.equal(frames(generator, **change), base)
    assert torch.equal(frames(generator), base)
    assert not torch.equal(frames(built(checkpoint, "guidance=constant")), base)


def test_one_frame_is_a_picture(checkpoint: Path) -> None:
    assert frames(built(checkpoint), frames=1).shape == (1, 32, 32, 3)


def test_autocast_is_near_to_float32(checkpoint: Path) -> None:
    near = frames(built(checkpoint, "dtype=bfloat16")) - frames(built(checkpoint))
    assert 0 < near.abs().max() < 16


def test_the_weights_may_be_in_several_files(checkpoint: Path, tmp_path: Path) -> None:
    whole, parted = (
        loaded(checkpoint).transformer.state_dict(),
        loaded(save(tmp_path / "m", 3)).transformer.state_dict(),
    )
    assert all(torch.equal(value, parted[key]) for key, value in whole.items())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["guidance=cosine"], "guidance must be published, constant"),
        (["dtype=int8"], "dtype must be"),
        (["offload=sequential"], "offload must be none, model"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build("vchitect-2", options)


def test_what_cannot_be_sampled_is_refused_before(checkpoint: Path, tmp_path: Path) -> None:
    generator = built(checkpoint)
    generator.prepare([request(generator)])
    with pytest.raises(UsageError, match="multiples of 16 pixels: height 40 is none"):
        generator.prepare([request(generator, height=40)])
    wanted = request(generator)
    with pytest.raises(UsageError, match="takes no image"):
        generator.prepare([Request(wanted.prompt, 0, 1, wanted.settings, "x.mp4", image=tmp_path)])
    moving = built(checkpoint, "offload=model")
    with pytest.raises(UsageError, match="here is only a CPU"):
        moving.prepare([wanted])
    with pytest.raises(UsageError, match=r"vchitect-2.* cannot take freeu"):
        build("vchitect-2+freeu")


def test_a_missing_checkpoint_is_told_with_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    result = CliRunner().invoke(app, arguments(tmp_path / "none" / "vchitect-2.0", tmp_path / "out"))
    assert isinstance(result.exception, UsageError)
    assert not (tmp_path / "out").exists()
    nowhere = built(tmp_path / "none" / "vchitect-2.0")
    with pytest.raises(MissingCheckpoint, match=f"VBENCH_CACHE_DIR={tmp_path}/none {COMMAND}"):
        nowhere.prepare([request(nowhere)])
    (broken / WEIGHTS).unlink()
    (broken / "tokenizer_2" / "tokenizer_config.json").unlink()
    partial = built(broken)
    with pytest.raises(MissingCheckpoint, match=r"no tokenizer_2/tokenizer_config.json, no transformer/\*.safetensors"):
        partial.prepare([request(partial)])


def _without(key: str) -> Callable[[dict[str, Tensor]], Any]:
    return lambda state: state.pop(key)


def _with(key: str, *shape: int) -> Callable[[dict[str, Tensor]], Any]:
    return lambda state: state.update({key: torch.zeros(shape)})


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("transformer", _without("transformer_blocks.1.attn.to_q_temp.weight"), "1 missing: .*to_q_temp.weight"),
        ("transformer", _with("freqs_cis", 4), "1 unexpected: freqs_cis"),
        ("transformer", _with("proj_out.bias", 3), r"proj_out.bias \(3,\) instead of \(16,\)"),
        ("text_encoder_2", _without("text_projection.weight"), "1 missing: text_projection.weight"),
        ("text_encoder_3", _with("another", 2), "1 unexpected: another"),
        ("text_encoder", _with("text_projection.weight", 2), r"text_projection.weight \(2,\) instead of \(16, 16\)"),
        ("vae", _without("decoder.conv_in.bias"), "1 missing: decoder.conv_in.bias"),
    ],
)
def test_other_weights_are_refused_with_their_keys(
    part: str, change: Callable[[dict[str, Tensor]], Any], message: str, broken: Path
) -> None:
    changed(broken, part, change)
    with pytest.raises(CheckpointMismatch, match=message) as caught:
        loaded(broken)
    assert (COMMAND if part == "transformer" else "Download it again") in str(caught.value)


def test_configurations_that_cannot_be_read_are_refused(broken: Path) -> None:
    path = broken / "transformer" / "config.json"
    sizes = json.loads(path.read_text())
    path.write_text(json.dumps({**sizes, "num_layers": None}))
    with pytest.raises(CheckpointError, match="does not say as a number: num_layers"):
        loaded(broken)
    path.write_text("{")
    with pytest.raises(CheckpointError, match="is no JSON"):
        loaded(broken)
    path.write_text("[]")
    with pytest.raises(CheckpointError, match="must hold an object, found a list"):
        loaded(broken)


def test_damaged_weights_are_refused(broken: Path) -> None:
    (broken / WEIGHTS).write_bytes(b"not safetensors")
    with pytest.raises(CheckpointError, match="cannot be read"):
        loaded(broken)
