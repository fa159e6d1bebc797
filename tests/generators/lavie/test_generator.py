from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner, Result

from tests.generators.lavie import tiny
from vbench.cli import app
from vbench.errors import CheckpointMismatch, MissingCheckpoint, UsageError
from vbench.generators.base import Clip, Delivery, Request, Settings
from vbench.generators.catalogue import build
from vbench.generators.lavie import published
from vbench.manifest import read_manifest
from vbench.sampling import read_sampling
from vbench.video import probe


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of published files, small."""
    return tiny.write(tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that fit the small files, sampled in two steps by the stages whose steps cannot be asked for."""
    tiny.shrink(monkeypatch)
    monkeypatch.setitem(tiny.interpolation.PROTOCOL, "steps", 2)
    monkeypatch.setitem(tiny.super_resolution.PROTOCOL, "steps", 2)
    monkeypatch.setattr(tiny.super_resolution, "NOISE_LEVEL", 20)


def sampled(model: str, checkpoints: Path, out: Path, *more: str) -> Result:
    """``vbench generate`` of one small video."""
    asked = ["generate", "-m", model, "-o", str(out), "--prompt", "a red bus", "--samples", "1", "--steps", "2"]
    asked += ["--size", "32x16", "--option", f"checkpoints={checkpoints}", "--option", "device=cpu"]
    return CliRunner().invoke(app, [*asked, *more])


@pytest.mark.parametrize(
    ("model", "shape", "fps"),
    [
        ("lavie", (16, 16, 32), 8),
        ("lavie+interpolation", (61, 16, 32), 24),
        ("lavie+vsr", (16, 64, 128), 8),
        ("lavie+interpolation+vsr", (61, 64, 128), 24),
    ],
)
def test_every_composition_samples_through_the_command_line(
    model: str, shape: tuple[int, int, int], fps: float, checkpoints: Path, tmp_path: Path
) -> None:
    result = sampled(model, checkpoints, tmp_path / "once")
    assert result.exit_code == 0, result.output
    assert sampled(model, checkpoints, tmp_path / "again").exit_code == 0
    (record,) = read_manifest(tmp_path / "once")
    video = tmp_path / "once" / record.file
    assert video.read_bytes() == (tmp_path / "again" / record.file).read_bytes()
    found = probe(video)
    assert (found.frames, found.height, found.width, found.fps) == (*shape, fps)
    told = read_sampling(tmp_path / "once")
    assert told is not None
    assert "lavie_base.pt" in str(told)
    assert ("lavie_vsr.pt" in str(told)) == ("vsr" in model)
