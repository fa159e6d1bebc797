"""pyiqa's measures: chosen by name, made without a network, and never the cause of a hang or of foreign output."""

from __future__ import annotations

import builtins
import os
import pickle
import socket
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.parity.conftest import clip
from vbench.dimensions.backbones.pyiqa_metric import TENSORS_ONLY, PyiqaMeasures, known_measure
from vbench.dimensions.imaging_quality_by_metric import ImagingQualityByMetric
from vbench.errors import CheckpointError, MissingExtra, UsageError
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def pyiqa() -> Any:
    return pytest.importorskip("pyiqa")


@pytest.fixture
def measures() -> PyiqaMeasures:
    return PyiqaMeasures.load(CPU)


def test_a_measure_gives_its_own_values(pyiqa: Any, measures: PyiqaMeasures) -> None:
    frames = Video(clip("still_rgb")).frames([0, 8])
    measure = measures.choose("piqe")
    found = measure.rate(frames)
    assert measure.lower_better
    assert found.dtype == torch.float32
    own = pyiqa.create_metric("piqe", device=CPU)
    assert found.tolist() == pytest.approx([float(own(frame[None] / 255)) for frame in frames])
    assert found.equal(measure.rate(frames.float()))


def test_a_video_gets_the_mean_and_says_by_what(measures: PyiqaMeasures) -> None:
    score = ImagingQualityByMetric(metric="entropy", quality_measures=measures).score(
        Video(clip("still_rgb")), Prompt("x")
    )
    assert len(score.per_frame) == 16
    assert score.value == pytest.approx(sum(score.per_frame) / 16)
    assert score.details == {"metric": "entropy", "lower_better": False}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("musik", r"no measure 'musik'\. Did you mean musiq"),
        ("lpips", r"lpips needs more than the frames"),
        ("fid", r"fid needs more than the frames"),
        ("../musiq", r"no measure '\.\./musiq'"),
    ],
)
def test_what_is_no_measure_of_frames_is_refused(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        known_measure(name)


def test_a_measure_must_be_named(measures: PyiqaMeasures) -> None:
    with pytest.raises(UsageError, match="--imaging-metric NAME"):
        ImagingQualityByMetric(quality_measures=measures)


def test_weights_that_cannot_be_had_are_named_once(
    measures: PyiqaMeasures, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked = []

    def unreachable(host: str, *rest: Any, **more: Any) -> Any:
        asked.append((host, socket.getdefaulttimeout()))
        raise socket.gaierror("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    monkeypatch.setattr("pyiqa.utils.download_util.DEFAULT_CACHE_DIR", str(tmp_path))
    for _ in range(2):
        with pytest.raises(CheckpointError, match=r"could not make musiq-spaq \(URLError: .*no network here"):
            measures.choose("musiq-spaq")
    assert [timeout for _, timeout in asked] == [30.0]
    assert socket.getdefaulttimeout() is None
    assert TENSORS_ONLY not in os.environ
    assert capsys.readouterr().out == ""


class Trap:
    def __reduce__(self) -> Any:
        return print, ("code of the file ran",)


def test_weights_that_name_code_are_refused(
    measures: PyiqaMeasures, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("pyiqa.utils.download_util.DEFAULT_CACHE_DIR", str(tmp_path))
    torch.save({"weights": Trap()}, tmp_path / "musiq_spaq_ckpt-358bb6af.pth", pickle_module=pickle)
    with pytest.raises(CheckpointError, match=r"could not make musiq-spaq.*Weights only"):
        measures.choose("musiq-spaq")
    assert "code of the file ran" not in "".join(capsys.readouterr())


def test_without_the_package_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name == "pyiqa":
            raise ModuleNotFoundError("No module named 'pyiqa'", name="pyiqa")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtra, match=r'pip install "vbench-suite\[iqa\]"'):
        PyiqaMeasures.load(CPU)
