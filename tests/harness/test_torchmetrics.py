"""A metric of torchmetrics gives the run's numbers, on one process and on two."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchmetrics import Metric, MetricCollection

from tests.footage import noise, write_video
from vbench.errors import UsageError
from vbench.harness.torchmetrics import VBenchMetric
from vbench.interface import evaluate
from vbench.runs.scorer import Scorer

DIMENSIONS = ["temporal_flickering", "imaging_quality"]

VIDEOS = torch.from_numpy(np.stack([noise(3, 112, 208, seed) for seed in range(5)])).permute(0, 1, 4, 2, 3)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(DIMENSIONS, profile="lite", device="cpu")


def numbers(metric: Metric) -> dict[str, float]:
    return {name: value.item() for name, value in metric.compute().items()}


def test_the_numbers_are_those_of_the_command_on_files_of_the_same_frames(scorer: Scorer, tmp_path: Path) -> None:
    for index, video in enumerate(VIDEOS):
        write_video(tmp_path / "videos" / f"a wave-{index}.mp4", video.permute(0, 2, 3, 1).numpy())
    run = evaluate(tmp_path / "videos", dimensions=DIMENSIONS, profile="lite", output=tmp_path / "run")
    metric = VBenchMetric(scorer)
    for some in torch.split(VIDEOS, 2):
        metric.update(some, "a wave", fps=8)
    assert numbers(metric) == {name: run.card.scores[name] for name in DIMENSIONS}


def test_a_step_has_its_own_value_and_a_reset_forgets(scorer: Scorer) -> None:
    metric = VBenchMetric(scorer)
    alone = scorer.score(VIDEOS[1])["temporal_flickering"].value
    metric.update(VIDEOS[:1])
    assert metric(VIDEOS[1:2], ["a wave"])["temporal_flickering"].item() == alone
    both = [scorer.score(video)["temporal_flickering"].value for video in VIDEOS[:2]]
    assert numbers(metric)["temporal_flickering"] == pytest.approx(np.mean(both), abs=1e-15)
    metric.reset()
    metric.update(VIDEOS[1:2])
    assert numbers(metric)["temporal_flickering"] == alone


def test_it_lives_in_collections_copies_and_state_dicts(scorer: Scorer) -> None:
    metric = VBenchMetric(scorer)
    metric.persistent(True)
    metric.update(VIDEOS[:2])
    copied = pickle.loads(pickle.dumps(metric))
    loaded = VBenchMetric(scorer)
    loaded.load_state_dict(metric.state_dict())
    assert numbers(metric) == numbers(copied) == numbers(metric.clone()) == numbers(metric.half())
    assert torch.equal(torch.cat(list(loaded.numbers)), torch.cat(list(metric.numbers)))
    collection = MetricCollection({"video": VBenchMetric(scorer), "clip": VBenchMetric(scorer)}, prefix="val/")
    collection.update(VIDEOS[:2])
    assert {name for name in collection.compute() if "imaging_quality" in name}


def test_what_no_dimension_judges_is_warned_of_and_counts_nothing(scorer: Scorer) -> None:
    metric = VBenchMetric(scorer)
    with pytest.warns(UserWarning, match="left out of temporal_flickering"):
        metric.update(VIDEOS[:1, :1])
    assert set(numbers(metric)) == {"imaging_quality"}
    metric.update(VIDEOS[:1])
    with pytest.warns(UserWarning, match="temporal_flickering is of 1 of 2 videos"):
        metric.compute()
    assert numbers(metric)["temporal_flickering"] == scorer.score(VIDEOS[0])["temporal_flickering"].value
    with pytest.raises(UsageError, match="2 videos and 1 prompts"):
        metric.update(VIDEOS[:2], ["one"])


def test_the_page_runs_as_it_stands_there() -> None:
    page = (Path(__file__).parents[2] / "docs" / "harnesses.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(import vbench\nfrom vbench.harness.torchmetrics.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {"batches": [(VIDEOS[:2], ["one", "two"])]}
    exec(code, names)
    assert isinstance(names["metric"], Metric)


SHARES = ([[[0, 3], [1]], [[4, 2]]], [[[3, 1, 0], [4], [2]], []])
"""Of two processes, the videos of their updates; in the second case one has none."""

WORKER = """
import json, sys
import torch
from tests.harness.test_torchmetrics import SHARES, VIDEOS, numbers
from vbench.harness.torchmetrics import VBenchMetric
from vbench.runs.scorer import Scorer

rank, store = int(sys.argv[1]), sys.argv[2]
torch.distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
metric = VBenchMetric(Scorer(["temporal_flickering"], profile="lite", device="cpu"))
found = []
for shares in SHARES:
    metric.reset()
    for share in shares[rank]:
        metric.update(VIDEOS[share])
    found.append(numbers(metric))
print(json.dumps(found))
torch.distributed.destroy_process_group()
"""


@pytest.mark.slow
def test_two_processes_have_the_number_of_one(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", WORKER]
    started = [
        subprocess.Popen([*command, str(rank), str(tmp_path / "store")], stdout=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    printed = [json.loads(process.communicate(timeout=300)[0]) for process in started]
    metric = VBenchMetric(Scorer(["temporal_flickering"], profile="lite", device="cpu"))
    metric.update(VIDEOS)
    assert printed == [[numbers(metric)] * len(SHARES)] * 2
