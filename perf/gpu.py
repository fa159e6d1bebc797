"""What a GPU gives: scores beside the reference's figures, what faster arithmetic moves, seconds and memory.

    python perf/gpu.py --seeded /tmp/seeded                      # everything, on the first CUDA device
    python perf/gpu.py --seeded /tmp/seeded --part parity        # strict mode against the goldens
    python perf/gpu.py --seeded /tmp/seeded --part precision     # fast mode, TF32 and float16 against strict mode
    python perf/gpu.py --seeded /tmp/seeded --part speed estimate --mode strict fast --clip 81x832x480
    python perf/gpu.py --seeded /tmp/seeded --part suite --workers 1 4 --mode strict fast --clip 81x832x480
    python perf/gpu.py --seeded /tmp/seeded --part decode --clip 81x832x480
    python perf/gpu.py --device cpu --dimension imaging_quality --part parity --seeded /tmp/seeded

Checkpoints have seeded weights of the published shapes, which need the same time and memory as the published ones (but
for words, whose length follows from the weights) and are those that the goldens were made with. Every part prints a
Markdown table and, with ``--json FOLDER``, writes what it measured; a dimension that fails is named and left out.

- parity: the largest difference of a clip's score from the reference's, and of its course (pairs, frames) where the
  golden has one.
  (Human action's pan_wide_rgb differs on purpose: the reference cuts its label at a dash.)
- precision: the largest difference from strict mode of a clip's score and of any frame's or pair's number, and how many
  labels, captions and truth values changed. fast: as ``--precision fast`` has it; tf32: where fast leaves all in
  float32, what TF32 would move; float16: as ``--clip-precision float16`` has it.
- speed: the median of some runs over a rendered video whose frames are decoded already, after one that is not counted;
  memory is the allocator's peak beyond the weights.
- suite: a part of VBench's prompts, every dimension's share as in the whole, through ``vbench evaluate`` with one or
  several processes on one card; a run of some videos of each kind tells what loading takes, and both together how long
  the whole suite would. The static filter is not in it: no prompt has more samples than are judged.
- decode: seconds to read the video.
- estimate: the speed of each clip times VBench's plan of five videos a prompt, and times MLPerf's of one, on one card,
  decoding apart.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import processes
from memory import render

sys.path.insert(0, str(processes.ROOT))

import torch

from tests.parity.conftest import clip as file_of
from tests.parity.figures import reference
from vbench import device as devices
from vbench.arithmetic import strictly, tf32
from vbench.benchmarks.mlperf_wan22 import MLPERF_WAN22
from vbench.benchmarks.t2v import RULES
from vbench.dimensions.base import VideoScore
from vbench.dimensions.profiles import FAST, OFFICIAL, OFFICIAL_FAST, OFFICIAL_IN_HALF, profile
from vbench.dimensions.static_filter import StaticFilter
from vbench.media.video import Video
from vbench.prompts.library import load_suite
from vbench.prompts.suite import Prompt
from vbench.runs.evaluators import Evaluators
from vbench.runs.results import read_rows
from vbench.runs.store import SCORED

PARTS = ("parity", "precision", "speed", "suite", "decode", "estimate")
MODES = {"strict": OFFICIAL, "fast": OFFICIAL_FAST}
FILTER = "static_filter"
SAMPLES = 5
PARTLY = 1
"""How ``vbench evaluate`` ends where the suite has prompts or samples without a video."""
Scorer = Callable[[Video, Prompt], VideoScore]


def main() -> None:
    """Parse the options, measure part by part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeded", type=Path, required=True, help="cache to fill with seeded checkpoints")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--dimension", nargs="+", default=[*RULES, FILTER])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--clip", nargs="+", default=["16x512x320", "81x832x480"], help="FRAMESxWIDTHxHEIGHT")
    parser.add_argument("--mode", nargs="+", choices=MODES, default=["strict"], help="whose speed is measured")
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2], help="processes side by side")
    parser.add_argument("--every", type=int, default=25, help="every how many prompts of the suite one is scored")
    parser.add_argument("--samples", type=int, default=3, help="videos of each of these prompts")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the median counts")
    parser.add_argument("--json", type=Path, help="folder for what was measured")
    options = parser.parse_args()
    os.environ["VBENCH_CACHE_DIR"] = str(options.seeded)
    processes.fill(options.seeded, [name for name in options.dimension if name != FILTER] or ["dynamic_degree"])
    measured = Bench(devices.choose(options.device), options)
    print(f"{measured.card}, torch {torch.__version__}, {sys.version.split()[0]}", flush=True)
    for part in options.part:
        begun = time.perf_counter()
        with strictly():  # dimensions are asked directly, so that other arithmetic can be measured as well
            results = getattr(measured, part)()
        if options.json:
            options.json.mkdir(parents=True, exist_ok=True)
            (options.json / f"{part}.json").write_text(json.dumps({"card": measured.card, part: results}, indent=1))
        print(f"\n({part}: {time.perf_counter() - begun:.0f} s)", flush=True)


