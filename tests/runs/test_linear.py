"""The work around the models grows as the number of videos: instructions are counted, no time is measured.

What one instruction hides, such as a search through a list, is not counted; ``perf/scaling.py`` measures it.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.counted import instructions
from tests.footage import noise, write_video
from vbench.analysis.comparison import compare_runs
from vbench.interface import evaluate
from vbench.runs.make_plan import make_plan
from vbench.runs.results import read_score_card

VIDEOS = (25, 50, 100)

LONG = "a lamp on a wooden table in a quiet room, seen from the side, on a morning in early spring, number"
"""Names of 100 bytes and more may be cut ones, which is looked into."""


def steps(folder: Path, videos: int, clip: bytes) -> dict[str, int]:
    """Instructions of each step over so many videos, a prompt each."""
    texts = [f"{LONG} {one}" for one in range(videos)]
    entries = [{"prompt_en": text, "dimension": ["temporal_flickering"], "category": f"c{len(text) % 2}"}
               for text in texts]  # fmt: skip
    (folder / "videos").mkdir(parents=True)
    for text in texts:
        (folder / "videos" / f"{text}-0.mp4").write_bytes(clip)
    (folder / "suite.json").write_text(json.dumps(entries, indent=1))
    suite, run, other = str(folder / "suite.json"), folder / "run", folder / "other"
    evaluate(folder / "videos", output=run, suite=suite, profile="lite")
    shutil.copytree(run, other)
    return {
        "plan": instructions(lambda: make_plan(folder / "videos", suite=suite)),
        "evaluate again": instructions(lambda: evaluate(folder / "videos", output=run, suite=suite, profile="lite")),
        "score": instructions(lambda: read_score_card(run)),
        "compare": instructions(lambda: compare_runs([run, other])),
    }


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, int]]:
    folder = tmp_path_factory.mktemp("linear")
    clip = write_video(folder / "clip.mp4", noise(2, 48, 64)).read_bytes()
    steps(folder / "first", 2, clip)  # what is imported and made once counts nowhere
    return [steps(folder / str(videos), videos, clip) for videos in VIDEOS]


@pytest.mark.parametrize(
    ("step", "apart"), [("plan", 0.001), ("evaluate again", 0.02), ("score", 0.02), ("compare", 0.02)]
)
def test_a_video_costs_as_much_among_many(found: list[dict[str, int]], step: str, apart: float) -> None:
    few, more, many = (each[step] for each in found)
    of_one, of_one_among_many = (more - few) / (VIDEOS[1] - VIDEOS[0]), (many - more) / (VIDEOS[2] - VIDEOS[1])
    assert of_one_among_many == pytest.approx(of_one, rel=apart)
