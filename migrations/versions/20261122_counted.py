"""What an entry counted, as a column: whether an observation is sensitive is asked for every row of the queue. And
without indexes whose columns say the same of nearly every row: SQLite took them for the better ones.

Rules: plain SQL and `op` only, never `app`; works while the code before it still runs; has a way down;
tests/test_migrations.py runs it both ways with rows in every table.
"""

import sqlalchemy as sa
from alembic import op

revision = "counted"
down_revision = "crops"
branch_labels = None
depends_on = None

_DULL = (("entry", "type"), ("observation", "trial"), ("item", "made_by"), ("item", "withdrawn"))
_entry = sa.table(
    "entry",
    sa.column("id", sa.String()),
    sa.column("type", sa.String()),
    sa.column("document", sa.JSON()),
    sa.column("counted", sa.String()),
)


def upgrade() -> None:
    op.add_column("entry", sa.Column("counted", sa.String(), nullable=True))
    bind = op.get_bind()
    # Taken apart here: PostgreSQL's own reading of JSON ends at half a character, which a phone may have sealed.
    rows = bind.execute(sa.select(_entry.c.id, _entry.c.document).where(_entry.c.type == "count")).all()
    found = [(row.id, what) for row in rows if (what := _counted(row.document)) is not None]
    if found:
        bind.execute(
            sa.update(_entry).where(_entry.c.id == sa.bindparam("of")).values(counted=sa.bindparam("what")),
            [{"of": id_, "what": what} for id_, what in found],
        )
    op.create_index("ix_entry_counted", "entry", ["counted"])
    for table, column in _DULL:
        op.drop_index(f"ix_{table}_{column}", table)
    only = sa.text("withdrawn IS NOT NULL")
    op.create_index("ix_item_withdrawn", "item", ["withdrawn"], sqlite_where=only, postgresql_where=only)


def _counted(document):
    data = document.get("data") if isinstance(document, dict) else None
    what = data.get("what") if isinstance(data, dict) else None
    if not isinstance(what, str) or len(what) > 40 or data.get("qualifier") in ("NONE_SEEN", "NO_VIEW"):
        return None
    return what


def downgrade() -> None:
    op.drop_index("ix_item_withdrawn", "item")
    for table, column in _DULL:
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.drop_index("ix_entry_counted", "entry")
    op.drop_column("entry", "counted")
