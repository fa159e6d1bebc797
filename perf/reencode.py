"""How far the scores of clips move when they are compressed once more, as VBench-Long's clips are.

    python perf/reencode.py --profile lite

Shows the parity clips forth and back for six seconds each, scores them with and without ``--reencode``, and prints both
means and the mean and largest change of a clip.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
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


def main() -> None:
    """Parse the options, score twice, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="lite")
    parser.add_argument("--dimension", nargs="+")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from vbench.interface import evaluate

    with tempfile.TemporaryDirectory() as scratch:
        videos = Path(scratch) / "videos"
        videos.mkdir()
        write_long(videos)
        own, again = (
            evaluate(
                videos, benchmark="vbench-long", mode="custom_input", profile=options.profile, reencode=reencode,
                dimensions=options.dimension, output=Path(scratch) / f"run{reencode}",
            )
            for reencode in (False, True)
        )  # fmt: skip
        print(f"{'dimension':24} {'own':>8} {'again':>8} {'change':>8} {'largest':>8}")
        for name, score in own.card.scores.items():
            of_name = ({row.video: row.value for row in run.rows() if row.dimension == name} for run in (own, again))
            before, after = of_name
            moved = [after[video] - value for video, value in before.items() if value is not None]
            largest = max(moved, key=abs)
            print(f"{name:24} {score:8.4f} {again.card.scores[name]:8.4f} {np.mean(moved):+8.4f} {largest:+8.4f}")


if __name__ == "__main__":
    main()
