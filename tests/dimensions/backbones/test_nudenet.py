"""NudeNet: how frames go in, what comes out, and which file is taken for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.parity.figures import reference
from tests.parity.trustworthiness import prepare
from vbench.dimensions.backbones.nudenet import NudeNet, letterbox
from vbench.errors import CheckpointMismatch, MissingCheckpoint
from vbench.weights.cards import checkpoint

CASES = reference("safety_nudenet")["cases"]


def picture(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    data = pytest.importorskip("skimage.data")
    pictures = {
        "astronaut_whole": data.astronaut,
        "astronaut_tall_300x512": lambda: data.astronaut()[:, 100:400],
        "camera_wide": lambda: np.stack([data.camera()] * 3, -1)[60:330],
        "chelsea_451x300_no_detection": data.chelsea,
    }
    return np.ascontiguousarray(pictures[name]())


@pytest.mark.parametrize("name", CASES)
def test_a_frame_goes_in_as_in_the_reference(name: str) -> None:
    probe = CASES[name]["probe"]
    square, stretch, margins = letterbox(picture(name).astype(np.float32))
    assert stretch == pytest.approx(probe["resize_factor"])
    assert margins == (probe["pad_left"], probe["pad_top"])
    assert float((square / 255).mean()) == pytest.approx(probe["input_mean"], abs=1e-6)
    assert float((square / 255).std()) == pytest.approx(probe["input_std"], abs=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_the_published_network_finds_what_it_finds_in_the_reference(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBENCH_CACHE_DIR", str(prepare("nudenet")))
    frame = torch.from_numpy(picture(name)).permute(2, 0, 1)
    found = NudeNet.load(torch.device("cpu")).parts(frame)
    expected = CASES[name]["detections"]
    assert [part.label for part in found] == [one["class"] for one in expected]
    for part, one in zip(found, expected, strict=True):
        left, top, width, height = one["box"]
        assert part.score == pytest.approx(one["score"], abs=1e-4)
        assert part.box == pytest.approx((left, top, left + width, top + height), abs=1)


def test_another_versions_file_is_refused_with_its_digest(empty_cache: Path) -> None:
    place = empty_cache / checkpoint("nudenet").path
    with pytest.raises(MissingCheckpoint, match="vbench weights download nudenet"):
        NudeNet.load(torch.device("cpu"))
    place.parent.mkdir(parents=True)
    place.write_bytes(b"the network of another version")
    with pytest.raises(CheckpointMismatch, match=r"sha256 [0-9a-f]{64}, expected 9832f15515bd"):
        NudeNet.load(torch.device("cpu"))
