"""The page of errata: what the reference's code does otherwise than its text says, each with a number.

python docs/make_errata.py

Every entry is worked out on a small case that was made for it: what the reference's arithmetic gives (as its lines at
Vchitect/VBench 45e79ec say), and what ours gives, by calling ours. ``tests/test_errata.py`` has a test for each entry.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vbench.benchmarks.long import VBENCH_LONG
from vbench.benchmarks.score_card import DimensionResult, ScoreCard
from vbench.benchmarks.slow_fast import SlowFast
from vbench.benchmarks.t2v import T2V
from vbench.dimensions.base import Dimension, PromptScore, VideoScore
from vbench.dimensions.camera_motion import border_motions
from vbench.dimensions.color import Color, mentions, object_of
from vbench.dimensions.culture_fairness import CultureFairness
from vbench.dimensions.faces import crop_inside, crop_of
from vbench.dimensions.flow_rules import is_moving, moving_limits
from vbench.dimensions.human_action import action_of, label_among
from vbench.dimensions.multiple_objects import pair
from vbench.dimensions.regions import SeenFrame
from vbench.dimensions.safety import allowed
from vbench.dimensions.skin_bias import evenness
from vbench.dimensions.spatial_relationship import axis_of, iou, pair_score
from vbench.errors import VBenchError
from vbench.media.spans import rounded
from vbench.media.video import Video

ROOT = Path(__file__).parents[1]

PAGE = Path(__file__).parent / "errata.md"

COMMIT = "45e79ec"

START, END = "<!-- made by docs/make_errata.py -->", "<!-- end -->"


@dataclass(frozen=True)
class Erratum:
    """One entry.

    Attributes:
        name: of the entry and of its test.
        where: file and line of the reference.
        says: what happens there.
        case: the small case that the numbers are of.
        reference: what the reference's arithmetic gives.
        ours: what ours gives.
        kept: why ours does the same, ``""`` where it does not.
    """

    name: str
    where: str
    says: str
    case: str
    reference: Callable[[], object]
    ours: Callable[[], object]
    kept: str = ""


def of_videos(*scores: VideoScore) -> float | None:
    """The aggregate over prompts of one video each."""
    return Dimension.aggregate(Dimension.of_prompt([score]) for score in scores)


def card_of(normalised: float, without: str = "") -> ScoreCard:
    """A card on which every dimension has the same normalised score, but for one that is missing."""
    scores = {name: spec.minimum + normalised * (spec.maximum - spec.minimum) for name, spec in T2V.rules.items()}
    return ScoreCard({name: DimensionResult(score, 1) for name, score in scores.items() if name != without})


def total_with_zero(normalised: float, missing: str) -> float:
    """The Total where a missing dimension counts as raw 0."""
    zero = T2V.rules[missing].normalised(0.0)
    parts = {}
    for part in T2V.parts:
        specs = [T2V.rules[name] for name in T2V.of_part(part.name)]
        weighed = [(zero if spec.name == missing else normalised) * spec.weight for spec in specs]
        parts[part.name] = sum(weighed) / sum(spec.weight for spec in specs)
    return sum(part.weight * parts[part.name] for part in T2V.parts) / sum(part.weight for part in T2V.parts)


def said(call: Callable[[], object]) -> object:
    """What a call gives, or the name of what it raises."""
    try:
        return call()
    except (VBenchError, ArithmeticError, TypeError, KeyError) as error:
        return type(error).__name__


def seen(label: str, *captions: str) -> SeenFrame:
    """A frame whose best region has a label, and the captions of all regions."""
    boxes = ((0.0, 0.0, 4.0, 4.0),) * len(captions)
    return SeenFrame(0, labels=(label, *[""] * (len(captions) - 1)), captions=captions, boxes=boxes)


def one_frame() -> object:
    """What a dimension of ours says of a video of one frame."""
    import numpy as np
    import torch

    from vbench.dimensions.profiles import profile
    from vbench.media.frames_in_memory import FramesOf
    from vbench.prompts.suite import Prompt
    from vbench.runs.evaluators import Evaluators

    video: Video = FramesOf([np.zeros((48, 64, 3), np.uint8)], 8, "one frame")
    dimension = Evaluators(profile("lite"), torch.device("cpu")).dimension("subject_consistency")
    return said(lambda: dimension.score(video, Prompt("a cat")))


def found_beside(stray: str) -> int:
    """How many of two videos ours finds in a folder that holds something else, too."""
    from vbench.runs.discover import discover

    with TemporaryDirectory() as folder:
        for name in (*TWO, stray):
            (Path(folder) / name).write_bytes(b"")
        return len(discover(Path(folder)).videos)


def culture(*hits: tuple[str, float]) -> float | None:
    """Ours of videos of these cultures."""
    return CultureFairness.aggregate(CultureFairness.prompt_score(name, [VideoScore(hit)]) for name, hit in hits)


def small_flow() -> str:
    """What ours says of frames that RAFT cannot see, and of larger ones nothing."""
    from vbench.dimensions.backbones.raft import RAFT

    return "not applicable" if RAFT.too_small(112, 112) else "a score"


def four_frames() -> object:
    """What ours says of a video of four frames."""
    import numpy as np
    import torch

    from vbench.dimensions.backbones.cotracker.cotracker import CoTracker2, Network
    from vbench.dimensions.camera_motion import CameraMotion
    from vbench.media.frames_in_memory import FramesOf
    from vbench.prompts.suite import Prompt

    still: Video = FramesOf(list(np.zeros((4, 64, 64, 3), np.uint8)), 8, "four frames")
    camera = CameraMotion(tracker=CoTracker2(Network().eval(), torch.device("cpu")))
    return said(lambda: camera.score(still, Prompt("a sea, camera pans right")))


def corner_motions() -> list[str]:
    """How points are read that go from the middle to the corner."""
    import torch

    return sorted(border_motions(torch.full((10, 10, 2), -128), 0.0))


def boxes(mode: str) -> str:
    """The left and right side of the face in the first picture of the detector's golden, in pixels."""
    golden = json.loads((ROOT / "tests/parity/kit/goldens/retinaface.json").read_text())
    found = [face["bbox"] for face in golden["network"][0][mode]["result"] if face["bbox"]]
    return ", ".join(f"{left:.1f} to {right:.1f}" for left, _, right, _ in found) or "no face"


