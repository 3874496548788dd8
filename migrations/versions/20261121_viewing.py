"""Copies converted for viewing; files imported on the server, each once.

Rules: plain SQL and `op` only, never `app`; works while the code before it still runs; has a way down;
tests/test_migrations.py runs it both ways with rows in every table.
"""

import sqlalchemy as sa
from alembic import op

revision = 'viewing'
down_revision = 'rotation'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'viewing',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('opening', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.Column('media_type', sa.String(), nullable=True),
        sa.Column('copy', sa.String(), nullable=True),
        sa.Column('size', sa.BigInteger(), nullable=True),
        sa.Column('sha256', sa.String(), nullable=True),
        sa.Column('pictures', sa.Integer(), nullable=True),
        sa.Column('problem', sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(['opening'], ['opening.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('opening'),
    )
    op.create_index('ix_viewing_state', 'viewing', ['state'])
    op.create_table(
        'imported',
        sa.Column('sha256', sa.String(), nullable=False),
        sa.Column('upload', sa.String(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['upload'], ['upload.id']),
        sa.PrimaryKeyConstraint('sha256'),
    )
    op.create_index('ix_imported_upload', 'imported', ['upload'])


def downgrade() -> None:
    op.drop_table('imported')
    op.drop_table('viewing')
