"""A request's body as gunicorn hands it to the application, received straight into the application's own memory.

gunicorn's own reader copies each byte several times on its way, which costs a large film as much as hashing it does.
"""

from __future__ import annotations

import io
import socket
from typing import Any

from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import Unreader


class StraightBody(io.RawIOBase):
    """A body of `length` bytes: first `held`, which came along with the head, then the socket.

    A line that falls silent or is reset ends the body early, as one that is closed does; what came is handed over.
    `failed` then tells gunicorn to end the connection, since nobody knows where the next request would begin."""

    def __init__(self, held: bytes, line: socket.socket, length: int) -> None:
        super().__init__()
        self._held, self._line, self._left = memoryview(held), line, length
        self.failed = False

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        """Fill `room`: with less only where the body ends."""
        view = memoryview(room)[: self._left]
        done = min(len(view), len(self._held))
        view[:done], self._held = self._held[:done], self._held[done:]
        try:
            while done < len(view) and not self.failed and (got := self._line.recv_into(view[done:])):
                done += got
        except OSError:  # TimeoutError is one
            self.failed = True
        self._left -= done
        return done


def straighten(request: Any) -> None:
    """Give a request of gunicorn's such a body, where its length is announced and it comes over a socket."""
    body, unreader = request.body, request.unreader
    if type(body) is not Body or type(body.reader) is not LengthReader or not isinstance(unreader, Unreader):
        return
    length, held = body.reader.length, unreader.take_buffered()
    unreader.unread(held[length:])  # of the next request
    request.body = StraightBody(held[:length], unreader.sock, length)
