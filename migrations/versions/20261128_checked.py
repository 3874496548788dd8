"""Whether chest, shoulders and armband were in view, as a column of a reading: without it a number that isn't worn is no
finding, and the register said "not all seen" of every one.

Rules: plain SQL and `op` only, never `app`; works while the code before it still runs; has a way down;
tests/test_migrations.py runs it both ways with rows in every table.
"""

import sqlalchemy as sa
from alembic import op

revision = "checked"
down_revision = "counted"
branch_labels = None
depends_on = None

_reading = sa.table(
    "reading",
    sa.column("id", sa.Integer()),
    sa.column("entry", sa.String()),
    sa.column("status", sa.String()),
    sa.column("checked", sa.Boolean()),
)
_entry = sa.table("entry", sa.column("id", sa.String()), sa.column("document", sa.JSON()))


def upgrade() -> None:
    op.add_column("reading", sa.Column("checked", sa.Boolean(), nullable=True))
    bind = op.get_bind()
    said = sa.select(_reading.c.id, _entry.c.document).join(_entry, _entry.c.id == _reading.c.entry)
    rows = bind.execute(said.where(_reading.c.status == "NOT_WORN")).all()
    found = [{"of": row.id, "was": was} for row in rows if (was := _checked(row.document)) is not None]
    if found:
        update = sa.update(_reading).where(_reading.c.id == sa.bindparam("of"))
        bind.execute(update.values(checked=sa.bindparam("was")), found)
    # The desk has never kept "not worn" without it.
    at_the_desk = (_reading.c.entry.is_(None), _reading.c.status == "NOT_WORN")
    bind.execute(sa.update(_reading).where(*at_the_desk).values(checked=True))


def _checked(document):
    data = document.get("data") if isinstance(document, dict) else None
    checked = data.get("checked") if isinstance(data, dict) else None
    return checked if isinstance(checked, bool) else None


def downgrade() -> None:
    op.drop_column("reading", "checked")
