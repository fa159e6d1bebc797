"""``synthetic``: samples without any weights, for demonstrations, tests and the question whether a dimension reacts."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vbench.generators.base import Generator, Request, Settings
from vbench.generators.options import Options
from vbench.generators.synthetic.dials import read_dials
from vbench.generators.synthetic.render import animate, render
from vbench.generators.synthetic.scene import read_scene
from vbench.media.clip import Clip
from vbench.media.picture import read_picture


class Synthetic(Generator[Options]):
    """Scenes read from prompts and rendered; ``synthetic:jerk=0.5,blur=0.2`` turns dials.

    From a picture to start from it makes a video of that picture, over which the camera moves as the prompt asks.
    """

    meaning: ClassVar[str] = "renders scenes with known properties; dials such as synthetic:jerk=0.5"

    def __init__(self, name: str, argument: str, options: Options) -> None:
        super().__init__(name, argument, options)
        self.dials = read_dials(argument)

    @property
    def defaults(self) -> Settings:
        """Three seconds at eight frames a second."""
        return Settings(frames=24, height=240, width=320, fps=8)

    def sample(self, request: Request) -> Clip:
        """See :meth:`Generator.sample`."""
        frames, height, width, fps = (getattr(request.settings, name) for name in ("frames", "height", "width", "fps"))
        scene = read_scene(request.prompt, request.seed)
        asked = (scene, self.dials, frames, height, width, fps, request.seed)
        if request.image:
            start = read_picture(request.image).permute(1, 2, 0).numpy()
            return Clip(np.stack(list(animate(start, *asked))), fps, facts={"picture": request.image.name})
        rendered = list(render(*asked))
        return Clip(np.stack(rendered), fps, facts={"scene": scene.facts()})
