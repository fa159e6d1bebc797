"""How far the scores of clips move when they are compressed once more, as VBench-Long's clips are.

    python perf/reencode.py --profile lite

Shows the parity clips forth and back for six seconds each and scores them without and with ``--reencode``. Prints both
means, and the mean and largest change of a clip; then the changes from these to the reference's clips on a machine of
few ``--cores``, which cuts a picture into as many slices at most.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
CLIPS = ("still_rgb", "pan_wide_rgb", "portrait_rgb", "fast_square_rgb", "flicker_yuv")
FPS, SECONDS = 8, 6


def write_long(folder: Path) -> None:
    """A longer video of each clip, without loss."""
    from vbench.media.encode import LOSSLESS, Writer
    from vbench.media.video import Video

    for name in CLIPS:
        source = Video(ROOT / "vbench" / "parity" / "kit" / "clips" / f"{name}.mp4")
        frames = np.concatenate([batch.permute(0, 2, 3, 1).numpy() for batch in source.batches()])
        there_and_back = np.concatenate([frames, frames[-2:0:-1]])
        writer = Writer(folder / f"{name}-0.mp4", FPS, LOSSLESS)
        for index in range(FPS * SECONDS):
            writer.add(there_and_back[index % len(there_and_back)])
        writer.close()


def scored(
    videos: Path, output: Path, profile: str, dimensions: Sequence[str] | None, reencode: bool
) -> dict[str, dict[str, float]]:
    """The score of each clip: dimension -> clip -> score."""
    from vbench.interface import evaluate

    run = evaluate(
        videos, benchmark="vbench-long", mode="custom_input", profile=profile, reencode=reencode, dimensions=dimensions,
        output=output,
    )  # fmt: skip
    scores: dict[str, dict[str, float]] = {name: {} for name in run.card.scores}
    for row in run.rows():
        if row.value is not None:
            scores[row.dimension][row.video] = row.value
    return scores


def moved(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """The mean and the largest change of a clip."""
    changes = [after[clip] - value for clip, value in before.items()]
    return f"{np.mean(changes):+9.4f}{max(changes, key=abs):+9.4f}"


def main() -> None:
    """Parse the options, score three times, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="lite")
    parser.add_argument("--dimension", nargs="+")
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from vbench.media import encode

    with tempfile.TemporaryDirectory() as scratch:
        videos = Path(scratch) / "videos"
        videos.mkdir()
        write_long(videos)
        own, again = (
            scored(videos, Path(scratch) / f"run{reencode}", options.profile, options.dimension, reencode)
            for reencode in (False, True)
        )
        encode.SLICES = options.cores
        few = scored(videos, Path(scratch) / "few", options.profile, options.dimension, reencode=True)
    heads = ("own", "again", "change", "largest", f"{options.cores} cores", "largest")
    print(f"{'dimension':23}" + "".join(f"{head:>9}" for head in heads))
    for name in own:
        means = "".join(f"{np.mean(list(run[name].values())):9.4f}" for run in (own, again))
        print(f"{name:23}{means}{moved(own[name], again[name])}{moved(again[name], few[name])}")


if __name__ == "__main__":
    main()
