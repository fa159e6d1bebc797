"""Whoever works in lockstep sees and says what he would alone, and a video is decoded once a pass for all of them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.footage import noise, write_truncated, write_video
from vbench.errors import VideoError
from vbench.media.decode import decode
from vbench.media.lockstep import SharedVideo, in_lockstep
from vbench.media.video import Video

LENGTH = 21
Work = Callable[[], Iterator[Any]]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("videos") / "a.mp4", noise(LENGTH, 24, 32))


@pytest.fixture
def decodings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every file that is decoded is noted, and decoded."""
    noted = []

    def counting(path: Path, *args: Any, **how: Any) -> Any:
        noted.append(path)
        return decode(path, *args, **how)

    monkeypatch.setattr("vbench.media.video.decode", counting)
    return noted


def shown(frames: Any) -> list[int]:
    return [int(frame.long().sum()) for frame in frames]


def whole(video: Video) -> list[int]:
    return shown(frame for batch in video.batches(4) for frame in batch)


def nested(video: Video) -> list[Any]:
    return [(shown(batch), shown(video.frames([2]))) for batch in video.batches(9)]


def left_early(video: Video, count: int) -> list[int]:
    return shown(next(iter(video.batches(count))))


def broken(video: Video) -> None:
    next(iter(video.batches(3)))
    raise ValueError("a bug")


STEPS: dict[str, Callable[[Video], Any]] = {
    "whole": whole,
    "every third": lambda video: shown(video.batches(2, 3)),
    "windows": lambda video: shown(video.windows(3, 2)),
    "one": lambda video: shown(video.frames([13])),
    "rising": lambda video: shown(video.one_by_one([0, 7, 20])),
    "none such": lambda video: shown(video.frames([LENGTH])),
    "length": lambda video: video.frame_count,
    "left early": partial(left_early, count=2),
    "left late": partial(left_early, count=18),
    "nested": nested,
    "scaled": lambda video: shown(video.scaled_frames([3], 8, 8)),
    "feature": lambda video: video.memo("feature", lambda: whole(video)),
    "feature of features": lambda video: video.memo("more", lambda: video.memo("feature", lambda: whole(video))[:3]),
    "broken feature": lambda video: video.memo("broken", lambda: broken(video)),
    "broken": broken,
}


def says(video: Video, steps: list[str]) -> Iterator[Any]:
    """What comes of steps one after the other; errors among it."""
    for step in steps:
        try:
            yield step, STEPS[step](video)
        except (VideoError, ValueError) as error:
            yield step, str(error)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from([*STEPS]), max_size=5), max_size=5), st.sampled_from([0, 8 * 24 * 32 * 3 * 5]))
def test_everybody_says_what_he_would_alone(path: Path, scripts: list[list[str]], budget: int) -> None:
    before = set(threading.enumerate())
    alone = [list(says(Video(path, 0), steps)) for steps in scripts]
    video = SharedVideo(path, budget)

    def numbered(place: int) -> Iterator[Any]:
        yield from ((place, said) for said in says(video, scripts[place]))

    together = list(in_lockstep(video, [partial(numbered, place) for place in range(len(scripts))]))
    assert [[said for where, said in together if where == place] for place in range(len(scripts))] == alone
    assert set(threading.enumerate()) <= before


def test_a_pass_is_decoded_once_for_all(path: Path, decodings: list[Path]) -> None:
    video = SharedVideo(path, budget=0)
    scripts = [
        ["whole"],
        ["length", "one"],
        ["left early", "rising"],
        ["feature"],
        ["feature of features"],
        ["windows"],
    ]
    assert len(list(in_lockstep(video, [partial(says, video, steps) for steps in scripts]))) == 8
    assert decodings == [path, path]


def test_a_feature_is_made_once(path: Path, decodings: list[Path]) -> None:
    video, made = SharedVideo(path, budget=0), []

    def feature() -> list[int]:
        made.append(1)
        return whole(video)

    def work() -> Iterator[list[int]]:
        yield video.memo("feature", feature)

    assert list(in_lockstep(video, [work] * 4)) == [whole(Video(path))] * 4
    assert made == [1]


