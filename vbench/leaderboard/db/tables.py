"""The board's tables, in two layers.

The first layer is what was received: submissions (the archive as it came), what was done with them, votes and what was
taken out of them, and who has an account. Rows are added to it and never changed, but for accounts, which are revoked,
model cards, of which every version is kept, jobs, and what is over within hours (:data:`PASSING`), which is deleted.
The second layer is what follows from an archive: verdict, scores, sums per prompt and pictures;
:meth:`vbench.leaderboard.board.Board.rebuild` makes it anew. Beside them stand counters, by which a server sees that
something has changed, and what comparing two submissions gave.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PENDING, PUBLISHED, WITHDRAWN = "pending", "published", "withdrawn"


class Base(DeclarativeBase):
    """Names every constraint by one rule, so that a migration can speak of it on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        str: Text,
        float: Double,
        int: Integer,
        bytes: LargeBinary,
        dict[str, Any]: JSON(none_as_null=True),
    }


class Model(Base):
    """A video model; its versions are submissions."""

    __tablename__ = "model"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """The name without regard to case and spaces: two spellings are one model."""
    name: Mapped[str]


class Account(Base):
    """An organisation that may submit under its name."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    token: Mapped[str] = mapped_column(unique=True)
    """Digest of its token."""
    issued: Mapped[str]
    revoked: Mapped[str | None]


class Submission(Base):
    """An archive as it was received."""

    __tablename__ = "submission"

    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("model.id"), index=True)
    version: Mapped[str]
    sampled_by: Mapped[str]
    evaluated_by: Mapped[str]
    card: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(index=True)
    archive_bytes: Mapped[int]
    received: Mapped[str]
    """UTC, ISO 8601."""
    submitter: Mapped[str]
    """Digest of the token or the address that it came from."""
    withdrawal: Mapped[str]
    """Digest of the token with which the submitter may withdraw it."""
    key: Mapped[str | None] = mapped_column(unique=True)
    """Digest of the key under which it was sent: sent again, it is the same submission."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    archive: Mapped[bytes] = mapped_column(deferred=True, deferred_raiseload=True)


class Change(Base):
    """What was done with a submission; the latest one is its state."""

    __tablename__ = "change"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    state: Mapped[str]
    at: Mapped[str]
    by: Mapped[str]


class Certification(Base):
    """What an admin says of who sampled and evaluated; a submission's latest one counts."""

    __tablename__ = "certification"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    mark: Mapped[str]
    """``gold``, ``silver`` or ``""``."""
    at: Mapped[str]


