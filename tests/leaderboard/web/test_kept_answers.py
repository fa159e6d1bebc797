"""Answers that are the same for everybody are made once, also where many ask at the same time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

from starlette.requests import Request

from vbench.leaderboard.web.kept_answers import KeptAnswers

MANY = 8


def test_an_answer_that_many_wait_for_is_made_once_and_large_ones_one_at_a_time() -> None:
    kept, together, busy, made = KeptAnswers(), Barrier(MANY), Lock(), []

    def asked(number: int) -> bytes:
        def make() -> str:
            assert busy.acquire(blocking=False), "two are made at the same time"
            made.append(number % 2)
            time.sleep(0.2)  # as long as the others need to ask, too
            busy.release()
            return f"answer {number % 2}"

        together.wait()
        return bytes(kept.answer(Request({"type": "http", "headers": []}), number % 2, make).body)

    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(asked, range(MANY)))
    assert answers == [f"answer {number % 2}".encode() for number in range(MANY)]
    assert sorted(made) == [0, 1]