class Bench:
    """The dimensions on one device."""

    def __init__(self, device: torch.device, options: argparse.Namespace) -> None:
        self.device, self.options = device, options
        self._crews: dict[str, Evaluators] = {}
        self.use(OFFICIAL)
        self.card = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
        self._speed: dict[str, Any] = {}

    def use(self, judges: str) -> None:
        """Look with the models of that profile from now on."""
        self.crew = self._crews.setdefault(judges, Evaluators(profile(judges), self.device, all_pairs=True))

    def scorer(self, name: str) -> Scorer:
        """What scores a video; of the static filter its verdict, with the radii of all pairs."""
        if name != FILTER:
            return self.crew.dimension(name).score
        judge = StaticFilter(self.backbones(name)["flow"], all_pairs=True)

        def verdict(video: Video, prompt: Prompt) -> VideoScore:
            seen = judge.is_static(video)
            return VideoScore(
                float(seen.static), per_frame=(*seen.neighbours, *seen.ends), details={"static": seen.static}
            )

        return verdict

    def backbones(self, name: str) -> dict[str, Any]:
        """The loaded backbones of a dimension, by role."""
        dimension = self.crew.dimension("dynamic_degree" if name == FILTER else name)
        return {role: getattr(dimension, role) for role in dimension.roles}

    def each(self, work: Callable[[str], Any]) -> dict[str, Any]:
        """Do something for every dimension; what fails is told and left out."""
        results = {}
        for name in self.options.dimension:
            try:
                results[name] = work(name)
            except Exception:
                print(f"| {name} failed |\n{traceback.format_exc()}", file=sys.stderr, flush=True)
        return results

    def goldens(self, name: str) -> dict[str, VideoScore]:
        """The score of each clip of a dimension's golden."""
        score = self.scorer(name)
        return {clip: score(Video(file_of(clip)), prompt_of(name, golden)) for clip, golden in clips_of(name).items()}

    def parity(self) -> dict[str, Any]:
        """Scores in strict mode beside the reference's."""
        print("\n| dimension | clips | largest difference of a score | of its course |\n|---|--:|--:|--:|")

        def compared(name: str) -> dict[str, Any]:
            own, golden = self.goldens(name), clips_of(name)
            scores = {clip: abs(own[clip].value - reference_score(name, golden[clip])) for clip in own}
            courses = [largest(own[clip].per_frame, course_of(name, golden[clip])) for clip in own]
            course = max((difference for difference in courses if difference is not None), default=None)
            told = "-" if course is None else f"{course:.1e}"
            print(f"| {name} | {len(own)} | {max(scores.values()):.1e} | {told} |", flush=True)
            return {"scores": scores, "course": course, "values": {clip: score.value for clip, score in own.items()}}

        return self.each(compared)

    def precision(self) -> dict[str, Any]:
        """What faster arithmetic moves."""
        print("\n| dimension | mode | a score | a frame or pair | words, truth values |\n|---|---|--:|--:|--:|")

        def compared(name: str) -> dict[str, Any]:
            strict, results = self.goldens(name), {}
            for mode, other in self.other_modes(name):
                scores = {clip: abs(other[clip].value - strict[clip].value) for clip in strict}
                frames = max(largest(other[clip].per_frame, strict[clip].per_frame) or 0.0 for clip in strict)
                words = {clip: changed(other[clip].details, strict[clip].details) for clip in strict}
                told = ", ".join(f"{count} in {clip}" for clip, count in words.items() if count) or "0"
                results[mode] = {"scores": scores, "frames": frames, "words": words}
                print(f"| {name} | {mode} | {max(scores.values()):.1e} | {frames:.1e} | {told} |", flush=True)
            return results

        return self.each(compared)

    def other_modes(self, name: str) -> Iterator[tuple[str, dict[str, VideoScore]]]:
        """The scores of a golden's clips in each mode that this dimension's models have."""
        yield "strict again", self.goldens(name)
        if not self.backbones(name).keys():
            return
        if not {backbone.name for backbone in self.backbones(name).values()} & FAST.keys():
            with tf32():
                yield "tf32", self.goldens(name)
            return
        for mode, judges in (("fast", OFFICIAL_FAST), ("float16", OFFICIAL_IN_HALF)):
            names = {profile(kind).roles[role] for role in self.backbones(name) for kind in (OFFICIAL, judges)}
            if len(names) > len(self.backbones(name)):
                self.use(judges)
                yield mode, self.goldens(name)
                self.use(OFFICIAL)

    def speed(self) -> dict[str, Any]:
        """Seconds and memory per dimension, mode and clip."""
        print("\n| dimension | mode | clip | seconds a video | memory beyond the weights |\n|---|---|---|--:|--:|")

        def timed(name: str) -> dict[str, Any]:
            results = {}
            for clip in self.options.clip:
                with rendered(clip) as path:
                    seconds, peak = self.median(name, path)
                results[clip] = {"seconds": seconds, "peak": peak}
                told = f"{peak / 2**30:.2f} GiB" if self.device.type == "cuda" else "-"
                print(f"| {name} | {mode} | {clip} | {seconds:.3f} | {told} |", flush=True)
            return results

        for mode in self.options.mode:
            self.crew.keep_only([])
            self.use(MODES[mode])
            self._speed[mode] = self.each(timed)
        return self._speed

    def median(self, name: str, path: Path) -> tuple[float, int]:
        """Seconds of scoring a decoded video, and bytes beyond what lay on the device before."""
        cuda = self.device.type == "cuda"
        score = self.scorer(name)
        prompt = prompt_of(name, next(iter(clips_of(name).values())))
        seconds, peak = [], 0
        for _ in range(1 + self.options.repeat):
            video = primed(path)
            if cuda:
                torch.cuda.reset_peak_memory_stats(self.device)
                before = torch.cuda.memory_allocated(self.device)
            begun = clock(self.device)
            score(video, prompt)
            seconds.append(clock(self.device) - begun)
            if cuda:
                peak = torch.cuda.max_memory_allocated(self.device) - before
        return statistics.median(seconds[1:]), peak

    def decode(self) -> dict[str, Any]:
        """Seconds to read each clip."""
        print("\n| clip | seconds to decode |\n|---|--:|")
        results = {}
        for clip in self.options.clip:
            with rendered(clip) as path:
                seconds = []
                for _ in range(1 + self.options.repeat):
                    begun = time.perf_counter()
                    primed(path)
                    seconds.append(time.perf_counter() - begun)
                results[clip] = statistics.median(seconds[1:])
            print(f"| {clip} | {results[clip]:.3f} |", flush=True)
        return results

    def suite(self) -> dict[str, Any]:
        """Seconds and memory of runs that go through every dimension, and how long the whole suite would take."""
        print("\n| clip | mode | workers | videos | seconds | of them loading | GPU memory | minutes for the suite |")
        print("|---|---|--:|--:|--:|--:|--:|--:|")
        wanted = [prompt for prompt in load_suite("open") if {*prompt.dimensions} & {*self.options.dimension}]
        kinds = list({prompt.dimensions: prompt for prompt in wanted}.values())
        clip, results = self.options.clip[-1], []
        with rendered(clip) as path, tempfile.TemporaryDirectory() as folder:
            for mode, workers in product(self.options.mode, self.options.workers):
                output = Path(folder) / f"{mode}-{workers}"
                few = sampled(path, kinds, workers, output / "few")
                part = sampled(path, wanted[:: self.options.every], self.options.samples, output / "part")
                start, _ = self.evaluated(output / "few", mode, workers)
                seconds, memory = self.evaluated(output / "part", mode, workers)
                each = (seconds - start) / (part - few)
                loading, whole = start - few * each, start + (SAMPLES * len(wanted) - few) * each
                results.append({"clip": clip, "mode": mode, "workers": workers, "videos": part, "seconds": seconds,
                                "loading": loading, "memory": memory, "whole": whole})  # fmt: skip
                told = f"{memory / 2**30:.1f} GiB" if memory else "-"
                print(f"| {clip} | {mode} | {workers} | {part} | {seconds:.1f} | {loading:.1f} | {told} "
                      f"| {whole / 60:.1f} |", flush=True)  # fmt: skip
        return {"runs": results}

    def evaluated(self, folder: Path, mode: str, workers: int) -> tuple[float, int]:
        """Seconds of ``vbench evaluate``, and bytes of the card's memory that it took at most."""
        command = [sys.executable, "-m", "vbench", "evaluate", str(folder / "videos"), "--device", str(self.device)]
        command += ["--suite", str(folder / "suite.json"), "--precision", mode, "--workers", str(workers)]
        command += ["--output", str(folder / "run"), "--progress", "none"]
        command += [word for name in self.options.dimension if name != FILTER for word in ("-d", name)]
        cuda, most = self.device.type == "cuda", 0
        free = torch.cuda.mem_get_info(self.device)[0] if cuda else 0
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while process.poll() is None:
            most = max(most, free - torch.cuda.mem_get_info(self.device)[0]) if cuda else 0
            time.sleep(0.05)
        seconds = time.perf_counter() - begun
        if process.returncode not in (0, PARTLY):
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
        if lacking := [row for row in read_rows(folder / "run") if row.status != SCORED]:
            print(f"{len(lacking)} scores are missing, such as {lacking[0]}", file=sys.stderr, flush=True)
        return seconds, most

    def estimate(self) -> dict[str, Any]:
        """VBench's and MLPerf's plan on one card, from the measured seconds."""
        results: dict[str, Any] = {}
        print("\n| plan | mode | clip | minutes |\n|---|---|---|--:|")
        for mode, by_dimension in self._speed.items():
            for clip in self.options.clip:
                seconds = {name: measured[clip]["seconds"] for name, measured in by_dimension.items()}
                for plan, videos in (("VBench", vbench_plan), ("MLPerf", mlperf_plan)):
                    wanted = {name: videos(name) * taken / 60 for name, taken in seconds.items()}
                    results[f"{plan} {mode} {clip}"] = wanted
                    print(f"| {plan} | {mode} | {clip} | {sum(wanted.values()):.1f} |", flush=True)
        return results


