"""``vbench parity``: the whole journey of a dimension, and what is said of files that are near, far or wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.cli.test_commands import Command, vbench
from tests.parity.checkpoint_cache import seeded_state
from vbench import VBench
from vbench.benchmarks.base import Values
from vbench.benchmarks.t2v import RULES, T2V
from vbench.dimensions.facts import demand_facts
from vbench.parity.checkpoints import size_of
from vbench.parity.kit import DIMENSIONS, checkpoints_of, figures, golden, suite
from vbench.prompts.library import load_suite

__all__ = ["vbench"]

FLICKER = "temporal_flickering"


def result(dimension: str, folder: str = "/home/me/videos/") -> list[Any]:
    """What the reference wrote of a dimension, as its result files have it."""
    kind = bool if RULES[dimension].values is Values.BOOLEAN else float
    clips = [figure for figure in figures(dimension) if figure.prompt]
    listed = [{"video_path": f"{folder}{clip.video}", "video_results": kind(clip.value)} for clip in clips]
    return [golden(dimension)["aggregate"], listed]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a result file into a folder, and gives the folder."""

    def written(told: Any, name: str = "mine") -> Path:
        file = tmp_path / "results" / f"{name}_eval_results.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(told if isinstance(told, str) else json.dumps(told))
        return file.parent

    return written


def test_the_kit_that_is_made_is_scored_and_found_equal(vbench: Command, tmp_path: Path) -> None:
    made = vbench("parity", "kit", "--make", "-d", FLICKER)
    assert (made.status, "VBENCH_CACHE_DIR=kit/checkpoints" in made.out) == (0, True)
    VBench("cpu", "kit/VBench_full_info.json", "results").evaluate("kit/videos", "mine", dimension_list=[FLICKER])
    found = vbench("parity", "results", "-d", FLICKER)
    assert (found.status, found.out.splitlines()[2].split()[:4]) == (0, [FLICKER, "7", "of", "7"])
    assert "1 of 1 dimensions agree" in found.out


def test_checkpoints_hold_the_kits_numbers_under_the_published_names(vbench: Command, tmp_path: Path) -> None:
    made = vbench("parity", "kit", "--make", "-d", "motion_smoothness")
    assert "amt_s: 11.4 MiB" in made.err
    file = tmp_path / "kit" / "checkpoints" / "amt_model" / "amt-s.pth"
    held, expected = torch.load(file, weights_only=True)["state_dict"], seeded_state("amt_s")
    assert held.keys() == expected.keys()
    assert all(torch.equal(tensor, expected[key]) for key, tensor in held.items())
    file.write_bytes(b"kept as it is")
    vbench("parity", "kit", "--make", "-d", "motion_smoothness", "-d", FLICKER)
    assert file.read_bytes() == b"kept as it is"
    suite = json.loads((tmp_path / "kit" / "VBench_full_info.json").read_text())
    assert [entry["dimension"] for entry in suite] == [[FLICKER, "motion_smoothness"]] * 6


