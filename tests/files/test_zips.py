"""An archive that somebody damaged is refused in words by whoever reads it, and never ends in a traceback."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vbench.distances.reference import read_reference
from vbench.errors import VBenchError
from vbench.files.zips import unreadable
from vbench.leaderboard.db import backup
from vbench.leaderboard.settings import Settings
from vbench.leaderboard.submissions.archive import limits_of, read_archive
from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.leaderboard.submissions.pack import pack_results
from vbench.leaderboard.video_archive import fetched
from vbench.weights import download
from vbench.weights.cards import CHECKPOINTS

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)

TRIES = 400
"""Damaged copies a reader: enough to meet each kind of error that is known, with this seed."""


def nameless(whole: bytes) -> bytes:
    """The table of contents says of its first file that its name has no letter."""
    place = whole.rindex(b"PK\x01\x02") + 28
    return whole[:place] + b"\0\0" + whole[place + 2 :]


def damaged(name: str, content: bytes) -> Iterator[bytes]:
    """Archives of one file with a few bytes changed, most of them in the table of contents."""
    chance = random.Random(name)
    for _ in range(TRIES):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", chance.choice(METHODS)) as archive:
            archive.writestr(name, content)
        whole = bytearray(file.getvalue())
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(whole)) if chance.random() < 0.3 else -1 - chance.randrange(80 + len(name))
            whole[place] = chance.choice([0, 255, chance.randrange(256)])
        yield bytes(whole)
    yield nameless(file.getvalue())


def of_arrays(name: str, content: bytes) -> Iterator[bytes]:
    """Archives as numpy writes them, damaged."""
    file = io.BytesIO()
    np.savez_compressed(file, about=np.frombuffer(content, np.uint8), mean=np.zeros(4), factor=np.eye(4))
    chance = random.Random(name)
    for _ in range(TRIES):
        whole = bytearray(file.getvalue())
        for _ in range(chance.randint(1, 4)):
            whole[chance.randrange(len(whole))] = chance.randrange(256)
        yield bytes(whole)


def taken_out(path: Path) -> object:
    return download._extracted(path, replace(CHECKPOINTS["amt_s"], member="a.pt", size=0))


def restored(path: Path) -> object:
    target = path.with_suffix(".sqlite")
    target.unlink(missing_ok=True)
    return backup._unpacked(path, target)


READERS: dict[str, tuple[str, Callable[[str, bytes], Iterator[bytes]], Callable[[Path], object]]] = {
    "a submission": ("scores.jsonl", damaged, lambda path: read_archive(path.read_bytes(), limits_of(Settings()))),
    "result files": ("a_eval_results.json", damaged, lambda path: pack_results(path, ModelCard("Model", "Lab", "1"))),
    "videos of a job": ("a-0.mp4", damaged, lambda path: fetched(str(path), path.with_suffix(""))),
    "a packed checkpoint": ("a.pt", damaged, taken_out),
    "a backup": (backup.MANIFEST, damaged, restored),
    "a distance's reference": ("about", of_arrays, read_reference),
}


@pytest.mark.parametrize("reader", READERS)
def test_whoever_reads_it_refuses_in_words(reader: str, tmp_path: Path) -> None:
    name, make, read = READERS[reader]
    refused = 0
    for number, content in enumerate(make(name, b'{"a": 1}\n' * 50)):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(content)
        try:
            read(path)
        except VBenchError as error:
            assert str(error)
            refused += 1
    assert refused > TRIES / 4


def test_an_error_of_the_disk_is_not_the_archives() -> None:
    with pytest.raises(PermissionError), unreadable(lambda error: VBenchError("damaged")):
        raise PermissionError(13, "Permission denied")
