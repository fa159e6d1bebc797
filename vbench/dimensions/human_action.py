"""Human action: does the person do what the prompt says?

What it measures: whether a classifier of 400 everyday actions sees the action of the prompt.

Formula (VBench, Huang et al., CVPR 2024, section 3.2, "Human Action"): with p the classifier's probabilities, a video
is a hit if the label that its prompt names is among the five largest of p and p(label) >= 0.85.

Frames: 16, the middle ones of 16 equal parts; a shorter video repeats its last frame.

Range and direction: 1.0 for a hit, 0.0 for a miss; higher is better.

Unit of the mean: one video.

Cost: one pass of a ViT-L over 3136 tokens, 3 trillion multiplications and additions: most of a minute on one core of a
CPU, whatever the length of the video.

Quirks of the reference that are kept: probabilities are rounded to four decimals before they are compared with 0.85,
and they are independent sigmoids, of which several may be large. What is not kept: the reference reads the label from
the name of the file, up to the first dash and the first underscore. Here it is read from the prompt, as the longest
label that stands there, so a file without a number behind a dash, which can never be a hit there, is judged like any
other, and a label with a dash in it is not cut. A prompt that names none of the 400 actions is a sure miss there; here
it is reported as not applicable.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from vbench.dimensions.backbones.base import ActionClassifier
from vbench.dimensions.base import Dimension, VideoScore
from vbench.errors import NotApplicable
from vbench.media.video import Video, middle_indices
from vbench.prompts.suite import Prompt

CANDIDATES = 5
CERTAIN = 0.85


def action_of(text: str) -> str:
    """What a prompt says that a person is doing.

    >>> action_of("A person is riding a bike")
    'riding a bike'
    >>> action_of("On the stage, a PERSON is Trick-Riding")
    'trick-riding'
    """
    return text.lower().rpartition("person is ")[2]


def label_among(action: str, labels: Sequence[str]) -> str:
    """The label that the action is, or that it is up to a dash or an underscore, as in names of files.

    Raises:
        NotApplicable: it is none of them; the message gives the closest.

    >>> label_among("yoga", ["yoga", "zumba"])
    'yoga'
    >>> label_among("zumba_seed12", ["yoga", "zumba"])
    'zumba'
    """
    named = [label for label in labels if action == label or action.startswith((f"{label}_", f"{label}-"))]
    if named:
        return max(named, key=len)
    closest = ", ".join(repr(label) for label in get_close_matches(action, labels, 3, 0))
    raise NotApplicable(
        f"The prompt names none of the {len(labels)} actions that the classifier knows: expected "
        f'"A person is <action>", found {action!r}. Closest: {closest}.'
    )


class HumanAction(Dimension):
    """Whether the action of the prompt is recognised."""

    name = "human_action"
    title = "Human Action"
    meaning = "The person does what the prompt says."
    roles = ("action_classifier",)

    action_classifier: ActionClassifier

    def score(self, video: Video, prompt: Prompt) -> VideoScore:
        """1.0 if the prompt's action is recognised, else 0.0.

        Raises:
            NotApplicable: the prompt names no action that the classifier knows.
        """
        classifier = self.action_classifier
        label = label_among(action_of(prompt.text), classifier.labels)
        frames = video.frames(middle_indices(video.frame_count, classifier.frames_seen))
        best = classifier.probabilities(frames).topk(CANDIDATES)
        found = [classifier.labels[index] for index in best.indices.tolist()]
        probabilities = [round(value, 4) for value in best.values.tolist()]
        recognised = [name for name, value in zip(found, probabilities, strict=True) if value >= CERTAIN]
        return VideoScore(
            float(label in recognised),
            details={"label": label, "top_labels": found, "top_probabilities": probabilities},
        )
