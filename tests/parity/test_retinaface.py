"""RetinaFace against the published library's figures: from raw outputs to boxes, and the network in both modes."""

from __future__ import annotations

from functools import cache, partial
from itertools import chain
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.parity.conftest import clip
from tests.parity.figures import reference, seeded
from vbench.dimensions.backbones.base import Face
from vbench.dimensions.backbones.retinaface import RetinaFace, anchors, enlarged, faces_from
from vbench.media.video import Video

GOLDEN = reference("retinaface")
CASES = GOLDEN["raw_outputs_to_boxes"]["cases"]
NETWORK = {entry["clip"]: entry for entry in GOLDEN["network"]}


def raw_outputs(case: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """What stands for the network's answers, by the golden's rule."""
    rule, count = case["raw"], case["priors"]
    rng = np.random.Generator(np.random.PCG64(rule["rng"]))
    offsets = (rule.get("lscale", 0.5) * rng.standard_normal((count, 4))).astype(np.float32)
    logits = np.zeros((count, 2), np.float32)
    logits[:, 1] = (rule["cbias"] + rng.standard_normal(count)).astype(np.float32)
    for place, value in rule["hot"]:
        logits[place, 1] = value
    return torch.from_numpy(offsets), torch.from_numpy(logits)


def same(found: list[Face], expected: list[dict[str, Any]]) -> None:
    wanted = [one for one in expected if one["bbox"]]  # the library says "nothing" by an entry without a box
    assert len(found) == len(wanted)
    for face, one in zip(found, wanted, strict=True):
        assert face.box == pytest.approx(one["bbox"], abs=0.05)
        assert face.score == pytest.approx(one["score"], abs=0.01)


@pytest.mark.parametrize("name", CASES)
def test_raw_outputs_become_the_librarys_boxes(name: str) -> None:
    case = CASES[name]
    same(faces_from(*raw_outputs(case), case["input_hw"], case["frame_hw"]), case["result"])


def test_anchors_are_the_librarys() -> None:
    priors, found = GOLDEN["priors_48x64"], anchors(48, 64)
    assert len(found) == priors["n"]
    assert found[:4].tolist() == priors["first4"]
    assert found[96:100].tolist() == priors["rows_96_to_99"]
    assert found[-4:].tolist() == priors["last4"]


@cache
def detector() -> RetinaFace:
    return seeded(RetinaFace)


@pytest.mark.parity
@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("name", NETWORK)
def test_the_network_answers_as_the_librarys_in_either_mode(name: str, mode: str) -> None:
    entry = NETWORK[name]
    frame = Video(clip(name)).frames([entry["frame"]])[0]
    pixels = enlarged(frame, GOLDEN["max_size"])
    assert list(pixels.shape) == entry["input"]["shape"]
    assert pixels[0, 0, 0, :6].tolist() == pytest.approx(entry["input"]["head"], abs=1e-6)
    with torch.inference_mode():
        offsets, logits = detector().network.by_statistics_of(mode == "train")(pixels)
    figures = entry[mode]
    near = partial(pytest.approx, rel=1e-4, abs=1e-4)  # of 1.79 two kinds of processors differ by 1.01e-4
    assert offsets[0, -1].tolist() == near(figures["loc_last4"])
    assert logits[0, -4:].flatten().tolist() == near([*chain(*figures["conf_last_rows"])])
    assert logits[0, :2].flatten().tolist() == near([*chain(*figures["conf_first_rows"])])
    detector().faces(frame, 96, mode != "train")  # the other mode leaves no trace
    same(detector().faces(frame, GOLDEN["max_size"], mode == "train"), figures["result"])
