"""What `app/scrub` and `app/opening` say, in the language of the desk.

They know no request and speak English; their sentences are the keys of the catalogue `reports`. A key with
`%(name)s` is a pattern: a name of the file's own format stands there and stays as it is; what stands at
`%(word)s` is a word of ours and is translated too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.mofile import read_mo
from flask_babel import get_locale

TRANSLATIONS = Path(__file__).resolve().parents[1] / "translations"
_PART = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class _Words:
    whole: dict[str, str]
    patterns: tuple[tuple[re.Pattern[str], str], ...]  # the longest first: it says most


@cache
def _words(language: str) -> _Words:
    path = TRANSLATIONS / language / "LC_MESSAGES" / "reports.mo"
    if not path.exists():
        return _Words({}, ())
    with path.open("rb") as file:
        said = {str(message.id): str(message.string) for message in read_mo(file) if message.id}
    keys = sorted((key for key in said if _PART.search(key)), key=lambda key: -len(_PART.sub("", key)))
    return _Words(said, tuple((_pattern(key), said[key]) for key in keys))


def _pattern(key: str) -> re.Pattern[str]:
    names = _PART.findall(key)
    ends = [re.escape(text) for text in _PART.split(key)[::2]]
    return re.compile(
        "".join(f"{end}(?P<{name}>.+?)" for end, name in zip(ends, names, strict=False)) + ends[-1]
    )


def in_language(text: str, language: str) -> str:
    """A sentence in another language; as it is where the catalogue has none for it."""
    words = _words(language)
    if text in words.whole:
        return words.whole[text]
    for pattern, other in words.patterns:
        if match := pattern.fullmatch(text):
            parts = match.groupdict()
            if "word" in parts:
                parts["word"] = words.whole.get(parts["word"], parts["word"])
            return other % parts
    return text


def reported(text: str) -> str:
    """A sentence of a report in the language of the request."""
    return in_language(text, str(get_locale() or "en"))
