"""What whoever runs a board may choose: the database, the tokens and every limit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from vbench.errors import UsageError
from vbench.prompts.official import NAME as OFFICIAL

PREFIX = "VBENCH_BOARD_"

MIB = 1 << 20

SHORTEST_TOKEN = 16
"""Characters; a shorter one could be guessed."""

EVERYBODY, ACCOUNTS, NOBODY = "everybody", "accounts", "nobody"

CHOICES = {"submissions_from": (EVERYBODY, ACCOUNTS), "published_at_once": (NOBODY, ACCOUNTS, EVERYBODY)}


@dataclass(frozen=True)
class Settings:
    """The settings of a board; each is read from the environment as ``VBENCH_BOARD_<NAME>``.

    Attributes:
        database: address as SQLAlchemy writes it: ``sqlite:///board.sqlite`` or ``postgresql+psycopg://...``.
        suite: name of the prompt suite whose results are ranked; those of other suites stand apart.
        admin_tokens: whoever shows one may publish and withdraw; comma-separated in the environment.
        submit_tokens: whoever shows one may submit; with none, ``submissions_from`` says who may.
        submissions_from: ``everybody``, or ``accounts`` for holders of an account only.
        published_at_once: whose unsuspicious submissions are: ``nobody``'s, those of ``accounts``, ``everybody``'s (a
            private board); the others wait for an admin.
        upload_bytes: largest archive.
        upload_seconds: in which an archive must have arrived.
        uploads_at_once: archives that are received and checked at the same time; the others wait.
        archive_files: most files in an archive.
        unpacked_bytes: most bytes of all its files together.
        ratio: most that a file may grow when it is unpacked.
        frame_bytes: largest sample frame.
        submissions_per_hour: most from one address or one token.
        requests_per_minute: most of any kind from one address or one token.
        votes_per_minute: most from one voter.
    """

    database: str = "sqlite:///board.sqlite"
    suite: str = OFFICIAL
    admin_tokens: tuple[str, ...] = field(default=(), repr=False)
    submit_tokens: tuple[str, ...] = field(default=(), repr=False)
    submissions_from: str = EVERYBODY
    published_at_once: str = ACCOUNTS
    upload_bytes: int = 64 * MIB
    upload_seconds: int = 300
    uploads_at_once: int = 4
    archive_files: int = 500
    unpacked_bytes: int = 256 * MIB
    ratio: int = 200
    frame_bytes: int = MIB
    submissions_per_hour: int = 20
    requests_per_minute: int = 600
    votes_per_minute: int = 30

    def __post_init__(self) -> None:
        for token in (*self.admin_tokens, *self.submit_tokens):
            if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
                raise UsageError(
                    f"A token of the board must have at least {SHORTEST_TOKEN} printable ASCII characters and no space."
                )
        for name, choices in CHOICES.items():
            if (chosen := getattr(self, name)) not in choices:
                raise UsageError(f"{PREFIX}{name.upper()} must be one of {', '.join(choices)}, found {chosen!r}.")
        for name, value in vars(self).items():
            if isinstance(value, int) and value < 1:
                raise UsageError(f"{PREFIX}{name.upper()} must be at least 1, found {value}.")


def from_environment(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """The settings that the environment states; others keep their defaults.

    Args:
        environment: by default that of this process.
        given: settings that come before the environment; ``None`` for those that do not.

    Raises:
        UsageError: a setting cannot be read.
    """
    environment = os.environ if environment is None else environment
    values = {name: value for name, value in given.items() if value is not None}
    for setting in fields(Settings):
        text = environment.get(PREFIX + setting.name.upper())
        if text is not None and setting.name not in values:
            values[setting.name] = _value(setting.name, setting.default, text)
    return Settings(**values)


def _value(name: str, default: Any, text: str) -> Any:
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError as error:
            raise UsageError(f"{PREFIX}{name.upper()} must be a whole number, found {text!r}.") from error
    return text
