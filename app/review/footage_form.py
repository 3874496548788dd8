"""What somebody types beside a picture, as a reading of the register."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from app.register import rio
from app.register.service import DESK_HOW, Said
from app.register.vocabulary import label, options
from app.register.whole import length

_QUIET = {"autocomplete": "off", "autocorrect": "off", "autocapitalize": "off", "spellcheck": "false"}
# Fields of the script, but no hidden ones: what is half filled in is kept over the end of a session (client/desk/drafts.ts).
_UNSEEN = {**_QUIET, "hidden": True}
STATUSES = ("READ_FULL", "READ_PART", "NOT_WORN", "COVERED", "UNREADABLE", "DEFACED", "NOT_CHECKED")
MOST_FRAGMENTS = 3
_WHO = re.compile(r"^(?:new|officer:\d{1,4}|sighting:[0-9a-f]{32})$")


class ReadingForm(FlaskForm):  # type: ignore[misc]
    """`pattern`, `unsure` and `alternatives` come from the boxes (client/desk/digits.ts); fragments have fields of their
    own."""

    crop = HiddenField(validators=[Length(max=32)])
    who = HiddenField(validators=[DataRequired()])
    force = SelectField(_l("Force"), validate_choice=False)
    look = StringField(_l("How to tell them apart"), [Length(max=200)], render_kw=_QUIET)
    pattern = StringField(validators=[Length(max=40)], render_kw=_UNSEEN)
    unsure = StringField(validators=[Length(max=80)], render_kw=_UNSEEN)
    alternatives = StringField(validators=[Length(max=400)], render_kw=_UNSEEN)
    status = SelectField(_l("What was visible"))
    asked = SelectField(_l("What asking brought"))
    how = SelectField(_l("How it was read"))
    checked = BooleanField(_l("Chest, shoulders and armband can be seen"))
    other = StringField(
        _l("Another number, as written"), [Length(max=80)], render_kw={**_QUIET, "class": "digits"}
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.status.choices = [(code, label("rio_status", code)) for code in STATUSES]
        self.asked.choices = [pair for pair in options("rio_asked") if pair[0] != "NOT_STATED"]
        self.how.choices = [(code, label("rio_how", code)) for code in DESK_HOW]
        self.force.choices = [("", _("not known")), *options("force")]

    def fragments(self) -> list[tuple[str, str]]:
        """(digits, anchor) as typed, without empty ones."""
        said = request.form
        pairs = [(said.get(f"fragment-{n}", ""), said.get(f"anchor-{n}", "")) for n in range(MOST_FRAGMENTS)]
        return [(text.strip()[:20], anchor) for text, anchor in pairs if text.strip()]

    def problem(self) -> str | None:
        """Why this is no reading that can be kept, in words; None when it can."""
        if not self.crop.data:
            return str(_("Mark the place and cut it first: a reading keeps the picture it was read from."))
        if not _WHO.match(self.who.data or ""):
            return str(_("Please say which officer this is."))
        if any(rio.normalise(text).strip("0123456789") for text, _anchor in self.fragments()):
            return str(_("A part of the number has digits only."))
        if self.status.data == "NOT_WORN" and not self.checked.data:
            words = _(
                "“Not worn” needs chest, shoulders and armband in view. Otherwise choose “could not look”."
            )
            return str(words)
        return None

    def said(self) -> Said:
        """The reading. Raises rio.OtherNumber for what doesn't fit the boxes."""
        text = (self.pattern.data or "").strip()
        pattern = rio.parse(text, length()) if text.strip("?") else None
        places = {
            at
            for at in _numbers(self.unsure.data)
            if pattern and at < length() and pattern[at] != rio.UNKNOWN
        }
        return Said(
            status=self.status.data, checked=bool(self.checked.data), asked=self.asked.data, how=self.how.data, pattern=pattern,
            fragments=tuple(
                rio.Fragment(rio.normalise(digits), anchor if anchor in rio.ANCHORS else "anywhere")
                for digits, anchor in self.fragments()
            ),
            unsure=frozenset(places),
            alternatives={at: more for at, more in _others(self.alternatives.data).items() if at in places},
            other=(self.other.data or "").strip(),
        )  # fmt: skip


def _numbers(text: str | None) -> list[int]:
    return [int(part) for part in (text or "").split(",") if part.isascii() and part.isdecimal()]


def _others(text: str | None) -> dict[int, str]:
    """`{"2": "8"}`: digits that a place may be instead. Anything else says nothing."""
    try:
        said = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(said, dict):
        return {}
    return {
        int(at): "".join(sorted(set(more)))
        for at, more in said.items()
        if str(at).isascii()
        and str(at).isdecimal()
        and isinstance(more, str)
        and re.fullmatch(r"[0-9]{1,9}", more)
    }


FAULTS = {
    "full-but-incomplete": _l("“Read in full” needs every digit. Choose “read in part”, or fill the boxes."),
    "part-but-empty": _l("“Read in part” needs at least one digit or a part of the number."),
    "part-but-whole": _l("Every digit is there: choose “read in full”, or mark what is unknown with ?."),
    "digits-without-reading": _l(
        "Digits and “not visible” contradict each other, unless the number was given aloud."
    ),
    "fragment-too-long": _l("A part of the number can’t be longer than the number."),
    "not-a-fragment": _l("A part of the number has digits only."),
    "not-a-pattern": _l("That isn’t a number of the right length."),
}
"""What rio.faults names, in words."""
