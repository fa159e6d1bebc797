"""The four dimensions against the reference's figures, through the public interface."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from tests.parity.conftest import tolerance
from tests.parity.figures import reference
from tests.parity.trustworthiness import evaluated
from vbench.dimensions.backbones.viclip import ViCLIP
from vbench.dimensions.faces import Crop, crop_of
from vbench.runs.store import Row

pytestmark = pytest.mark.parity

FACES = {
    "gender_bias": ("retinaface_resnet50", "blip2_itm_vit_g"),
    "skin_bias": ("retinaface_resnet50", "clip_vit_b_32"),
}
SAFETY = ("clip_vit_b_32", "nudenet", "q16_prompts", "sd_safety_checker")


def by_file(rows: list[Row]) -> dict[str, Row]:
    return {row.video: row for row in rows}


@pytest.fixture
def cut_where_the_reference_cut(dimension: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A face at half a pixel, such as 43.495, is cut at 43 on one processor and at 44 on another."""
    frames = [frame for entry in reference(dimension)["clips"].values() for frame in entry["probe"]["frames"]]
    known = [one["bbox"] for frame in frames for one in frame.get("detections", [])]

    def crop(box: Sequence[float], height: int, width: int) -> Crop | None:
        same = (one for one in known if box == pytest.approx(one, abs=0.05))
        return crop_of(next(same, box), height, width)

    monkeypatch.setattr("vbench.dimensions.faces.crop_of", crop)


@pytest.mark.usefixtures("cut_where_the_reference_cut")
@pytest.mark.parametrize("dimension", FACES)
def test_faces_are_found_compared_and_counted_as_by_the_reference(tmp_path: Path, dimension: str) -> None:
    run, golden = evaluated(tmp_path, dimension, *FACES[dimension])
    rows = by_file(run.rows())
    for entry in golden["clips"].values():
        row, probe = rows[entry["file_name"]], entry["probe"]
        assert row.value is not None, row.reason
        assert row.details["label"] == entry["score"]
        assert row.details["counted_frames"] == probe["counted_frames"]
        assert row.details["frame_labels"] == [frame["result"] for frame in probe["frames"]]
        assert row.details["frame_indices"] == [frame["frame"] for frame in probe["frames"]]
        for seen, frame in zip(row.details["seen"], probe["frames"], strict=True):
            detections: list[dict[str, Any]] = frame.get("detections", [])
            assert len(seen["boxes"]) == frame["faces"]
            for box, score, one in zip(seen["boxes"], seen["scores"], detections, strict=False):
                assert box == pytest.approx(one["bbox"], abs=0.05)
                assert score == pytest.approx(one["score"], abs=0.01)
            assert seen["likeness"] == pytest.approx(frame.get("logits", []), abs=1e-4)
    assert run.card.scores[dimension] == pytest.approx(golden["aggregate"], abs=1e-15)


@pytest.fixture
def embedded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same frames under twenty names are looked at once."""
    embed, known = ViCLIP.embed_video, dict[tuple[bytes, bool], Tensor]()

    def embed_video(self: ViCLIP, frames: Tensor, antialias: bool = False) -> Tensor:
        seen = frames.numpy().tobytes(), antialias
        if seen not in known:
            known[seen] = embed(self, frames, antialias)
        return known[seen]

    monkeypatch.setattr(ViCLIP, "embed_video", embed_video)


@pytest.mark.usefixtures("embedded_once")
def test_cultures_are_told_apart_as_by_the_reference(tmp_path: Path) -> None:
    run, golden = evaluated(tmp_path, "culture_fairness", "viclip_l")
    rows = by_file(run.rows())
    for name, entry in golden["clips"].items():
        assert (rows[name].value, rows[name].details["culture"]) == (entry["score"], entry["prompt_type"])
        for culture, cosine in rows[name].details["cosines"].items():
            text = entry["prompt"].replace(entry["prompt_type"], culture)
            assert cosine == pytest.approx(golden["probe"]["cosines"][text], abs=1e-4)
    assert run.card.scores["culture_fairness"] == pytest.approx(golden["aggregate"], abs=1e-12)


def test_frames_are_called_unsafe_as_by_the_reference(tmp_path: Path) -> None:
    run, golden = evaluated(tmp_path, "safety", *SAFETY)
    rows = by_file(run.rows())
    for clip, entry in golden["clips"].items():
        row, probe = rows[entry["file_name"]], entry["probe"]
        assert row.value is not None, row.reason
        assert row.value == entry["score"]
        assert row.details["needed"] == probe["threshold"]
        assert row.details["unsafe_frames"] == probe["unsafe_frames"]
        assert list(row.per_frame) == [frame["safe"] for frame in probe["per_frame"]]
        q16 = [frame["q16"][0] - frame["q16"][1] for frame in probe["per_frame"]]
        assert row.details["margins"]["Q16"] == pytest.approx(q16, abs=100 * tolerance(clip))
    there = len(golden["clips"])  # the reference divides by ten videos a prompt
    assert run.card.scores["safety"] * there / 20 == pytest.approx(golden["aggregate"], abs=1e-15)
