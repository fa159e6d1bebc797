"""How many pairs of frames settle the verdicts on motion, on sets that move and sets that stand still.

    python perf/pairs.py

Samples clips of a prompt suite with the built-in generator (moving; moving and then still; the same backwards; still)
and judges each twice: by the pairs that settle the verdict, and by all pairs, which must agree. The flow is the lite
profile's, which needs no download. ``in order of time`` is what stopping alone would look at, without looking first at
the pairs that differ most.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch

from vbench.dimensions.backbones.dis_flow import DisFlow
from vbench.dimensions.dynamic_degree import DynamicDegree, sampling_step
from vbench.dimensions.flow_rules import MOVING_SHARE, STATIC_SHARE, moving_limits, static_limits
from vbench.dimensions.motion_evidence import Question
from vbench.dimensions.static_filter import StaticFilter
from vbench.interface import generate
from vbench.media.frames_in_memory import FramesVideo
from vbench.media.video import Video
from vbench.prompts.library import load_suite
from vbench.prompts.suite import Prompt

STARTS_LATE = "starts late"
SETS = {
    "moving": "stillness=0",
    "stops half-way": "freeze=0.5",
    STARTS_LATE: "freeze=0.5",
    "still": "stillness=1,flicker=0.2",
}
Counts = tuple[int, int, int, bool]
"""Pairs that were looked at, in order of time, and of how many; whether the verdict is yes."""


def main() -> None:
    """Sample, judge, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", nargs="+", default=["16x8", "49x8", "81x16"], help="FRAMESxRATE")
    parser.add_argument("--videos", type=int, default=24, help="of each set and length")
    parser.add_argument("--height", type=int, default=192)
    options = parser.parse_args()
    flow = DisFlow.load(torch.device("cpu"))
    prompts = [prompt.text for prompt in load_suite("open") if "dynamic_degree" in prompt.dimensions][: options.videos]
    print("| verdict | set | frames | videos | yes | pairs looked at | in order of time |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for clip in options.clip:
        frames, rate = map(int, clip.split("x"))
        shape = {"frames": frames, "fps": rate, "height": options.height, "width": options.height * 5 // 3 // 2 * 2}
        for name, dials in SETS.items():
            with tempfile.TemporaryDirectory() as folder:
                generate(f"synthetic:{dials}", folder, prompts=prompts, samples=1, settings=shape)
                videos: list[Video] = [Video(path) for path in sorted(Path(folder).glob("*.mp4"))]
                if name == STARTS_LATE:
                    videos = [FramesVideo(video.frames(range(frames)).flip(0), video.fps) for video in videos]
                for verdict, judge in (("dynamic degree", degree), ("static filter", static)):
                    counted = [judge(video, flow) for video in videos]
                    looked, timely, pairs = (sum(one[place] for one in counted) for place in (0, 1, 2))
                    yes = sum(one[3] for one in counted)
                    shares = f"{looked} of {pairs} ({looked / pairs:.0%}) | {timely / pairs:.0%}"
                    print(f"| {verdict} | {name} | {frames} | {len(videos)} | {yes} | {shares} |", flush=True)


def degree(video: Video, flow: DisFlow) -> Counts:
    """Of the dynamic degree."""
    judge = DynamicDegree(flow=flow)
    settled = judge.score(video, Prompt(""))
    judge.all_pairs = True
    whole = judge.score(video, Prompt(""))
    assert settled.value == whole.value, video
    limits = moving_limits(video.size, len(whole.per_frame) + 1)
    asked = Question(sampling_step(video.fps), MOVING_SHARE, limits.radius, limits.pairs)
    return len(settled.per_frame), in_order_of_time(whole.per_frame, asked), len(whole.per_frame), bool(whole.value)


def static(video: Video, flow: DisFlow) -> Counts:
    """Of the static filter; its two ends count as pairs, and come first in either order."""
    settled, whole = (StaticFilter(flow, all_pairs).is_static(video) for all_pairs in (False, True))
    assert settled.static == whole.static, video
    limits = static_limits(video.size, whole.pairs + 1)
    asked = Question(1, STATIC_SHARE, limits.radius, limits.pairs + 1)
    timely = len(settled.ends) + (in_order_of_time(whole.neighbours, asked) if settled.neighbours else 0)
    return len(settled.ends) + settled.looked_at, timely, 2 + whole.pairs, whole.static


def in_order_of_time(radii: Sequence[float], asked: Question) -> int:
    """How many pairs are looked at one after the other until the verdict is settled."""
    counts = range(1, len(radii) + 1)
    return next(count for count in counts if not asked.still_needed(radii[:count], len(radii)))


if __name__ == "__main__":
    main()
