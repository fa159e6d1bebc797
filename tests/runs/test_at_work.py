"""What is being looked at is written down while it is, and no longer."""

from __future__ import annotations

from pathlib import Path

from vbench.prompts.suite import Prompt
from vbench.runs.at_work import NAME, AtWork
from vbench.runs.plan import VideoTask


def job(name: str) -> VideoTask:
    return VideoTask(Path(name), name, Prompt(name, ("scene",)), ("scene",), sha256=name)


def test_each_call_of_it_replaces_what_was_said_before(tmp_path: Path) -> None:
    at_work = AtWork([tmp_path])
    at_work.now([job("first"), job("second")])
    assert AtWork([tmp_path]).left() == {"first": False, "second": False}
    at_work.now([job("a")], alone=True)
    assert AtWork([tmp_path]).left() == {"a": True}
    at_work.end()
    assert not (tmp_path / NAME).exists()


def test_what_comes_last_and_did_not_come_is_left_to_the_next_call(tmp_path: Path) -> None:
    at_work = AtWork([tmp_path])
    at_work.later([job("last"), job("done")])
    at_work.now([job("done")], alone=True)
    at_work.done(job("done"))
    at_work.end()
    assert AtWork([tmp_path]).left() == {"last": False}


def test_what_is_left_alone_stays_so_until_a_call_comes_to_its_end(tmp_path: Path) -> None:
    at_work = AtWork([tmp_path])
    at_work.leave_alone(["deadly"])
    at_work.now([job("a")])
    assert AtWork([tmp_path]).left() == {"a": False, "deadly": True}
    at_work.end()
    assert AtWork([tmp_path]).left() == {}


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    at_work = AtWork([tmp_path])
    at_work.now([job("a")])
    at_work.end()
    assert at_work.left() == {}
