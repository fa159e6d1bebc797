"""What whoever runs a board may choose: the database, the tokens and every limit."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from typing import Any

from vbench.errors import UsageError
from vbench.prompts.library import SHIPPED
from vbench.prompts.official import NAME as OFFICIAL

PREFIX = "VBENCH_BOARD_"

MIB = 1 << 20

_SUB_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")

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
        metrics_tokens: whoever shows one may read ``/metrics``; an admin's will do, too.
        submissions_from: ``everybody``, or ``accounts`` for holders of an account only.
        published_at_once: whose unsuspicious submissions are: ``nobody``'s, those of ``accounts``, ``everybody``'s (a
            private board); the others wait for an admin.
        hosts: names by which the board is asked for, such as ``board.example.org``; others are refused. With
            none, every name is taken, but by a board that listens on this machine alone.
        trusted_proxies: addresses or networks of the proxies whose ``X-Forwarded-...`` headers are believed.
        root_path: under which a proxy shows the board, such as ``/board``.
        header_seconds: in which the head of a request must have arrived, and a body other than an archive.
        connections_per_address: most at the same time; a proxy that is trusted may have any number.
        upload_bytes: largest archive.
        upload_seconds: in which an archive must have arrived.
        uploads_at_once: archives that are checked at the same time; the others wait.
        uploads_waiting: archives that wait to be checked at most; further ones are asked to come again.
        bytes_per_hour: most that one address may upload.
        check_bytes: memory that the check of an archive may take.
        check_seconds: computing time that it may take.
        archive_files: most files in an archive.
        unpacked_bytes: most bytes of all its files together.
        ratio: most that a file may grow when it is unpacked.
        frame_bytes: largest sample frame.
        submissions_per_hour: most from one address or one token.
        requests_per_minute: most of any kind from one address or one token.
        votes_per_minute: most from one voter.
        events_per_address: calls of the pages that wait for their turn or whose answers were not collected.
        address_hours: after which nobody can tell any longer which address something came from.
        database_seconds: that a call waits for the database.
    """

    database: str = "sqlite:///board.sqlite"
    suite: str = OFFICIAL
    admin_tokens: tuple[str, ...] = field(default=(), repr=False)
    submit_tokens: tuple[str, ...] = field(default=(), repr=False)
    metrics_tokens: tuple[str, ...] = field(default=(), repr=False)
    submissions_from: str = EVERYBODY
    published_at_once: str = ACCOUNTS
    hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    root_path: str = ""
    header_seconds: int = 10
    connections_per_address: int = 100
    upload_bytes: int = 64 * MIB
    upload_seconds: int = 300
    uploads_at_once: int = 2
    uploads_waiting: int = 200
    bytes_per_hour: int = 1024 * MIB
    check_bytes: int = 1024 * MIB
    check_seconds: int = 60
    archive_files: int = 500
    unpacked_bytes: int = 128 * MIB
    ratio: int = 200
    frame_bytes: int = MIB
    submissions_per_hour: int = 20
    requests_per_minute: int = 600
    votes_per_minute: int = 30
    events_per_address: int = 32
    address_hours: int = 24
    database_seconds: int = 60

    def __post_init__(self) -> None:
        for token in (*self.admin_tokens, *self.submit_tokens, *self.metrics_tokens):
            if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
                raise UsageError(
                    f"A token of the board must have at least {SHORTEST_TOKEN} printable ASCII characters and no space."
                )
        if self.suite not in (OFFICIAL, *SHIPPED):
            raise UsageError(f"There is no prompt suite {self.suite!r}; known are {', '.join((OFFICIAL, *SHIPPED))}.")
        for network in self.trusted_proxies:
            try:
                ip_network(network)
            except ValueError as error:
                raise UsageError(
                    f"{PREFIX}TRUSTED_PROXIES must be addresses or networks like 10.0.0.0/8, not {network!r}: {error}."
                ) from None
        if self.root_path and not _SUB_PATH.fullmatch(self.root_path):
            raise UsageError(f"{PREFIX}ROOT_PATH must look like /board, found {self.root_path!r}.")
        if self.root_path and not self.trusted_proxies:
            raise UsageError(
                f"A board under {self.root_path} stands behind a proxy, and all its visitors would count as one: "
                f"set {PREFIX}TRUSTED_PROXIES to the proxy's address, such as 127.0.0.1."
            )
        for name, choices in CHOICES.items():
            if (chosen := getattr(self, name)) not in choices:
                raise UsageError(f"{PREFIX}{name.upper()} must be one of {', '.join(choices)}, found {chosen!r}.")
        for name, value in vars(self).items():
            if isinstance(value, int) and value < 1:
                raise UsageError(f"{PREFIX}{name.upper()} must be at least 1, found {value}.")

    def token_name(self, token: str) -> str:
        """Whose a token is, for the log: ``admin 1`` for the first of the admins'; ``""`` for none of these."""
        for kind, tokens in _named(self):
            for number, known in enumerate(tokens, 1):
                if hmac.compare_digest(token.encode(), known.encode()):
                    return f"{kind} {number}"
        return ""


def _named(settings: Settings) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("admin", settings.admin_tokens), ("submitter", settings.submit_tokens), ("metrics", settings.metrics_tokens),
    )  # fmt: skip


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
