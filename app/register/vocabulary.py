"""The words of the codes (vocabulary.json), in the language of the request. One source for phone and desk."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from flask_babel import format_decimal, get_locale

KINDS = ("rio_status", "rio_asked", "rio_how", "basis", "qualifier", "force", "item")


@cache
def _words() -> dict[str, dict[str, dict[str, Any]]]:
    data = json.loads((Path(__file__).parent / "vocabulary.json").read_text())
    words = {kind: {row["code"]: row for row in data[kind]} for kind in KINDS}
    words["rio_how"] |= {row["code"]: row for row in data["rio_how_desk"]}  # the phone's pad doesn't offer it
    words["group"] = {group["code"]: group for group in data["groups"]}
    words["code"] = {row["code"]: row for group in data["groups"] for row in group["codes"]}
    return words


def _language() -> str:
    return "fr" if str(get_locale() or "en").startswith("fr") else "en"


def label(kind: str, code: object) -> str:
    """The words for a code; the code itself where it isn't known: a newer phone may know more."""
    row = _words()[kind].get(code) if isinstance(code, str) else None
    return str(row[_language()]) if row else str(code or "")


def short(code: str) -> str:
    """A conduct code in a word or two, for rows of the queue."""
    row = _words()["code"].get(code)
    return str(row.get("short", row)[_language()]).replace("\u00ad", "") if row else code


def options(kind: str) -> list[tuple[str, str]]:
    """(code, words) of a kind, in the order of the vocabulary; codes carry their group's words."""
    return [(code, label(kind, code)) for code in _words()[kind]]


def grouped_codes() -> list[tuple[str, list[tuple[str, str]]]]:
    """Conduct codes under the words of their group."""
    return [
        (str(group[_language()]), [(row["code"], str(row[_language()])) for row in group["codes"]])
        for group in _words()["group"].values()
    ]


def figure(value: float) -> str:
    """A rough number: two digits that count."""
    return str(format_decimal(float(f"{value:.2g}")))


def words_matching(kind: str, text: str) -> list[str]:
    """Codes whose name or words, in either language, hold `text`, regardless of case and accents."""
    wanted = _plain(text)
    found = []
    for code, row in _words()[kind].items():
        said = [code, row["en"], row["fr"], *row.get("short", {}).values()]
        if any(wanted in _plain(words.replace("\u00ad", "")) for words in said):
            found.append(code)
    return found


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
