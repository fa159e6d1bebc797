"""Render the pictures of the suite i2v-demo, each from its own prompt; they ship with the suite.

python perf/demo_pictures.py
"""

from __future__ import annotations

from PIL import Image

from vbench.generators.synthetic.dials import Dials
from vbench.generators.synthetic.render import render
from vbench.generators.synthetic.scene import read_scene
from vbench.prompts.library import load_suite, pictures_of
from vbench.prompts.sampling_plan import seed_of

SUITE, HEIGHT, WIDTH = "i2v-demo", 360, 640


def main() -> None:
    """Write a JPEG for each picture that the suite names."""
    folder = pictures_of(SUITE)
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted({prompt.image.name for prompt in load_suite(SUITE) if prompt.image}):
        text = name.removesuffix(".jpg")
        seed = seed_of(0, text, 0)
        (frame,) = render(read_scene(text, seed), Dials(), 1, HEIGHT, WIDTH, 8, seed)
        Image.fromarray(frame).save(folder / name, quality=85)
        print(folder / name)


if __name__ == "__main__":
    main()
