"""A checkpoint that is not what it should be: a clear message, the right exit status, and the rest is scored."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.cli.test_commands import Command, Result, vbench
from tests.footage import noise, write_video
from tests.parity.checkpoint_cache import seeded_state
from vbench.weights.cards import CHECKPOINTS

__all__ = ["vbench"]

State = dict[str, Any]
BOTH = ("-d", "motion_smoothness", "-d", "temporal_flickering", "--device", "cpu")


class Code:
    """Runs something when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path("executed").touch, ()


def without_a_key(state: State) -> State:
    state.pop("decoder4.convblock.0.0.weight")
    return state


def of_another_shape(state: State) -> State:
    state["decoder4.convblock.0.0.weight"] = torch.zeros(1, 2, 3, 3)
    return state


def with_code(state: State) -> State:
    return {**state, "extra": Code()}


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    for index in range(2):
        write_video(folder / f"clip {index}-0.mp4", noise(3, 128, 128, index))
    return folder


@pytest.fixture
def evaluate(vbench: Command, empty_cache: Path, videos: Path) -> Callable[[Callable[[State], State]], Result]:
    def run(change: Callable[[State], State]) -> Result:
        path = empty_cache / CHECKPOINTS["amt_s"].path
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"state_dict": change(seeded_state("amt_s"))}, path)
        return vbench("evaluate", videos, *BOTH, "--json")

    return run


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_a_key, "1 missing: decoder4.convblock.0.0.weight"),
        (of_another_shape, "decoder4.convblock.0.0.weight (1, 2, 3, 3) instead of"),
        (with_code, "refused: reading it would run code"),
    ],
)
def test_its_dimension_is_not_evaluated_and_the_other_is(
    evaluate: Callable[[Callable[[State], State]], Result], change: Callable[[State], State], message: str
) -> None:
    result = evaluate(change)
    assert result.status == 1
    assert message in result.err
    assert message in result.json["not_evaluated"]["motion_smoothness"]
    assert result.json["dimensions"]["temporal_flickering"]["videos"] == 2
    assert "motion_smoothness" not in result.json["dimensions"]
    assert not Path("executed").exists()


def test_the_whole_file_scores(evaluate: Callable[[Callable[[State], State]], Result]) -> None:
    result = evaluate(lambda state: state)
    assert result.status == 0
    assert result.json["dimensions"]["motion_smoothness"]["videos"] == 2


def test_the_code_would_run_if_it_were_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pickle.loads(pickle.dumps(Code()))
    assert Path("executed").exists()
