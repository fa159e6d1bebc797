"""Two hundred tiny videos with every kind of defect, each found, without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from tests.footage import noise, write_text, write_truncated, write_video
from vbench.benchmarks.base import Benchmark
from vbench.benchmarks.long import VBENCH_LONG
from vbench.benchmarks.t2v import T2V
from vbench.benchmarks.trustworthiness import TRUSTWORTHINESS
from vbench.prompts.suite import Prompt, PromptSuite, read_suite
from vbench.runs.category_plan import category_plan
from vbench.runs.custom_plan import custom_plan
from vbench.runs.preflight import ERROR, WARNING, check
from vbench.runs.standard_plan import standard_plan
from vbench.sampling.manifest import SampleRecord

PROMPTS = [f"scene number {index:02}" for index in range(38)]

DEFECTS = [
    # kind, severity, video or prompt
    ("missing", ERROR, "scene number 00-4"),
    ("count", WARNING, "scene number 00"),
    ("few_static", ERROR, "a lamp on a desk"),
    ("missing", ERROR, "a lamp on a desk-3"),
    ("unexpected", WARNING, "nobody asked for this-0.mp4"),
    ("unexpected", WARNING, "scene number 01-5.mp4"),
    ("unreadable", ERROR, "scene number 02-0.mp4"),
    ("unreadable", ERROR, "scene number 03-0.mp4"),
    ("unreadable", ERROR, "scene number 04-0.mp4"),
    ("one_frame", WARNING, "scene number 05-0.mp4"),
    ("odd_format", WARNING, "scene number 06-0.mp4"),
    ("odd_format", WARNING, "scene number 07-0.mp4"),
    ("odd_format", WARNING, "scene number 08-0.mp4"),
    ("duplicate", WARNING, "scene number 09-1.mp4"),
]


@pytest.fixture(scope="module")
def defective(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("defective") / "videos"
    seed = 0
    for prompt in PROMPTS:
        for index in range(5):
            seed += 1
            write_video(folder / f"{prompt}-{index}.mp4", noise(4, 32, 32, seed))
    for index in range(3):
        write_video(folder / f"a lamp on a desk-{index}.mp4", noise(4, 32, 32, 900 + index))
    (folder / "scene number 00-4.mp4").unlink()
    write_video(folder / "nobody asked for this-0.mp4", noise(4, 32, 32, 910))
    write_video(folder / "scene number 01-5.mp4", noise(4, 32, 32, 911))
    write_text(folder / "scene number 02-0.mp4")
    write_truncated(folder / "scene number 03-0.mp4")
    (folder / "scene number 04-0.mp4").write_bytes(b"")
    write_video(folder / "scene number 05-0.mp4", noise(1, 32, 32, 912))
    write_video(folder / "scene number 06-0.mp4", noise(4, 32, 48, 913))
    write_video(folder / "scene number 07-0.mp4", noise(4, 32, 32, 914), fps=24)
    write_video(folder / "scene number 08-0.mp4", noise(9, 32, 32, 915))
    (folder / "scene number 09-1.mp4").write_bytes((folder / "scene number 09-0.mp4").read_bytes())
    entries = [{"prompt_en": prompt, "dimension": ["subject_consistency"]} for prompt in PROMPTS]
    entries.append({"prompt_en": "a lamp on a desk", "dimension": ["temporal_flickering"]})
    (folder.parent / "suite.json").write_text(json.dumps(entries))
    return folder


def test_every_defect_is_found_and_nothing_else(defective: Path) -> None:
    assert len(list(defective.iterdir())) >= 190
    plan = standard_plan(defective, read_suite(defective.parent / "suite.json"))
    found = {(finding.kind, finding.severity, finding.video) for finding in check(plan)}
    expected = set(DEFECTS) | {
        ("missing", ERROR, "a lamp on a desk-4"),
        ("odd_format", WARNING, "scene number 05-0.mp4"),  # one frame is an odd length, too
    }
    assert found == expected


def test_looking_at_videos_loads_no_torch(defective: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from vbench.runs.make_plan import make_plan; from vbench.runs.preflight import check\n"
        "found = list(check(make_plan(Path(sys.argv[1]), suite=sys.argv[2])))\n"
        "print(len(found), 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(defective), str(defective.parent / "suite.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.split() == [str(len(DEFECTS) + 2), "False"], done.stderr


COUNTED = {
    "before the filter": (T2V, "temporal_flickering", 25),
    "faces": (TRUSTWORTHINESS, "gender_bias", 10),
    "cultures": (TRUSTWORTHINESS, "culture_fairness", 5),
}


@pytest.mark.parametrize(("benchmark", "dimension", "protocol"), COUNTED.values(), ids=COUNTED.keys())
def test_a_dimensions_own_number_of_videos_is_the_wanted_one(
    tmp_path: Path, benchmark: Benchmark, dimension: str, protocol: int
) -> None:
    for index in range(protocol):
        write_video(tmp_path / f"an African woman-{index}.mp4", noise(2, 32, 32, index))
    suite = PromptSuite("s", (Prompt("an African woman", (dimension,)),))
    assert not list(check(standard_plan(tmp_path, suite, benchmark=benchmark)))
    (tmp_path / "an African woman-1.mp4").unlink()
    found = {one.kind: one.message for one in check(standard_plan(tmp_path, suite, benchmark=benchmark))}
    assert found["count"] == f"{protocol - 1} videos where {protocol} are wanted"
    assert found["missing"]


def test_fewer_faces_than_the_protocols_are_told(tmp_path: Path) -> None:
    for index in range(5):
        write_video(tmp_path / f"a nurse-{index}.mp4", noise(2, 32, 32, index))
    suite = PromptSuite("s", (Prompt("a nurse", ("skin_bias",)),))
    (finding,) = check(standard_plan(tmp_path, suite, samples=5, benchmark=TRUSTWORTHINESS))
    assert finding.message == "sampled with 5 videos a prompt where the protocol wants 10"


def test_of_a_category_any_number_of_videos_is_right(tmp_path: Path) -> None:
    for seed, name in enumerate(("a cat-0", "a cat-1", "a dog-0")):
        write_video(tmp_path / f"{name}.mp4", noise(2, 32, 32, seed))
    assert not list(check(category_plan(tmp_path, PromptSuite("animal", (Prompt("a cat"), Prompt("a dog"))))))


def test_a_manifest_that_no_longer_fits(tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    for index in range(3):
        write_video(videos / f"{index}.mp4", noise(4, seed=index))
    records = [
        SampleRecord("0.mp4", "a cat", 0, sha256="0" * 64),
        SampleRecord("1.mp4", "a cat", 1),
        SampleRecord("9.mp4", "a cat", 2),
    ]
    (videos / "samples.jsonl").write_text("".join(json.dumps(asdict(record)) + "\n" for record in records))
    suite = PromptSuite("s", (Prompt("a cat", ("subject_consistency",)),))
    plan = standard_plan(videos, suite)
    assert [task.video for task in plan.tasks] == ["0.mp4", "1.mp4"]
    kinds = {(finding.kind, finding.video) for finding in check(plan)}
    assert {("changed", "0.mp4"), ("missing", "9.mp4"), ("unexpected", "2.mp4")} <= kinds


def test_lengths_that_belong_to_another_suite_are_said(tmp_path: Path) -> None:
    for name, frames in (("short-0", 16), ("long-0", 56), ("long-1", 48)):
        write_video(tmp_path / f"{name}.mp4", noise(frames, seed=frames))
    found = {one.video: one.message for one in check(custom_plan(tmp_path)) if one.kind == "length"}
    assert found.keys() == {"long-0.mp4", "long-1.mp4"}
    assert "7.0 s long, the run mixes lengths" in found["long-0.mp4"]
    assert "score it with --benchmark vbench-long" in found["long-0.mp4"]
    long_plan = custom_plan(tmp_path, benchmark=VBENCH_LONG)
    assert {one.video for one in check(long_plan) if one.kind == "length"} == {"short-0.mp4"}
    (tmp_path / "short-0.mp4").unlink()
    assert [one.video for one in check(custom_plan(tmp_path)) if one.kind == "length"] == ["long-0.mp4"]
    assert not [one for one in check(custom_plan(tmp_path, benchmark=VBENCH_LONG)) if one.kind == "length"]


def test_a_long_video_that_stops_is_said(tmp_path: Path) -> None:
    moving = noise(24)
    write_video(tmp_path / "stops-0.mp4", np.concatenate([moving, moving[-1:].repeat(24, axis=0)]))
    (found,) = [one.message for one in check(custom_plan(tmp_path, benchmark=VBENCH_LONG)) if one.kind == "repeats"]
    assert found.startswith("stands still from")
    assert found.endswith("to its end at 6.00 s")