def test_a_folder_of_somebody_else_stays_as_it_is(vbench: Command, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    refused = vbench("parity", "mine", "--make", "-d", FLICKER)
    assert (refused.status, "notes.txt" in refused.err) == (2, True)
    assert vbench("parity", "kit", "--make", "--json").status == 2


def test_every_dimension_of_the_protocol_has_figures_and_weights() -> None:
    assert tuple(spec.name for spec in T2V.specs if not spec.judges) == DIMENSIONS
    assert 6.6e9 < sum(map(size_of, checkpoints_of(DIMENSIONS))) < 7.3e9
    assert {name for name in DIMENSIONS if figures(name)[-1].prompt} == {"human_action"}
    prompts: dict[str, set[str]] = {}
    for name in DIMENSIONS:
        for figure in figures(name):
            prompts.setdefault(figure.prompt or "aggregate", set()).add(figure.clip)
    assert all(len(clips) == 1 for clips in prompts.values()), "two clips under one name"


def test_the_suite_gives_every_dimension_the_facts_that_it_needs(tmp_path: Path) -> None:
    (tmp_path / "suite.json").write_text(json.dumps(suite(DIMENSIONS)))
    prompts = {prompt.text: prompt for prompt in load_suite(tmp_path / "suite.json")}
    for name in DIMENSIONS:
        for figure in figures(name):
            if figure.prompt:
                assert name in prompts[figure.prompt].dimensions
                demand_facts(prompts[figure.prompt], RULES[name].needs)
    assert prompts["a gray house wheel"].facts == {"color": {"color": "gray"}}
    assert prompts["campus"].facts == {"scene": {"scene": "campus"}}
    assert prompts["a still texture, nothing moves"].facts == {
        "appearance_style": {"appearance_style": "surrealism style"}
    }


@pytest.mark.parametrize("folder", ["/home/me/videos/", "C:\\videos\\", ""])
def test_what_the_reference_wrote_is_equal_to_it(vbench: Command, write: Callable[..., Path], folder: str) -> None:
    for name in DIMENSIONS:
        results = write({name: result(name, folder), "safety": [0.5, {}, []]}, name)
    found = vbench("parity", results)
    assert (found.status, "16 of 16 dimensions agree" in found.out) == (0, True)
    assert max(map(len, found.out.splitlines())) <= 80
    assert vbench("parity", results, "--json").json["within"] is True


def test_beyond_its_tolerance_a_figure_deviates(vbench: Command, write: Callable[..., Path]) -> None:
    near, far = result(FLICKER), result("imaging_quality")
    near[1][0]["video_results"] += 0.9e-4  # lossless
    near[1][1]["video_results"] += 1.9e-3  # not
    far[1][0]["video_results"] += 1.1e-2  # on 0 to 100
    results = write({FLICKER: near, "imaging_quality": far})
    told = vbench("parity", results, "-d", FLICKER, "-d", "imaging_quality", "--json")
    dimensions = told.json["dimensions"]
    assert (told.status, dimensions[FLICKER]["verdict"], dimensions["imaging_quality"]["verdict"]) == (
        1, "within", "deviates",
    )  # fmt: skip
    of_clip = dimensions["imaging_quality"]["figures"]["fast_square_rgb"]
    assert math.isclose(of_clip["deviation"], 1.1e-2, rel_tol=1e-6)
    assert (of_clip["tolerance"], of_clip["verdict"]) == (pytest.approx(1e-2), "deviates")


def test_a_verdict_is_the_same_or_it_is_not(vbench: Command, write: Callable[..., Path]) -> None:
    other = result("dynamic_degree")
    other[1][0]["video_results"] = not other[1][0]["video_results"]
    told = vbench("parity", write({"dynamic_degree": other}), "-d", "dynamic_degree")
    assert told.status == 1
    assert "fast_square_rgb" in told.out


def test_what_is_missing_is_told_and_what_is_too_much_is_counted(vbench: Command, write: Callable[..., Path]) -> None:
    told = result(FLICKER)
    told[1][0]["video_path"] = "another video-0.mp4"
    found = vbench("parity", write({FLICKER: told}), "-d", FLICKER, "-d", "color")
    assert found.status == 1
    assert "nothing of fast_square_rgb" in found.out
    assert "1 results are of videos that are not the kit's" in found.out
    assert "0 of 2 dimensions agree" in found.out


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("{", "is no JSON"),
        (f'{{"{FLICKER}": [NaN, []]}}', "NaN is no number"),
        ([], "found a list"),
        ({FLICKER: 0.9}, "is not [aggregate,"),
        ({FLICKER: [0.9, [{"video_path": "a.mp4", "video_results": "high"}]]}, "with numbers"),
        ({FLICKER: [0.9, [{"video_path": "a.mp4", "video_results": 1}] * 2]}, "two results of one video"),
    ],
)
def test_what_cannot_be_read_is_refused(vbench: Command, write: Callable[..., Path], told: Any, said: str) -> None:
    refused = vbench("parity", write(told))
    assert (refused.status, said in refused.err) == (2, True)


def test_a_dimension_that_two_files_have_is_ambiguous(vbench: Command, write: Callable[..., Path]) -> None:
    write({FLICKER: result(FLICKER)}, "first")
    results = write({FLICKER: result(FLICKER)}, "second")
    assert vbench("parity", results).status == 2
    assert vbench("parity", results / "first_eval_results.json", "-d", FLICKER).status == 0
    assert vbench("parity", results.parent).status == 2
    assert vbench("parity", results, "-d", "flicker").status == 2
