"""Recipes of docs/recipes.md and docs/many-machines.md that need something beside them: a pipeline, videos, a queue."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.documented import ROOT, block, blocks, run
from tests.footage import noise, write_video
from vbench.runs.run import open_run
from vbench.runs.scorer import Scorer

FLICKER, MOTION = "temporal_flickering", "motion_smoothness"


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer([FLICKER, MOTION], profile="lite", device="cpu")


def test_a_reward(scorer: Scorer) -> None:
    names: dict[str, Any] = {}
    exec(block("docs/recipes.md", "def rewards"), names)
    still, flicker = (
        torch.full((6, 3, 64, 64), 0.5),
        torch.rand(6, 3, 64, 64, generator=torch.Generator().manual_seed(0)),
    )
    calm = (still + flicker) / 2
    table = names["rewards"](scorer, [flicker, still, calm, calm, calm, still[:1]], ["a", "a", "a", "b", "b", "b"])
    assert table[1].tolist() == [pytest.approx(one.value) for one in scorer.score(still).values()]
    assert table[5].isnan().all()  # one frame has no motion
    found = names["advantages"](table, 3, torch.tensor([1.0, 0.0]))
    assert found[1] > found[2] > found[0]
    assert found[:3].sum().abs() < 1e-5
    assert found[3:].tolist() == [0, 0, 0]  # alike, or not judged
    both = names["advantages"](table, 3, torch.tensor([1.0, 2.0]))
    assert torch.isfinite(both).all()
    assert both[1] > both[0]


def test_a_slurm_array_of_the_page_scores_every_video_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script of docs/many-machines.md, a task after the other, as ``sbatch`` starts them; then its merge."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VBENCH_EVALUATE_PROFILE", "lite")
    monkeypatch.setenv("VBENCH_EVALUATE_DIMENSION", MOTION)
    monkeypatch.setenv("VBENCH_EVALUATE_DEVICE", "cpu")
    prompts = [f"scene {number}" for number in range(6)]
    Path("suite.json").write_text(json.dumps([{"prompt_en": prompt, "dimension": [MOTION]} for prompt in prompts]))
    for prompt in prompts:
        for index in range(5):
            write_video(Path(f"videos/mine/{prompt}-{index}.mp4"), noise(4, seed=index))
    script, queue = (one for one in blocks(ROOT / "docs/many-machines.md")[:2])
    (tasks,) = re.findall(r"--array=1-(\d+)", script.code)
    for task in range(1, int(tasks) + 1):
        monkeypatch.setenv("SLURM_ARRAY_TASK_ID", str(task))
        run([[word.replace("vbench-t2v", "suite.json") for word in words] for words in script.commands], monkeypatch)
    assert queue.commands[0][0] == "sbatch"
    run(queue.commands[1:], monkeypatch)
    rows = open_run("runs/mine").rows()
    assert sorted(row.video for row in rows) == sorted(one.name for one in Path("videos/mine").glob("*.mp4"))
    assert open_run("runs/mine").is_whole