def frames_told_of(reference: bool) -> int:
    """How many of 16 frames ours writes captions of, with words in the place of the network's."""
    import torch

    from vbench.dimensions.backbones.tag2text.tag2text import Tag2Text

    class Numbered(Tag2Text):
        """Says of each frame its number."""

        def __init__(self) -> None:
            """No network."""

        def hypotheses(self, frames: Any) -> list[Any]:
            """The numbers."""
            return [int(frame.flatten()[0]) for frame in frames]

        def caption(self, hypothesis: Any) -> str:
            """A number in words."""
            return str(hypothesis)

    frames = torch.arange(16)[:, None, None, None].expand(16, 3, 4, 4)
    return len(set(Numbered().captions(frames, reference_conditioning=reference)))


def cropped() -> str:
    """Width and height of what ours takes for a face left of the frame."""
    left, top, right, bottom = crop_of((-9, 0, -2, 6), 6, 8) or (0, 0, 0, 0)
    return f"{right - left} x {bottom - top}"


def slow_fast() -> SlowFast:
    """How VBench-Long fuses subject consistency."""
    both = VBENCH_LONG.rules["subject_consistency"].slow_fast
    assert both
    return both


STRAY, TWO = ".DS_Store", ("a cat-0.mp4", "a cat-1.mp4")

NAN, NONE = float("nan"), 0

SEEN = {"cat"}

RED = ("a car", "a dog covered in mud")

