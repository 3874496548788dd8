"""Readings as versions of a sighting, candidates decided by people, patterns indexed for search.

Rules: plain SQL and `op` only, never `app`; works while the code before it still runs; has a way down;
tests/test_migrations.py runs it both ways with rows in every table.
"""

import json
import re
import secrets

import sqlalchemy as sa
from alembic import op

revision = 'readings'
down_revision = 'claims'
branch_labels = None
depends_on = None

TEXT, WHOLE = sa.String(), sa.BigInteger()
KEYS = [f'k{n}' for n in range(1, 6)]


def upgrade() -> None:
    op.create_table(
        'sighting',
        sa.Column('id', TEXT, nullable=False),
        sa.Column('observation_id', TEXT, nullable=False),
        sa.Column('officer', sa.Integer(), nullable=True),
        sa.Column('user_id', TEXT, nullable=True),
        sa.Column('made_at', WHOLE, nullable=False),
        sa.Column('at', WHOLE, nullable=False),
        sa.Column('force', TEXT, nullable=True),
        sa.Column('look', sa.Text(), nullable=False),
        sa.Column('status', TEXT, nullable=False),
        sa.Column('pattern', TEXT, nullable=True),
        sa.Column('known', sa.Integer(), nullable=False),
        sa.Column('unsure', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['observation_id'], ['observation.id']),
        sa.ForeignKeyConstraint(['user_id'], ['user.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    for column in ('observation_id', 'at', 'force', 'status'):
        op.create_index(f'ix_sighting_{column}', 'sighting', [column])
    op.create_index('ix_sighting_of', 'sighting', ['observation_id', 'officer'])
    op.create_table(
        'marking',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('entry', TEXT, nullable=False),
        sa.Column('observation_id', TEXT, nullable=False),
        sa.Column('officer', sa.Integer(), nullable=True),
        sa.Column('at', WHOLE, nullable=False),
        sa.Column('state', TEXT, nullable=False),
        sa.Column('kind', TEXT, nullable=False),
        sa.Column('value', TEXT, nullable=False),
        sa.Column('written', TEXT, nullable=False),
        sa.ForeignKeyConstraint(['entry'], ['entry.id']),
        sa.ForeignKeyConstraint(['observation_id'], ['observation.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_marking_entry', 'marking', ['entry'])
    op.create_index('ix_marking_value', 'marking', ['kind', 'value'])
    op.create_index('ix_marking_of', 'marking', ['observation_id', 'officer'])
    patterns = take_patterns()
    with op.batch_alter_table('reading') as table:
        table.alter_column('entry', existing_type=TEXT, nullable=True)
        table.add_column(sa.Column('sighting', TEXT, nullable=True))
        table.add_column(sa.Column('version', sa.Integer(), nullable=False, server_default='1'))
        table.add_column(sa.Column('state', TEXT, nullable=False, server_default='stands'))
        table.add_column(sa.Column('user_id', TEXT, nullable=True))
        table.add_column(sa.Column('made_at', WHOLE, nullable=False, server_default='0'))
        table.add_column(sa.Column('alternatives', sa.JSON(), nullable=False, server_default='{}'))
        table.add_column(sa.Column('media', TEXT, nullable=True))
        table.add_column(sa.Column('media_ms', WHOLE, nullable=True))
        table.add_column(sa.Column('region', sa.JSON(), nullable=True))
        table.add_column(sa.Column('crop', TEXT, nullable=True))
        table.add_column(sa.Column('crop_sha256', TEXT, nullable=True))
        table.create_foreign_key('reading_of_sighting', 'sighting', ['sighting'], ['id'])
        table.create_foreign_key('reading_by_user', 'user', ['user_id'], ['id'])
        table.create_foreign_key('reading_from_media', 'upload', ['media'], ['id'])
        table.create_index('ix_reading_sighting', ['sighting'])
        table.create_index('ix_reading_media', ['media'])
        table.create_unique_constraint('reading_version', ['sighting', 'version'])
    op.create_table(
        'reading_pattern',
        sa.Column('reading_id', sa.Integer(), nullable=False),
        sa.Column('pattern', TEXT, nullable=False),
        *(sa.Column(key, WHOLE, nullable=True) for key in KEYS),
        sa.ForeignKeyConstraint(['reading_id'], ['reading.id']),
        sa.PrimaryKeyConstraint('reading_id', 'pattern'),
    )
    op.create_index('ix_reading_pattern_pattern', 'reading_pattern', ['pattern'])
    for key in KEYS:
        op.create_index(f'reading_pattern_{key}', 'reading_pattern', [key, 'reading_id'])
    put_patterns(patterns)
    sight()
    decided()


def decided() -> None:
    op.create_table(
        'known_officer',
        sa.Column('id', TEXT, nullable=False),
        sa.Column('made_at', WHOLE, nullable=False),
        sa.Column('user_id', TEXT, nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['user.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_table(
        'officer_link',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('known_officer', TEXT, nullable=False),
        sa.Column('sighting', TEXT, nullable=False),
        sa.Column('at', WHOLE, nullable=False),
        sa.Column('user_id', TEXT, nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('ended_at', WHOLE, nullable=True),
        sa.Column('ended_by', TEXT, nullable=True),
        sa.Column('ended_reason', sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(['known_officer'], ['known_officer.id']),
        sa.ForeignKeyConstraint(['sighting'], ['sighting.id']),
        sa.ForeignKeyConstraint(['user_id'], ['user.id']),
        sa.ForeignKeyConstraint(['ended_by'], ['user.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_officer_link_known_officer', 'officer_link', ['known_officer'])
    op.create_index('ix_officer_link_sighting', 'officer_link', ['sighting'])
    still = sa.text('ended_at IS NULL')
    op.create_index('officer_of_sighting', 'officer_link', ['sighting'], unique=True, sqlite_where=still, postgresql_where=still)
    op.create_table(
        'candidate_decision',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('a', TEXT, nullable=False),
        sa.Column('b', TEXT, nullable=False),
        sa.Column('accepted', sa.Boolean(), nullable=False),
        sa.Column('tier', TEXT, nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('at', WHOLE, nullable=False),
        sa.Column('user_id', TEXT, nullable=False),
        sa.Column('newest_a', sa.Integer(), nullable=True),
        sa.Column('newest_b', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['a'], ['sighting.id']),
        sa.ForeignKeyConstraint(['b'], ['sighting.id']),
        sa.ForeignKeyConstraint(['user_id'], ['user.id']),
        sa.ForeignKeyConstraint(['newest_a'], ['reading.id']),
        sa.ForeignKeyConstraint(['newest_b'], ['reading.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_candidate_decision_a', 'candidate_decision', ['a'])
    op.create_index('ix_candidate_decision_b', 'candidate_decision', ['b'])


def downgrade() -> None:
    for table in ('candidate_decision', 'officer_link', 'known_officer', 'marking'):
        op.drop_table(table)
    patterns = take_patterns()
    # The code before knows only what phones said.
    op.execute('DELETE FROM reading WHERE entry IS NULL')
    with op.batch_alter_table('reading') as table:
        table.drop_constraint('reading_version', type_='unique')
        table.drop_index('ix_reading_sighting')
        table.drop_index('ix_reading_media')
        for name in ('reading_of_sighting', 'reading_by_user', 'reading_from_media'):
            table.drop_constraint(name, type_='foreignkey')
        for column in (
            'sighting', 'version', 'state', 'user_id', 'made_at', 'alternatives', 'media', 'media_ms', 'region', 'crop', 'crop_sha256',
        ):
            table.drop_column(column)
        table.alter_column('entry', existing_type=TEXT, nullable=False)
    op.create_table(
        'reading_pattern',
        sa.Column('reading_id', sa.Integer(), nullable=False),
        sa.Column('pattern', TEXT, nullable=False),
        sa.ForeignKeyConstraint(['reading_id'], ['reading.id']),
        sa.PrimaryKeyConstraint('reading_id', 'pattern'),
    )
    op.create_index('ix_reading_pattern_pattern', 'reading_pattern', ['pattern'])
    kept = set(op.get_bind().execute(sa.text('SELECT id FROM reading')).scalars())
    rows = [{'r': reading, 'p': pattern} for reading, pattern in patterns if reading in kept]
    if rows:
        op.get_bind().execute(sa.text('INSERT INTO reading_pattern (reading_id, pattern) VALUES (:r, :p)'), rows)
    op.drop_table('sighting')


def take_patterns() -> list[tuple[int, str]]:
    """Lift the patterns out, and their table: what refers to a table keeps SQLite from rebuilding it."""
    rows = op.get_bind().execute(sa.text('SELECT reading_id, pattern FROM reading_pattern')).all()
    op.drop_table('reading_pattern')
    return [(row[0], row[1]) for row in rows]


def put_patterns(rows: list[tuple[int, str]]) -> None:
    columns = ['reading_id', 'pattern', *KEYS]
    insert = sa.text(
        f"INSERT INTO reading_pattern ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})"
    )
    given = [dict(zip(columns, [reading, pattern, *numbers(pattern)])) for reading, pattern in rows]
    if given:
        op.get_bind().execute(insert, given)


ORDERS = ((4, 3, 2, 5, 6, 0, 1), (3, 4, 6, 1, 5, 2, 0), (5, 4, 0, 6, 3, 1, 2), (2, 5, 1, 6, 0, 4, 3), (4, 2, 0, 1, 3, 5, 6))


def numbers(pattern: str) -> list:
    """A pattern as a number in base 11, `?` being 10, in each of five orders of its places (docs/decisions)."""
    size = len(pattern)
    if set(pattern) - set('0123456789?') or not 4 <= size <= 12 or size - pattern.count('?') < 3:
        return [None] * 5
    turns = ORDERS if size == 7 else [[(at + turn * size // 5) % size for at in range(size)] for turn in range(5)]
    values = [10 if c == '?' else int(c) for c in pattern]
    return [
        size * 11**12 + sum(values[place] * 11 ** (size - 1 - at) for at, place in enumerate(order)) for order in turns
    ]


def said(document: object) -> dict:
    """The `data` of an entry, whichever way the database hands JSON over."""
    whole = json.loads(document) if isinstance(document, str) else document
    data = whole.get('data') if isinstance(whole, dict) else None
    return data if isinstance(data, dict) else {}


def to_find(kind: str, written: str) -> str:
    """A marking without case and signs; of a CRS company its number."""
    plain = written.casefold().strip()[:80]
    company = re.match(r'^(?:(?:crs|cie\.?)\s*)?(?:(?:ix|iv|v?i{1,3}|v)\s*[-/]\s*)?0*(\d{1,2})$', plain)
    return company[1] if kind == 'company' and company else ''.join(c for c in plain if c.isalnum())


def sight() -> None:
    """A sighting for each officer of each observation that phones have read so far; units as markings."""
    run = op.get_bind().execute
    entries = {
        row.entry_id: row
        for row in run(sa.text("SELECT * FROM entry WHERE type IN ('rio', 'officer', 'unit')")).all()
    }

    def state(row: object) -> str:
        seen, last = set(), row
        while last.corrected_by in entries and last.corrected_by not in seen:
            seen.add(last.corrected_by)
            last = entries[last.corrected_by]
        if last.corrects is not None and said(last.document).get('withdrawn') is True:
            return 'taken-back'
        return 'stands' if last is row else 'replaced'

    by_id = {row.id: row for row in entries.values()}
    made: dict[tuple, tuple[str, int]] = {}
    for row in run(sa.text('SELECT * FROM reading ORDER BY id')).all():
        of = (row.observation_id, row.officer if row.officer is not None else f'entry {row.entry}')
        sighting, version = made.get(of, (secrets.token_hex(16), 0))
        known = sum(c in '0123456789' for c in row.pattern or '')
        if not version:
            run(
                sa.text(
                    'INSERT INTO sighting (id, observation_id, officer, made_at, at, look, status, pattern, known, unsure)'
                    " VALUES (:id, :observation, :officer, :at, :at, '', :status, :pattern, :known, '[]')"
                ),
                {'id': sighting, 'observation': row.observation_id, 'officer': row.officer, 'at': row.at,
                 'status': row.status, 'pattern': row.pattern, 'known': known},
            )  # fmt: skip
        entry = by_id.get(row.entry)
        run(
            sa.text('UPDATE reading SET sighting = :s, version = :v, state = :state, made_at = at WHERE id = :id'),
            {'s': sighting, 'v': version + 1, 'state': state(entry) if entry else 'stands', 'id': row.id},
        )
        made[of] = (sighting, version + 1)
    for row in entries.values():
        data = said(row.document)
        for kind in ('force', 'company', 'back', 'squadron', 'vehicle', 'town', 'other'):
            written = data.get(kind)
            if row.type not in {'officer', 'unit'} or not isinstance(written, str) or not written.strip():
                continue
            officer = data.get('officer')
            run(
                sa.text(
                    'INSERT INTO marking (entry, observation_id, officer, at, state, kind, value, written)'
                    ' VALUES (:entry, :observation, :officer, :at, :state, :kind, :value, :written)'
                ),
                {'entry': row.id, 'observation': row.observation_id, 'at': row.at, 'state': state(row), 'kind': kind,
                 'officer': officer if isinstance(officer, int) and not isinstance(officer, bool) else None,
                 'value': to_find(kind, written), 'written': written.strip()[:80]},
            )  # fmt: skip