def test_another_video_is_gone_through_by_oneself(path: Path, tmp_path: Path) -> None:
    """As when a long video is cut into clips that lie in files, while others look at the whole."""
    other = write_video(tmp_path / "other.mp4", noise(5, 24, 32, seed=3))
    video = SharedVideo(path, budget=0)

    def work() -> Iterator[Any]:
        for batch in video.batches(5):
            clip = SharedVideo(other, budget=0)
            yield shown(batch), list(in_lockstep(clip, [partial(says, clip, ["whole", "feature"])] * 2)), whole(clip)

    expected = [("whole", whole(Video(other))), ("feature", whole(Video(other)))]
    found = list(in_lockstep(video, [work] * 2))
    assert sorted(total for frames, _, _ in found for total in frames) == sorted(2 * whole(Video(path)))
    for _, says_of_clip, passed in found:
        assert sorted(says_of_clip) == sorted(2 * expected)
        assert passed == whole(Video(other))


def test_one_alone_is_at_work(path: Path) -> None:
    video, at_work, most = SharedVideo(path, budget=0), [0], [0]

    def work() -> Iterator[int]:
        for batch in video.batches(2):
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
            np.linalg.svd(np.random.default_rng(0).random((60, 60)))
            at_work[0] -= 1
            yield len(batch)

    assert sum(in_lockstep(video, [work] * 3)) == 3 * LENGTH
    assert most == [1]


def test_few_frames_are_held(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slowest of them holds the others back: nobody is more than two handfuls ahead."""
    video = SharedVideo(path, budget=8 * 2 * 24 * 32 * 3)  # two frames a handful
    places = [0, 0]

    def work(me: int) -> Iterator[None]:
        for _ in video.batches(1):
            places[me] += 1
            assert abs(places[0] - places[1]) <= 2
        yield None

    assert len(list(in_lockstep(video, [partial(work, 0), partial(work, 1)]))) == 2


def test_a_damaged_file_is_told_to_everybody(tmp_path: Path) -> None:
    path = write_truncated(tmp_path / "cut.mkv")
    for steps in (["whole"], ["length"], ["one"]):
        alone = list(says(Video(path, 0), steps))
        video = SharedVideo(path, budget=0)
        assert list(in_lockstep(video, [partial(says, video, steps)] * 3)) == alone * 3
    video = SharedVideo(tmp_path / "not there.mp4", budget=0)
    said = list(in_lockstep(video, [partial(says, video, ["whole", "length"])] * 2))
    assert len(said) == 4
    assert {what for _, what in said} == {f"{tmp_path / 'not there.mp4'} does not exist"}


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_what_one_raises_ends_the_others(path: Path, failure: type[BaseException]) -> None:
    video = SharedVideo(path, budget=0)
    ended: list[int] = []

    def patient() -> Iterator[int]:
        try:
            yield video.frame_count
        finally:
            ended.append(1)

    def raising() -> Iterator[int]:
        for _ in video.batches(1):
            raise failure("no more")
        yield 0

    with pytest.raises(failure, match="no more"):
        list(in_lockstep(video, [patient, raising, patient]))
    assert ended == [1, 1]


def test_who_asks_for_no_more_results_leaves_nothing_behind(path: Path) -> None:
    video = SharedVideo(path, budget=0)

    def endless() -> Iterator[int]:
        while True:
            yield video.frame_count
            whole(video)

    before = threading.active_count()
    results = in_lockstep(video, [endless] * 3)
    assert next(results) == LENGTH
    results.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


@pytest.mark.parametrize("given_to", ["the process", "this thread"])
def test_an_interruption_reaches_a_piece_of_work_in_its_middle(path: Path, given_to: str) -> None:
    video = SharedVideo(path, budget=0)
    ended: list[int] = []

    def busy() -> Iterator[int]:
        try:
            next(video.batches(1))
            if given_to == "the process":
                os.kill(os.getpid(), signal.SIGINT)
            else:
                signal.raise_signal(signal.SIGINT)
            while not ended:
                sum(range(1000))
        finally:
            ended.append(1)
        yield 0

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            list(in_lockstep(video, [busy]))
    finally:
        signal.signal(signal.SIGINT, handler)
    assert ended == [1]
