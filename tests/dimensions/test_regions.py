"""What is seen in a video: which frames, at which size, and nothing twice."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
import torch

from tests.dimensions.scripted import Scripted
from tests.dimensions.stills import grey_stills
from vbench.dimensions.regions import account, antialiased, captioned, fact, labelled, reduced, subsampled
from vbench.errors import NotApplicable
from vbench.prompts.suite import Prompt

CAR = ((1.0, 1.0, 3.9, 3.0), "car", "a red car")


def test_a_short_video_repeats_its_last_frame_but_looks_once(tmp_path: Path) -> None:
    describer = Scripted({10: [CAR]})
    seen = labelled(grey_stills(tmp_path, [0, 10, 20]), describer)
    assert [frame.index for frame in seen] == [0, 1] + [2] * 14
    assert [frame.labels for frame in seen[:3]] == [(), ("car",), ()]
    assert len(describer.frames) == 3
    assert describer.wordings == [("label",)]


def test_a_long_video_gives_the_middles_of_16_parts(tmp_path: Path) -> None:
    seen = labelled(grey_stills(tmp_path, range(64)), Scripted({}))
    assert [frame.index for frame in seen] == [4 * part + 1 for part in range(16)]


def test_regions_are_found_once_for_all_wordings_and_words_once_for_all_dimensions(tmp_path: Path) -> None:
    video, describer = grey_stills(tmp_path, [10]), Scripted({10: [CAR]})
    for _ in range(3):
        labelled(video, describer)
    captioned(video, describer, "car")
    assert len(describer.frames) == 1
    assert describer.wordings == [("label",), ("label",), ("label", "caption")]


def test_where_the_best_region_is_something_else_the_others_are_not_put_into_words(tmp_path: Path) -> None:
    dog = ((0.0, 0.0, 2.0, 2.0), "dog", "a dog")
    seen = captioned(grey_stills(tmp_path, [10, 20, 30]), Scripted({10: [CAR, dog], 20: [dog, CAR]}), "car")
    assert [frame.labels for frame in seen[:3]] == [("car", "dog"), ("dog",), ()]
    assert [frame.captions for frame in seen[:3]] == [("a red car", "a dog"), (), ()]
    assert [len(frame.boxes) for frame in seen[:3]] == [2, 2, 0]


def test_labels_alone_bring_no_captions(tmp_path: Path) -> None:
    video, describer = grey_stills(tmp_path, [10]), Scripted({10: [CAR]})
    assert labelled(video, describer)[0].captions == ()
    assert captioned(video, describer, "car")[0].captions == ("a red car",)


def test_frames_up_to_768_go_in_as_they_are(tmp_path: Path) -> None:
    describer = Scripted({})
    labelled(grey_stills(tmp_path, [10], height=768, width=800), describer)
    assert describer.frames[0].shape == (3, 768, 800)
    assert describer.frames[0].dtype == torch.uint8


def test_larger_frames_are_made_smaller_in_two_ways_and_looked_at_in_both(tmp_path: Path) -> None:
    video, describer = grey_stills(tmp_path, [10], height=1000, width=770), Scripted({})
    labelled(video, describer)
    captioned(video, describer, "car")
    smooth, rough = describer.frames
    assert smooth.shape == rough.shape == (3, 935, 720)
    assert smooth.dtype == torch.float32
    assert rough.dtype == torch.uint8


def test_antialiasing_averages_and_subsampling_does_not() -> None:
    stripes = (torch.arange(40) % 4 < 1).to(torch.uint8).mul(200).expand(3, 8, 40)
    smooth, rough = antialiased(stripes, (2, 10)), subsampled(stripes, (2, 10))
    assert float(smooth.std()) < 15
    assert smooth.mean() == pytest.approx(50, abs=3)
    assert not rough.any()
    theirs = cv2.resize(stripes.permute(1, 2, 0).contiguous().numpy(), (10, 2), interpolation=cv2.INTER_LINEAR)
    assert rough.permute(1, 2, 0).numpy().tolist() == theirs.tolist()


@pytest.mark.parametrize(
    ("size", "smaller"),
    [((768, 768), None), ((769, 769), (720, 720)), ((1080, 1920), (720, 1280)), ((1142, 1500), (719, 945))],
)
def test_the_short_side_becomes_720_or_a_little_less(size: tuple[int, int], smaller: tuple[int, int] | None) -> None:
    assert reduced(*size) == smaller


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"color": "red"},
        {"color": {}},
        {"color": {"color": ""}},
        {"color": {"color": 3}},
        {"scene": {"color": "red"}},
    ],
)
def test_a_prompt_without_facts_is_not_applicable(facts: dict[str, object]) -> None:
    with pytest.raises(
        NotApplicable, match=r"The prompt 'a red car' does not say .* expected a text under color / color"
    ):
        fact(Prompt("a red car", facts=facts), "color", "color")


def test_the_account_tells_each_frame_once_in_json(tmp_path: Path) -> None:
    frames = captioned(grey_stills(tmp_path, [0, 10]), Scripted({10: [CAR]}), "car")
    told = json.loads(json.dumps(account(frames)))
    assert told["frame_count"] == 16
    assert told["frame_indices"] == [0] + [1] * 15
    assert told["seen"] == [
        {"frame": 0, "boxes": [], "scores": [], "labels": [], "captions": []},
        {"frame": 1, "boxes": [[1, 1, 3.9, 3]], "scores": [0.75], "labels": ["car"], "captions": ["a red car"]},
    ]
