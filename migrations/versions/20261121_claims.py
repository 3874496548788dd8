"""Who works on what: claims, chosen reviewers, passkeys, recovery codes, drafts of half-filled forms.

Rules: plain SQL and `op` only, never `app`; works while the code before it still runs; has a way down;
tests/test_migrations.py runs it both ways with rows in every table.
"""

import sqlalchemy as sa
from alembic import op

revision = 'claims'
down_revision = 'integrity'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'review_work',
        sa.Column('subject', sa.String(), nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('holder', sa.String(), nullable=True),
        sa.Column('held_since', sa.BigInteger(), nullable=True),
        sa.Column('by', sa.String(), nullable=False),
        sa.Column('since', sa.BigInteger(), nullable=False),
        sa.Column('why', sa.Text(), nullable=True),
        sa.Column('sensitive', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['holder'], ['user.id']),
        sa.ForeignKeyConstraint(['by'], ['user.id']),
        sa.PrimaryKeyConstraint('subject'),
    )
    for column in ('state', 'holder', 'sensitive'):
        op.create_index(f'ix_review_work_{column}', 'review_work', [column])
    # What was reviewed stays so, in the hands of who reviewed it.
    op.execute(
        'INSERT INTO review_work (subject, state, holder, held_since, "by", since, sensitive)'
        " SELECT m.subject, 'reviewed', m.user_id, m.at, m.user_id, m.at, false FROM review_mark m WHERE m.reviewed"
        ' AND NOT EXISTS (SELECT 1 FROM review_mark n WHERE n.subject = m.subject AND n.id > m.id)'
    )
    op.create_table(
        'review_choice',
        sa.Column('subject', sa.String(), nullable=False),
        sa.Column('user_id', sa.String(), nullable=False),
        sa.Column('by', sa.String(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['user.id']),
        sa.ForeignKeyConstraint(['by'], ['user.id']),
        sa.PrimaryKeyConstraint('subject', 'user_id'),
    )
    op.create_index('ix_review_choice_user_id', 'review_choice', ['user_id'])
    op.create_table(
        'passkey',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('user_id', sa.String(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('public_key', sa.LargeBinary(), nullable=False),
        sa.Column('sign_count', sa.BigInteger(), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('used_at', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['user.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_passkey_user_id', 'passkey', ['user_id'])
    op.create_table(
        'recovery_code',
        sa.Column('code_hash', sa.String(), nullable=False),
        sa.Column('user_id', sa.String(), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('used_at', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['user.id']),
        sa.PrimaryKeyConstraint('code_hash'),
    )
    op.create_index('ix_recovery_code_user_id', 'recovery_code', ['user_id'])
    op.create_table(
        'draft',
        sa.Column('user_id', sa.String(), nullable=False),
        sa.Column('form', sa.String(), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['user.id']),
        sa.PrimaryKeyConstraint('user_id', 'form'),
    )
    op.create_index('ix_draft_at', 'draft', ['at'])
    op.add_column('user', sa.Column('sensitive', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('desk_session', sa.Column('challenge', sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column('desk_session', 'challenge')
    op.drop_column('user', 'sensitive')
    op.drop_table('draft')
    op.drop_table('recovery_code')
    op.drop_table('passkey')
    op.drop_table('review_choice')
    op.drop_table('review_work')
