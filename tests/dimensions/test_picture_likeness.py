"""How true a video stays to its picture, whatever kind of file the picture is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.contract.mocks import Pictures
from tests.footage import noise, write_video
from vbench.dimensions.i2v_subject import I2VSubject
from vbench.errors import NotApplicable, TooShort, VideoError
from vbench.media.picture import read_picture
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

LEVELS = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)


def saved(path: Path, image: Image.Image, **how: Any) -> Path:
    image.save(path, **how)
    return path


def test_pictures_of_any_mode_become_rgb(tmp_path: Path) -> None:
    rgb = Image.fromarray(LEVELS)
    plain = read_picture(saved(tmp_path / "rgb.png", rgb))
    assert plain.permute(1, 2, 0).numpy().tolist() == LEVELS.tolist()
    assert read_picture(saved(tmp_path / "alpha.png", rgb.convert("RGBA"))).equal(plain)
    grey = read_picture(saved(tmp_path / "grey.png", rgb.convert("L")))
    assert grey[0].equal(grey[2])
    assert read_picture(saved(tmp_path / "palette.png", rgb.convert("P"))).shape == (3, 6, 8)
    cmyk = read_picture(saved(tmp_path / "cmyk.jpg", rgb.convert("CMYK"), quality=100, subsampling=0))
    assert (cmyk.int() - plain.int()).abs().max() < 16
    sixteen = Image.fromarray((LEVELS[..., 0].astype(np.uint16) << 8) | 0x7F)
    assert read_picture(saved(tmp_path / "sixteen.png", sixteen))[0].equal(plain[0])


def test_a_picture_is_turned_as_its_camera_noted(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn to the right is to be made
    turned = read_picture(saved(tmp_path / "turned.png", Image.fromarray(LEVELS), exif=exif))
    assert turned.permute(1, 2, 0).numpy().tolist() == np.rot90(LEVELS, -1).tolist()


def test_the_best_frame_the_mean_step_and_the_worst_step_make_the_score(tmp_path: Path) -> None:
    video = Video(write_video(tmp_path / "a cat-0.mp4", noise(4)))
    picture = saved(tmp_path / "a cat.png", Image.fromarray(noise(1)[0]))
    found = I2VSubject(picture_subject_embedder=Pictures()).score(video, Prompt("a cat", image=picture))
    steps, near = found.details["steps"], found.per_frame
    assert (len(steps), len(near), found.weight) == (3, 4, 1)
    assert found.value == pytest.approx(0.4 * max(near) + 0.3 * sum(steps) / 3 + 0.3 * min(steps), abs=1e-12)


def test_no_picture_one_frame_and_a_broken_picture_say_so(tmp_path: Path) -> None:
    subject = I2VSubject(picture_subject_embedder=Pictures())
    video = Video(write_video(tmp_path / "a cat-0.mp4", noise(2)))
    with pytest.raises(NotApplicable, match="brings no picture"):
        subject.score(video, Prompt("a cat"))
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(VideoError, match=r"broken\.png"):
        subject.score(video, Prompt("a cat", image=tmp_path / "broken.png"))
    picture = saved(tmp_path / "a cat.png", Image.fromarray(LEVELS))
    with pytest.raises(TooShort, match="needs at least 2"):
        subject.score(Video(write_video(tmp_path / "one.mp4", noise(1))), Prompt("a cat", image=picture))
