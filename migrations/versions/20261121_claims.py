"""Who works on what: claims, chosen reviewers, passkeys, recovery codes, drafts of half-filled forms.

Rules: plain SQL and `op` only, never `app`; works while the code before it still runs; has a way down;
tests/test_migrations.py runs it both ways with rows in every table.
"""

revision = 'claims'
down_revision = 'integrity'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
