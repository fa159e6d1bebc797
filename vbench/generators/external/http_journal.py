"""What was paid for: the jobs that were submitted to a service and whose videos nobody has yet, on disk.

A line is written before a job is sent, when it has an id, and when it is over, each on disk before anything else
happens. Whatever kills the process in between, the next one knows what it may have cost.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from vbench.errors import UsageError
from vbench.files.json_file import plain_json
from vbench.malformed import flaw

OPENING = '{"ticket": "'
"""How every line of a journal begins."""


@dataclass(frozen=True)
class Entry:
    """What is known of a ticket, as its last line says; nothing at all where it is free to be submitted.

    Attributes:
        sent: whether it was sent, and no answer is known.
        job: id of the job, ``None`` where there is none.
        answer: the answer to submit, where later addresses may stand.
        lost: why the video of the job cannot be had any more, ``""`` where it can.
        failed: why no job of it is submitted again, ``""`` where one is.
        file: that it is for; only people read it.
    """

    sent: bool = False
    job: str | None = None
    answer: Any = None
    lost: str = ""
    failed: str = ""
    file: str = ""


class Journal:
    """Tickets and what became of them. One call at a time uses a journal.

    Args:
        path: a line for each thing that happened; it grows, and so tells what was paid for.

    Raises:
        UsageError: the file is somebody else's.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._lock = path, Lock()
        self._entries: dict[str, Entry] = {}
        self._opened: Counter[str] = Counter()
        with path.open("a+", encoding="utf-8", errors="replace") as file:
            file.seek(0)
            text = file.read()
            if not text.startswith(OPENING[: len(text)]):
                raise UsageError(f"{path} is no list of jobs: move it away, or name another journal.")
            if text and not text.endswith("\n"):  # a kill cut the last line
                file.write("\n")
        for line in text.splitlines():
            try:
                values = plain_json(line)
            except ValueError:
                continue
            if isinstance(values, dict) and isinstance(values.get("ticket"), str):
                known = {name: value for name, value in values.items() if name in Entry.__dataclass_fields__}
                if not flaw(entry := Entry(**known), [Entry]):
                    self._note(values["ticket"], entry)

    def of(self, ticket: str) -> Entry:
        """What is known of a ticket."""
        return self._entries.get(ticket, Entry())

    def write(self, ticket: str, entry: Entry) -> None:
        """Write down what a ticket has come to; it is on disk on return."""
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            self._note(ticket, entry)
            told = {name: value for name, value in asdict(entry).items() if value != getattr(Entry(), name)}
            file.write(json.dumps({"ticket": ticket, "job": None, **told}) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def close(self, ticket: str) -> None:
        """Write down that there is nothing more to ask after, and that it is free to be submitted."""
        if self.of(ticket) != Entry():
            self.write(ticket, Entry())

    def attempt(self, ticket: str) -> str:
        """What names the next job of a ticket: the same as long as none came of it, though a kill came in between."""
        return f"{ticket[:32]}-{self._opened[ticket]}"

    def _note(self, ticket: str, entry: Entry) -> None:
        self._entries[ticket] = entry
        self._opened[ticket] += bool(entry.failed or (entry.job is not None and not entry.lost))
