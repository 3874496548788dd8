"""Bodies received without gunicorn's copies: the same bytes, whatever way they come and wherever they end."""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Iterator

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from hypothesis import given
from hypothesis import strategies as st

from app.intake.incoming import PIECE, pieces
from scripts.straight import StraightBody, straighten


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    with here, there:
        yield here, there


def patch(body: bytes, announced: int | None = None) -> bytes:
    size = len(body) if announced is None else announced
    return b"PATCH /api/files/x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size + body


@given(
    body=st.binary(max_size=300), held=st.integers(0, 300), asked=st.lists(st.integers(1, 90), min_size=1),
)  # fmt: skip
def test_any_split_gives_the_same_bytes(body: bytes, held: int, asked: list[int]) -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(body[held:] + b"of the next request")
        straight, found = StraightBody(body[:held], here, len(body)), b""
        for size in [*asked, *[300] * 2]:
            found += straight.read(size) or b""
        assert found == body
        assert here.recv(100) == b"of the next request"


def test_a_cut_line_ends_the_body_early(pair: tuple[socket.socket, socket.socket]) -> None:
    here, there = pair
    there.sendall(b"12345")
    there.close()
    straight = StraightBody(b"0", here, 10)
    room = bytearray(10)
    assert (straight.readinto(room), bytes(room[:6])) == (6, b"012345")
    assert straight.readinto(room) == 0


def test_what_came_before_a_silence_is_handed_over(pair: tuple[socket.socket, socket.socket]) -> None:
    here, there = pair
    here.settimeout(0.01)
    there.sendall(b"12345")
    straight = StraightBody(b"", here, 10)
    room = bytearray(10)
    assert (straight.readinto(room), straight.failed) == (5, True)
    there.sendall(b"67890")
    assert (
        straight.readinto(room) == 0
    )  # the connection ends: nothing that comes later may stand behind a gap in time


def test_two_requests_on_one_line_through_gunicorns_own_parser(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    here, there = pair
    there.sendall(patch(b"first") + patch(b"second, unread") + patch(b"third"))
    parser = RequestParser(Config(), here, ("127.0.0.1", 1))
    found = []
    for number, request in zip(range(3), parser, strict=False):
        straighten(request)
        assert isinstance(request.body, StraightBody)
        if number != 1:  # what the application leaves, gunicorn reads away
            found.append(request.body.read())
    assert found == [b"first", b"third"]


def test_after_a_silence_gunicorn_ends_the_connection(pair: tuple[socket.socket, socket.socket]) -> None:
    here, there = pair
    there.sendall(patch(b"half", announced=8))
    parser = RequestParser(Config(), here, ("127.0.0.1", 1))
    request = next(parser)
    here.settimeout(0.01)
    straighten(request)
    assert request.body.read() == b"half"
    assert parser.finish_body() is False


def test_a_piece_stays_as_it_is_while_the_next_one_comes() -> None:
    body = os.urandom(2 * PIECE + 7)
    read = pieces(io.BytesIO(body), len(body) + 100)
    first, second = next(read), next(read)
    assert bytes(first) + bytes(second) == body[: 2 * PIECE]
    third = next(read)
    assert bytes(second) + bytes(third) == body[PIECE:]
    assert next(read, None) is None
