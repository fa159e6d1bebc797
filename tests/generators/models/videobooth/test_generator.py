from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner, Result

from tests.generators.models.videobooth import tiny
from vbench.cli import app
from vbench.errors import UsageError
from vbench.generators.models.videobooth import sampling
from vbench.media.video import probe
from vbench.sampling.manifest import read_manifest
from vbench.sampling.record import read_sampling

PROMPT = "a red bus"

NETWORK, MAPPER = ("watermark_remove_module.pt", "ema_unet"), ("mapper.pt", "ema")

BLOCK = "down_blocks.0.attentions.0.transformer_blocks.0"


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of published files, small."""
    return tiny.write(tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that fits the small files."""
    monkeypatch.setattr(sampling, "ARCHITECTURE", tiny.ARCHITECTURE)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A cut-out object."""
    folder = tmp_path / "images"
    folder.mkdir()
    paint(folder, (200, 0, 0, 255))
    return folder


def paint(folder: Path, colour: tuple[int, int, int, int]) -> None:
    """The object of the prompt, in a colour."""
    picture = Image.new("RGBA", (40, 30), (0, 0, 0, 0))
    picture.paste(colour, (4, 6, 30, 20))
    picture.save(folder / f"{PROMPT}.png")


def sampled(
    checkpoints: Path, images: Path | None, out: Path, *more: str, word: str = "bus", prompt: str = PROMPT
) -> Result:
    """``vbench generate`` of one small video."""
    asked = ["generate", "-m", "videobooth", "-o", str(out), "--prompt", prompt, "--samples", "1", "--steps", "2"]
    asked += ["--size", "32x32", "--frames", "3", "--option", f"checkpoints={checkpoints}", "--option", "device=cpu"]
    asked += ["--images", str(images)] if images else []
    asked += ["--option", f"object={word}"] if word else []
    return CliRunner().invoke(app, [*asked, *more])


def test_a_picture_samples_through_the_command_line(checkpoints: Path, images: Path, tmp_path: Path) -> None:
    result = sampled(checkpoints, images, tmp_path / "once")
    assert result.exit_code == 0, result.output
    assert sampled(checkpoints, images, tmp_path / "again", word="Bus, dog").exit_code == 0
    (record,), (again,) = (read_manifest(tmp_path / name) for name in ("once", "again"))
    assert record.sha256 == again.sha256
    found = probe(tmp_path / "once" / record.file)
    assert (found.frames, found.height, found.width, found.fps) == (3, 32, 32, 8)
    told = str(read_sampling(tmp_path / "once"))
    assert "'object': 'bus'" in told
    assert "mapper_sha256" in told


def test_picture_and_seed_change_the_video(checkpoints: Path, images: Path, tmp_path: Path) -> None:
    def digest(name: str, *more: str) -> str:
        done = sampled(checkpoints, images, tmp_path / name, *more)
        assert done.exit_code == 0, done.output
        return read_manifest(tmp_path / name)[0].sha256

    red, other_seed = digest("red"), digest("seed", "--seed", "7")
    paint(images, (0, 0, 200, 255))
    assert len({red, other_seed, digest("blue")}) == 3


@pytest.mark.parametrize(
    ("more", "word", "message"),
    [
        ((), "", "--option object=WORD"),
        ((), "dog", "expected 'dog', found none"),
        ((), "dog,cat", "expected exactly one of 'dog', 'cat', found none"),
        ((), "red,bus", "found 'red' and 'bus'"),
        (("--steps", "1"), "bus", "ask for at least --steps 2"),
        (("--steps", "1001"), "bus", "at most --steps 1000, not 1001"),
        (("--size", "32x16"), "bus", "videobooth samples squares"),
        (("--size", "30x30"), "bus", "multiples of 8 pixels: height 30 is none"),
        (("--option", "objects=bus"), "bus", "videobooth has no option 'objects=bus'"),
    ],
)
def test_what_cannot_be_is_refused(
    more: tuple[str, ...], word: str, message: str, checkpoints: Path, images: Path, tmp_path: Path
) -> None:
    result = sampled(checkpoints, images, tmp_path / "out", *more, word=word)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)


def test_a_word_that_clip_does_not_read_is_a_failure_of_its_video(
    checkpoints: Path, images: Path, tmp_path: Path
) -> None:
    long = "a dog in the very large bus"
    (images / f"{PROMPT}.png").rename(images / f"{long}.png")
    result = sampled(checkpoints, images, tmp_path / "out", prompt=long)
    assert result.exit_code == 3
    assert "beyond the 16 tokens that CLIP reads" in result.output


def test_missing_pictures_and_files_are_refused_with_what_is_needed(
    checkpoints: Path, images: Path, tmp_path: Path
) -> None:
    assert "give a folder of them with --images" in str(sampled(checkpoints, None, tmp_path / "out").exception)
    nowhere = sampled(tmp_path, images, tmp_path / "out").exception
    assert isinstance(nowhere, UsageError)
    for name in ("videobooth", "videobooth_mapper", "openai/clip-vit-large-patch14", "stabilityai/sd-vae-ft-ema"):
        assert f"VBENCH_CACHE_DIR={tmp_path} vbench weights download {name}" in str(nowhere)
    (images / f"{PROMPT}.png").write_text("no picture")
    assert "cannot be read as an image" in str(sampled(checkpoints, images, tmp_path / "out").exception)


def changed(checkpoints: Path, folder: Path, file: tuple[str, str], change: Callable[[dict[str, Any]], object]) -> Path:
    """The same folder with another state dict in a file."""
    shutil.copytree(checkpoints, folder)
    name, entry = file
    payload = torch.load(folder / name, weights_only=True)
    change(payload[entry])
    torch.save(payload, folder / name)
    return folder


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        (NETWORK, lambda state: state.pop("conv_in.weight"), "1 missing: conv_in.weight"),
        (NETWORK, lambda state: state.pop(f"{BLOCK}.attn1.to_q.weight"), f"1 missing: {BLOCK}.attn1.to_q.weight"),
        (NETWORK, lambda state: state.update(more=torch.zeros(1)), "1 unexpected: more"),
        (NETWORK, lambda state: state.update({"conv_out.bias": torch.zeros(7)}), "conv_out.bias (7,) instead of (4,)"),
        (MAPPER, lambda state: state.pop("mapping_0.0.bias"), "1 missing: mapping_0.0.bias"),
        (
            MAPPER,
            lambda state: state.pop(f"{BLOCK}.attn1.to_k_new".replace(".", "_") + ".weight"),
            "1 missing: down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_k_new.weight",
        ),
    ],
)
def test_files_with_other_keys_are_refused(
    file: tuple[str, str],
    change: Callable[[dict[str, Any]], object],
    message: str,
    checkpoints: Path,
    images: Path,
    tmp_path: Path,
) -> None:
    folder = changed(checkpoints, tmp_path / "changed", file, change)
    result = sampled(folder, images, tmp_path / "out")
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)
    assert "vbench weights download videobooth" in str(result.exception)


def test_only_the_projections_that_the_mapper_replaces_may_be_missing_or_left_over(
    checkpoints: Path, images: Path, tmp_path: Path
) -> None:
    def leave_over(state: dict[str, Any]) -> None:
        state[f"{BLOCK}.attn2.to_k_global.weight"] = torch.zeros(1)
        del state[f"{BLOCK}.attn1.to_k.weight"]

    folder = changed(checkpoints, tmp_path / "changed", NETWORK, leave_over)
    for name, files in (("out", checkpoints), ("other", folder)):
        result = sampled(files, images, tmp_path / name)
        assert result.exit_code == 0, result.output
    assert read_manifest(tmp_path / "out")[0].sha256 == read_manifest(tmp_path / "other")[0].sha256


def test_files_of_another_kind_are_refused(checkpoints: Path, images: Path, tmp_path: Path) -> None:
    shutil.copytree(checkpoints, tmp_path / "changed")
    torch.save({"model": {}}, tmp_path / "changed" / "mapper.pt")
    result = sampled(tmp_path / "changed", images, tmp_path / "out")
    assert isinstance(result.exception, UsageError)
    assert "expected only tensors, alone or under 'ema'" in str(result.exception)
    shutil.copy(checkpoints / "mapper.pt", tmp_path / "changed")
    (tmp_path / "changed" / "sd-vae-ft-ema" / "config.json").unlink()
    result = sampled(tmp_path / "changed", images, tmp_path / "other")
    assert isinstance(result.exception, UsageError)
    assert "there is no config.json" in str(result.exception)
