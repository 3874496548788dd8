"""Items handed over between enrolments, removals by a person, and enrolments that can be repeated.

Rules: plain SQL and `op` only, never `app`; works while the code before it still runs; has a way down;
tests/test_migrations.py runs it both ways with rows in every table.
"""

import sqlalchemy as sa
from alembic import op

revision = 'handover'
down_revision = 'spine'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'handover',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('statement', sa.String(), nullable=False),
        sa.Column('device_id', sa.String(), nullable=False),
        sa.Column('from_device', sa.String(), nullable=False),
        sa.Column('item_id', sa.String(), nullable=True),
        sa.ForeignKeyConstraint(['statement'], ['statement.sha256']),
        sa.ForeignKeyConstraint(['device_id'], ['device.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_table(
        'deletion',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('statement', sa.String(), nullable=False),
        sa.Column('device_id', sa.String(), nullable=False),
        sa.Column('item_id', sa.String(), nullable=False),
        sa.ForeignKeyConstraint(['statement'], ['statement.sha256']),
        sa.ForeignKeyConstraint(['device_id'], ['device.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    for table, columns in (('handover', ('device_id', 'from_device', 'item_id')), ('deletion', ('device_id', 'item_id'))):
        for column in columns:
            op.create_index(f'ix_{table}_{column}', table, [column])
    op.add_column('invitation', sa.Column('statement', sa.String(), nullable=True))
    # Not by a new table in the old one's place: others refer to its rows.
    op.add_column('item', sa.Column('made_by', sa.String(), nullable=False, server_default=''))
    op.execute('UPDATE item SET made_by = device_id')
    op.create_index('ix_item_made_by', 'item', ['made_by'])


def downgrade() -> None:
    op.drop_index('ix_item_made_by', 'item')
    op.drop_column('item', 'made_by')
    op.drop_column('invitation', 'statement')
    op.drop_table('deletion')
    op.drop_table('handover')
