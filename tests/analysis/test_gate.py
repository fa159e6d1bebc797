from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import vbench
from tests.analysis.test_comparison import write_run
from tests.analysis.test_statistics import run as simulated
from vbench.analysis.comparison import Comparison, compare_runs
from vbench.analysis.gate import Judged, gate, parsed
from vbench.analysis.statistics import FEWEST, PairedDifference
from vbench.errors import UsageError


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("gate")
    loss = {"imaging_quality": 0.2, "scene": 0.2}
    return {
        "base": write_run(folder / "base", simulated(0, samples=1)),
        "same": write_run(folder / "same", simulated(1, samples=1)),
        "worse": write_run(folder / "worse", simulated(2, loss, samples=1)),
    }


@pytest.fixture(scope="module")
def compared(folders: dict[str, Path]) -> list[Comparison]:
    return compare_runs([folders["base"], folders["same"], folders["worse"]])


def of(judged: list[Judged], run: str) -> list[bool]:
    return [one.met for one in judged if one.run == run]


def test_bounds_on_scores_and_on_categories_are_in_points(compared: list[Comparison]) -> None:
    judged = gate("total>-50, imaging_quality>-1, imaging_quality@food > -1,color@animal>=-20", compared)
    assert of(judged, "same") == [True, True, True, True]
    assert of(judged, "worse") == [True, False, False, True]
    change = 100 * compared[1].by_category["food"]["imaging_quality"].change
    assert f"changed by {change:+.2f} points" in judged[-2].reason


def test_a_bound_may_be_reached_only_where_it_says_so() -> None:
    still = PairedDifference(0.5, 0.49, -0.02, 0.0, 0.5, 0.5, 0.0, 9, None)
    compared = [Comparison("new", {"scene": replace(still, first=0.5, second=0.5)}, {}, [])]
    assert [one.met for one in gate("scene>0,scene>=0,scene>=-.5,scene>+1", compared)] == [False, True, True, False]


def test_what_was_not_compared_is_not_met() -> None:
    difference = PairedDifference(0.5, 0.6, 0.0, 0.2, 0.5, 0.5, 0.0, 9, None)
    (judged,) = gate("color>-1", [Comparison("new", {"scene": difference}, {}, [])])
    assert (judged.met, judged.reason) == (False, "it was not compared: not both runs have it")


def test_what_is_not_whole_is_not_met_however_well_it_compares() -> None:
    better = PairedDifference(0.5, 0.9, 0.3, 0.5, 0.001, 0.001, 2.0, 9, None)
    lacking = {"scene": "12 of 15 scores in base", "total": "scene not whole"}
    compared = [Comparison("new", {"scene": better, "color": better}, {"food": {"scene": better}}, [], gaps=lacking)]
    judged = gate("scene>0, scene@food>0, color>0, worse", compared)
    assert [(one.run, one.condition, one.met) for one in judged] == [
        ("new", "scene>0", False), ("new", "scene@food>0", False), ("new", "color>0", True), ("new", "worse", False),
    ]  # fmt: skip
    assert judged[0].reason == "it is not whole: 12 of 15 scores in base"
    assert judged[3].reason == "scene is not whole: 12 of 15 scores in base"


def test_one_dimension_of_too_few_prompts_does_not_fail_the_others() -> None:
    enough = PairedDifference(0.5, 0.6, 0.0, 0.2, 0.5, 0.5, 0.0, 9, None)
    compared = [Comparison("new", {"scene": enough, "color": replace(enough, prompts=FEWEST - 1)}, {}, [])]
    (judged,) = gate("worse", compared)
    assert (judged.met, judged.reason) == (True, "beyond noise, 1 comparisons taken together: nothing")


def test_worse_fails_where_something_is_worse_beyond_noise(compared: list[Comparison]) -> None:
    judged = gate("worse", compared)
    assert (of(judged, "same"), of(judged, "worse")) == ([True], [False])
    assert "imaging_quality -" in judged[1].reason
    assert "imaging_quality@food -" in judged[1].reason
    assert "color" not in judged[1].reason


def test_worse_takes_all_comparisons_together() -> None:
    def difference(p: float, change: float = -0.1, prompts: int = 9) -> PairedDifference:
        return PairedDifference(0.5, 0.5 + change, -0.2, 0.2, p, p, 0.0, prompts, None)

    def met(*others: PairedDifference) -> bool:
        by_category = {str(number): {"scene": one} for number, one in enumerate(others)}
        return gate("worse", [Comparison("new", {"scene": difference(0.02)}, by_category, [])])[0].met

    assert not met()
    assert not met(difference(1.0))  # 0.02 times 2
    assert met(difference(1.0), difference(1.0))  # 0.02 times 3
    assert not met(difference(1.0), difference(1.0, prompts=FEWEST - 1))  # which no draw could find
    better = [Comparison("new", {"scene": difference(0.001, change=0.1)}, {}, [])]
    assert all(one.met for one in gate("worse", better))


def test_worse_can_fail_however_many_comparisons_there_are(tmp_path: Path) -> None:
    def written(name: str, seed: int, loss: dict[str, float]) -> Path:
        rows = simulated(seed, loss, samples=1)
        kinds = [replace(row, category=f"kind {sum(row.prompt.encode()) % 13}") for row in rows]
        return write_run(tmp_path / name, kinds)

    (judged,) = vbench.gate("worse", vbench.compare(written("one", 0, {}), written("two", 1, {"scene": 0.3})))
    assert not judged.met
    assert "scene -" in judged.reason


def test_too_few_prompts_pass_no_gate(folders: dict[str, Path], tmp_path: Path) -> None:
    few = [row for row in simulated(0, samples=1) if row.dimension == "scene"][: FEWEST - 1]
    one, two = write_run(tmp_path / "one", few), write_run(tmp_path / "two", few)
    (judged,) = gate("worse", compare_runs([one, two]))
    assert (judged.met, judged.reason) == (False, "too few prompts for a verdict: 6 are the fewest")


def test_prompts_that_are_too_few_for_so_many_comparisons_pass_no_gate() -> None:
    still = PairedDifference(0.5, 0.4, -0.2, 0.0, 0.016, 0.016, -9.0, 7, None)
    compared = [Comparison("new", dict.fromkeys(("scene", "color", "human_action", "imaging_quality"), still), {}, [])]
    (judged,) = gate("worse", compared)
    assert judged == Judged("worse", "new", False, "too few prompts for a verdict: 8 are the fewest")


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ("", "'' is no condition"),
        (" , ", "'' is no condition"),
        ("total>-1,", "'' is no condition"),
        ("total<3", "'total<3' is no condition"),
        ("total>", "is no condition"),
        ("scene@>1", "is no condition"),
        ("imaging_qualty>0", "Did you mean imaging_quality"),
        ("better", "is no condition"),
    ],
)
def test_what_is_no_condition_is_refused(conditions: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parsed(conditions)


def test_a_category_that_is_not_there_is_refused_with_the_nearest(compared: list[Comparison]) -> None:
    with pytest.raises(UsageError, match=r"no category named 'foods'.*Did you mean food\?"):
        gate("scene@foods>0", compared)
