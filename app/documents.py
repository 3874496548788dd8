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
    level = [value]
    for _depth in range(DEEPEST):
        level = [inner for one in level if isinstance(one, dict | list) for inner in _inside(one)]
        if not level:
            break
    else:
        raise ValueError("nested too deeply")
    json.dumps(value, ensure_ascii=False).encode()
    return value


def _inside(one: dict[str, Any] | list[Any]) -> list[Any]:
    return list(one.values()) if isinstance(one, dict) else one
