"""Object class against the reference: scores, labels, boxes and how sure the detector is."""

from __future__ import annotations

import pytest
import torch

from tests.parity.figures import reference
from tests.parity.grit import CLIPS, aggregate, describer, probe, score, texts, video
from vbench.dimensions.backbones.grit.grit import BEGIN
from vbench.dimensions.object_class import ObjectClass

pytestmark = pytest.mark.parity

GOLDEN = reference("object_class")


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_scores_as_the_reference(name: str) -> None:
    seen, figures = score(ObjectClass, name), GOLDEN["clips"][name]
    assert seen.value == pytest.approx(figures["score"], abs=1e-4)
    assert seen.weight == seen.details["frame_count"] == 16
    assert seen.details["success_frame_count"] == figures["probe"]["success_frame_count"]
    wanted = figures["auxiliary_info"]["object_class"]["object"]
    assert list(seen.per_frame) == [float(wanted in labels) for labels in figures["probe"]["per_frame_objects"]]


@pytest.mark.parametrize("name", CLIPS)
def test_frames_and_labels_are_the_references(name: str) -> None:
    seen, figures = score(ObjectClass, name), probe(ObjectClass, name)
    assert seen.details["frame_indices"] == figures["frame_indices"]
    assert texts(seen, "labels") == figures["per_frame_objects"]


@pytest.mark.parametrize("name", [name for name in CLIPS if "frames" in GOLDEN["clips"][name]["probe"]])
def test_boxes_and_scores_are_the_references(name: str) -> None:
    by_frame = {seen["frame"]: seen for seen in score(ObjectClass, name).details["seen"]}
    for figures in probe(ObjectClass, name)["frames"]:
        if "same_as_sample" in figures:
            continue
        seen = by_frame[figures["frame"]]
        assert torch.tensor(seen["boxes"]).sub(torch.tensor(figures["boxes"])).abs().max() < 0.5
        assert seen["scores"] == pytest.approx(figures["roi_scores"], abs=1e-3)


def test_token_ids_are_the_references() -> None:
    [figures, *_] = probe(ObjectClass, "pan_wide_rgb")["frames"]
    [regions] = describer().find(video("pan_wide_rgb").frames([figures["frame"]]))
    with torch.inference_mode():
        [ids] = describer().network.write(regions.features, [BEGIN["label"]])
    assert ids.tolist() == figures["token_ids"]["object"]


def test_aggregate_is_all_hits_by_all_frames() -> None:
    assert aggregate(ObjectClass) == pytest.approx(GOLDEN["aggregate"], abs=1e-4)
