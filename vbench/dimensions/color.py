"""Color: does the object have the colour that the prompt says?

What it measures: whether captions of a frame in which the object is recognised mention the colour.

Formula (VBench, Huang et al., CVPR 2024, section 3.2, "Color"): of the frames that show the object and whose captions
mention any of twelve colours, the share whose captions mention the right one.

Frames: 16, the middle ones of 16 equal parts; a shorter video repeats its last frame, and repeats count.

Range and direction: 0 to 1, higher is better.

Unit of the mean: one video. A video with no frame that counts does not count either: its weight is 0, and its value,
0.0, means nothing.

Cost: at most that of :mod:`~vbench.dimensions.object_class` and about a tenth more for the captions; a frame whose best
region is not the object cannot count, and its other regions are not put into words.

Quirks of the reference that are kept: a frame shows the object if the label of its best region equals it, and then the
captions of all its regions count; a colour is mentioned wherever its letters stand, so "covered" is red; the object is
the prompt without every "a ", "an " and the colour, also within words, so "a red pizza box" asks for a "pizzbox";
"grey" and "gray" are two colours; a colour beyond the twelve can be a hit in a frame that does not count, and the score
can then exceed 1. Frames larger than 768 pixels are made smaller without antialiasing, unlike in the other dimensions
of objects. What is not kept: where the weights of all videos are 0, the reference divides by zero, and here there is no
aggregate.
"""

from __future__ import annotations

from vbench.dimensions.backbones.base import RegionDescriber
from vbench.dimensions.base import Dimension, VideoScore
from vbench.dimensions.regions import SeenFrame, account, captioned, fact
from vbench.media.video import Video
from vbench.prompts.suite import Prompt

COLORS = (
    "white", "red", "pink", "blue", "silver", "purple", "orange", "green", "gray", "yellow", "black", "grey",
)  # fmt: skip


def object_of(text: str, color: str) -> str:
    """What a prompt leaves when articles and the colour are taken out, wherever these letters stand.

    >>> object_of("a red car", "red"), object_of("an orange bird", "orange"), object_of("a red pizza box", "red")
    ('car', 'bird', 'pizzbox')
    """
    return text.replace("a ", "").replace("an ", "").replace(color, "").strip()


def mentions(frame: SeenFrame, wanted: str, *colors: str) -> bool:
    """Whether the frame's best region is the wanted object, and any of its captions has the letters of a colour.

    >>> frame = SeenFrame(0, labels=("car", "dog"), captions=("a car", "a dog covered in mud"))
    >>> mentions(frame, "car", "red"), mentions(frame, "dog", "red"), mentions(frame, "car", "blue")
    (True, False, False)
    """
    return frame.labels[:1] == (wanted,) and any(color in caption for color in colors for caption in frame.captions)


class Color(Dimension):
    """How often the object is said to have the right colour."""

    name = "color"
    title = "Color"
    meaning = "The object has the colour that the prompt says."
    roles = ("describer",)

    describer: RegionDescriber

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """Hits by frames that count; ``per_frame`` holds 1.0 for a hit, also where ``details["counts"]`` says no.

        Raises:
            NotApplicable: the prompt does not say which colour.
        """
        color = fact(prompt, self.name, "color")
        wanted = object_of(prompt.text, color)
        frames = captioned(video, self.describer, wanted)
        hits = [float(mentions(frame, wanted, color)) for frame in frames]
        counts = [mentions(frame, wanted, *COLORS) for frame in frames]
        details = {"object": wanted, "color": color, "counts": counts, **account(frames)}
        if not any(counts):
            return VideoScore(0.0, weight=0, per_frame=hits, details=details)
        return VideoScore(sum(hits) / sum(counts), per_frame=hits, details=details)
