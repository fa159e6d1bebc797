from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import vbench
from tests.analysis.test_statistics import run as simulated
from vbench.analysis import statistics
from vbench.analysis.comparison import (
    BETTER,
    SAME,
    TOO_FEW,
    WORSE,
    compare_runs,
    ranking,
    refuse_unshared,
    verdict,
)  # fmt: skip
from vbench.analysis.prompt_table import Table
from vbench.analysis.statistics import PairedDifference
from vbench.errors import UsageError
from vbench.runs import results
from vbench.runs.record import RECORD, RECORD_VERSION, STORE
from vbench.runs.store import Row, RunStore


def write_run(folder: Path, rows: list[Row], **changes: object) -> Path:
    """A run's folder with these rows, as an evaluation leaves it."""
    store = RunStore(folder / STORE)
    store.put_all(rows)
    store.close()
    record = {
        "version": RECORD_VERSION, "status": "finished", "started": "", "ended": "", "videos": str(folder),
        "benchmark": "vbench-t2v", "mode": "vbench_standard",
        "suite": {"name": "open", "sha256": "ab"}, "profile": "official", "comparable": True, "dimensions": [],
        "dimension_versions": {}, "options": {}, "missing_videos": [], "unexpected_videos": [],
        "not_evaluated": {}, "checkpoints": {}, "arguments": [], "machine": {}, "packages": {}, **changes,
    }  # fmt: skip
    (folder / RECORD).write_text(json.dumps(record))
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("runs")
    versions = {"decoding_versions": {"scene": 5}, "filter_versions": {"scene": 1}}
    return {
        "base": write_run(folder / "base", simulated(0, samples=1), **versions),
        "same": write_run(folder / "same", simulated(1, samples=1)),
        "worse": write_run(folder / "worse", simulated(2, {"imaging_quality": 0.2, "scene": 0.2}, samples=1)),
        "better": write_run(folder / "better", simulated(3, {"color": -0.2}, samples=1)),
    }


def test_verdicts(runs: dict[str, Path]) -> None:
    same, worse, better = compare_runs([runs["base"], runs["same"], runs["worse"], runs["better"]])
    assert {verdict(found) for found in same.differences.values()} == {SAME}
    assert {name for name, found in worse.differences.items() if verdict(found) == WORSE} >= {
        "imaging_quality",
        "scene",
    }
    assert verdict(better.differences["color"]) == BETTER
    assert set(worse.by_category) == {"animal", "food"}
    assert verdict(worse.by_category["food"]["imaging_quality"]) == WORSE
    assert len(worse.moved) == 5
    scores = [{(row.prompt, row.dimension): row.value for row in simulated(seed, samples=1)} for seed in (0, 1)]
    for one in same.moved:
        assert [one.first, one.second] == [found[one.prompt, one.dimension] for found in scores]


@pytest.mark.parametrize(
    ("changes", "objection"),
    [
        ({"suite": {"name": "open", "sha256": "cd"}}, "another suite"),
        ({"profile": "lite"}, "another profile"),
        ({"decoding_versions": {"scene": 4}}, "another decoding version"),
        ({"filter_versions": {"scene": 99}}, "another filter version"),
    ],
)
def test_runs_of_different_kinds_are_refused_unless_forced(
    runs: dict[str, Path], tmp_path: Path, changes: dict[str, object], objection: str
) -> None:
    other = write_run(tmp_path / "other", simulated(4, samples=1)[:50], **changes)
    with pytest.raises(UsageError, match=objection):
        compare_runs([runs["base"], other])
    (forced,) = compare_runs([runs["base"], other], force=True)
    assert list(forced.objections) == [objection]


def test_options_of_one_run_alone_are_other_options_where_both_have_the_dimension(tmp_path: Path) -> None:
    rows = simulated(0, samples=1)[:20]
    options = {"imaging_quality": {"preprocessing": "None"}}
    plain = write_run(tmp_path / "plain", rows, dimensions=["imaging_quality"])
    changed = write_run(tmp_path / "changed", rows, dimensions=["imaging_quality"], options=options)
    without = write_run(tmp_path / "without", rows, dimensions=["scene"])
    for pair in ([plain, changed], [changed, plain]):
        with pytest.raises(UsageError, match="other options"):
            compare_runs(pair)
    compare_runs([without, changed])


def test_a_reader_is_told_that_the_static_filter_chose_the_videos_of_one_run(tmp_path: Path) -> None:
    rows = simulated(0, samples=1)[:20]
    flickering = ["temporal_flickering"]
    plain = write_run(tmp_path / "plain", rows, dimensions=flickering)
    filtered = write_run(tmp_path / "filtered", rows, dimensions=[*flickering, "scene"], filtered=flickering)
    without = write_run(tmp_path / "without", rows, dimensions=["scene"])
    told = "what the static filter did: - against chose the videos of temporal_flickering"
    assert told in compare_runs([plain, filtered])[0].remarks[0]
    assert not compare_runs([without, filtered])[0].remarks


