"""Configurations of a pipeline that somebody edited, or that are damaged: told in words before and at loading."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.generators.tiny_pipelines import text_to_video_sd
from vbench.errors import VBenchError
from vbench.generators.diffusers.checkpoint import Checkpoint, DiffusersOptions

KINDS: list[Any] = [None, True, -1, 10**30, 1.5, "x", [], ["x"], ["x", 3], [{}, "x"], {}, {"a": 1}]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    text_to_video_sd().save_pretrained(folder)
    return folder


def edited(content: bytes, most: int) -> Iterator[bytes]:
    """It with one of its values replaced by one of another kind, cut, and of another form altogether."""
    found = json.loads(content)
    pairs = [(name, kind) for name in found for kind in KINDS]
    random.Random(0).shuffle(pairs)
    yield from (json.dumps({**found, name: kind}).encode() for name, kind in pairs[:most])
    yield from (b"", content[:9], content[:-3], b"\xff", b"[]", b"3", b"[" * 100_000)


def check(folder: Path) -> None:
    checkpoint = Checkpoint(str(folder), None, DiffusersOptions())
    checkpoint.check_kind()
    checkpoint.check()
    _ = checkpoint.scheduler


def load(folder: Path) -> None:
    checkpoint = Checkpoint(str(folder), None, DiffusersOptions())
    checkpoint.check()
    checkpoint.load()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("model_index.json", check), ("scheduler/scheduler_config.json", check), ("tokenizer/tokenizer.json", load),
        ("tokenizer/tokenizer_config.json", load),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it_is_told(name: str, read: Callable[[Path], None], whole: Path) -> None:
    content, refused = (whole / name).read_bytes(), 0
    try:
        for one in edited(content, 6 if read is load else 60):
            (whole / name).write_bytes(one)
            try:
                read(whole)
            except VBenchError as error:
                assert str(error)
                refused += 1
    finally:
        (whole / name).write_bytes(content)
    assert refused > 5
