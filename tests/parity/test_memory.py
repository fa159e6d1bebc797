"""What a 720p pair takes of memory, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.parity.checkpoint_cache import write_checkpoint
from tests.parity.conftest import SEEDED_CACHE

pytestmark = [
    pytest.mark.parity,
    pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from Linux's /proc"),
]

GIB = 2**30

PROGRAM = """
import torch
from {module} import {kind}

def peak():  # not getrusage: its figure starts at the size of the process that this one was forked from
    with open("/proc/self/status") as lines:
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

model = {kind}.load(torch.device("cpu"))
before = peak()
first, second = torch.randint(0, 256, (2, 1, 3, 720, 1280), dtype=torch.uint8)
model.{method}(first, second)
print(before, peak())
"""


def peaks(module: str, kind: str, method: str, checkpoint: str) -> tuple[int, int]:
    """Bytes held at most before the pair, and with it."""
    write_checkpoint(checkpoint, SEEDED_CACHE)
    program = PROGRAM.format(module=f"vbench.dimensions.backbones.{module}", kind=kind, method=method)
    environment = os.environ | {"VBENCH_CACHE_DIR": str(SEEDED_CACHE)}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    before, after = map(int, run.stdout.split())
    return before, after


def test_amt_adds_less_than_one_and_a_half_gib() -> None:
    before, after = peaks("amt", "AMT", "middle", "amt_s")
    assert after - before < 1.5 * GIB


def test_raft_stays_under_three_gib() -> None:
    _, after = peaks("raft", "RAFT", "flow", "raft_things")
    assert after < 3 * GIB
