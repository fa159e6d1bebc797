"""Two small clips for each dimension that can be judged without a download: one that scores high, one that scores low.

python docs/make_examples.py

The synthetic generator renders the same scene twice, once with a defect, and the lite profile judges the very files
that the page of dimensions shows. Writes docs/examples/.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import torch

from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.i2v import VBENCH_I2V
from vbench.benchmarks.long import VBENCH_LONG
from vbench.benchmarks.t2v import T2V
from vbench.dimensions.profiles import profile
from vbench.generators.base import Request, Settings
from vbench.generators.options import Options
from vbench.generators.synthetic.generator import Synthetic
from vbench.media.clip import Clip
from vbench.media.encode import write_picture
from vbench.media.frames_in_memory import FramesOf
from vbench.media.video import Video
from vbench.prompts.suite import Prompt
from vbench.runs.evaluators import Evaluators

FOLDER = Path(__file__).parent / "examples"

SHOWN = Settings(frames=24, height=180, width=240, fps=8)

HIGH, LOW = "high", "low"

QUALITY = "30"
"""x264's constant rate factor: as videos on the web are, a few tens of kB each."""

SEED = 1


@dataclass(frozen=True)
class Example:
    """A pair of clips.

    Attributes:
        dimension: that tells them apart.
        prompt: that both are judged by, and rendered from.
        low: dials of the clip that scores low.
        instead: another prompt that the low clip is rendered from.
        benchmark: whose dimension it is.
        from_picture: whether the clips start from a picture, the first frame of the scene.
        seconds: of the clips that a long video is cut into, whose first frames are judged; 0: every frame is.
    """

    dimension: str
    prompt: str
    low: str = ""
    instead: str = ""
    benchmark: Benchmark = T2V
    from_picture: bool = False
    seconds: int = 0


KITE, DOG = "a yellow kite above a boat, fast", "a dog on the left of a bench"

PAN = "a white horse, camera pans left"

EXAMPLES = (
    Example("subject_consistency", DOG, "subject_drift=1"),
    Example("background_consistency", DOG, "color_shift=1"),
    Example("temporal_flickering", DOG, "flicker=1"),
    Example("motion_smoothness", KITE, "jerk=1"),
    Example("dynamic_degree", KITE, "stillness=1"),
    Example("imaging_quality", DOG, "blur=1"),
    Example("i2v_subject", KITE, "subject_drift=1", benchmark=VBENCH_I2V, from_picture=True),
    Example("i2v_background", KITE, "color_shift=1", benchmark=VBENCH_I2V, from_picture=True),
    Example("camera_motion", PAN, instead="a white horse, camera pans right", benchmark=VBENCH_I2V),
    Example("camera_motion_corrected", PAN, instead="a white horse, camera zooms in", benchmark=VBENCH_I2V),
    Example("subject_clip_to_clip", DOG, "cut=1", benchmark=VBENCH_LONG, seconds=1),
    Example("background_clip_to_clip", DOG, "color_shift=1", benchmark=VBENCH_LONG, seconds=1),
)


def main() -> None:
    """Write the clips, and what they score."""
    FOLDER.mkdir(exist_ok=True)
    told = {one.dimension: made(one) for one in EXAMPLES}
    (FOLDER / "scores.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def made(example: Example) -> dict[str, Any]:
    """The two clips of an example, with what each was rendered from and what it scores."""
    with TemporaryDirectory() as scratch:
        start = picture_of(example, Path(scratch)) if example.from_picture else None
        found: dict[str, Any] = {"prompt": example.prompt, "seconds": example.seconds}
        for which in (HIGH, LOW):
            text = example.instead if which == LOW and example.instead else example.prompt
            dials = example.low if which == LOW else ""
            file = FOLDER / f"{example.dimension}-{which}.mp4"
            write_small(rendered(text, dials, start), file)
            found[which] = {"rendered": text, "dials": dials, "score": round(score_of(example, file, start), 4)}
    return found


def rendered(prompt: str, dials: str, start: Path | None) -> Clip:
    """The scene of a prompt."""
    return Synthetic("synthetic", dials, Options()).sample(Request(prompt, 0, SEED, SHOWN, "clip.mp4", image=start))


def picture_of(example: Example, folder: Path) -> Path:
    """The first frame of an example's scene, as a file."""
    first = rendered(example.prompt, "", None).frames[:1]
    write_picture(Clip(first, SHOWN.fps), folder / "start.png")
    return folder / "start.png"


def score_of(example: Example, file: Path, start: Path | None) -> float:
    """What the lite profile says of a file."""
    judge = Evaluators(profile("lite"), torch.device("cpu"), benchmark=example.benchmark).dimension(example.dimension)
    video = Video(file)
    if example.seconds:
        video = first_frames(video, example.seconds)
    return judge.score(video, Prompt(example.prompt, image=start)).value


def first_frames(video: Video, seconds: int) -> Video:
    """The first frame of each clip of so many seconds."""
    every = round(seconds * video.fps)
    frames = [frame for batch in video.batches() for frame in batch.permute(0, 2, 3, 1).numpy()]
    return FramesOf(frames[::every], video.fps, str(video.path))


def write_small(clip: Clip, path: Path) -> None:
    """A file for the page."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream: Any = container.add_stream("libx264", rate=round(clip.fps))
        stream.height, stream.width = clip.frames.shape[1:3]
        stream.pix_fmt, stream.thread_count = "yuv420p", 1
        stream.options = {"crf": QUALITY, "tune": "zerolatency"}
        for frame in clip.frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


if __name__ == "__main__":
    main()
