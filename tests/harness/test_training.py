"""In a training loop: the numbers of a run on the same frames, on one process and on two; nothing else is changed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.tracking import GeneralTracker
from numpy.typing import NDArray

from tests.footage import noise, write_video
from vbench.generators.frames import as_frames
from vbench.harness.training import TrainingEvaluation, sampled_by
from vbench.interface import evaluate
from vbench.prompts.sampling_plan import seed_of
from vbench.runs.scorer import Scorer

DIMENSIONS = ["temporal_flickering", "imaging_quality"]

PROMPTS = ["a wave", "a wall", "a wing"]


def noisy(prompt: str, seed: int) -> NDArray[np.uint8]:
    """A "model" whose video depends on prompt and seed."""
    return noise(3, 112, 208, seed + len(prompt))


def tiny_pipeline() -> Any:
    from tests.generators import tiny_pipelines  # here, as the processes below need no diffusers

    return tiny_pipelines.animatediff()


def evaluation(dimensions: list[str] | None = None, **how: Any) -> TrainingEvaluation:
    return TrainingEvaluation(Scorer(dimensions or DIMENSIONS[:1], profile="lite", device="cpu"), PROMPTS, **how)


def expected(folder: Path, samples: int) -> dict[str, float]:
    """What ``vbench evaluate`` says of lossless files of the same frames."""
    for prompt in PROMPTS:
        for index in range(samples):
            write_video(folder / "videos" / f"{prompt}-{index}.mp4", noisy(prompt, seed_of(0, prompt, index)))
    run = evaluate(folder / "videos", dimensions=DIMENSIONS, profile="lite", output=folder / "run")
    return dict(run.card.scores)


class Lines(GeneralTracker):  # type: ignore[misc]
    """A tracker of accelerate's that keeps what it is told."""

    name = "lines"
    requires_logging_directory = False

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[dict[str, float], int | None]] = []

    @property
    def tracker(self) -> Any:
        return self.told

    def store_init_configuration(self, values: dict[str, Any]) -> None:
        pass

    def log(self, values: dict[str, float], step: int | None = None, **more: Any) -> None:
        self.told.append((values, step))


def test_the_means_are_those_of_a_run_and_are_logged(tmp_path: Path) -> None:
    tracker = Lines()
    accelerator = Accelerator(cpu=True, log_with=[tracker])
    accelerator.init_trackers("training")
    found = evaluation(DIMENSIONS, samples=2)(noisy, 500, accelerator)
    assert found == expected(tmp_path, samples=2)
    assert tracker.told == [({f"vbench/{name}": value for name, value in found.items()}, 500)]
    assert evaluation(DIMENSIONS, samples=2)(noisy, 500) == found
    AcceleratorState._reset_state(reset_partial_state=True)


def test_a_model_that_diverges_is_warned_of_and_training_goes_on() -> None:
    def diverged(prompt: str, seed: int) -> Any:
        return np.full((4, 64, 64, 3), np.nan) if prompt == "a wall" else noisy(prompt, seed)

    with pytest.warns(UserWarning, match="'a wall' is left out of temporal_flickering: frames hold NaN"):
        found = evaluation()(diverged, 0)
    assert found.keys() == {"temporal_flickering"}
    with pytest.warns(UserWarning, match="has 1 frame"):
        assert evaluation()(lambda prompt, seed: noisy(prompt, seed)[:1], 0) == {}


def test_every_step_tells_of_what_it_is_not_of() -> None:
    def diverged(prompt: str, seed: int) -> Any:
        return np.full((4, 64, 64, 3), np.nan) if prompt == "a wall" else noisy(prompt, seed)

    tracker = Lines()
    accelerator = Accelerator(cpu=True, log_with=[tracker])
    accelerator.init_trackers("training")
    ours = evaluation()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")  # which shows the same text of one line once
        for step in (1, 2):
            ours(diverged, step, accelerator)
    AcceleratorState._reset_state(reset_partial_state=True)
    assert [str(one.message)[:6] for one in told if "is left out" in str(one.message)] == ["step 1", "step 2"]
    assert [values["vbench/left_out/temporal_flickering"] for values, _ in tracker.told] == [1, 1]


def test_a_pipeline_is_used_and_left_as_it_was() -> None:
    pipeline = tiny_pipeline()
    pipeline.unet.train()
    pipeline.unet.conv_in.eval()
    how = {"num_frames": 8, "num_inference_steps": 2, "height": 16, "width": 16}
    modes = {name: part.training for name, part in pipeline.unet.named_modules()}
    torch.manual_seed(7)
    before = torch.get_rng_state()
    seen: list[tuple[str, int, Any]] = []
    sample = sampled_by(pipeline, **how)

    def watched(prompt: str, seed: int) -> Any:
        seen.append((prompt, seed, sample(prompt, seed)))
        return seen[-1][2]

    found = evaluation()(watched, 0)
    assert torch.equal(torch.get_rng_state(), before)
    assert {name: part.training for name, part in pipeline.unet.named_modules()} == modes
    pipeline.unet.eval()
    for prompt, seed, frames in seen:
        generator = torch.Generator("cpu").manual_seed(seed_of(0, prompt, 0))
        assert seed == seed_of(0, prompt, 0)
        torch.manual_seed(seed)
        answer = pipeline(prompt=prompt, generator=generator, output_type="np", **how)
        assert np.array_equal(as_frames(answer.frames[0]), frames)
    scorer = Scorer(DIMENSIONS[:1], profile="lite", device="cpu")
    alone = [scorer.score(frames)["temporal_flickering"].value for _, _, frames in seen]
    assert found["temporal_flickering"] == pytest.approx(np.mean(alone), abs=1e-15)


def test_the_page_runs_as_it_stands_there() -> None:
    page = (Path(__file__).parents[2] / "docs" / "harnesses.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(import vbench\nfrom vbench.harness.training.*?)```", page, re.DOTALL)
    tracker, pipeline = Lines(), tiny_pipeline()
    accelerator = Accelerator(cpu=True, log_with=[tracker])
    accelerator.init_trackers("training")
    exec(code, {"accelerator": accelerator, "pipeline": pipeline, "batches": [0, 1]})
    assert [(list(values), step) for values, step in tracker.told] == [(["vbench/temporal_flickering"], 0)]
    AcceleratorState._reset_state(reset_partial_state=True)


WORKER = """
import json, sys
import torch
from accelerate import Accelerator
from tests.harness.test_training import Lines, evaluation, noisy

rank, store = int(sys.argv[1]), sys.argv[2]
torch.distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
tracker = Lines()
accelerator = Accelerator(cpu=True, log_with=[tracker])
accelerator.init_trackers("training")
made = []

def counted(prompt, seed):
    made.append(prompt)
    return noisy(prompt, seed)

found = [evaluation(samples=2, sharded=sharded)(counted, 3, accelerator) for sharded in (True, False)]
print(json.dumps([accelerator.num_processes, found, len(made), len(tracker.told)]))
torch.distributed.destroy_process_group()
"""


@pytest.mark.slow
def test_two_processes_share_the_samples_and_have_the_numbers_of_one(tmp_path: Path) -> None:
    environment = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", WORKER, str(rank), str(tmp_path / "store")],
            env={**os.environ, **environment, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    printed = [json.loads(process.communicate(timeout=300)[0].splitlines()[-1]) for process in started]
    alone = evaluation(samples=2)(noisy, 3)
    assert printed == [[2, [alone, alone], 3 + 6, 2], [2, [alone, alone], 3, 0]]
