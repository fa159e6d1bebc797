"""What alembic runs: the migrations, on the connection that it was handed, within its transaction."""

from __future__ import annotations

from alembic import context

from vbench.leaderboard.db.tables import Base

if __name__ == "env_py":  # the name under which alembic loads it
    context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
    context.run_migrations()
