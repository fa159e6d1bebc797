"""What is scored is computed in float32 as it stands, and what others have switched is theirs again afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest
import torch

from tests.footage import noise
from vbench.arithmetic import strictly, tf32
from vbench.runs.scorer import Scorer

DIMENSIONS = ("subject_consistency", "motion_smoothness", "dynamic_degree", "imaging_quality")

MATERIAL = """
import json, sys, torch
from vbench.arithmetic import strictly, tf32

backends = torch.backends
{before}

def tell(read):
    try:
        return read()
    except RuntimeError:  # said twice, and not the same
        return None

def standing():
    legacy = [lambda: backends.cuda.matmul.allow_tf32, lambda: backends.cudnn.allow_tf32,
              torch.get_float32_matmul_precision, lambda: backends.cudnn.deterministic]
    places = [getattr(place, name, None) for place in (backends.cudnn, backends.mkldnn)
              for name in ("conv", "rnn", "matmul")]
    found = [tell(read) for read in legacy]
    return found, [place.fp32_precision for place in (backends.cuda.matmul, *places)
                   if hasattr(place, "fp32_precision")]

first = standing()
with strictly():
    inside = standing()
    with tf32():
        fast = standing()
    again = standing()
behind = standing()
if hasattr(backends, "fp32_precision"):
    backends.fp32_precision = "ieee"
print(json.dumps([first, inside, fast, again, behind, standing()[1]]))
"""


@pytest.mark.parametrize(
    "before",
    [
        "",
        "torch.set_float32_matmul_precision('medium')",
        "backends.cuda.matmul.allow_tf32 = True; backends.cudnn.benchmark = True",
        "backends.fp32_precision = 'tf32'",
    ],
)
def test_every_switch_says_float32_within_and_what_it_said_before_behind(before: str) -> None:
    if "backends.fp32" in before and not hasattr(torch.backends, "fp32_precision"):
        pytest.skip("PyTorch before 2.9 does not have it")
    script = MATERIAL.format(before=before)
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    first, inside, fast, again, behind, changed = json.loads(said)
    assert inside[0] == [False, False, "highest", True]
    assert set(inside[1]) <= {"ieee"}
    assert fast[0][:2] == [True, True]
    assert again == inside
    assert behind == first
    if "backends.fp32" in before:
        assert set(changed) == {"ieee"}  # what followed the switch of all places follows it still


@contextmanager
def another_dtype() -> Iterator[None]:
    torch.set_default_dtype(torch.bfloat16)
    yield
    torch.set_default_dtype(torch.float32)


HABITS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "another dtype": another_dtype,
    "another device": lambda: torch.device("meta"),
    "no gradient": torch.no_grad,
    "nothing": nullcontext,
}


@pytest.mark.parametrize("habit", HABITS)
def test_no_habit_of_a_training_loop_moves_a_score(habit: str) -> None:
    frames = noise(4, height=160, width=192)
    known = Scorer(DIMENSIONS, profile="lite", device="cpu")
    expected = known.score(frames)
    with HABITS[habit]():
        assert Scorer(DIMENSIONS, profile="lite", device="cpu").score(frames) == expected
        assert known.score(frames) == expected
        assert known.attempt(frames) == (expected, {})
        kept = torch.is_autocast_enabled("cpu"), torch.get_default_dtype(), torch.empty(0).device.type
    assert kept == (
        habit == "autocast",
        torch.bfloat16 if habit == "another dtype" else torch.float32,
        "meta" if habit == "another device" else "cpu",
    )


def test_the_last_thread_switches_back() -> None:
    before = torch.backends.cudnn.allow_tf32
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with strictly():
            inside.set()
            leave.wait(60)

    thread = threading.Thread(target=other)
    with strictly():
        thread.start()
        assert inside.wait(60)
    assert not torch.backends.cudnn.allow_tf32
    leave.set()
    thread.join()
    assert torch.backends.cudnn.allow_tf32 == before


def test_tf32_is_off_again_after_an_error() -> None:
    with strictly():
        with pytest.raises(ValueError, match="no"), tf32():
            raise ValueError("no")
        assert not torch.backends.cudnn.allow_tf32
