"""Q16's pickle is read as data: an array of the right kind, or a refusal."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vbench.dimensions.backbones.q16 import Q16, read_prompts
from vbench.errors import CheckpointError, CheckpointMismatch, UnsafeCheckpoint


class Trap:
    """Writes a file when a careless reader unpickles it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return exec, (f"open({str(self.path)!r}, 'w')",)


def prompts(dtype: type = np.float16, width: int = 512) -> Any:
    return np.random.default_rng(0).normal(size=(2, width)).astype(dtype)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_an_array_is_read_as_it_was_written(tmp_path: Path, protocol: int, dtype: type) -> None:
    written = prompts(dtype)
    (tmp_path / "prompts.p").write_bytes(pickle.dumps(written, protocol=protocol))
    if protocol in (0, 1, 2, 5):  # ways of writing bytes and buffers that need more names; the published file is of 3
        with pytest.raises(UnsafeCheckpoint, match="refused"):
            read_prompts(tmp_path / "prompts.p")
        return
    assert np.array_equal(read_prompts(tmp_path / "prompts.p").numpy(), written.astype(np.float32))


def test_old_and_new_names_of_numpy_are_one(tmp_path: Path) -> None:
    written = pickle.dumps(prompts(), protocol=3)
    for module in (b"numpy.core.multiarray", b"numpy._core.multiarray"):
        old = b"numpy._core.multiarray" if b"numpy._core.multiarray" in written else b"numpy.core.multiarray"
        (tmp_path / "prompts.p").write_bytes(written.replace(old, module))
        assert read_prompts(tmp_path / "prompts.p").shape == (2, 512)


@pytest.mark.parametrize("protocol", [0, 3, 5])
def test_a_pickle_with_code_is_refused_and_nothing_of_it_runs(tmp_path: Path, protocol: int) -> None:
    path, trace = tmp_path / "prompts.p", tmp_path / "trace"
    path.write_bytes(pickle.dumps(Trap(trace), protocol=protocol))
    with pytest.raises(UnsafeCheckpoint, match=r"reading it would run .*exec"):
        read_prompts(path)
    assert not trace.exists()


@pytest.mark.parametrize(
    "content",
    [prompts(width=768), prompts(np.float64), np.full((2, 512), np.nan, np.float16), np.array([None] * 2), {"a": 1}, 3],
    ids=["ViT-L/14", "double", "not finite", "objects", "dictionary", "number"],
)
def test_another_array_is_refused(tmp_path: Path, content: Any) -> None:
    (tmp_path / "prompts.p").write_bytes(pickle.dumps(content, protocol=3))
    with pytest.raises(CheckpointMismatch, match="not Q16's"):
        read_prompts(tmp_path / "prompts.p")


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps(prompts(), protocol=3)[:900]])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "prompts.p").write_bytes(content)
    with pytest.raises(CheckpointError, match="Get the published file"):
        read_prompts(tmp_path / "prompts.p")


def test_similarities_are_100_cosines_whatever_the_lengths() -> None:
    head = Q16(torch.eye(2, 512) * 13, torch.device("cpu"))
    found = head.similarities(torch.tensor([[3.0, 4.0, *[0.0] * 510]]))
    assert found.tolist()[0] == pytest.approx([60, 80])
