"""Multiple objects: are both objects of the prompt there at once?

What it measures: whether a detector that names what it sees names both objects in the same frame.

Formula (VBench, Huang et al., CVPR 2024, section 3.2, "Multiple Objects"): the share of frames whose labels hold both.

Frames: 16, the middle ones of 16 equal parts; a shorter video repeats its last frame, and repeats count.

Range and direction: 0 to 1, higher is better.

Unit of the mean: one frame, so the aggregate is all hits by all frames.

Cost: as :mod:`~vbench.dimensions.object_class`, with which it shares what is seen.

Quirks of the reference that are kept: labels must equal the objects letter by letter; where both objects are the same
word ("dog and dog"), one region is enough.
"""

from __future__ import annotations

from vbench.dimensions.backbones.base import RegionDescriber
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.object_class import share_of_frames
from vbench.dimensions.regions import fact, labelled
from vbench.errors import NotApplicable
from vbench.media.video import Video
from vbench.prompts.suite import Prompt


def pair(objects: str) -> tuple[str, str]:
    """The two objects that are joined by "and".

    >>> pair("a hot dog  and  sand castle")
    ('a hot dog', 'sand castle')

    Raises:
        NotApplicable: they are not two.
    """
    parts = objects.split(" and ")
    if len(parts) != 2:
        raise NotApplicable(
            f'The prompt must name two objects: expected "<object> and <object>", found {objects!r}. '
            "Correct multiple_objects / object in the prompt suite."
        )
    return parts[0].strip(), parts[1].strip()


class MultipleObjects(Dimension):
    """How many frames show both objects."""

    name = "multiple_objects"
    title = "Multiple objects"
    meaning = "Both objects of the prompt can be recognised at once."
    roles = ("describer",)

    describer: RegionDescriber

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """The share of the frames that show both objects; ``per_frame`` holds 1.0 for a hit and 0.0 for a miss.

        Raises:
            NotApplicable: the prompt does not say which two objects.
        """
        wanted = pair(fact(prompt, self.name, "object"))
        return share_of_frames(labelled(video, self.describer), *wanted)
