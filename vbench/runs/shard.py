"""A shard: one of several parts of a plan, for machines that make one run together without talking to each other.

Which shard a video is in follows from the plan alone, so that every machine finds the same parts. Whole stays what is
looked at together: the clips of one video, and the samples of a prompt where a dimension judges them together or where
the static filter chooses among them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heapreplace
from typing import Any

from vbench.benchmarks.registry import specs_of
from vbench.errors import UsageError
from vbench.runs.plan import Plan, VideoTask


@dataclass(frozen=True)
class Shard:
    """One part of several.

    Attributes:
        number: which one, from 1.
        of: how many there are.
    """

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def read_shard(text: str) -> Shard:
    """A shard as it is written.

    Raises:
        UsageError: it is written otherwise, or there is no such shard.

    >>> read_shard("3/16")
    Shard(number=3, of=16)
    """
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip(), re.ASCII)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise UsageError(f"{text!r} is no shard: expected NUMBER/COUNT, such as 3/16 for the third of sixteen, from 1.")
    return Shard(int(found[1]), int(found[2]))


def shard_of(plan: Plan, shard: Shard) -> Plan:
    """The part of a plan that a shard looks at; it knows the whole plan, so that it is never taken for all of it.

    Raises:
        UsageError: there are more shards than parts that can be looked at apart.
    """
    pieces = _pieces(plan)
    if 0 < len(pieces) < shard.of:
        raise UsageError(
            f"There is no work for {shard.of} shards: the {len(plan.tasks)} videos make {len(pieces)} pieces that "
            f"have to stay whole, so at most --shard N/{len(pieces)}."
        )
    mine = {(task.video, task.prompt.text) for task in _dealt(pieces, shard.of)[shard.number - 1]}
    own = {text for _, text in mine}
    nobodys = {prompt.text for prompt in plan.prompts} - {task.prompt.text for task in plan.tasks}
    return replace(
        plan,
        tasks=tuple(task for task in plan.tasks if (task.video, task.prompt.text) in mine),
        prompts=tuple(
            prompt for prompt in plan.prompts
            if prompt.text in own or (shard.number == 1 and prompt.text in nobodys)
        ),
        shard=str(shard),
        whole=plan,
    )  # fmt: skip


def digest_of(plan: Plan) -> str:
    """SHA-256 of what a plan looks at: each video by its name with its prompt and dimensions, and what is missing."""
    units = sorted(json.dumps(_named(task), default=str) for task in plan.tasks)
    return hashlib.sha256(json.dumps([units, sorted(plan.missing), plan.samples]).encode()).hexdigest()


def _named(task: VideoTask) -> list[Any]:
    spans = [(span.start, span.end) for span in task.spans]
    return [task.video, task.prompt.text, task.prompt.facts, task.dimensions, spans]


def _pieces(plan: Plan) -> list[list[VideoTask]]:
    """The tasks of a plan, those together that one shard has to have; in an order that no folder listing decides."""
    specs = specs_of(plan.benchmark)
    together = {name for name in plan.dimensions if name in plan.filtered or (name in specs and specs[name].together)}
    tested = {specs[name].tested_by for name in together if name in specs}
    whole = {prompt.text for prompt in plan.prompts if tested & set(prompt.dimensions)}
    whole |= {task.prompt.text for task in plan.tasks if together & set(task.dimensions)}
    pieces: dict[tuple[bool, str], list[VideoTask]] = defaultdict(list)
    for task in plan.tasks:
        as_one = task.prompt.text in whole
        pieces[as_one, task.prompt.text if as_one else task.path.relative_to(plan.root).as_posix()].append(task)
    return [pieces[key] for key in sorted(pieces)]


def _dealt(pieces: Sequence[Sequence[VideoTask]], count: int) -> list[list[VideoTask]]:
    """The tasks of each shard.

    Dimensions cost from milliseconds to minutes a video, so pieces of the same dimensions are dealt among themselves:
    the largest first, each to the shard that has least of their kind, and of those to the one with least in all.
    """
    kinds: Mapping[tuple[str, ...], list[Sequence[VideoTask]]] = defaultdict(list)
    for piece in pieces:
        kinds[tuple(sorted({name for task in piece for name in task.dimensions}))].append(piece)
    hands: list[list[VideoTask]] = [[] for _ in range(count)]
    held = [0] * count
    for kind in sorted(kinds):
        least = [(0, held[number], number) for number in range(count)]
        heapify(least)
        for piece in sorted(kinds[kind], key=_units, reverse=True):
            of_kind, _, number = least[0]
            hands[number] += piece
            held[number] += _units(piece)
            heapreplace(least, (of_kind + _units(piece), held[number], number))
    return hands


def _units(piece: Sequence[VideoTask]) -> int:
    return sum(len(task.dimensions) for task in piece)
