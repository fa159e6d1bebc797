from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vbench.errors import UsageError
from vbench.generators.models.videobooth.image import for_clip, for_vae, read_object, resized, squared


def cut_out(transparent: bool) -> Image.Image:
    """A blue object of 10 x 4 pixels in a picture of 40 x 30."""
    background = (9, 9, 9, 0) if transparent else (255, 255, 255, 255)
    picture = Image.new("RGBA", (40, 30), background)
    picture.paste((0, 0, 200, 255), (7, 5, 17, 9))
    return picture if transparent else picture.convert("RGB")


@pytest.mark.parametrize("transparent", [True, False])
def test_the_object_is_cropped_and_padded_to_a_square(transparent: bool, tmp_path: Path) -> None:
    cut_out(transparent).save(tmp_path / "object.png")
    found = read_object(tmp_path / "object.png")
    assert found.shape == (3, 10, 10)
    assert found.dtype == torch.uint8
    assert found[:, 3:7].eq(torch.tensor([0, 0, 200])[:, None, None]).all()
    assert found[:, :3].eq(255).all()
    assert found[:, 7:].eq(255).all()


def test_white_inside_a_transparent_background_is_part_of_the_object(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    picture.paste((255, 255, 255, 255), (2, 2, 14, 14))
    picture.save(tmp_path / "object.webp", lossless=True)
    assert read_object(tmp_path / "object.webp").shape == (3, 12, 12)


def test_an_odd_line_of_white_is_at_the_bottom_or_right() -> None:
    wide = squared(torch.zeros(3, 2, 5, dtype=torch.uint8))
    assert wide[0, :, 0].tolist() == [255, 0, 0, 255, 255]
    assert torch.equal(squared(torch.zeros(3, 5, 2, dtype=torch.uint8)), wide.transpose(1, 2))


def test_resizing_takes_neighbours_only_and_gives_whole_levels() -> None:
    picture = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 9, 9), dtype=np.uint8))
    smaller = resized(picture, 3)  # the middle of every nine pixels: what an antialiased one would not give
    assert torch.equal(smaller[0], picture[:, 1::3, 1::3].float())
    assert torch.equal(resized(picture, 20), resized(picture, 20).round())


def test_both_networks_are_given_their_ranges() -> None:
    white = torch.full((3, 6, 6), 255, dtype=torch.uint8)
    assert for_vae(white, 16).shape == (1, 3, 16, 16)
    assert for_vae(white, 16).eq(1).all()
    assert for_vae(torch.zeros_like(white), 16).eq(-1).all()
    seen = for_clip(white)
    assert seen.shape == (1, 3, 224, 224)
    assert seen[0, :, 0, 0].tolist() == pytest.approx([1.9303, 2.0749, 2.1459], abs=1e-4)


def test_what_shows_nothing_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), "white").save(tmp_path / "white.png")
    Image.new("RGBA", (8, 8), (5, 5, 5, 0)).save(tmp_path / "empty.png")
    (tmp_path / "text.png").write_text("no picture")
    for name, message in (("white", "shows no object"), ("empty", "shows no object"), ("text", "cannot be read")):
        with pytest.raises(UsageError, match=message):
            read_object(tmp_path / f"{name}.png")
