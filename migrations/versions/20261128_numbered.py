"""Statements of a phone by their number: each new one asks for its own and the one before, and a phone has many.

Rules: plain SQL and `op` only, never `app`; works while the code before it still runs; has a way down;
tests/test_migrations.py runs it both ways with rows in every table.
"""

from alembic import op

revision = "numbered"
down_revision = "checked"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_statement_device_seq", "statement", ["device_id", "seq"])
    op.drop_index("ix_statement_device_id", "statement")


def downgrade() -> None:
    op.create_index("ix_statement_device_id", "statement", ["device_id"])
    op.drop_index("ix_statement_device_seq", "statement")
