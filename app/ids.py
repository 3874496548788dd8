"""Identifiers: 32 lower-case hexadecimal digits everywhere (docs/formats.md)."""

from __future__ import annotations

import re
import secrets

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # base32 without I, L, O, U: can be read aloud
_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    return secrets.token_hex(16)


def is_id(text: object) -> bool:
    return isinstance(text, str) and _ID.fullmatch(text) is not None
