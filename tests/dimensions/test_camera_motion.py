"""How the camera moves, by tracks: as the reference reads them, and without its traps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.footage import write_video
from vbench.dimensions.backbones.base import GRID, grid_points
from vbench.dimensions.backbones.cotracker import CoTracker2
from vbench.dimensions.backbones.cotracker.cotracker import Network, without_tables
from vbench.dimensions.backbones.cotracker.tables import time_table
from vbench.dimensions.backbones.global_motion import GlobalMotion
from vbench.dimensions.camera_motion import (
    CameraMotion,
    CameraMotionCorrected,
    asked_motion,
    border_motions,
    strongest_motion,
)
from vbench.errors import CheckpointMismatch, NotApplicable
from vbench.generators.synthetic.render import texture
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

GOLDEN = json.loads((Path(__file__).parents[1] / "parity" / "kit" / "goldens" / "camera_motion.json").read_text())
CASES = {case["name"]: case for case in GOLDEN["tracks"]["cases"]}


@pytest.mark.parametrize("name", CASES)
def test_tracks_are_read_as_the_reference_reads_them(name: str) -> None:
    case = CASES[name]
    moved = torch.tensor(case["last"]) - torch.tensor(case["first"])
    found = border_motions(moved.view(GRID, GRID, 2), 0.005 * min(case["height"], case["width"]))
    assert found == set(case["predict"])


def test_what_moves_no_farther_than_half_a_hundredth_of_the_shorter_side_is_static() -> None:
    start = torch.zeros(GRID * GRID, 2)
    camera = CameraMotion(tracker=CoTracker2(Network().eval(), torch.device("cpu")))
    for moved, side, found in (
        (10, 2000, "static"),
        (10, 1999, "pan_left"),
        (-10, 1999, "pan_right"),
        (0, 64, "static"),
    ):
        end = torch.tensor([float(moved), 0.0]).expand(GRID * GRID, 2)
        elsewhere = end * 7 + 50  # what lies between the first frame and the last says nothing
        assert camera.motions(torch.stack([start, elsewhere, end]), side) == {found}


def test_a_prompt_asks_for_the_motion_that_the_reference_reads_in_its_file_name() -> None:
    scoring = GOLDEN["scoring"]
    targets = [asked_motion(name) for name in scoring["file_names"]]
    assert targets == scoring["targets"]
    hits = [float(target in found) for target, found in zip(targets, scoring["predictions"], strict=True)]
    assert hits == scoring["scores"]
    with pytest.raises(NotApplicable, match="asks for no motion of the camera"):
        asked_motion("a sea, the camera spins")


def strongest(name: str) -> str:
    case = CASES[name]
    first, last = (torch.tensor(case[key], dtype=torch.float32).view(-1, 2) for key in ("first", "last"))
    return strongest_motion(first, last, min(case["height"], case["width"]))


def test_the_corrected_reading_tells_a_zoom_from_a_pan_and_lets_no_single_point_decide() -> None:
    zooms = {"zoom_in_480x720": "zoom_in", "zoom_out_320x512": "zoom_out", "noisy_zoom": "zoom_in"}
    pans = {
        "content_left_480x720": "pan_right",
        "content_down_320x512": "tilt_up",
        "zoom_and_big_pan_480x720": "pan_left",
    }
    still = dict.fromkeys(("still_480x720", "roll_480x720", "only_top_edge_point_moves", "subpixel_jitter"), "static")
    assert {name: strongest(name) for name in zooms | pans | still} == zooms | pans | still


@pytest.mark.parametrize("frames", [1, 3, 4])
def test_too_few_frames_for_a_window_are_not_applicable_and_no_motion(tmp_path: Path, frames: int) -> None:
    clip = write_video(tmp_path / "short.mp4", np.zeros((frames, 64, 64, 3), np.uint8))
    camera = CameraMotion(tracker=CoTracker2(Network().eval(), torch.device("cpu")))
    with pytest.raises(NotApplicable, match=f"needs at least 5; this video has {frames}"):
        camera.score(Video(clip), Prompt("a sea, camera pans right"))


def test_the_published_files_tables_are_taken_and_others_refused() -> None:
    assert without_tables({"time_emb": time_table(8, 456), "a": torch.zeros(1)}).keys() == {"a"}
    with pytest.raises(CheckpointMismatch, match="the table time_emb is not that of windows of 8 frames"):
        without_tables({"time_emb": time_table(16, 456)})


def filmed(right: int, down: int, frames: int = 8) -> Any:
    """A camera that moves so many pixels a frame over a texture."""
    wall = (255 * texture(7)).astype(np.uint8)
    places = [(200 + down * index, 200 + right * index) for index in range(frames)]
    return np.stack([wall[top : top + 96, left : left + 128] for top, left in places])


@pytest.mark.parametrize(
    ("way", "motion"), [((-2, 0), "pan_left"), ((2, 0), "pan_right"), ((0, -2), "tilt_up"), ((0, 0), "static")]
)
def test_the_lite_tracker_follows_the_camera(tmp_path: Path, way: tuple[int, int], motion: str) -> None:
    video = Video(write_video(tmp_path / "filmed.mp4", filmed(*way)))
    phrase = {"pan_left": "pans left", "pan_right": "pans right", "tilt_up": "tilts up"}.get(motion, motion)
    for kind in (CameraMotion, CameraMotionCorrected):
        found = kind(tracker=GlobalMotion.load(torch.device("cpu"))).score(video, Prompt(f"a wall, camera {phrase}"))
        assert (found.value, found.details["predicted"]) == (1.0, [motion])


def test_blank_frames_tell_the_lite_tracker_of_no_motion() -> None:
    tracks = GlobalMotion.load(torch.device("cpu")).tracks(torch.zeros(3, 3, 64, 96, dtype=torch.uint8))
    assert torch.equal(tracks, grid_points(64, 96).expand(3, -1, -1))
