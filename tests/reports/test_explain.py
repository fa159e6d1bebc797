from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.analysis.test_comparison import write_run
from tests.footage import noise, write_video
from vbench.benchmarks.long import VBENCH_LONG
from vbench.errors import UsageError, VideoError
from vbench.interface import evaluate
from vbench.media.video import Video
from vbench.reports.explain import draw_regions, explain
from vbench.reports.report_page import write_report
from vbench.runs.store import TOO_SHORT, Row

SEEN = [
    {
        "frame": 0,
        "boxes": [[4.0, 4.0, 40.0, 30.0]],
        "scores": [0.9],
        "labels": ["<b>cat</b>"],
        "captions": ["a red cat"],
    },
    {"frame": 5, "boxes": [], "scores": [], "labels": [], "captions": []},
]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_video(tmp_path / "videos" / "a cat-0.mp4", noise(6))
    rows = [
        Row("a cat-0.mp4", "a <cat>", "color", "", value=1.0, weight=1.0, per_frame=[1.0, 0.0],
            details={"frame_indices": [0, 5], "seen": SEEN, "color": "red", "object": "cat"}),
        Row("a cat-0.mp4", "a <cat>", "scene", "", value=0.5, weight=2.0, per_frame=[1.0, 0.0],
            details={"frame_indices": [1, 4], "captions": ["a beach at dawn", "a cat"]}),
        Row("a cat-0.mp4", "a <cat>", "dynamic_degree", "", value=1.0, weight=1.0, per_frame=[3.0, 6.0],
            details={"threshold": 4.5}),
        Row("a cat-0.mp4", "a <cat>", "human_action", "", value=0.0, weight=1.0,
            details={"label": "yoga", "top_labels": ["zumba", "yoga"], "top_probabilities": [0.9, 0.8]}),
        Row("a cat-0.mp4", "a <cat>", "motion_smoothness", "", status=TOO_SHORT, reason="has 2 frames"),
    ]  # fmt: skip
    return write_run(tmp_path / "run", rows, videos=str(tmp_path / "videos"))


def test_the_page_shows_what_was_seen(run: Path, tmp_path: Path) -> None:
    page = explain(run, "a cat-0.mp4", tmp_path / "out")
    text = page.read_text()
    assert "a &lt;cat&gt;" in text
    assert "a beach at dawn" in text
    assert "yoga: 0.8000" in text
    assert "no score (too short)" in text
    assert "<svg" in text
    assert sorted(path.name for path in page.parent.glob("*.png") if not path.name.startswith("frame")) == [
        "color-00000.png", "color-00005.png", "scene-00001.png", "scene-00004.png",
    ]  # fmt: skip
    with Image.open(page.parent / "color-00005.png") as empty:
        np.testing.assert_array_equal(np.asarray(empty), noise(6)[5])
    with Image.open(page.parent / "color-00000.png") as drawn:
        assert (np.asarray(drawn) != noise(6)[0]).any()


def test_the_whole_video_is_there_for_every_browser(run: Path, tmp_path: Path) -> None:
    page = explain(run, "a cat-0.mp4", tmp_path / "out")
    shown = Video(page.parent / "preview.webm")
    assert (shown.frame_count, shown.size, shown.fps) == (6, (48, 64), 8)
    difference = np.abs(shown.frames(range(6)).permute(0, 2, 3, 1).numpy().astype(float) - noise(6))
    assert difference.mean() < 12
    assert 'data-rate="8.0" data-count="6"' in page.read_text()
    frames = page.read_text().partition(">Frames<")[2].partition("</section>")[0]
    assert re.findall(r'src="frame-(\d+)\.png"', frames) == [f"{index:05}" for index in range(6)]


def test_curves_lie_at_the_frames_that_they_are_of(run: Path, tmp_path: Path) -> None:
    text = explain(run, "a cat-0.mp4", tmp_path / "out").read_text()
    drawn = dict(re.findall(r'aria-label="(\w+ ?\w*) over time">.*?<polyline points="([^"]*)"', text))
    assert drawn["scene"] == "200.0,4.0 800.0,96.0"  # frames 1 and 4 of 0..5
    assert drawn["dynamic degree"] == "0.0,96.0 1000.0,4.0"  # two values without frames: from end to end
    assert text.count('class="threshold"') == 1
    assert "human action over time" not in text
    assert "frame 0: lowest: 3.0000" in text
    assert "frame 5: highest: 6.0000" in text


