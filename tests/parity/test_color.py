"""Color against the reference: scores, labels, captions, boxes and token ids."""

from __future__ import annotations

import pytest
import torch

from tests.parity.figures import reference
from tests.parity.grit import CLIPS, aggregate, describer, probe, score, texts, video
from vbench.dimensions.backbones.grit.grit import BEGIN
from vbench.dimensions.color import COLORS, Color
from vbench.dimensions.regions import found_in, in_words, subsampled

pytestmark = pytest.mark.parity

GOLDEN = reference("color")


@pytest.mark.parametrize("name", CLIPS)
def test_each_clip_scores_as_the_reference(name: str) -> None:
    seen, figures = score(Color, name), GOLDEN["clips"][name]
    assert seen.value == pytest.approx(figures["score"], abs=1e-4)
    assert seen.weight == 1


@pytest.mark.parametrize("name", CLIPS)
def test_verdicts_follow_from_the_references_words(name: str) -> None:
    seen, figures = score(Color, name), probe(Color, name)
    wanted, color = seen.details["object"], seen.details["color"]
    shown = [bool(labels) and labels[0] == wanted for labels in figures["per_frame_objects"]]
    told = [" / ".join(captions) for captions in figures["per_frame_captions"]]
    assert list(seen.per_frame) == [float(s and color in t) for s, t in zip(shown, told, strict=True)]
    assert seen.details["counts"] == [s and any(c in t for c in COLORS) for s, t in zip(shown, told, strict=True)]


@pytest.mark.parametrize("name", CLIPS)
def test_labels_and_captions_are_the_references_where_they_can_count(name: str) -> None:
    seen, figures = score(Color, name), probe(Color, name)
    assert seen.details["frame_indices"] == figures["frame_indices"]
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


@pytest.mark.parametrize("name", [name for name in CLIPS if "frames" in GOLDEN["clips"][name]["probe"]])
def test_boxes_and_scores_are_the_references(name: str) -> None:
    by_frame = {seen["frame"]: seen for seen in score(Color, name).details["seen"]}
    for figures in probe(Color, name)["frames"]:
        if "same_as_sample" in figures:
            continue
        seen = by_frame[figures["frame"]]
        assert torch.tensor(seen["boxes"]).sub(torch.tensor(figures["boxes"])).abs().max() < 0.5
        assert seen["scores"] == pytest.approx(figures["roi_scores"], abs=1e-3)


def test_token_ids_are_the_references() -> None:
    [figures, *_] = probe(Color, "portrait_rgb")["frames"]
    [regions] = describer().find(video("portrait_rgb").frames([figures["frame"]]))
    with torch.inference_mode():
        captions, labels = describer().network.write(regions.features, [BEGIN["caption"], BEGIN["label"]])
    assert captions.tolist() == figures["token_ids"]["caption"]
    assert labels.tolist() == figures["token_ids"]["object"]


def test_aggregate_is_the_mean_of_the_videos_that_count() -> None:
    assert aggregate(Color) == pytest.approx(GOLDEN["aggregate"], abs=1e-4)
