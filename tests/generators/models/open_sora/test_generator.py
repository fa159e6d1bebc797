"""Open-Sora 1.2 on the command line, with small random networks in the published layout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from tests.generators import tiny_families
from tests.generators.models.open_sora import tiny_t5
from vbench.cli import app
from vbench.errors import UsageError
from vbench.generators.base import Request
from vbench.generators.catalog import build
from vbench.generators.models.open_sora.generator import OpenSora
from vbench.generators.models.open_sora.transformer import Sizes, Transformer
from vbench.generators.models.open_sora.vae import VideoVAE
from vbench.generators.models.open_sora.weights_files import MODELS
from vbench.media.video import Video
from vbench.sampling.manifest import read_manifest

NAME = "open-sora-1.2"
SIZES = {"width": 16, "depth": 1, "heads": 2, "text_width": tiny_families.TEXT, "text_tokens": 40}
WIDTH, WIDTHS = 32, (32, 32, 32, 32)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = tuple(SIZES.items())
    monkeypatch.setitem(MODELS, NAME, replace(MODELS[NAME], sizes=sizes, vae_width=WIDTH, vae_widths=WIDTHS))


def files(folder: Path, drop: str = "") -> Path:
    """The three published places; without one key."""
    torch.manual_seed(0)
    place = folder / "open-sora-1.2"
    place.mkdir(parents=True)
    transformer, vae = Transformer(Sizes(**SIZES)), VideoVAE(WIDTH, WIDTHS)
    for parameter in transformer.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    vae.scale.fill_(1)
    for name, network in (("transformer", transformer), ("vae", vae)):
        state = {key: value.contiguous() for key, value in network.state_dict().items() if key != drop}
        save_file(state, place / f"{name}.safetensors")
    tiny_t5.save(folder / "t5-v1_1-xxl")
    return folder


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return files(tmp_path_factory.mktemp("checkpoints"))


def arguments(checkpoints: Path, out: Path, *more: str) -> list[str]:
    asked = ["generate", "-m", NAME, "-o", str(out), "--samples", "1", "--prompt", "a cat", "--prompt", "a red bus"]
    asked += ["--steps", "2", "--size", "42x24", "--frames", "17"]
    return [*asked, "--option", f"checkpoints={checkpoints}", "--option", "device=cpu", *more]


def videos(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.mp4"))}


def test_samples_on_the_command_line_and_goes_on(checkpoints: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, arguments(checkpoints, tmp_path))
    assert result.exit_code == 0, result.output
    made = videos(tmp_path)
    assert len(set(made.values())) == 2
    for record in read_manifest(tmp_path):
        assert torch.cat(list(Video(tmp_path / record.file).batches())).shape == (17, 3, 24, 40)
        assert not record.findings
    (tmp_path / "a red bus-0.mp4").unlink()
    CliRunner().invoke(app, arguments(checkpoints, tmp_path))
    assert videos(tmp_path) == made


def built(checkpoints: Path) -> OpenSora:
    generator = build(NAME, [f"checkpoints={checkpoints}", "device=cpu"])
    assert isinstance(generator, OpenSora)
    return generator


def test_the_published_protocol_is_the_default(checkpoints: Path) -> None:
    generator = built(checkpoints)
    assert generator.defaults.stated() == {
        "frames": 51, "height": 240, "width": 426, "fps": 24, "steps": 30, "guidance": 7.0,
    }  # fmt: skip
    delivered = generator.delivers(generator.defaults)
    assert (delivered.height, delivered.width) == (240, 424)
    board = build(f"{NAME}@vbench", [f"checkpoints={checkpoints}", "device=cpu"]).defaults
    assert (board.frames, board.height, board.width, board.steps) == (204, 720, 1280, 30)
    assert generator.provenance["aesthetic"] == 6.5


@pytest.mark.parametrize(
    "key", ["temporal_blocks.0.attn.q_norm.weight", "rope.freqs", "temporal_vae.encoder.conv_in.conv.weight"]
)
def test_a_file_without_a_key_is_refused(key: str, tmp_path: Path) -> None:
    folder = files(tmp_path / "checkpoints", drop=key)
    result = CliRunner().invoke(app, arguments(folder, tmp_path / "out"))
    assert isinstance(result.exception, UsageError)
    assert f"1 missing: {key}" in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "message"), [({"frames": 16}, "multiples of 17 frames"), ({"height": 4}, "8 pixels or more")]
)
def test_what_cannot_be_sampled_is_refused_before(given: dict[str, int], message: str, checkpoints: Path) -> None:
    generator = built(checkpoints)
    with pytest.raises(UsageError, match=message):
        generator.prepare([Request("a cat", 0, 1, generator.defaults.with_given(**given), "x.mp4")])