def test_dimensions_of_the_lite_profile_are_shown_too(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a red bus-0.mp4", noise(6, 240, 320))
    names = ["temporal_flickering", "imaging_quality"]
    evaluate(tmp_path / "videos", dimensions=names, profile="lite", output=tmp_path / "run", device="cpu")
    page = explain(tmp_path / "run", "a red bus-0.mp4", tmp_path / "out")
    text = page.read_text()
    for name in names:
        assert f'aria-label="{name.replace("_", " ")} over time"' in text
    assert text.count(": lowest: ") == text.count(": highest: ") > 0
    assert all((page.parent / file).is_file() for file in re.findall(r'src="([^"]*)"', text))


def test_the_pairs_that_were_left_out_are_computed_when_asked_for(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "a red bus-0.mp4", noise(17, 96, 128))
    run = evaluate(tmp_path / "videos", dimensions=["dynamic_degree"], profile="lite", output=tmp_path / "run")
    (row,) = run.rows()
    assert (row.details["looked_at"], row.details["pairs"]) == (len(row.per_frame), 16)
    assert len(row.per_frame) < 16
    short, whole = (
        explain(tmp_path / "run", "a red bus-0.mp4", tmp_path / name, all_pairs_on=device).read_text()
        for name, device in (("short", None), ("whole", torch.device("cpu")))
    )
    assert f"<dt>looked at</dt><dd>{len(row.per_frame)}</dd><dt>pairs</dt><dd>16</dd>" in short
    assert "<dt>looked at</dt><dd>16</dd><dt>pairs</dt><dd>16</dd>" in whole
    assert run.rows() == [row]
    every = evaluate(
        tmp_path / "videos", dimensions=["dynamic_degree"], profile="lite", output=tmp_path / "run", all_pairs=True
    )
    (again,) = every.rows()
    assert (again.value, again.cache_key, len(again.per_frame)) == (row.value, row.cache_key, 16)
    assert [again.per_frame[index] for index in row.details["frame_indices"]] == list(row.per_frame)
    same = evaluate(tmp_path / "videos", dimensions=["dynamic_degree"], profile="lite", output=tmp_path / "run")
    assert same.rows() == [again]


def test_boxes_of_a_reduced_frame_are_scaled_back() -> None:
    image = Image.new("RGB", (1280, 800))
    draw_regions(image, {"boxes": [[0, 0, 1151, 719]], "scores": [0.5], "labels": ["all"], "captions": []}, (800, 1280))
    assert image.getpixel((1278, 400)) != (0, 0, 0)
    assert image.getpixel((640, 798)) != (0, 0, 0)


def test_unknown_and_vanished_videos(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no one video named 'a dog\.mp4'; found none. It has a cat-0\.mp4"):
        explain(run, "a dog.mp4", tmp_path / "out")
    (tmp_path / "videos" / "a cat-0.mp4").unlink()
    with pytest.raises(VideoError, match="does not exist"):
        explain(run, "a cat-0.mp4", tmp_path / "out")


def test_a_long_video_has_its_course_over_the_clips(tmp_path: Path) -> None:
    frames = np.concatenate([noise(32), noise(1, seed=4).repeat(40, axis=0)])
    write_video(tmp_path / "videos" / "a cat-0.mp4", frames)
    run = evaluate(
        tmp_path / "videos", benchmark="vbench-long", mode="custom_input", profile="lite", output=tmp_path / "run",
        dimensions=["temporal_flickering"],
    )  # fmt: skip
    (_, *_, last) = [row.value for row in run.rows()]
    text = explain(tmp_path / "run", "a cat-0.mp4", tmp_path / "out").read_text()
    assert "temporal flickering over the clips" in text
    assert "5 clips: " in text
    assert f"{last:.4f} in the last" in text
    assert "a second (95 %: " in text
    assert "It stands still from 4.00 s to its end at 9.00 s." in text
    report = write_report([tmp_path / "run"], tmp_path / "report.html", VBENCH_LONG)
    section = report.read_text().partition('id="over-time"')[2].partition("</section>")[0]
    assert ">temporal flickering</th><td>1</td>" in section
