"""CoTracker2: a grid of points followed through a video, as the paper has it, offline and without training code."""

from vbench.dimensions.backbones.cotracker.cotracker import CoTracker2

__all__ = ["CoTracker2"]
