"""Where networks compute, and what the process keeps of their memory."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

LAYERS = """
import resource, torch
from vbench import device

device.choose("cpu")
for count in (32, 8):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(count):
        torch.ones(2**24)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def glibc() -> bool:
    """Whether the C library is glibc."""
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (AttributeError, ValueError):
        return False


@pytest.mark.skipif(not glibc(), reason="the C library is another one")
def test_what_a_layer_lets_go_of_is_there_for_the_next() -> None:
    said = subprocess.run([sys.executable, "-c", LAYERS], capture_output=True, text=True, check=True).stdout
    assert int(said) < 2**26 // 4096  # pages of one tensor; eight would be faulted in again
