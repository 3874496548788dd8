"""Coded sites and their positions; the mark of a demonstration.

Rules: plain SQL and `op` only, never `app`; works while the code before it still runs; has a way down;
tests/test_migrations.py runs it both ways with rows in every table.
"""

import sqlalchemy as sa
from alembic import op

revision = 'sites'
down_revision = 'incidents'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'site',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_table(
        'site_version',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('site_id', sa.String(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.String(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.Column('act', sa.String(), nullable=False),
        sa.Column('code', sa.String(), nullable=False),
        sa.Column('aliases', sa.JSON(), nullable=False),
        sa.Column('town', sa.String(), nullable=False),
        sa.Column('positions', sa.JSON(), nullable=False),
        sa.Column('valid_from', sa.String(), nullable=True),
        sa.Column('valid_to', sa.String(), nullable=True),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('withdrawn', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['site_id'], ['site.id']),
        sa.ForeignKeyConstraint(['user_id'], ['user.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('site_id', 'number'),
    )
    op.create_index('ix_site_version_site_id', 'site_version', ['site_id'])
    op.create_table(
        'demonstration',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('began_at', sa.BigInteger(), nullable=False),
        sa.Column('story', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )


def downgrade() -> None:
    op.drop_table('demonstration')
    op.drop_index('ix_site_version_site_id', 'site_version')
    op.drop_table('site_version')
    op.drop_table('site')
