"""Which videos a shard looks at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from vbench.benchmarks.registry import benchmark_named
from vbench.benchmarks.t2v import T2V
from vbench.errors import UsageError
from vbench.media.spans import Span
from vbench.prompts.suite import Prompt
from vbench.runs.plan import CUSTOM, STANDARD, Plan, VideoTask
from vbench.runs.shard import Shard, digest_of, read_shard, shard_of

ROOT = Path("/videos")


def task(text: str, index: int, *dimensions: str) -> VideoTask:
    name = f"{text}-{index}.mp4"
    return VideoTask(ROOT / name, name, Prompt(text, dimensions), dimensions)


def planned(*tasks: VideoTask, filtered: tuple[str, ...] = (), benchmark: str = T2V.name) -> Plan:
    dimensions = tuple(dict.fromkeys(name for one in tasks for name in one.dimensions))
    prompts = tuple(dict.fromkeys(one.prompt for one in tasks))
    chosen = benchmark_named(benchmark)
    return Plan(ROOT, STANDARD, dimensions, tasks, prompts, samples=5, filtered=filtered, benchmark=chosen)


def shards(plan: Plan, count: int) -> list[Plan]:
    return [shard_of(plan, Shard(number, count)) for number in range(1, count + 1)]


KINDS = [("scene",), ("color",), ("subject_consistency", "motion_smoothness")]


@settings(max_examples=50, deadline=None)
@given(some.lists(some.sampled_from(KINDS), min_size=1, max_size=40), some.integers(1, 9), some.randoms())
def test_every_video_is_in_one_shard_whatever_the_order_of_the_files(
    kinds: list[tuple[str, ...]], count: int, mixer: object
) -> None:
    tasks = [task(f"prompt {number}", 0, *kind) for number, kind in enumerate(kinds)]
    plan = planned(*tasks)
    if count > len(tasks):
        with pytest.raises(UsageError, match=f"at most --shard N/{len(tasks)}"):
            shard_of(plan, Shard(1, count))
        return
    parts = shards(plan, count)
    assert sorted(one.video for part in parts for one in part.tasks) == sorted(one.video for one in tasks)
    assert all(part.tasks for part in parts)
    for kind in KINDS:
        counts = [sum(one.dimensions == kind for one in part.tasks) for part in parts]
        assert max(counts) - min(counts) <= 1
    mixer.shuffle(tasks)  # type: ignore[attr-defined]
    for part, other in zip(parts, shards(planned(*tasks), count), strict=True):
        assert {one.video for one in part.tasks} == {one.video for one in other.tasks}


def test_samples_among_which_the_static_filter_chooses_stay_together() -> None:
    tasks = [task(f"prompt {number}", index, "temporal_flickering") for number in range(6) for index in range(25)]
    parts = shards(planned(*tasks, filtered=("temporal_flickering",)), 3)
    texts = [{one.prompt.text for one in part.tasks} for part in parts]
    assert [len(found) for found in texts] == [2, 2, 2]
    assert len(set.union(*texts)) == 6
    assert [{prompt.text for prompt in part.prompts} for part in parts] == texts


def test_a_prompt_without_videos_is_the_first_shards_alone() -> None:
    """What is planned of filtered dimensions is counted by prompt, in each shard, and added up."""
    whole = planned(*(task(f"prompt {number}", 0, "scene") for number in range(4)))
    lost = Prompt("nobody sampled this", ("scene",))
    parts = shards(replace(whole, prompts=(*whole.prompts, lost)), 3)
    assert [lost in part.prompts for part in parts] == [True, False, False]


def test_the_largest_pieces_are_dealt_first_each_to_whom_has_least_of_their_kind() -> None:
    samples = {"a": 2, "b": 9, "c": 3, "d": 2}
    tasks = [task(text, index, "gender_bias") for text, count in samples.items() for index in range(count)]
    parts = shards(planned(*tasks, benchmark="vbench-trustworthiness"), 2)
    assert [{one.prompt.text for one in part.tasks} for part in parts] == [{"b"}, {"a", "c", "d"}]


def test_samples_that_are_judged_together_stay_together() -> None:
    tasks = [task(f"prompt {number}", index, "gender_bias") for number in range(4) for index in range(5)]
    parts = shards(planned(*tasks, benchmark="vbench-trustworthiness"), 4)
    assert [len({one.prompt.text for one in part.tasks}) for part in parts] == [1, 1, 1, 1]


def test_samples_of_one_prompt_are_spread_where_nothing_ties_them() -> None:
    parts = shards(planned(*(task("one prompt for all", index, "imaging_quality") for index in range(8))), 4)
    assert [len(part.tasks) for part in parts] == [2, 2, 2, 2]


def test_clips_of_one_video_stay_together() -> None:
    whole = [task(f"prompt {number}", 0, "imaging_quality") for number in range(3)]
    clips = [
        replace(one, video=f"{one.video}#t={start}", spans=(Span(8 * start, 8 * start + 8),))
        for one in whole for start in range(4)
    ]  # fmt: skip
    parts = shards(replace(planned(*clips), mode=CUSTOM), 3)
    assert [len(part.tasks) for part in parts] == [4, 4, 4]
    assert all(len({one.path for one in part.tasks}) == 1 for part in parts)


def test_a_shard_counts_what_the_whole_run_has() -> None:
    whole = replace(planned(*(task("a cat", index, "scene") for index in range(4))), absent={"scene": 1})
    assert [part.planned for part in shards(whole, 2)] == [{"scene": 5}, {"scene": 5}]


def test_the_digest_changes_with_what_is_looked_at() -> None:
    one = planned(task("a cat", 0, "scene"), task("a cat", 1, "scene"))
    assert digest_of(one) == digest_of(replace(one, tasks=one.tasks[::-1]))
    others = [
        replace(one, tasks=one.tasks[:1]),
        replace(one, missing=("a cat-2",)),
        planned(task("a cat", 0, "scene"), task("a cat", 1, "color")),
    ]
    assert len({digest_of(plan) for plan in (one, *others)}) == 4


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "3/16/2", "-1/4", "a/b", "1/0"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"NUMBER/COUNT, such as 3/16"):
        read_shard(text)
