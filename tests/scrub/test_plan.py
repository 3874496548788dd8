"""Edit lists: the virtual file and the written one are the same bytes, hashed on the way."""

from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scrub.errors import Refused
from app.scrub.plan import Builder, Copy, Literal, Part, Plan, Zeros
from app.scrub.source import Source
from app.scrub.window import window

ORIGINAL = bytes(range(256)) * 4

piece = st.one_of(
    st.builds(Copy, st.integers(0, 900), st.integers(0, 124)),
    st.builds(Literal, st.binary(max_size=20)),
    st.builds(Zeros, st.integers(0, 20)),
)


def expected(parts: list[Part]) -> bytes:
    out = b""
    for part in parts:
        if isinstance(part, Copy):
            out += ORIGINAL[part.offset : part.offset + part.length]
        else:
            out += part.data if isinstance(part, Literal) else bytes(part.length)
    return out


@given(st.lists(piece, max_size=12))
def test_virtual_file_and_written_file_are_equal(parts: list[Part]) -> None:
    plan = Plan(tuple(parts))
    out = io.BytesIO()
    digests = plan.write(io.BytesIO(ORIGINAL), out)
    assert plan.open(io.BytesIO(ORIGINAL)).read() == out.getvalue() == expected(parts)
    assert digests.before == hashlib.sha256(ORIGINAL).hexdigest()
    assert digests.after == hashlib.sha256(out.getvalue()).hexdigest()
    assert (digests.size_before, digests.size_after) == (len(ORIGINAL), plan.size)


@given(st.lists(piece, min_size=1, max_size=12), st.integers(0, 400), st.integers(0, 200))
def test_any_place_can_be_read(parts: list[Part], at: int, length: int) -> None:
    file = Plan(tuple(parts)).open(io.BytesIO(ORIGINAL))
    file.seek(at)
    assert file.read(length) == expected(parts)[at : at + length]
    assert file.seek(0, 2) == len(expected(parts))


def test_neighbours_are_joined() -> None:
    builder = Builder()
    builder.copy(0, 4)
    builder.copy(4, 6)
    builder.copy(20, 0)
    assert builder.parts == [Copy(0, 10)]


def test_no_read_past_the_end_is_believed() -> None:
    source = Source(io.BytesIO(b"abcdef"))
    assert source.at(2, 3) == b"cde"
    assert source.upto(4, 100) == b"ef"
    for offset, length in ((5, 2), (-1, 2), (0, -1), (1 << 60, 1)):
        with pytest.raises(Refused):
            source.at(offset, length)


def test_a_window_ends_where_it_says() -> None:
    part = window(io.BytesIO(ORIGINAL), 300)
    assert part.read() == ORIGINAL[:300]
    assert part.seek(-10, 2) == 290
    assert part.read(100) == ORIGINAL[290:300]