class Vote(Base):
    """One judgement of a pair of videos; a voter's latest one of a pair counts."""

    __tablename__ = "vote"
    __table_args__ = (Index(None, "voter", "first_id", "second_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    prompt: Mapped[str]
    dimension: Mapped[str]
    first_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    second_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    outcome: Mapped[str]
    voter: Mapped[str]
    at: Mapped[str]
    ballot: Mapped[str | None] = mapped_column(unique=True)
    """Digest of the ballot: one vote each."""
    left_id: Mapped[int | None]
    """The submission that was shown on the left."""


class Removal(Base):
    """A vote that an admin took out of the count."""

    __tablename__ = "removal"

    vote_id: Mapped[int] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    at: Mapped[str]


class Secret(Base):
    """A key that the board made for itself, by its use."""

    __tablename__ = "secret"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class CardVersion(Base):
    """A model card that a submission has or had, from its first edit on; the latest one is the submission's."""

    __tablename__ = "card_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    card: Mapped[dict[str, Any]]
    at: Mapped[str]
    by: Mapped[str]


class Job(Base):
    """Videos that the board evaluates itself."""

    __tablename__ = "job"
    __table_args__ = (Index(None, "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    """Folder, or address of an archive."""
    card: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    """Of the evaluation."""
    key: Mapped[str] = mapped_column(unique=True)
    """Under which its result is submitted: twice is once."""
    state: Mapped[str]
    reason: Mapped[str]
    """Why it failed, ``""`` where it did not."""
    done: Mapped[int]
    total: Mapped[int]
    """Units of work, 0 while nobody knows."""
    worker: Mapped[str]
    until: Mapped[float]
    """Seconds since 1970, when its worker is taken for dead unless it speaks again."""
    tries: Mapped[int]
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"))
    added: Mapped[str]
    changed: Mapped[str]


class OpenBallot(Base):
    """Two videos that wait for a vote, or whose players may still read; every server process knows them."""

    __tablename__ = "open_ballot"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    """Digest of the ballot's name."""
    prompt: Mapped[str]
    dimension: Mapped[str]
    left_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    right_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    left_address: Mapped[str] = mapped_column(unique=True)
    """Digest of the address under which the left video is."""
    right_address: Mapped[str] = mapped_column(unique=True)
    until: Mapped[float] = mapped_column(index=True)
    """Seconds since 1970, when it is void."""
    voted: Mapped[bool]


class Visit(Base):
    """How much one sender has had of one limit, since when; of boards with several server processes."""

    __tablename__ = "visit"

    what: Mapped[str] = mapped_column(primary_key=True)
    """Name of the limit."""
    sender: Mapped[str] = mapped_column(primary_key=True)
    """A keyed hash; nobody can tell whose once the key is gone."""
    since: Mapped[float]
    """Seconds since 1970 on the database's clock."""
    amount: Mapped[int] = mapped_column(BigInteger)


PASSING = (OpenBallot, Visit)
"""Tables of what is over within hours, and in no backup."""

PASSING_SECRET = "senders"
"""Name of the secret that is replaced after hours, and in no backup."""


class Verdict(Base):
    """What the check of a submission found."""

    __tablename__ = "verdict"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    check_version: Mapped[int]
    format: Mapped[str]
    benchmark: Mapped[str]
    """By whose rules it was scored; results of different ones never share a ranking."""
    suite: Mapped[str]
    profile: Mapped[str]
    provenance: Mapped[dict[str, Any]]
    findings: Mapped[dict[str, Any]]
    """``notes``, ``apart``, ``unverified`` and ``flags``: lists of sentences."""
    rows_sha256: Mapped[str] = mapped_column(index=True)
    likeness: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    """By what copies are told (:mod:`vbench.leaderboard.submissions.likeness`); empty where an older version wrote."""


class Score(Base):
    """One figure of a submission: a dimension, a side or the total, over all prompts or those of a category."""

    __tablename__ = "score"
    __table_args__ = (UniqueConstraint("submission_id", "category", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    category: Mapped[str]
    """``""`` for all prompts."""
    name: Mapped[str]
    value: Mapped[float]
    low: Mapped[float | None]
    high: Mapped[float | None]
    videos: Mapped[int]


class VideoRow(Base):
    """What one dimension said of one video."""

    __tablename__ = "video_row"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    video: Mapped[str]
    prompt: Mapped[str]
    dimension: Mapped[str]
    status: Mapped[str]
    value: Mapped[float | None]
    weight: Mapped[float | None]
    category: Mapped[str]
    content: Mapped[str]


class Medium(Base):
    """A sample frame or a sampled video that came with a submission."""

    __tablename__ = "medium"
    __table_args__ = (UniqueConstraint("submission_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    name: Mapped[str]
    """Its name in the archive: ``frames/....jpg`` or ``videos/....mp4``."""
    prompt: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)


class PromptTable(Base):
    """What every comparison of a submission is made from (:mod:`vbench.leaderboard.prompt_tables`)."""

    __tablename__ = "prompt_table"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    content: Mapped[bytes]


class Pair(Base):
    """What the comparison of two submissions gave; kept for as long as the method is the same."""

    __tablename__ = "pair"

    first: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the archive of the yardstick."""
    second: Mapped[str] = mapped_column(primary_key=True)
    benchmark: Mapped[str] = mapped_column(primary_key=True)
    method: Mapped[int] = mapped_column(primary_key=True)
    """Version of the arithmetic; of an older one nothing is read."""
    beyond: Mapped[dict[str, Any] | None]
    """Score -> whether the difference is beyond noise; ``None`` where nobody asked."""
    differences: Mapped[dict[str, Any] | None]
    """Score -> the whole difference; ``None`` where nobody asked."""


class Counter(Base):
    """How often something of the board was changed; whoever has read a number knows whether to read again."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
