"""What a board answers to whoever submits, looks or decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vbench.leaderboard.submissions.model_card import ModelCard
from vbench.leaderboard.views.board_row import BoardRow


@dataclass(frozen=True)
class Receipt:
    """What a submitter gets.

    Attributes:
        id: number of the submission.
        state: ``pending`` until somebody with the right has published it.
        sha256: of the archive as it was received.
        withdraw_token: with it the submission can be withdrawn, and seen while it waits; it follows from the key.
        entry: the row as the board will show it.
    """

    id: int
    state: str
    sha256: str
    withdraw_token: str
    entry: BoardRow


@dataclass(frozen=True)
class Event:
    """One change of a submission's state: by ``submitter`` or ``admin``."""

    state: str
    at: str
    by: str


@dataclass(frozen=True)
class Detail:
    """One submission with its history.

    Attributes:
        entry: its row.
        provenance: what the run recorded; empty where nothing is known.
        history: its states, the first one first.
        archive_bytes: size of the archive.
        frames: names of its sample frames.
        videos: names of its sampled videos.
    """

    entry: BoardRow
    provenance: dict[str, Any]
    history: tuple[Event, ...]
    archive_bytes: int
    frames: tuple[str, ...]
    videos: tuple[str, ...]


@dataclass(frozen=True)
class Waiting:
    """A submission that somebody has to publish.

    Attributes:
        entry: its row.
        account: name of the account that sent it, ``""`` for an unknown sender.
        flags: what looks strange about it.
    """

    entry: BoardRow
    account: str
    flags: tuple[str, ...]


@dataclass(frozen=True)
class EditedCard:
    """A model card of a submission.

    Attributes:
        version: 1 for the one that it came with.
        card: what it says.
        at: when it was sent, UTC, ISO 8601.
        by: ``submitter`` or ``admin``.
    """

    version: int
    card: ModelCard
    at: str
    by: str
