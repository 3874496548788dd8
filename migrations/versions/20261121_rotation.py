"""When a phone last got its pins and last held nothing: what the destruction of old intake keys waits for

Rules: plain SQL and `op` only, never `app`; works while the code before it still runs; has a way down;
tests/test_migrations.py runs it both ways with rows in every table.
"""

import sqlalchemy as sa
from alembic import op

revision = "rotation"
down_revision = "handover"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device", sa.Column("pins_at", sa.BigInteger(), nullable=True))
    op.add_column("device", sa.Column("empty_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("device", "empty_at")
    op.drop_column("device", "pins_at")
