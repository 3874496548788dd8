"""What all parts of verifying share: the one exception, and small comparisons that name what differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app import jws
from app.custody.log import Said
from app.keys import keys


class Damaged(Exception):
    """Something isn't as it was received and logged; the message names it in one line."""


def compare(what: str, pairs: Iterable[tuple[str, object, object]]) -> None:
    """Raises Damaged at the first (name, is, should be) that differs."""
    for name, found, wanted in pairs:
        if found != wanted:
            raise Damaged(f"{what}: its {name} was altered")


def by_verb(said: Sequence[Said], *verbs: str) -> list[Said]:
    return [one for one in said if one.verb in verbs]


def receipt(what: str, token: bytes | None, typ: str) -> dict[str, Any]:
    """The payload of a receipt that this server signed. Raises Damaged."""
    if token is None:
        raise Damaged(f"{what}: its receipt is missing")
    try:
        return jws.verify(token.decode(), keys().server_key, typ)
    except (jws.BadStatement, UnicodeDecodeError) as error:
        raise Damaged(f"{what}: its receipt isn't ours") from error
