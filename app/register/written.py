"""A number as somebody types it, with `?` for what is unknown, `*` for any run, in any script's digits. Pure.

Nothing is bent into a RIO: letters or too many digits are another number, kept as written, once somebody has said so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.register import rio

_LOOKS_LIKE = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1", "|": "1"})
LEAST_RUN = 4  # digits in a row of a number that give it away


@dataclass(frozen=True)
class Written:
    """What was typed, as a reading has it."""

    pattern: str | None = None
    fragments: tuple[rio.Fragment, ...] = ()


class AnotherNumber(ValueError):
    """It can't be a RIO. `suggestion`: what it would be with letters taken for the digits they look like; for the eye of
    whoever typed it, never put in place by itself."""

    def __init__(self, suggestion: str | None) -> None:
        super().__init__("another number")
        self.suggestion = suggestion


def understand(text: str, length: int) -> Written:
    """A whole row of digits and `?`; with `*`, parts whose place is open: `345*` at the start, `*345` at the end, `*345*`
    somewhere. Raises AnotherNumber."""
    tidy = rio.normalise(text)
    if not tidy:
        return Written()
    if "*" not in tidy:
        try:
            return Written(rio.parse(tidy, length))
        except rio.OtherNumber as error:
            raise AnotherNumber(_suggestion(text, length)) from error
    parts = tidy.split("*")
    last = len(parts) - 1
    fragments = tuple(
        rio.Fragment(part, "start" if at == 0 else "end" if at == last else "anywhere")
        for at, part in enumerate(parts)
        if part
    )
    if not fragments or any(not f.digits.isdecimal() or len(f.digits) > length for f in fragments):
        raise AnotherNumber(_suggestion(text, length))
    return Written(fragments=fragments)


def gives_away(text: str, numbers: Iterable[str]) -> bool:
    """Whether a text, a purpose or a reason, holds one of these numbers or a telling part of it: it goes into the log,
    which must not."""
    plain = rio.normalise(text)
    for number in numbers:
        tidy = rio.normalise(number)
        runs = "".join(c if c.isdigit() else " " for c in tidy).split()
        joined = "".join(runs)
        telling = [tidy.strip("?*"), joined, *(run for run in runs if len(run) >= LEAST_RUN)]
        if any(part in plain for part in telling if sum(c.isdigit() for c in part) >= rio.FEWEST):
            return True
        for run in runs:
            if any(run[at : at + LEAST_RUN] in plain for at in range(len(run) - LEAST_RUN + 1)):
                return True
    return False


def _suggestion(text: str, length: int) -> str | None:
    instead = text.translate(_LOOKS_LIKE)
    if instead == text:
        return None
    try:
        return rio.parse(instead, length)
    except rio.OtherNumber:
        return None
