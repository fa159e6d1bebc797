"""Counters of changes, what comparisons are made from and what they gave, and the benchmark of each verdict."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

OTHER = "Another benchmark: "
"""Why a result stood apart while all benchmarks shared one ranking; each has its own now."""


def upgrade() -> None:
    """Add tables, and the benchmark that each run recorded; older runs are of text to video."""
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "prompt_table",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_prompt_table_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_prompt_table")),
    )
    op.create_table(
        "pair",
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=False),
        sa.Column("benchmark", sa.Text(), nullable=False),
        sa.Column("method", sa.Integer(), nullable=False),
        sa.Column("beyond", sa.JSON(), nullable=True),
        sa.Column("differences", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("first", "second", "benchmark", "method", name=op.f("pk_pair")),
    )
    op.add_column("verdict", sa.Column("benchmark", sa.Text(), nullable=True))
    op.execute("UPDATE verdict SET benchmark = 'vbench-t2v'")
    with op.batch_alter_table("verdict") as changed:
        changed.alter_column("benchmark", existing_type=sa.Text(), nullable=False)
    verdict = sa.table(
        "verdict",
        sa.column("submission_id", sa.Integer),
        sa.column("benchmark", sa.Text),
        sa.column("provenance", sa.JSON),
        sa.column("findings", sa.JSON),
    )
    connection = op.get_bind()
    for number, _, provenance, findings in connection.execute(sa.select(verdict)).all():
        named = provenance.get("benchmark", "vbench-t2v")
        if named == "vbench-t2v":
            continue
        apart = [reason for reason in findings["apart"] if not reason.startswith(OTHER)]
        connection.execute(
            verdict.update()
            .where(verdict.c.submission_id == number)
            .values(benchmark=named, findings={**findings, "apart": apart})
        )
