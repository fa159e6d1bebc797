"""The four dimensions of objects against the reference: scores, labels, captions, boxes and token ids.

A clip is looked at once for all four, as it is while a run visits it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch

from tests.parity.conftest import clip
from tests.parity.figures import reference, seeded
from vbench.dimensions.backbones.grit import Grit
from vbench.dimensions.backbones.grit.grit import BEGIN
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.color import COLORS, Color
from vbench.dimensions.multiple_objects import MultipleObjects, pair
from vbench.dimensions.object_class import ObjectClass
from vbench.dimensions.regions import found_in, in_words, labelled, subsampled
from vbench.dimensions.spatial_relationship import SpatialRelationship
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

pytestmark = pytest.mark.parity

Kind = type[Dimension]

DIMENSIONS: tuple[Kind, ...] = (ObjectClass, MultipleObjects, Color, SpatialRelationship)

CLIPS = ("pan_wide_rgb", "portrait_rgb", "large_yuv")

WITH_BOXES = [
    (kind, name)
    for kind in (ObjectClass, Color)
    for name in CLIPS
    if "frames" in reference(kind.name)["clips"][name]["probe"]
]


@cache
def describer() -> Grit:
    """GRiT with the seeded weights that the goldens were made with."""
    return seeded(Grit)


@cache
def video(name: str) -> Video:
    """A parity clip that keeps its regions."""
    return Video(clip(name))


def golden(kind: Kind, name: str) -> dict[str, Any]:
    figures: dict[str, Any] = reference(kind.name)["clips"][name]
    return figures


def probe(kind: Kind, name: str) -> dict[str, Any]:
    """What the reference saw on its way to the score."""
    figures: dict[str, Any] = golden(kind, name)["probe"]
    return figures


@cache
def score(kind: Kind, name: str) -> VideoScore:
    """What a dimension says of a clip and its golden's prompt."""
    figures = golden(kind, name)
    prompt = Prompt(figures["prompt"], facts=figures["auxiliary_info"])
    return kind(describer=describer()).score(video(name), prompt)


def texts(score: VideoScore, kind: str) -> list[list[str]]:
    """``"labels"`` or ``"captions"`` of each of the 16 frames."""
    by_frame = {seen["frame"]: seen[kind] for seen in score.details["seen"]}
    return [by_frame[index] for index in score.details["frame_indices"]]


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize("kind", DIMENSIONS)
def test_each_clip_scores_as_the_reference(kind: Kind, name: str) -> None:
    seen, figures = score(kind, name), golden(kind, name)
    assert seen.value == pytest.approx(figures["score"], abs=1e-4)
    assert seen.weight == (1 if kind is Color else 16)
    if kind in (ObjectClass, MultipleObjects):
        assert seen.details["frame_count"] == 16
        assert seen.details["success_frame_count"] == figures["probe"]["success_frame_count"]


@pytest.mark.parametrize("kind", DIMENSIONS)
def test_aggregate_is_the_references(kind: Kind) -> None:
    aggregate = kind.aggregate([kind.of_prompt([score(kind, name) for name in CLIPS])])
    assert aggregate == pytest.approx(reference(kind.name)["aggregate"], abs=1e-4)


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize("kind", [ObjectClass, MultipleObjects, SpatialRelationship])
def test_labels_are_the_references(kind: Kind, name: str) -> None:
    assert texts(score(kind, name), "labels") == probe(kind, name)["per_frame_objects"]


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize("kind", [ObjectClass, Color])
def test_the_references_frames_are_looked_at(kind: Kind, name: str) -> None:
    assert score(kind, name).details["frame_indices"] == probe(kind, name)["frame_indices"]


@pytest.mark.parametrize(("kind", "name"), WITH_BOXES)
def test_boxes_and_how_sure_the_detector_is_are_the_references(kind: Kind, name: str) -> None:
    by_frame = {seen["frame"]: seen for seen in score(kind, name).details["seen"]}
    for figures in probe(kind, name)["frames"]:
        if "same_as_sample" in figures:
            continue
        seen = by_frame[figures["frame"]]
        assert torch.tensor(seen["boxes"]).sub(torch.tensor(figures["boxes"])).abs().max() < 0.5
        assert seen["scores"] == pytest.approx(figures["roi_scores"], abs=1e-3)


