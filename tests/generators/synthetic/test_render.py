from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from vbench.errors import UsageError
from vbench.generators.synthetic.dials import NAMES, Dials, read_dials
from vbench.generators.synthetic.render import SHAPES, animate, render, texture
from vbench.generators.synthetic.scene import COLORS, read_scene
from vbench.media.repeats import Glances


def clip(prompt: str, dials: str = "", frames: int = 9, fps: float = 8, seed: int = 3) -> NDArray[np.uint8]:
    return np.stack(list(render(read_scene(prompt, seed), read_dials(dials), frames, 96, 128, fps, seed)))


def test_frames_are_what_they_say_and_repeat() -> None:
    frames = clip("a red bus")
    assert frames.shape == (9, 96, 128, 3)
    assert frames.dtype == np.uint8
    assert (frames == clip("a red bus")).all()
    assert (frames != clip("a red bus", seed=4)).any()


def test_the_thing_has_its_colour_where_the_relation_puts_it() -> None:
    frame = clip("a red dog on the left of a blue bench")[0].astype(float)
    left, right = frame[40:56, 15:25].mean((0, 1)), frame[40:56, 103:113].mean((0, 1))
    assert left.argmax() == 0
    assert right.argmax() == 2


def test_a_scene_is_the_same_at_any_frame_rate() -> None:
    assert (clip("a cat", frames=5, fps=4) == clip("a cat", frames=9, fps=8)[::2]).all()


def test_a_still_scene_and_a_full_stillness_dial_do_not_move() -> None:
    for frames in (clip("a motionless cat"), clip("a cat", "stillness=1")):
        assert (frames == frames[0]).all()
    assert (clip("a cat")[0] != clip("a cat")[1]).any()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "stillness"])
def test_a_dial_at_zero_changes_nothing_and_turned_changes_more_and_more(name: str) -> None:
    plain = clip("a cat").astype(int)
    assert (clip("a cat", f"{name}=0") == plain).all()
    changes = [np.abs(clip("a cat", f"{name}={strength}") - plain).mean() for strength in (0.3, 0.6, 1)]
    assert 0 < changes[0] < changes[1] < changes[2]


def test_loops_and_freezes_are_what_a_check_finds() -> None:
    def said(dials: str) -> list[str]:
        glances = Glances()
        for frame in clip("a yellow kite above a boat, fast", dials, frames=64, fps=8):
            glances.add(frame)
        return glances.said(8.0)

    assert said("cut=1") == said("") == []
    assert said("freeze=0.5") == ["stands still from 4.00 s to its end at 8.00 s"]
    assert said("loop=1") == ["shows from 2.00 s for 6.00 s what it showed from 0.00 s"]


def test_zooming_in_makes_things_larger() -> None:
    color = np.array(COLORS["red"]) * 255
    near, far = (
        np.abs(frame.astype(float) - color).sum(-1) < 120 for frame in clip("zoom in on a red cup", frames=24)[[-1, 0]]
    )
    assert near.sum() > 1.2 * far.sum()


def test_shapes_have_the_area_of_the_disc() -> None:
    y, x = np.mgrid[-3:3:600j, -3:3:600j]
    areas = [(shape(x, y) < 0).mean() * 36 for shape in SHAPES]
    assert areas[:3] == pytest.approx([np.pi] * 3, rel=0.02)


def test_textures_repeat_at_their_edges() -> None:
    surface = texture(5)
    inside = np.abs(np.diff(surface, axis=0)).mean()
    assert np.abs(surface[0] - surface[-1]).mean() < 2 * inside


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wobble=1", "no dial 'wobble'"),
        ("jerk=2", "from 0 to 1, found 2"),
        ("jerk", "needs a number"),
        ("jerk=x", "'x'"),
    ],
)
def test_wrong_dials_are_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_dials(text)


def test_dials_are_read_by_name() -> None:
    assert read_dials("color-shift=0.5,jerk=1") == Dials(color_shift=0.5, jerk=1.0)
    assert read_dials("") == Dials()


def test_a_video_starts_from_its_picture_and_the_camera_moves_over_it() -> None:
    start = (255 * texture(5)[:120, :160]).astype(np.uint8)
    right = replace(read_scene("a wall, camera pans right", 1), speed=0.25)
    first, *_, last = animate(start, right, Dials(), 5, 120, 160, fps=1, seed=0)
    assert first.tolist() == start.tolist()
    assert abs(last[:, :40].astype(int) - start[:, 120:]).max() <= 1  # four steps of a quarter of the height
    still = replace(right, speed=0.0)
    assert all(frame.tolist() == start.tolist() for frame in animate(start, still, Dials(), 3, 120, 160, 8, 0))
    (drifted,) = list(animate(start, still, Dials(subject_drift=1.0), 2, 120, 160, 8, 0))[1:]
    assert abs(drifted.astype(int) - (255 - start.astype(int))).max() <= 1
