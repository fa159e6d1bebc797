"""The next job is found by an index, however many are done."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the index; what is there stays as it is."""
    op.create_index(op.f("ix_job_state_id"), "job", ["state", "id"], unique=False)
