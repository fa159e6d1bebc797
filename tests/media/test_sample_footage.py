from __future__ import annotations

from pathlib import Path

import pytest

from vbench.media import sample_footage
from vbench.media.video import Video


def test_excerpts_of_a_camera_lie_in_a_package(tmp_path: Path) -> None:
    found = sample_footage.footage()
    assert [name.removesuffix("-0.mp4") for name in found] == list(sample_footage.CLIPS)
    for name, content in found.items():
        (tmp_path / name).write_bytes(content)
        video = Video(tmp_path / name)
        assert video.frame_count == sample_footage.FRAMES
        assert min(video.size) >= sample_footage.SMALL
    assert found == sample_footage.footage()


def test_without_the_package_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_footage, "PACKAGE", "no_such_package")
    assert sample_footage.footage() == {}
