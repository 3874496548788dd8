"""How far a recovered recording goes: its working copy, decrypted as the desk does and decoded frame by frame."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, cast

import av

from app.opening import service as opening
from app.opening.copies import open_copy
from app.opening.models import Opening
from bench.faults.server import Server


@dataclass(frozen=True)
class Recovered:
    """`seconds`: end of the last decodable frame. `problem`: why there is no working copy."""

    seconds: float
    frames: int
    container: str
    interrupted: bool
    provisional: bool
    attested_size: int
    original_size: int
    problem: str | None


def last_of(server: Server, upload: str) -> Recovered:
    with server.app.app_context():
        from app.db import forget_reads

        forget_reads()
        found = opening.newest_of(upload)
        assert found is not None
        seconds, frames, container = (0.0, 0, "") if found.working is None else _decoded(found)
        return Recovered(
            seconds, frames, container, found.interrupted, found.provisional, found.attested_size,
            found.original_size, found.problem,
        )  # fmt: skip


def _decoded(found: Opening) -> tuple[float, int, str]:
    """(end of the last frame in seconds, frames, container). A film's frames are its pictures."""
    copy = open_copy(found).read() or b""
    end, frames = 0.0, 0
    with av.open(io.BytesIO(copy)) as opened:
        film = cast(Any, opened)
        stream = film.streams.video[0] if film.streams.video else film.streams.audio[0]
        try:
            for frame in film.decode(stream):
                frames += 1
                if frame.time is not None:
                    end = max(end, frame.time + _length(frame))
        except av.error.InvalidDataError:
            pass  # the end of what was kept: the frames before it count
        return end, frames, film.format.name


def _length(frame: object) -> float:
    if isinstance(frame, av.AudioFrame) and frame.sample_rate:
        return frame.samples / frame.sample_rate
    return 0.0
