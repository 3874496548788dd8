"""The card of rights that phones carry: the draft that comes with the app, or the organisation's own.

`rights.json` in the data folder (docs/formats.md, "Card of rights"). It is written as text: a line that begins with
`#` is a heading, every other line one point under it.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import force_locale, format_date
from flask_babel import gettext as _

from app.blobs import fsync_folder
from app.custody import log
from app.db import unit_of_work
from app.language import LANGUAGES
from config import Config

DRAFT = Path(__file__).with_name("rights.json")  # client/shell/rightscard.ts builds it into the app
HEADING = "#"


class NoHeading(ValueError):
    """A text has no heading, a point before the first one, or a heading without a point."""


@dataclass(frozen=True)
class Checked:
    """Who of the law has read the text, and when."""

    by: str
    on: date


def path() -> Path:
    config: Config = current_app.config["TEMOIN"]
    return config.instance / "rights.json"


def current() -> dict[str, Any]:
    """The card that phones show now."""
    own = path()
    card: dict[str, Any] = json.loads((own if own.exists() else DRAFT).read_bytes())
    return card


def is_own() -> bool:
    return path().exists()


def parts(text: str) -> list[dict[str, Any]]:
    """The parts of a text as written. Raises NoHeading."""
    found: list[dict[str, Any]] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if line.startswith(HEADING):
            found.append({"title": line.lstrip(HEADING).strip(), "lines": []})
        elif not found:
            raise NoHeading
        else:
            found[-1]["lines"].append(line.removeprefix("- "))
    if not found or not all(part["title"] and part["lines"] for part in found):
        raise NoHeading
    return found


def text(card: dict[str, Any]) -> str:
    """A card as it is written: the reverse of `parts`."""
    return "\n\n".join("\n".join([f"{HEADING} {part['title']}", *part["lines"]]) for part in card["parts"])


def checked(card: dict[str, Any]) -> Checked | None:
    said = card.get("checked")
    return Checked(said["by"], date.fromisoformat(said["on"])) if said else None


def keep(texts: dict[str, str], by_law: Checked | None, today: date, actor: str) -> None:
    """Make these texts (by language) the card. Raises NoHeading before anything is changed."""
    card: dict[str, Any] = {name: _side(name, texts[name], by_law, today) for name in LANGUAGES}
    card["checked"] = {"by": by_law.by, "on": by_law.on.isoformat()} if by_law else None
    data = json.dumps(card, ensure_ascii=False, indent=1).encode() + b"\n"
    with unit_of_work():
        digest = hashlib.sha256(data).hexdigest()
        log.append(actor, "rights.changed", "rights", {"sha256": digest, "checked": card["checked"]})
        _write(data)


def _side(language: str, written: str, by_law: Checked | None, today: date) -> dict[str, Any]:
    """One language's card; its words about itself are in that language, whatever the desk speaks."""
    with force_locale(language):
        state = (
            _("Checked by %(name)s on %(day)s.", name=by_law.by, day=format_date(by_law.on, "long"))
            if by_law
            else _("Draft, not yet checked by a lawyer.")
        )
        return {"draft": state, "date": format_date(today, "long"), "parts": parts(written)}


def _write(data: bytes) -> None:
    """Whole or not at all: a phone may ask at any moment."""
    target = path()
    partial = target.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(target)
    fsync_folder(target.parent)


def give_up(actor: str) -> None:
    """Back to the draft that comes with the app."""
    with unit_of_work():
        log.append(actor, "rights.given-up", "rights")
        path().unlink(missing_ok=True)
