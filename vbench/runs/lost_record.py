"""A run whose record was lost: what its rows still tell, and what nobody knows any more.

A row's cache key says whether it is what a call would make, but neither its profile and options nor the machine and the
packages that made it. So rows of dimensions that the call does not judge are set aside: the call that would make them
brings them back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from vbench import provenance
from vbench.progress import Progress
from vbench.runs.record import RECORD, RunRecord
from vbench.runs.store import RunStore

UNKNOWN = (
    f"{RECORD} was lost, and nobody knows with what it was judged: evaluate it again, and scores that still hold are "
    "not made twice"
)

TOLD_BY_KEYS = ("dtype", "device")
"""What of a machine is part of a cache key; of the device its kind."""


def rebuilt(record: RunRecord, store: RunStore, judged: Collection[str], progress: Progress) -> RunRecord:
    """The record of a call, with what the rows of the calls before tell; unchanged where there are none.

    Args:
        record: of the call, as if there had been none before.
        store: of the run; rows whose making nobody knows are set aside in it.
        judged: dimensions that the call can judge.
        progress: told of what was lost.
    """
    if not (stored := store.dimensions()):
        return record
    unknown = sorted(stored - set(judged))
    progress.note(f"{RECORD} was empty or lost; it is written anew from the scores that are stored")
    if unknown:
        progress.note(f"{', '.join(unknown)}: {UNKNOWN}")
    store.drop((row.video, row.prompt, row.dimension) for row in list(store.failed()) if row.dimension in unknown)
    store.set_aside(place for place, _, _ in store.settled() if place[2] in unknown)
    machine = {name: str(value).partition(":")[0] if name in TOLD_BY_KEYS else provenance.NOT_RECORDED
               for name, value in record.machine.items()}  # fmt: skip
    return replace(
        record,
        started="",
        dimensions=sorted({*record.dimensions, *stored}),
        not_evaluated={**record.not_evaluated, **dict.fromkeys(unknown, UNKNOWN)},
        machine=machine,
        packages=dict.fromkeys(record.packages, provenance.NOT_RECORDED),
    )
