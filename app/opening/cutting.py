"""Looking into a working copy for a reading: the frames of a film, a crop of one region. Starts the child and believes
only a well-formed answer; what was cut lies sealed on the shelf of working copies."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal

from flask import current_app

from app.blobs import blobs
from app.db import forget_reads
from app.ids import new_id
from app.keys import keys
from app.opening.copies import locate
from app.opening.models import Opening
from app.opening.run import ChildFailed, ask

Kind = Literal["film", "picture"]
Box = tuple[int, int, int, int]  # left, top, width, height
AT_ONCE = 2  # children of this kind: each may take a gigabyte
PATIENCE = 20  # seconds to wait for one of them to end
CLOCK = 90  # seconds for one answer, and one more for each 10 MB
_places = threading.BoundedSemaphore(AT_ONCE)


class Busy(Exception):
    """Others are cutting just now."""


class CannotCut(Exception):
    """Nothing can be cut there; the message says why, for people (app.review.phrases)."""


@dataclass(frozen=True)
class Frames:
    """The upright picture's size in pixels. Of a film also the time stamps of its frames: `first`, then the `steps`
    between them, in units of `base` seconds (numerator, denominator)."""

    width: int
    height: int
    turned: int = 0
    base: tuple[int, int] = (1, 1)
    first: int = 0
    steps: tuple[int, ...] = ()


@dataclass(frozen=True)
class Cut:
    """A crop that was cut and sealed: name of its blob, bytes and SHA-256 of the PNG, pixels, and in a film the time
    stamp of the frame it is of, which is the one on the screen at the time that was asked for, and the same in ms."""

    blob: str
    size: int
    sha256: str
    width: int
    height: int
    tick: int | None
    media_ms: int | None


def kind_of(opening: Opening) -> Kind | None:
    """What can be read from in this working copy, by what its bytes are."""
    if opening.working is None:
        return None
    family = (opening.media_type or "").partition("/")[0]
    return {"video": "film", "image": "picture"}.get(family)  # type: ignore[return-value]


def frames(opening: Opening, kind: Kind) -> Frames:
    """Raises CannotCut, Busy."""
    with Path(os.devnull).open("wb") as nowhere:
        said = _ask(opening, nowhere, {"do": "frames", "kind": kind})
    try:
        width, height = _sides(said)
        if kind == "picture":
            return Frames(width, height)
        return Frames(width, height, _int(said, "turned"), _base(said), _int(said, "first"), _steps(said))
    except (KeyError, TypeError, ValueError) as error:
        raise CannotCut("it gave no answer") from error


def cut(opening: Opening, kind: Kind, box: Box, tick: int | None) -> Cut:
    """Cut a region (left, top, width, height in pixels of the upright picture) and seal it. Raises CannotCut, Busy."""
    name = f"{new_id()}.age"
    with blobs().writer(f"working/{name}") as target:
        return replace(cut_into(target, opening, kind, box, tick), blob=name)


def cut_into(target: BinaryIO, opening: Opening, kind: Kind, box: Box | None, tick: int | None) -> Cut:
    """The same into an open file, sealed to the storage key; the whole frame without `box`. Raises CannotCut, Busy."""
    said = _ask(opening, target, {"do": "cut", "kind": kind, "box": box, "tick": tick})
    try:
        at, ms = None, None
        if said["tick"] is not None:
            at, (over, under) = _int(said, "tick"), _base(said)
            ms = round(at * 1000 * over / under)
        return Cut("", _int(said, "size"), str(said["sha256"])[:43], *_sides(said), at, ms)
    except (KeyError, TypeError, ValueError) as error:
        raise CannotCut("it gave no answer") from error


def _ask(opening: Opening, target: BinaryIO, order: dict[str, Any]) -> dict[str, Any]:
    assert opening.working is not None
    found = locate(opening.working)
    forget_reads()  # the child may take a minute
    told = {
        **order, "file_key": found.file_key.hex(), "start": found.start, "size": found.size,
        "recipient": keys().storage_recipient, "memory": current_app.config["TEMOIN"].child_memory,
        "body": found.file.fileno(), "target": target.fileno(),
    }  # fmt: skip
    try:
        with found.file, _place():
            limit = CLOCK + found.size // 10_000_000
            said = ask("app.opening.crop", json.dumps(told) + "\n", limit, found.file, target)
    except ChildFailed as error:
        raise CannotCut(str(error)) from error
    if "refused" in said:
        raise CannotCut(str(said["refused"])[:200])
    return said


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=PATIENCE):
        raise Busy
    try:
        yield
    finally:
        _places.release()


def _int(said: dict[str, Any], name: str) -> int:
    value = said[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(name)
    return value


def _sides(said: dict[str, Any]) -> tuple[int, int]:
    width, height = _int(said, "width"), _int(said, "height")
    if width <= 0 or height <= 0:
        raise ValueError("no size")
    return width, height


def _base(said: dict[str, Any]) -> tuple[int, int]:
    over, under = (int(part) for part in said["base"])
    if over <= 0 or under <= 0:
        raise ValueError("no time base")
    return over, under


def _steps(said: dict[str, Any]) -> tuple[int, ...]:
    steps = said["steps"]
    if not isinstance(steps, list) or not all(type(step) is int and step > 0 for step in steps):
        raise ValueError("no steps")
    return tuple(steps)
