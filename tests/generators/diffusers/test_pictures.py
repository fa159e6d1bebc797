"""Image models sample one picture for each prompt, and what judges motion says that it is not applicable."""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import json
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diffusers import StableDiffusionPipeline
from PIL import Image
from typer.testing import CliRunner

from tests.generators import tiny_pipelines as tiny
from vbench.cli import app
from vbench.errors import UsageError
from vbench.generators.base import Request
from vbench.generators.catalog import build
from vbench.sampling.manifest import read_manifest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint") / "sd"
    tiny.stable_diffusion().save_pretrained(folder)
    return folder


def sampled(model: str, out: Path, *more: str) -> Path:
    call = ["generate", "-m", model, "-o", str(out), "--samples", "2", "--size", "32x32", "--steps", "2"]
    result = CliRunner().invoke(app, [*call, "--prompt", "a cat", "--prompt", "a red bus", *more])
    assert result.exit_code == 0, result.output
    return out


@pytest.mark.parametrize("model", ["diffusers", "stable-diffusion-1.4"])
def test_pictures_are_stored_without_loss_and_listed(model: str, checkpoint: Path, tmp_path: Path) -> None:
    out = sampled(f"{model}:{checkpoint}", tmp_path / "out")
    names = sorted(path.name for path in out.glob("*.png"))
    assert names == ["a cat-0.png", "a cat-1.png", "a red bus-0.png", "a red bus-1.png"]
    assert not list(out.glob("*.mp4"))
    records = {record.file: record for record in read_manifest(out)}
    assert sorted(records) == names
    assert "fps" not in records["a cat-0.png"].settings
    generator = build(f"{model}:{checkpoint}")
    settings = generator.defaults.with_given(height=32, width=32, steps=2)
    request = Request("a cat", 0, records["a cat-0.png"].seed or 0, settings, "a cat-0.mp4")
    (delivery,) = generator.sample_all([request])
    assert delivery.video is not None
    stored = np.asarray(Image.open(out / "a cat-0.png"))
    assert (stored == delivery.video.frames[0]).all()  # type: ignore[union-attr]


def test_the_same_call_makes_nothing_anew(checkpoint: Path, tmp_path: Path) -> None:
    out = sampled(f"diffusers:{checkpoint}", tmp_path / "out")
    before = {path.name: path.read_bytes() for path in out.glob("*.png")}
    (out / "a cat-0.png").unlink()
    sampled(f"diffusers:{checkpoint}", out)
    assert {path.name: path.read_bytes() for path in out.glob("*.png")} == before


def test_check_and_evaluate_know_that_a_picture_does_not_move(checkpoint: Path, tmp_path: Path) -> None:
    out = sampled(f"diffusers:{checkpoint}", tmp_path / "out")
    checked = CliRunner().invoke(app, ["check", str(out), "-d", "temporal_flickering", "--json"])
    told = json.loads(checked.stdout)
    (finding,) = [one for one in told["findings"] if one["kind"] != "flaw"]
    assert [one["why"] for one in told["will_not_be_scored"]] == ["not applicable: a picture has no motion to judge"]
    assert finding["kind"] == "pictures"
    assert finding["message"] == "4 of 4 are pictures: dimensions that judge motion are not applicable"
    judged = ["-d", "temporal_flickering", "-d", "subject_consistency", "--profile", "lite"]
    run = CliRunner().invoke(app, ["evaluate", str(out), *judged, "--output", str(tmp_path / "run"), "--json"])
    assert run.exit_code == 3, run.output  # nothing of what was asked can be judged
    told = json.loads(run.stdout)["dimensions"]
    assert {name: one["not_scored"] for name, one in told.items()} == {
        "temporal_flickering": {"not_applicable": 4}, "subject_consistency": {"not_applicable": 4},
    }  # fmt: skip


def test_a_picture_has_no_frames_and_no_rate(checkpoint: Path) -> None:
    with pytest.raises(UsageError, match="has no setting frames"):
        build(f"stable-diffusion-1.4:{checkpoint}").defaults.with_given(frames=16)


class Cautious(StableDiffusionPipeline):
    """Withholds every picture of a cat, as a safety checker does."""

    @wraps(StableDiffusionPipeline.__call__)
    def __call__(self, *args: Any, **arguments: Any) -> Any:
        answer = super().__call__(*args, **arguments)  # type: ignore[misc]
        answer.nsfw_content_detected = ["cat" in arguments["prompt"]]
        return answer


def test_a_withheld_picture_is_a_failure_with_its_reason(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffusers.StableDiffusionPipeline", Cautious)
    generator = build(f"stable-diffusion-1.4:{checkpoint}")
    settings = generator.defaults.with_given(height=32, width=32, steps=2)
    requests = [Request(text, 0, 1, settings, f"{text}.mp4") for text in ("a cat", "a dog")]
    cat, dog = generator.sample_all(requests)
    assert (cat.video, cat.reason) == (None, "the pipeline's safety checker withheld the picture")
    assert dog.video is not None