# Object class and multiple objects --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CLIPS)
def test_an_object_is_found_where_a_label_of_the_reference_names_it(name: str) -> None:
    wanted = golden(ObjectClass, name)["auxiliary_info"]["object_class"]["object"]
    labels = probe(ObjectClass, name)["per_frame_objects"]
    assert list(score(ObjectClass, name).per_frame) == [float(wanted in frame) for frame in labels]


@pytest.mark.parametrize("name", CLIPS)
def test_two_objects_are_found_where_labels_of_the_reference_name_both(name: str) -> None:
    first, second = pair(golden(MultipleObjects, name)["auxiliary_info"]["multiple_objects"]["object"])
    labels = probe(MultipleObjects, name)["per_frame_objects"]
    assert list(score(MultipleObjects, name).per_frame) == [
        float(first in frame and second in frame) for frame in labels
    ]


def test_token_ids_of_labels_are_the_references() -> None:
    [figures, *_] = probe(ObjectClass, "pan_wide_rgb")["frames"]
    [regions] = describer().find(video("pan_wide_rgb").frames([figures["frame"]]))
    with torch.inference_mode():
        [ids] = describer().network.write(regions.features, [BEGIN["label"]])
    assert ids.tolist() == figures["token_ids"]["object"]


# Color ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CLIPS)
def test_verdicts_of_color_follow_from_the_references_words(name: str) -> None:
    seen, figures = score(Color, name), probe(Color, name)
    wanted, color = seen.details["object"], seen.details["color"]
    shown = [bool(labels) and labels[0] == wanted for labels in figures["per_frame_objects"]]
    told = [" / ".join(captions) for captions in figures["per_frame_captions"]]
    assert list(seen.per_frame) == [float(s and color in t) for s, t in zip(shown, told, strict=True)]
    assert seen.details["counts"] == [s and any(c in t for c in COLORS) for s, t in zip(shown, told, strict=True)]


@pytest.mark.parametrize("name", CLIPS)
def test_labels_and_captions_are_the_references_where_they_can_count(name: str) -> None:
    seen, figures = score(Color, name), probe(Color, name)
    wanted, labels, captions = seen.details["object"], figures["per_frame_objects"], figures["per_frame_captions"]
    shown = [own[:1] == [wanted] for own in labels]
    assert texts(seen, "labels") == [own if shows else own[:1] for own, shows in zip(labels, shown, strict=True)]
    assert texts(seen, "captions") == [own if shows else [] for own, shows in zip(captions, shown, strict=True)]


@pytest.mark.parametrize("name", CLIPS)
def test_all_labels_and_captions_are_the_references(name: str) -> None:
    figures, found = probe(Color, name), found_in(video(name), describer(), subsampled)
    words = dict(zip(found, in_words(list(found.values()), describer(), ("label", "caption")), strict=True))
    told = [words[index] for index in figures["frame_indices"]]
    assert [list(labels) for labels, _ in told] == figures["per_frame_objects"]
    assert [list(captions) for _, captions in told] == figures["per_frame_captions"]


def test_token_ids_of_captions_and_labels_are_the_references() -> None:
    [figures, *_] = probe(Color, "portrait_rgb")["frames"]
    [regions] = describer().find(video("portrait_rgb").frames([figures["frame"]]))
    with torch.inference_mode():
        captions, labels = describer().network.write(regions.features, [BEGIN["caption"], BEGIN["label"]])
    assert captions.tolist() == figures["token_ids"]["caption"]
    assert labels.tolist() == figures["token_ids"]["object"]


# Spatial relationship ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CLIPS)
def test_frames_and_whole_boxes_of_spatial_relationship_are_the_references(name: str) -> None:
    figures = probe(SpatialRelationship, name)
    found = score(SpatialRelationship, name).per_frame
    assert list(found) == pytest.approx(figures["per_frame_score"], abs=1e-4)
    corners = [[list(box) for box in frame.corners] for frame in labelled(video(name), describer())]
    assert corners == figures["per_frame_int_boxes"]
