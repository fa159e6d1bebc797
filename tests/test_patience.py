"""What takes long is told while it does."""

from __future__ import annotations

from pathlib import Path
from queue import Queue

import pytest

from tests.footage import noise, write_video
from vbench import patience
from vbench.interface import evaluate
from vbench.patience import Patience
from vbench.progress import Progress


def test_who_has_not_answered_is_told_until_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONG", 0.2)
    monkeypatch.setattr(patience, "BETWEEN_LOOKS", 0.001)
    told = Queue[str]()
    with Patience(told.put) as waiting:
        waiting.wait_for(["a.mp4", "b.mp4"])
        assert {told.get(timeout=60).partition(":")[0] for _ in range(2)} == {"a.mp4", "b.mp4"}
        waiting.wait_for(["b.mp4"])
        assert told.get(timeout=60).startswith("b.mp4: nothing has come of it for ")
        waiting.wait_for([])


class Notes(Progress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """See :class:`vbench.progress.Progress`."""
        self.notes.append(text)


@pytest.mark.usefixtures("toy_dimensions")
def test_a_run_names_the_video_that_it_waits_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONG", 0.2)
    monkeypatch.setattr(patience, "BETWEEN_LOOKS", 0.001)
    monkeypatch.setenv("TOY_SECONDS", "1")
    for index in range(2):
        write_video(tmp_path / "videos" / f"a-{index}.mp4", noise(4, seed=index))
    notes = Notes()
    evaluate(tmp_path / "videos", dimensions=["precise", "brightness"], profile="lite", device="cpu",
             output=tmp_path / "run", progress=notes)  # fmt: skip
    assert {note.partition(":")[0] for note in notes.notes if "still waited for" in note} == {"a-0.mp4", "a-1.mp4"}
