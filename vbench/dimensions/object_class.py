"""Object class: is the object of the prompt there?

What it measures: whether a detector that names what it sees names the prompt's object.

Formula (VBench, Huang et al., CVPR 2024, section 3.2, "Object Class"): the share of frames in which one of the labels
is the object.

Frames: 16, the middle ones of 16 equal parts; a shorter video repeats its last frame, and repeats count.

Range and direction: 0 to 1, higher is better.

Unit of the mean: one frame, so the aggregate is all hits by all frames.

Cost: 16 frames through GRiT, a second or two each on one core of a CPU at 320 x 192 pixels, half a minute at
1280 x 720.

Quirks of the reference that are kept: the label must equal the object letter by letter, so "cars" or "a car" are not
"car"; one region is enough.
"""

from __future__ import annotations

from vbench.dimensions.backbones.base import RegionDescriber
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.regions import SeenFrame, account, fact, labelled
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


def shows(frame: SeenFrame, *objects: str) -> bool:
    """Whether each of the objects is among the frame's labels.

    >>> shows(SeenFrame(0, labels=("dog", "dog")), "dog")
    True
    >>> shows(SeenFrame(0, labels=("dog", "hot dog")), "dog", "cat")
    False
    """
    return set(objects) <= set(frame.labels)


class ObjectClass(Dimension):
    """How many frames show the object."""

    name = "object_class"
    title = "Object class"
    meaning = "The object of the prompt can be recognised."
    roles = ("describer",)

    describer: RegionDescriber

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """The share of the frames that show the object; ``per_frame`` holds 1.0 for a hit and 0.0 for a miss.

        Raises:
            NotApplicable: the prompt does not say which object.
        """
        wanted = fact(prompt, self.name, "object")
        return share_of_frames(labelled(video, self.describer), wanted)


def share_of_frames(frames: list[SeenFrame], *objects: str) -> VideoScore:
    """The score of a video by the frames that show all the objects; each frame weighs 1."""
    hits = [float(shows(frame, *objects)) for frame in frames]
    details = {"objects": list(objects), "success_frame_count": int(sum(hits)), **account(frames)}
    return VideoScore(sum(hits) / len(hits), weight=len(hits), per_frame=hits, details=details)
