"""Observations grouped into incidents; the sheet; custody with its sub-events.

Rules: plain SQL and `op` only, never `app`; works while the code before it still runs; has a way down;
tests/test_migrations.py runs it both ways with rows in every table.
"""

import sqlalchemy as sa
from alembic import op

revision = 'incidents'
down_revision = 'readings'
branch_labels = None
depends_on = None


def incident() -> sa.Column:
    return sa.Column('incident_id', sa.String(), sa.ForeignKey('incident.id'), nullable=False)


def by() -> tuple[sa.Column, sa.Column]:
    return (
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.Column('user_id', sa.String(), sa.ForeignKey('user.id'), nullable=False),
    )


def upgrade() -> None:
    op.create_table(
        'incident',
        sa.Column('id', sa.String(), primary_key=True),
        sa.Column('reference', sa.String(), nullable=False, unique=True),
        sa.Column('opened_at', sa.BigInteger(), nullable=False),
        sa.Column('opened_by', sa.String(), sa.ForeignKey('user.id'), nullable=False),
        sa.Column('merged_into', sa.String(), sa.ForeignKey('incident.id'), nullable=True),
    )
    op.create_index('ix_incident_opened_at', 'incident', ['opened_at'])
    op.create_table(
        'incident_member',
        sa.Column('observation_id', sa.String(), sa.ForeignKey('observation.id'), primary_key=True),
        incident(),
    )
    op.create_index('ix_incident_member_incident_id', 'incident_member', ['incident_id'])
    op.create_table(
        'incident_act',
        sa.Column('id', sa.Integer(), primary_key=True),
        incident(),
        sa.Column('kind', sa.String(), nullable=False),
        *by(),
        sa.Column('observation_id', sa.String(), sa.ForeignKey('observation.id'), nullable=True),
        sa.Column('came_from', sa.String(), sa.ForeignKey('incident.id'), nullable=True),
        sa.Column('moved', sa.JSON(), nullable=False),
        sa.Column('undoes', sa.Integer(), sa.ForeignKey('incident_act.id'), nullable=True),
    )
    op.create_index('ix_incident_act_incident_id', 'incident_act', ['incident_id'])
    op.create_index('ix_incident_act_came_from', 'incident_act', ['came_from'])
    op.create_table(
        'incident_refusal',
        sa.Column('id', sa.Integer(), primary_key=True),
        sa.Column('one', sa.String(), nullable=False),
        sa.Column('other', sa.String(), nullable=False),
        *by(),
        sa.Column('reason', sa.Text(), nullable=True),
        sa.Column('back_at', sa.BigInteger(), nullable=True),
    )
    op.create_index('ix_incident_refusal_one', 'incident_refusal', ['one'])
    op.create_index('ix_incident_refusal_other', 'incident_refusal', ['other'])
    op.create_table(
        'incident_sheet',
        sa.Column('id', sa.Integer(), primary_key=True),
        incident(),
        sa.Column('number', sa.Integer(), nullable=False),
        *by(),
        sa.Column('document', sa.JSON(), nullable=True),
        sa.UniqueConstraint('incident_id', 'number'),
    )
    op.create_index('ix_incident_sheet_incident_id', 'incident_sheet', ['incident_id'])
    op.create_table(
        'incident_shift',
        sa.Column('id', sa.Integer(), primary_key=True),
        incident(),
        sa.Column('observation_id', sa.String(), sa.ForeignKey('observation.id'), nullable=False),
        sa.Column('ms', sa.Integer(), nullable=False),
        *by(),
    )
    op.create_index('ix_incident_shift_incident_id', 'incident_shift', ['incident_id'])
    op.create_table(
        'incident_verdict',
        sa.Column('id', sa.Integer(), primary_key=True),
        incident(),
        sa.Column('one', sa.String(), sa.ForeignKey('entry.id'), nullable=False),
        sa.Column('other', sa.String(), sa.ForeignKey('entry.id'), nullable=False),
        sa.Column('verdict', sa.String(), nullable=False),
        sa.Column('note', sa.Text(), nullable=True),
        *by(),
    )
    op.create_index('ix_incident_verdict_incident_id', 'incident_verdict', ['incident_id'])


def downgrade() -> None:
    for name in ('verdict', 'shift', 'sheet', 'refusal', 'act', 'member'):
        op.drop_table(f'incident_{name}')
    op.drop_table('incident')
