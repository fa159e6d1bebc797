"""The journey of docs/evaluate-a-checkpoint.md runs as it stands there, with a tiny pipeline in the model's place."""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from tests.generators.diffusers.loras import save_lora
from tests.generators.tiny_families import FAMILIES
from vbench.cli import app
from vbench.generators.recipe import read_recipe
from vbench.sampling.record import read_sampling

PAGE = (Path(__file__).parents[1] / "docs" / "evaluate-a-checkpoint.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL))
SMALL = ["--frames", "5", "--size", "32x32", "--steps", "2"]
LITE = ["--profile", "lite", "-d", "temporal_flickering"]


@pytest.mark.slow
def test_two_checkpoints_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    FAMILIES["wan"].build().save_pretrained("wan")
    save_lora(tmp_path / "wan", tmp_path / "mine.safetensors", scale=20.0)
    prompts = [{"prompt_en": f"prompt {number}", "dimension": ["temporal_flickering"]} for number in range(6)]
    Path("few.json").write_text(json.dumps(prompts))
    for line in BLOCKS["sh"].splitlines():
        words = shlex.split(line.replace("wan2.1-1.3b", "wan2.1-1.3b:wan").replace(" mini ", " few.json "))[1:]
        words += {"generate": SMALL, "evaluate": LITE}.get(words[0], [])
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, f"{line}: {result.output}"
    assert "temporal_flickering" in result.output
    base, lora = (read_sampling(Path("videos", name)) for name in ("base", "lora"))
    assert base
    assert lora
    assert (base["model"], base["seed"]) == (lora["model"], lora["seed"])
    assert "loras" not in base["provenance"]
    assert [one["weight"] for one in lora["provenance"]["loras"]] == [0.8]


def test_the_model_file_of_the_page_is_one(tmp_path: Path) -> None:
    (tmp_path / "my-model.yaml").write_text(BLOCKS["yaml"])
    recipe = read_recipe(str(tmp_path / "my-model.yaml"))
    assert recipe.file == yaml.safe_load(BLOCKS["yaml"])
    assert recipe.of("zeroscope-xl").changes.arguments == {"strength": 0.5}
