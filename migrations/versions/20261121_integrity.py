"""What the server holds against its own log: replacements of phones, closed originals, withdrawals and legal holds, items
of which the phone brought the rest after they had been closed.

Rules: plain SQL and `op` only, never `app`; works while the code before it still runs; has a way down;
tests/test_migrations.py runs it both ways with rows in every table.
"""

import sqlalchemy as sa
from alembic import op

revision = 'integrity'
down_revision = 'viewing'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Columns without foreign keys: SQLite adds those only by a new table in the old one's place, and others refer to these.
    op.add_column('invitation', sa.Column('replaces', sa.String(), nullable=True))
    op.add_column('device', sa.Column('replaces', sa.String(), nullable=True))
    op.create_index('ix_device_replaces', 'device', ['replaces'])
    op.add_column('item', sa.Column('head_age', sa.String(), nullable=True))
    op.add_column('item', sa.Column('withdrawn', sa.BigInteger(), nullable=True))
    op.create_index('ix_item_withdrawn', 'item', ['withdrawn'])
    op.add_column('observation', sa.Column('withdrawn', sa.BigInteger(), nullable=True))
    op.create_table(
        'superseded',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('by', sa.String(), nullable=False),
        sa.Column('device_id', sa.String(), nullable=False),
        sa.Column('made_by', sa.String(), nullable=False),
        sa.Column('item_id', sa.String(), nullable=False),
        sa.Column('kind', sa.String(), nullable=True),
        sa.Column('head_size', sa.Integer(), nullable=False),
        sa.Column('head_sha256', sa.String(), nullable=False),
        sa.Column('body_size', sa.BigInteger(), nullable=False),
        sa.Column('body_sha256', sa.String(), nullable=False),
        sa.Column('attested', sa.String(), nullable=False),
        sa.Column('received_at', sa.BigInteger(), nullable=False),
        sa.Column('receipt', sa.LargeBinary(), nullable=False),
        sa.Column('log_index', sa.BigInteger(), nullable=False),
        sa.Column('head_age', sa.String(), nullable=True),
        sa.Column('withdrawn', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['id'], ['upload.id']),
        sa.ForeignKeyConstraint(['by'], ['upload.id']),
        sa.ForeignKeyConstraint(['device_id'], ['device.id']),
        sa.ForeignKeyConstraint(['log_index'], ['log_entry.index']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_superseded_item_id', 'superseded', ['item_id'])
    op.create_table(
        'withdrawal',
        sa.Column('log_index', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('subject', sa.String(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.Column('actor', sa.String(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('files', sa.JSON(), nullable=False),
        sa.Column('done', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['log_index'], ['log_entry.index']),
        sa.PrimaryKeyConstraint('log_index'),
    )
    op.create_index('ix_withdrawal_subject', 'withdrawal', ['subject'])
    op.create_table(
        'legal_hold',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('subject', sa.String(), nullable=False),
        sa.Column('user_id', sa.String(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.Column('held', sa.Boolean(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('log_index', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['user.id']),
        sa.ForeignKeyConstraint(['log_index'], ['log_entry.index']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_legal_hold_subject', 'legal_hold', ['subject'])


def downgrade() -> None:
    op.drop_table('legal_hold')
    op.drop_table('withdrawal')
    op.drop_table('superseded')
    op.drop_column('observation', 'withdrawn')
    op.drop_index('ix_item_withdrawn', 'item')
    op.drop_column('item', 'withdrawn')
    op.drop_column('item', 'head_age')
    op.drop_index('ix_device_replaces', 'device')
    op.drop_column('device', 'replaces')
    op.drop_column('invitation', 'replaces')
