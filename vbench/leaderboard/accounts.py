"""Accounts: organisations that may submit under their name. Whoever runs the board issues and revokes them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from vbench.errors import UsageError
from vbench.files.strict_json import unseen
from vbench.leaderboard.db.database import NOTHING, Database
from vbench.leaderboard.db.tables import Account
from vbench.leaderboard.errors import NotFound
from vbench.leaderboard.keys import digest
from vbench.provenance import now


@dataclass(frozen=True)
class Holder:
    """Who has an account.

    Attributes:
        id: number of the account.
        name: of the organisation.
        issued: when, UTC, ISO 8601.
        revoked: since when its token is no good, ``""`` while it is.
    """

    id: int
    name: str
    issued: str
    revoked: str = ""


class Accounts:
    """The accounts of a board.

    Args:
        database: of the board.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def issue(self, name: str) -> tuple[Holder, str]:
        """Open an account.

        Returns:
            The account and its token, of which only a digest is kept.

        Raises:
            UsageError: the name is none.
        """
        if not name.strip() or len(name) > 200 or unseen(name):
            raise UsageError(f"An account needs the name of an organisation, found {name!r:.80}.")
        token = secrets.token_urlsafe(32)
        with self.database.writing(NOTHING) as session:
            account = Account(name=name.strip(), token=digest(token), issued=now(), revoked=None)
            session.add(account)
            session.flush()
            return _holder(account), token

    def all(self) -> list[Holder]:
        """Every account that was ever opened, the oldest first."""
        with self.database.reading() as session:
            return [_holder(account) for account in session.scalars(select(Account).order_by(Account.id))]

    def revoke(self, number: int) -> Holder:
        """Make a token useless; what was submitted with it stays.

        Raises:
            NotFound: there is no such account.
        """
        with self.database.writing(NOTHING) as session:
            account = session.get(Account, number)
            if account is None:
                raise NotFound(f"There is no account {number}.")
            account.revoked = account.revoked or now()
            return _holder(account)

    def holder(self, token: str) -> Holder | None:
        """Whose token it is; ``None`` for nobody's and for a revoked one."""
        with self.database.reading() as session:
            return holder_of(session, token)


def holder_of(session: Session, token: str) -> Holder | None:
    """The same within a session."""
    if not token:
        return None
    account = session.scalar(select(Account).where(Account.token == digest(token), Account.revoked.is_(None)))
    return None if account is None else _holder(account)


def _holder(account: Account) -> Holder:
    return Holder(account.id, account.name, account.issued, account.revoked or "")
