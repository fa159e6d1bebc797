"""Recipes of docs/recipes.md and docs/many-machines.md that need something beside them: a pipeline, videos, a queue."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.tracking import GeneralTracker

from tests.documented import ROOT, block, blocks, run
from tests.footage import noise, write_video
from tests.generators import tiny_pipelines
from vbench.runs.run import open_run
from vbench.runs.scorer import Scorer

FLICKER, MOTION = "temporal_flickering", "motion_smoothness"


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer([FLICKER, MOTION], profile="lite", device="cpu")


class Kept(GeneralTracker):  # type: ignore[misc]  # accelerate has no types
    """Keeps what is logged."""

    name = "kept"
    requires_logging_directory = False

    def __init__(self) -> None:
        self.tracker: dict[int, dict[str, float]] = {}
        super().__init__()

    def store_init_configuration(self, values: dict[str, Any]) -> None:
        pass

    def log(self, values: dict[str, float], step: int) -> None:
        self.tracker[step] = values


@pytest.fixture
def accelerator() -> Iterator[Accelerator]:
    AcceleratorState._reset_state(True)
    tracker = Kept()
    one = Accelerator(cpu=True, log_with=tracker)
    one.init_trackers("training")
    yield one
    AcceleratorState._reset_state(True)


def test_a_training_loop(accelerator: Accelerator, scorer: Scorer) -> None:
    names: dict[str, Any] = {}
    exec(block("docs/recipes.md", "def validation"), names)
    small = {"num_inference_steps": 2, "num_frames": 4, "height": 64, "width": 64}
    pipeline = partial(tiny_pipelines.text_to_video_sd(), **small)
    validate = names["validation"]([FLICKER, MOTION], "lite", accelerator)
    scores = validate(pipeline, ["a cat", "a dog"], 100)
    assert accelerator.trackers[0].tracker == {100: scores}
    alone = [
        scorer.score(pipeline(prompt, generator=torch.Generator().manual_seed(seed), output_type="np").frames[0])
        for seed, prompt in enumerate(["a cat", "a dog"])
    ]
    assert scores == {f"vbench/{name}": pytest.approx(sum(one[name].value for one in alone) / 2) for name in alone[0]}
    assert validate(pipeline, ["a cat", "a dog"], 200) == scores  # same weights, same seeds


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
