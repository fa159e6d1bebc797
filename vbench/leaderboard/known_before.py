"""What a board knows of a result before it takes it: the same archive, the same version, scores that are like it."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vbench.errors import Refused
from vbench.leaderboard.accounts import Holder
from vbench.leaderboard.db.tables import (
    PUBLISHED,
    WITHDRAWN,
    Change,
    Model,
    Submission,
    Verdict,
)  # fmt: skip
from vbench.leaderboard.errors import Duplicate
from vbench.leaderboard.keys import digest
from vbench.leaderboard.ownership import Known, in_common
from vbench.leaderboard.snapshots import in_parts, states_of
from vbench.leaderboard.submissions.model_card import ModelCard

AT_ONCE = 100
"""Submissions by whose likeness copies are told, about 50 kB each, that are read at a time."""


def submission_under(session: Session, key: str, sha256: str) -> int | None:
    """The submission that was sent under a key.

    Raises:
        Refused: it is another archive.
    """
    found = session.execute(select(Submission.id, Submission.sha256).where(Submission.key == digest(key))).first()
    if found and found.sha256 != sha256:
        raise Refused(["This key was used for another archive; make a new one for each."])
    return found.id if found else None


def refuse_sent_before(session: Session, sha256: str, sender: str) -> None:
    """One sender's archive is there once; somebody else's copy of it is for whoever publishes to judge.

    Raises:
        Duplicate: it is there, and not withdrawn.
    """
    sent = session.scalars(select(Submission.id).where(Submission.sha256 == sha256, Submission.submitter == sender))
    for first, state in sorted(states_of(session, sent).items()):
        if state != WITHDRAWN:
            raise Duplicate(first, f"You have sent this archive already: it is submission {first}, {state}.")


def refuse_known_version(session: Session, card: ModelCard, benchmark: str, suite: str, profile: str) -> None:
    """The result of a version is final.

    Raises:
        Duplicate: one is published.
    """
    judged = (Verdict.benchmark == benchmark, Verdict.suite == suite, Verdict.profile == profile)
    same = select(Submission.id, Submission.version).join(Model).join(Verdict)
    known = session.execute(same.where(Model.key == spelling_of(card.name), *judged))
    versions = [first for first, version in known if spelling_of(version) == spelling_of(card.version)]
    for first, state in sorted(states_of(session, versions).items()):
        if state == PUBLISHED:
            raise Duplicate(
                first,
                f"{card.name} {card.version or 'without a version'} has a published result, submission {first}. "
                "The result of a version is final: submit a new one under a new version, and note what is different.",
            )


def spelling_of(name: str) -> str:
    """A name or version without regard to case and spaces: two spellings are one."""
    return "".join(name.casefold().split())


def alike_to(
    session: Session, rows_sha256: str, likeness: Mapping[str, Any], after: int = 0
) -> tuple[dict[int, str], int]:
    """The submissions that are like a result, and what they have in common; and the number of the last one there is.

    What is kept of a submission to tell copies by never changes: a writer, for whom others wait, has to look at those
    alone that came after the last one.

    Args:
        session: on the database.
        rows_sha256: digest of the result's scores.
        likeness: what is kept of it.
        after: the number beyond which submissions are looked at.
    """
    found, last = {}, after
    asked = select(Verdict.submission_id, Verdict.rows_sha256, Verdict.likeness).where(Verdict.submission_id > after)
    ordered = asked.order_by(Verdict.submission_id)
    for last, sha256, kept in session.execute(ordered, execution_options={"yield_per": AT_ONCE}):
        if common := in_common((rows_sha256, likeness), (sha256, kept)):
            found[last] = common
    return found, last


def known_of(
    session: Session,
    alike: Mapping[int, str],
    account: Holder | None,
    earlier: str,
    replacing: bool = False,
) -> list[Known]:
    """The submissions that a result is like, as seen by whoever submits.

    Args:
        session: on the database.
        alike: their numbers, and what they have in common with it.
        account: of the sender.
        earlier: digest of a withdraw token that the sender has, ``""`` for none.
        replacing: whether the board's owner puts the result in another's place, so that none that is withdrawn is
            somebody else's.
    """
    states = states_of(session, alike)
    published = select(Change.submission_id).where(Change.state == PUBLISHED)
    columns = (Submission.id, Submission.account_id, Submission.withdrawal, Verdict.benchmark)
    return [
        Known(
            number,
            states[number],
            number in was,
            (replacing and states[number] == WITHDRAWN)
            or bool(account and account.id == owner)
            or bool(earlier and hmac.compare_digest(withdrawal, earlier)),
            benchmark,
            alike[number],
        )
        for some in in_parts(sorted(alike))
        for was in [set(session.scalars(published.where(Change.submission_id.in_(some))))]
        for number, owner, withdrawal, benchmark in session.execute(
            select(*columns)
            .join(Verdict, Verdict.submission_id == Submission.id)
            .where(Submission.id.in_(some))
            .order_by(Submission.id)
        )
    ]
