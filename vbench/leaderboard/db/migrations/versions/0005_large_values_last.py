"""Large values come last in their rows: SQLite reads through what stands before a value that is asked for."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

ORDER = {
    "submission": (
        "id", "model_id", "version", "sampled_by", "evaluated_by", "card", "sha256", "archive_bytes", "received",
        "submitter", "withdrawal", "key", "account_id", "archive",
    ),
    "verdict": (
        "submission_id", "check_version", "format", "benchmark", "suite", "profile", "provenance", "findings",
        "rows_sha256", "likeness",
    ),
}  # fmt: skip
"""Table -> its columns."""


def upgrade() -> None:
    """Make the two tables anew in which a large value stood before others; PostgreSQL keeps such values apart."""
    if op.get_bind().dialect.name == "sqlite":
        for table, columns in ORDER.items():
            with op.batch_alter_table(table, recreate="always", partial_reordering=[columns]):
                pass
