"""Scores during training: in a plain loop, under accelerate, into a file or TensorBoard."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import vbench
from tests.schemas import checked
from vbench.errors import MissingExtra, UsageError
from vbench.runs.score_log import ScoreLog
from vbench.runs.scorer import Scorer


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(["temporal_flickering", "imaging_quality"], profile="lite", device="cpu")


def clips(count: int = 2, size: int = 208) -> torch.Tensor:
    return torch.rand(count, 4, 3, size, size, generator=torch.Generator().manual_seed(0))


def entries(file: Path) -> list[dict[str, object]]:
    return [checked("score-log.jsonl", line) for line in file.read_text().splitlines()]


def test_each_step_is_a_line_with_the_means(scorer: Scorer, tmp_path: Path) -> None:
    log, videos = ScoreLog(scorer, tmp_path / "logs" / "scores.jsonl"), clips()
    found = log(100, videos, ["one", "two"])
    alone = [scorer.score(video) for video in videos]
    for name in scorer.dimensions:
        assert found[name] == pytest.approx(np.mean([scores[name].value for scores in alone]))
    ScoreLog(scorer, tmp_path / "logs" / "scores.jsonl")(200, videos[:1])
    first, second = entries(tmp_path / "logs" / "scores.jsonl")
    judged = {"profile": "lite", "made_with": {name: key[:16] for name, key in scorer.made_with().items()}}
    assert first == {"step": 100, "videos": 2, "scores": found, "not_scored": {}, **judged}
    assert (second["step"], second["videos"]) == (200, 1)


def test_a_line_tells_that_something_else_judged(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    before = scorer.made_with()
    options = {"imaging_quality": {"preprocessing": "shorter"}}
    other = Scorer(scorer.dimensions, profile="lite", device="cpu", options=options).made_with()
    assert [name for name in before if other[name] != before[name]] == ["imaging_quality"]
    monkeypatch.setattr("vbench.runs.cache_key.DECODING", 99)
    assert not before.items() & scorer.made_with().items()


def test_what_cannot_be_scored_is_counted_with_its_reason(scorer: Scorer, tmp_path: Path) -> None:
    file = tmp_path / "scores.jsonl"
    found = ScoreLog(scorer, file)(1, [*clips(2), clips(1)[0][:1]])
    assert found.keys() == {"temporal_flickering", "imaging_quality"}
    (entry,) = entries(file)
    (reasons,) = entry["not_scored"].values()  # type: ignore[attr-defined]
    assert list(reasons.values()) == [1]
    assert ScoreLog(scorer, file)(2, clips(1)[:, :1]).keys() == {"imaging_quality"}


def test_a_line_that_was_cut_takes_no_other_with_it(scorer: Scorer, tmp_path: Path) -> None:
    file = tmp_path / "scores.jsonl"
    for step in (1, 2):
        ScoreLog(scorer, file)(step, clips(1))
    file.write_bytes(file.read_bytes()[:-40])
    ScoreLog(scorer, file)(3, clips(1))
    first, _, last = file.read_text().splitlines()
    assert [checked("score-log.jsonl", line)["step"] for line in (first, last)] == [1, 3]


def test_prompts_are_one_for_each_or_one_for_all(scorer: Scorer, tmp_path: Path) -> None:
    log = ScoreLog(scorer, tmp_path / "scores.jsonl")
    with pytest.raises(UsageError, match="2 videos and 1 prompts"):
        log(1, clips(), ["one"])
    assert not (tmp_path / "scores.jsonl").exists()


def test_the_main_process_of_accelerate_logs(scorer: Scorer, tmp_path: Path) -> None:
    accelerate = pytest.importorskip("accelerate")
    accelerator = accelerate.Accelerator(cpu=True)
    model = torch.nn.Linear(1, 1)
    model, optimizer = accelerator.prepare(model, torch.optim.SGD(model.parameters(), lr=0.1))
    log = ScoreLog(scorer, tmp_path / "scores.jsonl")
    for step in range(2):
        accelerator.backward(model(torch.ones(1)).sum())
        optimizer.step()
        if accelerator.is_main_process:
            log(step, clips(1))
    assert [entry["step"] for entry in entries(tmp_path / "scores.jsonl")] == [0, 1]


def test_tensorboard_has_a_point_for_each_step(scorer: Scorer, tmp_path: Path) -> None:
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    log = vbench.ScoreLog(scorer, tmp_path / "events")
    values = [log(step, clips(1))["imaging_quality"] for step in (5, 10)]
    read = events.EventAccumulator(str(tmp_path / "events"))
    read.Reload()
    assert set(read.Tags()["scalars"]) == {"vbench/temporal_flickering", "vbench/imaging_quality"}
    points = [(event.step, event.value) for event in read.Scalars("vbench/imaging_quality")]
    assert points == [(5, pytest.approx(values[0])), (10, pytest.approx(values[1]))]


def test_tensorboard_tells_how_many_videos_a_point_is_not_of(scorer: Scorer, tmp_path: Path) -> None:
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    ScoreLog(scorer, tmp_path / "events")(5, [*clips(2), clips(1)[0][:1]])
    read = events.EventAccumulator(str(tmp_path / "events"))
    read.Reload()
    (said,) = read.Tensors("vbench/not scored/temporal_flickering/text_summary")
    assert said.tensor_proto.string_val[0].startswith(b"of 3 videos 1: ")


def test_without_tensorboard_the_error_says_what_to_install(
    scorer: Scorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtra, match=r"pip install tensorboard, or log to a file NAME\.jsonl"):
        ScoreLog(scorer, tmp_path / "events")
    (tmp_path / "scores.txt").touch()
    with pytest.raises(UsageError, match="is a file"):
        ScoreLog(scorer, tmp_path / "scores.txt")