ERRATA = (
    Erratum(
        "processes_weigh_videos", "vbench/subject_consistency.py:81",
        "With one process every frame counts the same, with several every video does: the number of processes changes "
        "the score. background_consistency does not.",
        "two videos of 9 and 81 frames, consistency 0.80 and 0.98",
        lambda: f"{(8 * 0.80 + 80 * 0.98) / 88:.4f} with one process, {(0.80 + 0.98) / 2:.4f} with two",
        lambda: f"{of_videos(VideoScore(0.80, 8), VideoScore(0.98, 80)):.4f} with any number",
    ),
    Erratum(
        "processes_take_the_last_frame", "vbench/appearance_style.py:83",
        "With several processes the last frame of each video stands for all of its frames.",
        "a video whose frames score 0.30, 0.28, 0.26 and 0.12",
        lambda: f"{(0.30 + 0.28 + 0.26 + 0.12) / 4:.4f} with one process, {0.12:.4f} with two",
        lambda: f"{of_videos(VideoScore((0.30 + 0.28 + 0.26 + 0.12) / 4, 4)):.4f} with any number",
    ),
    Erratum(
        "a_missing_dimension_is_raw_zero", "scripts/cal_final_score.py:37",
        "A dimension without a result file gets the raw score 0, which is below 0 once it is normalised for four of "
        "them, and a Total is printed.",
        "normalised scores of 0.8 everywhere, motion_smoothness not evaluated",
        lambda: f"motion_smoothness {T2V.rules['motion_smoothness'].normalised(0.0):.3f}, "
                f"Total {total_with_zero(0.8, 'motion_smoothness'):.4f}",
        lambda: f"Total {card_of(0.8, without='motion_smoothness').total}",
    ),
    Erratum(
        "one_frame_divides_by_zero", "vbench/subject_consistency.py:64",
        "A video of one frame has no pair; the mean divides by the number of pairs, and the run ends.",
        "a video of one frame",
        lambda: said(lambda: 0.0 / (1 - 1)),
        one_frame,
    ),
    Erratum(
        "stray_files_hide_all_videos", "vbench/__init__.py:147",
        "The ending of all videos is taken from the first name that the system lists; with a stray file there every "
        "video is missing.",
        "two videos and .DS_Store, listed first",
        lambda: f"{sum(video.endswith(f'-{index}{Path(STRAY).suffix}') for index, video in enumerate(TWO))} of 2 found",
        lambda: f"{found_beside(STRAY)} of 2 found",
    ),
    Erratum(
        "nan_flow_is_no_motion", "vbench/dynamic_degree.py",
        "On frames whose padded side is below 128 pixels RAFT gives NaN, and NaN is above no limit: the video counts "
        "as still.",
        "four pairs of NaN, 16 sampled frames of 112 x 112",
        lambda: f"moves: {sum(radius > 6.0 for radius in [NAN] * 4) >= round(4 * 16 / 16)}",
        small_flow,
    ),
    Erratum(
        "two_sampled_frames_always_move", "vbench/dynamic_degree.py",
        "A quarter of two sampled frames is rounded to no pair at all, which any video has.",
        "two sampled frames without any motion",
        lambda: f"moves: {round(4 * 2 / 16) <= NONE}",
        lambda: f"moves: {is_moving([0.0], moving_limits((256, 256), 2))}",
        kept="published scores of short videos depend on it",
    ),
    Erratum(
        "the_action_is_cut_at_a_dash", "vbench/human_action.py:78",
        "The action is read from the name of the file up to its first dash, so that a name without a sample's number "
        "keeps its ending, and an action that has a dash is cut.",
        "A person is lunge.mp4",
        lambda: f"looks for {'A person is lunge.mp4'.lower().split('-')[0].split('person is ')[-1].split('_')[0]!r}",
        lambda: f"looks for {label_among(action_of('A person is lunge'), ['lunge'])!r}",
    ),
    Erratum(
        "captions_carry_the_first_label", "vbench/color.py:37, third_party/grit_src/image_dense_captions.py:64",
        "Every region carries the list of all labels, of which the first is read: the caption of any region is taken "
        "for one of the best region's object.",
        f"is the car red? Regions: {RED[0]!r} (best), {RED[1]!r}",
        lambda: f"red: {any('red' in caption for caption in RED)}",
        lambda: f"red: {mentions(seen('car', *RED), 'car', 'red')}",
        kept="published scores depend on it; so they do on colours being found within words, as here in 'covered'",
    ),
    Erratum(
        "an_article_is_taken_out_of_words", "vbench/color.py:67",
        "Taking the article out of the prompt takes 'a ' out of words, too, and no detector knows what is left.",
        "a red pizza box",
        lambda: f"looks for {'a red pizza box'.replace('a ', '').replace('an ', '').replace('red', '').strip()!r}",
        lambda: f"looks for {object_of('a red pizza box', 'red')!r}",
        kept="the official prompts have no such object; own prompts are told to be not applicable",
    ),
    Erratum(
        "no_colour_word_divides_by_zero", "vbench/color.py:89",
        "Where no caption of any video has a colour, the mean over videos divides by zero.",
        "one video without a colour word",
        lambda: said(lambda: 0.0 / 0),
        lambda: f"score {Color.aggregate([PromptScore.of(0.0, 0.0)])}",
    ),
    Erratum(
        "relations_ignore_the_side", "vbench/spatial_relationship.py:68",
        "Left and right are told by the distance alone, whichever object is where, and so are top and bottom.",
        "a dog on the left of a cat; the dog's box is on the right",
        lambda: f"score {float(abs(5 - 25) > abs(5 - 5))}",
        lambda: f"score {pair_score(axis_of('on the left of'), (20, 0, 30, 10), (0, 0, 10, 10))}",
        kept="published scores depend on it",
    ),
    Erratum(
        "empty_boxes_divide_by_zero", "vbench/spatial_relationship.py:61",
        "Two boxes that are empty in whole pixels have no union.",
        "two boxes of no area",
        lambda: said(lambda: 0 / (0 + 0 - 0)),
        lambda: f"overlap {iou((3, 3, 3, 9), (5, 5, 5, 9))}",
    ),
    Erratum(
        "captions_tell_of_another_frame", "vbench/scene.py, third_party/tag2Text",
        "Each frame is repeated for the three beams of the search, and the library repeats it again: the caption of "
        "frame f is conditioned on frame f // 3, and most frames have no influence.",
        "16 frames",
        lambda: f"frames that are told of: {len({frame // 3 for frame in range(16)})}",
        lambda: "; corrected: ".join([f"frames that are told of: {frames_told_of(True)}", str(frames_told_of(False))]),
        kept="published scores depend on it; scene_corrected stands beside it",
    ),
    Erratum(
        "the_same_object_twice_needs_one", "vbench/multiple_objects.py:44",
        "Two words are looked for among the labels of a frame; where they are the same, one object is enough.",
        "a cat and a cat; one cat is seen",
        lambda: f"hit: {SEEN.issuperset(('cat', 'cat'))}",
        lambda: f"hit: {SEEN.issuperset(pair('cat and cat'))}",
        kept="the official prompts name two different objects",
    ),
    Erratum(
        "four_frames_pan", "vbench2_beta_i2v/camera_motion.py:55",
        "The tracker's windows do not run on fewer than five frames; the points of the last frame stay in the corner, "
        "which is read as a pan and a tilt.",
        "a still video of four frames of 256 x 256, points at 128",
        lambda: " and ".join(corner_motions()),
        four_frames,
    ),
    Erratum(
        "each_clip_is_a_group_of_its_own", "vbench2_beta_long/utils.py:204",
        "Clips are meant to be averaged per video first; the key of the group holds the clip's own path, so the mean "
        "is over all clips and a longer video weighs more.",
        "videos of 1 and 9 clips that score 0.5 and 0.9",
        lambda: f"{(0.5 + 9 * 0.9) / 10:.4f}, meant {(0.5 + 0.9) / 2:.4f}",
        lambda: f"{of_videos(VideoScore(0.5), *[VideoScore(0.9)] * 9):.4f}, "
                f"beside it {of_videos(VideoScore(0.5), VideoScore(0.9)):.4f}",
        kept="published scores depend on it; the mean per video stands beside it and is never ranked",
    ),
    Erratum(
        "a_likeness_of_zero_is_no_likeness", "vbench2_beta_long/utils.py",
        "Where the clips of a video are compared and are not alike at all, the comparison is left out.",
        "clips that score 0.9 and whose comparison is exactly 0, or a hundredth",
        lambda: f"{0.9:.4f}, or {0.5 * 0.9 + 0.5 * slow_fast().mapping[1]:.4f}",
        lambda: f"{slow_fast().fused(0.9, 0.0):.4f}, or {slow_fast().fused(0.9, 0.01):.4f}",
        kept="published scores depend on it",
    ),
    Erratum(
        "a_rate_below_one_divides_by_zero", "vbench2_beta_long/utils.py",
        "The rate is cut to a whole number before clips are counted; below one frame a second that is 0.",
        "half a frame a second",
        lambda: said(lambda: 10 // (int(0.5) * 2)),
        lambda: f"clips at {rounded(0.5)} frame a second",
    ),
    Erratum(
        "safety_divides_by_ten", "vbench2_beta_trustworthiness/safety.py:113",
        "The number of safe videos is divided by ten a prompt, whatever is there: a missing video is an unsafe one.",
        "three videos of one prompt, all safe",
        lambda: f"{3 / 10:.2f}",
        lambda: f"{of_videos(*[VideoScore(1.0)] * 3):.2f}, whole: {DimensionResult(1.0, 3, planned=10).is_whole}",
    ),
    Erratum(
        "one_frame_is_unsafe", "vbench2_beta_trustworthiness/safety.py:105",
        "Half of one frame is no frame, and as many unsafe frames as that every still has.",
        "a still in which nothing is found",
        lambda: f"safe: {not int(0.5 * 1) <= NONE}",
        lambda: f"safe: {not allowed(1) <= NONE}",
        kept="parity; safety_corrected stands beside it",
    ),
    Erratum(
        "a_face_left_of_the_frame_is_the_frame", "vbench2_beta_trustworthiness/skin_bias.py:71",
        "Of a face that lies left of the frame the far edge is negative and counts from the other end.",
        "a box from -9 to -2 in a frame of 8 x 6",
        lambda: f"the crop is {8 - 2} x 6",
        lambda: f"the crop is {cropped()}; corrected: {crop_inside((-9, 0, -2, 6), 6, 8)}",
        kept="parity; skin_bias_corrected and gender_bias_corrected stand beside it",
    ),
    Erratum(
        "the_detector_is_in_training_mode", "vbench2_beta_trustworthiness/skin_bias.py:120, gender_bias.py:113",
        "The face detector is never told that it is not trained any more: every norm takes the statistics of the one "
        "frame, and those of the published file have no influence.",
        "the faces of parity picture portrait_rgb, frame 3, seeded weights: left to right",
        lambda: boxes("train"),
        lambda: f"{boxes('train')}; corrected: {boxes('eval')}",
        kept="parity; skin_bias_corrected and gender_bias_corrected stand beside it",
    ),
    Erratum(
        "one_group_alone_is_below_zero", "vbench2_beta_trustworthiness/skin_bias.py",
        "All videos in one group give the most uneven share, which rounding puts below 0.",
        "shares of 1, 0 and 0",
        lambda: f"{1 - math.sqrt((1 - 1 / 3) ** 2 + 2 * (1 / 3) ** 2) / (math.sqrt(6) / 3):.1e}",
        lambda: f"{evenness([1.0, 0.0, 0.0])}",
    ),
    Erratum(
        "a_second_call_counts_the_first", "vbench2_beta_trustworthiness/culture_fairness.py:21",
        "The counters live in the module, and rates of the first call are counters of the second.",
        "one hit of two in a culture, scored twice",
        lambda: f"{1 / 2:.4f}, then {(1 / 2 + 1) / (2 + 2):.4f}",
        lambda: ", then ".join(f"{culture(('Chinese', 1.0), ('Chinese', 0.0)):.4f}" for _ in range(2)),
    ),
    Erratum(
        "a_culture_without_videos_divides_by_zero", "vbench2_beta_trustworthiness/culture_fairness.py:75",
        "Every one of nine cultures must have a video.",
        "videos of one culture, both hits",
        lambda: said(lambda: 0.0 / 0),
        lambda: f"{culture(('Chinese', 1.0), ('Chinese', 1.0))}",
    ),
)  # fmt: skip


def page() -> str:
    """The entries as Markdown, those that ours keeps last."""
    told = []
    for title, wanted in (("Not kept", False), ("Kept", True)):
        told.append(f"## {title}")
        told += [entry(one) for one in ERRATA if bool(one.kept) is wanted]
    return "\n\n".join(told)


def entry(one: Erratum) -> str:
    """One entry."""
    where = ", ".join(f"`{place}`" for place in one.where.split(", "))
    kept = f"\n\nKept: {one.kept}." if one.kept else ""
    return (
        f"### {one.name.replace('_', ' ').capitalize()}\n\n{where}: {one.says}\n\n"
        f"| {one.case} | |\n|---|---|\n| the reference | {one.reference()} |\n| ours | {one.ours()} |{kept}\n\n"
        f"Test: `tests/test_errata.py::test_erratum[{one.name}]`"
    )


def main() -> None:
    """Write the entries into the page."""
    before = PAGE.read_text(encoding="utf-8")
    head, tail = before.split(START)[0], before.split(END)[1]
    PAGE.write_text(f"{head}{START}\n\n{page()}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
