"""JSON that a stranger may have written."""

from __future__ import annotations

import json
from typing import Any

DEEPEST = 32
"""Levels of lists and objects; nothing in docs/formats.md has more than five."""


def loads(said: str | bytes) -> Any:
    """The value. Raises ValueError for what isn't JSON, is nested beyond reason, or holds text that can't be stored:
    a half of a surrogate pair is JSON, but no database and no page takes it."""
    try:
        value = json.loads(said)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if _could_be_deep(said) and _is_deep(value):
        raise ValueError("nested too deeply")
    json.dumps(value, ensure_ascii=False).encode()
    return value


def _could_be_deep(said: str | bytes) -> bool:
    """Far cheaper than a walk, and enough for nearly everything that phones say."""
    if isinstance(said, str):
        return said.count("{") + said.count("[") >= DEEPEST
    # Other encodings than UTF-8 are JSON to Python too; a byte of a bracket is in all of them.
    return said.count(b"{") + said.count(b"[") >= DEEPEST


def _is_deep(value: Any) -> bool:
    level = [value]
    for _depth in range(DEEPEST):
        level = [inner for one in level if isinstance(one, dict | list) for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(one: dict[str, Any] | list[Any]) -> list[Any]:
    return list(one.values()) if isinstance(one, dict) else one
