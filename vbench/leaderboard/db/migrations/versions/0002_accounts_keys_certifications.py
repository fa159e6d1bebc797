"""Accounts, keys of submissions, certifications, votes bound to ballots; one archive may come from several senders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add tables and columns; what is there stays as it is."""
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("issued", sa.Text(), nullable=False),
        sa.Column("revoked", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("token", name=op.f("uq_account_token")),
    )
    with op.batch_alter_table("submission") as submission:
        submission.add_column(sa.Column("key", sa.Text(), nullable=True))
        submission.add_column(sa.Column("account_id", sa.Integer(), nullable=True))
        submission.drop_constraint(op.f("uq_submission_sha256"), type_="unique")
        submission.create_unique_constraint(op.f("uq_submission_key"), ["key"])
        submission.create_foreign_key(op.f("fk_submission_account_id"), "account", ["account_id"], ["id"])
    op.create_index(op.f("ix_submission_sha256"), "submission", ["sha256"], unique=False)
    op.create_table(
        "certification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_certification_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification")),
    )
    op.create_index(op.f("ix_certification_submission_id"), "certification", ["submission_id"], unique=False)
    with op.batch_alter_table("vote") as vote:
        vote.add_column(sa.Column("ballot", sa.Text(), nullable=True))
        vote.add_column(sa.Column("left_id", sa.Integer(), nullable=True))
        vote.create_unique_constraint(op.f("uq_vote_ballot"), ["ballot"])
    op.create_table(
        "removal",
        sa.Column("vote_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_removal_vote_id")),
        sa.PrimaryKeyConstraint("vote_id", name=op.f("pk_removal")),
    )
    op.create_table(
        "secret",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secret")),
    )
    op.add_column("verdict", sa.Column("likeness", sa.JSON(), nullable=True))
    op.execute("UPDATE verdict SET likeness = '{}'")
    with op.batch_alter_table("verdict") as verdict:
        verdict.alter_column("likeness", existing_type=sa.JSON(), nullable=False)
