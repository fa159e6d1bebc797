"""A file that ends the process which looks at it is told of, and the next is looked at."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from multiprocessing import Queue
from pathlib import Path

import pytest

from vbench.errors import Unavailable, VideoError
from vbench.media.apart import Apart, once_apart, one_process

pytestmark = pytest.mark.slow

GOOD, BAD, DEADLY = Path("good.mp4"), Path("bad.mp4"), Path("deadly.mp4")


def look(path: Path) -> int:
    """Which process looks; not every one survives it."""
    if path == DEADLY:
        os.kill(os.getpid(), signal.SIGSEGV)
    if path == BAD:
        raise VideoError(f"{path} is bad")
    return os.getpid()


def count(path: Path, end: int) -> Iterator[int]:
    """Numbers, and whatever :func:`look` does after them."""
    yield from range(end)
    look(path)


def test_one_process_looks_until_a_file_ends_it() -> None:
    with Apart() as apart:
        first = apart(look, GOOD)
        with pytest.raises(VideoError, match=r"bad\.mp4 is bad"):
            apart(look, BAD)
        assert apart(look, GOOD) == first != os.getpid()
        with pytest.raises(Unavailable, match=r"deadly\.mp4 ended the process .*: it crashed \(SIGSEGV\)"):
            apart(look, DEADLY)
        assert apart(look, GOOD) not in (first, os.getpid())


def test_what_came_before_the_end_is_there_and_nobody_need_wait_for_the_rest() -> None:
    with Apart() as apart:
        seen = list[int]()
        with pytest.raises(Unavailable):
            seen.extend(apart.each(count, DEADLY, 3))
        assert seen == [0, 1, 2]
        assert next(apart.each(count, GOOD, 10**9)) == 0
        assert list(apart.each(count, GOOD, 2)) == [0, 1]


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_all_that_looks_within_a_block_has_one_process() -> None:
    with one_process():
        first = once_apart(look, GOOD)
        with Apart() as outer:
            assert outer(look, GOOD) == first
            with Apart() as inner:
                assert inner(look, GOOD) not in (first, os.getpid()), "the one may be in the midst of a file"
        with pytest.raises(Unavailable):
            once_apart(look, DEADLY)
        second = once_apart(look, GOOD)
        assert second not in (first, os.getpid())
        assert once_apart(look, GOOD) == second
    assert not _is_there(second)
    assert once_apart(look, GOOD) not in (second, os.getpid())


def tell(heard: Queue[bool]) -> None:
    """Whether a file is looked at in this process."""
    heard.put(once_apart(look, GOOD) == os.getpid())


def test_a_process_that_may_start_no_other_looks_itself() -> None:
    context = multiprocessing.get_context("spawn")
    heard: Queue[bool] = context.Queue()
    daemon = context.Process(target=tell, args=(heard,), daemon=True)
    daemon.start()
    assert heard.get(timeout=60)
    daemon.join()


def lack() -> tuple[int]:
    """Have nothing to hold."""
    raise VideoError("no models")


def held(number: int, path: Path) -> str:
    """What is held, and the path."""
    return f"{number} {path}"


def seven() -> tuple[int]:
    """What is held."""
    return (7,)


def test_a_look_is_given_what_was_prepared() -> None:
    with Apart(seven) as apart:
        assert apart(held, GOOD) == "7 good.mp4"
    with Apart(lack) as apart, pytest.raises(VideoError, match="no models"):
        apart.get_ready()