def sampled(clip: Path, prompts: Sequence[Prompt], samples: int, folder: Path) -> int:
    """Write so many copies of a clip for each prompt, no two of the same bytes, and their suite; returns how many."""
    videos = folder / "videos"
    videos.mkdir(parents=True)
    for number, (prompt, sample) in enumerate(product(prompts, range(samples))):
        filled = b"".join((struct.pack(">I", 16), b"free", struct.pack(">Q", number)))
        (videos / f"{prompt.text}-{sample}.mp4").write_bytes(clip.read_bytes() + filled)
    listed = [{"prompt_en": one.text, "dimension": list(one.dimensions), "auxiliary_info": one.facts}
              for one in prompts]  # fmt: skip
    (folder / "suite.json").write_text(json.dumps(listed))
    return len(prompts) * samples


def vbench_plan(name: str) -> int:
    """Videos that VBench has of a dimension; the static filter looks at those of temporal flickering."""
    return SAMPLES * RULES["temporal_flickering" if name == FILTER else name].prompts


def mlperf_plan(name: str) -> int:
    """Videos that MLPerf's gate has of a dimension."""
    return MLPERF_WAN22.rules[name].prompts if name in MLPERF_WAN22.rules else 0


def clips_of(name: str) -> Mapping[str, Any]:
    """What the golden of a dimension says of each clip that the reference could score."""
    clips = reference(name)["clips"]
    return {clip: golden for clip, golden in clips.items() if reference_score(name, golden) is not None}