def test_a_reader_is_told_that_a_run_does_not_record_how_its_videos_were_read(tmp_path: Path) -> None:
    rows, versions = simulated(0, samples=1)[:20], {"scene": 1}
    older = write_run(tmp_path / "older", rows, dimension_versions=versions)
    newer = write_run(tmp_path / "newer", rows, dimension_versions=versions, decoding_versions={"scene": 5})
    for pair in ([older, newer], [newer, older]):
        assert "older does not record how its videos were read" in compare_runs(pair)[0].remarks[0]
    assert not compare_runs([newer, newer])[0].remarks


def test_other_checkpoints_are_refused(tmp_path: Path) -> None:
    rows = simulated(0, samples=1)[:20]
    one = write_run(tmp_path / "one", rows, checkpoints={"amt_s": {"sha256": "1"}, "grit_b": {"sha256": "1"}})
    two = write_run(tmp_path / "two", rows, checkpoints={"amt_s": {"sha256": "2"}})
    with pytest.raises(UsageError, match="another checkpoint"):
        compare_runs([one, two])
    with pytest.raises(UsageError, match="needs two runs"):
        compare_runs([one])


def few(rows: list[Row], prompts: int) -> list[Row]:
    kept = sorted({row.prompt for row in rows if row.dimension == "scene"})[:prompts]
    return [row for row in rows if row.dimension == "scene" and row.prompt in kept]


def test_five_prompts_are_too_few_for_a_verdict_and_none_is_said_to_settle_it(tmp_path: Path) -> None:
    for prompts, told in ((1, TOO_FEW), (2, TOO_FEW), (5, TOO_FEW), (6, WORSE)):
        one = write_run(tmp_path / f"one{prompts}", few(simulated(0, samples=1), prompts))
        two = write_run(tmp_path / f"two{prompts}", few(simulated(0, {"scene": 0.3}, samples=1), prompts))
        found = compare_runs([one, two])[0].differences["scene"]
        assert verdict(found) == told
        assert (found.prompts_to_settle is None) == (prompts < 6)
        assert found.prompts_to_settle is None or found.prompts_to_settle >= 6


def test_runs_without_a_shared_prompt_are_refused_forced_or_not(tmp_path: Path) -> None:
    rows = few(simulated(0, samples=1), 4)
    one, two = write_run(tmp_path / "one", rows[:2]), write_run(tmp_path / "two", rows[2:])
    for force in (False, True):
        with pytest.raises(UsageError, match=r"no prompt of which a dimension .*one has scores of 2 prompts"):
            refuse_unshared([one, two], compare_runs([one, two], force=force))
    with pytest.raises(UsageError, match="cannot be compared"):
        vbench.compare(one, two, force=True)


def test_what_is_compared_over_the_same_prompts_shares_their_draws(runs: dict[str, Path]) -> None:
    """There are more draws the more runs there are, and drawing takes most of the time."""
    statistics._kept_times.cache_clear()
    compared = compare_runs(list(runs.values()))
    kept = statistics._kept_times.cache_info()
    assert kept.misses == 1 + len(compared[0].by_category)
    assert kept.hits == kept.misses * (len(compared) - 1)


def test_each_run_is_read_and_laid_out_once_whatever_it_is_held_against(
    runs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, laid_out = Counter[Path](), Counter[str]()
    read_store, scores = results.measured_rows, results.prompt_scores

    def reads(folder: Path) -> list[Row]:
        read[folder] += 1
        return read_store(folder)

    def lays_out(*arguments: Any) -> Any:
        laid_out["tables"] += 1
        return scores(*arguments)

    monkeypatch.setattr(results, "measured_rows", reads)
    monkeypatch.setattr("vbench.analysis.prompt_table.prompt_scores", lays_out)
    compared = compare_runs(list(runs.values()))
    assert read == dict.fromkeys(runs.values(), 1)
    assert laid_out["tables"] == len(runs) * (1 + len(compared[0].by_category))


def test_a_ranking_compares_no_pairs_but_those_that_say_who_stands_with_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs that are all alike are one group: each is held against its best, and not against all others."""
    alike = [write_run(tmp_path / f"run-{seed}", simulated(seed, samples=1)) for seed in range(5)]
    pairs = list[tuple[Table, Table]]()

    def compares(one: Table, two: Table, *arguments: Any) -> dict[str, PairedDifference]:
        pairs.append((one, two))
        return statistics.compare_tables(one, two, *arguments)

    monkeypatch.setattr("vbench.analysis.comparison.compare_tables", compares)
    assert len(ranking(alike, by="imaging_quality")) == 1
    assert len(pairs) == len(alike) - 1


def test_ranking_groups_what_cannot_be_told_apart(runs: dict[str, Path]) -> None:
    groups = ranking([runs["worse"], runs["base"], runs["same"]], by="imaging_quality")
    assert groups[-1] == ["worse"]
    assert sorted(groups[0]) == ["base", "same"]
    with pytest.raises(UsageError, match="no beauty to rank by"):
        ranking([runs["base"]], by="beauty")