def prompt_of(name: str, golden: Mapping[str, Any]) -> Prompt:
    """The prompt of a golden's clip, with its facts nested as in a suite's file."""
    facts = golden.get("auxiliary_info") or {}
    return Prompt(golden.get("prompt", ""), facts=facts if isinstance(facts.get(name), dict) else {name: facts})


def reference_score(name: str, golden: Mapping[str, Any]) -> float | None:
    """The reference's score of a clip on our scale."""
    score = golden["static"] if name == FILTER else golden["score"]
    return None if score is None else float(score) / (100 if name == "imaging_quality" else 1)


def course_of(name: str, golden: Mapping[str, Any]) -> list[float]:
    """The reference's numbers of frames or pairs, where ours are the same ones."""
    probe = golden.get("probe", {})
    if name == FILTER:
        return [*probe["neighbour_rad"], probe["first_last_rad"], probe["last_first_rad"]]
    return list(probe["max_rad"]) if name == "dynamic_degree" else []


def largest(own: Any, other: Any) -> float | None:
    """The largest difference of two courses, as far as both go."""
    return max((abs(a - b) for a, b in zip(own, other, strict=False)), default=None)


def leaves(told: Any) -> Iterator[Any]:
    """Every text and truth value in nested details."""
    if isinstance(told, Mapping):
        told = list(told.values())
    if isinstance(told, (list, tuple)):
        for part in told:
            yield from leaves(part)
    elif isinstance(told, (str, bool)):
        yield told


def changed(own: Any, other: Any) -> int:
    """How many texts and truth values of two details differ."""
    first, second = list(leaves(own)), list(leaves(other))
    return sum(a != b for a, b in zip(first, second, strict=False)) + abs(len(first) - len(second))


@contextmanager
def rendered(clip: str) -> Iterator[Path]:
    """A video of that many frames, that wide and that high."""
    frames, width, height = map(int, clip.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        yield render(Path(folder) / f"{clip}.mp4", frames, height, width, 16)


def clock(device: torch.device) -> float:
    """Seconds: of this process on a CPU, where others may be at work; elsewhere of the clock, when all is done."""
    if device.type == "cpu":
        return time.process_time()
    torch.cuda.synchronize(device)
    return time.perf_counter()


def primed(path: Path) -> Video:
    """A video whose frames are decoded."""
    video = Video(path)
    assert video.frame_count
    return video


if __name__ == "__main__":
    main()
