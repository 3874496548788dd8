"""Forms of the register: looking something up, reading again without footage, deciding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from app.register.seen import Wanted
from app.register.vocabulary import label, options
from app.sites import service as sites

_QUIET = {"autocomplete": "off", "autocorrect": "off", "autocapitalize": "off", "spellcheck": "false"}
STATUSES = ("READ_FULL", "READ_PART", "NOT_WORN", "COVERED", "UNREADABLE", "DEFACED", "NOT_CHECKED")
HOW = ("told", "memory")  # from footage has a page of its own


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


class _Where(FlaskForm):  # type: ignore[misc]
    """What else is known: the same fields wherever sightings are looked for."""

    unit = StringField(
        _l("Unit"),
        [Optional(), Length(max=40)],
        [_stripped],
        render_kw={**_QUIET, "placeholder": "VII-36, 19/5"},
    )
    force = SelectField(_l("Force"), validate_choice=False)
    vehicle = StringField(
        _l("Plate, roof or vehicle"),
        [Optional(), Length(max=40)],
        [_stripped],
        render_kw={**_QUIET, "placeholder": "AA-1?3-AA"},
    )
    since = DateField(_l("From"), [Optional()])
    until = DateField(_l("To"), [Optional()])
    place = StringField(
        _l("Site"),
        [Optional(), Length(max=80)],
        [_stripped],
        render_kw={**_QUIET, "placeholder": "BX", "list": "sites"},
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.force.choices = [("", "–"), *options("force")]
        self.sites = sites.pick_list()

    def wanted(self, number: str = "") -> Wanted:
        """As the register takes it: days are local ones, the last included."""
        return Wanted(
            number=number,
            unit=self.unit.data or "",
            force=self.force.data if self.force.data in {code for code, _ in options("force")} else "",
            vehicle=self.vehicle.data or "",
            since=_midnight(self.since.data),
            until=_midnight(self.until.data, 1),
            place=self.place.data or "",
        )


def _midnight(day: Any, later: int = 0) -> int | None:
    if day is None or not 1971 <= day.year <= 2099:
        return None
    zone = ZoneInfo(current_app.config["TEMOIN"].timezone)
    start = datetime.combine(day + timedelta(days=later), datetime.min.time(), zone)
    return int(start.astimezone(UTC).timestamp() * 1000)


class LookUpForm(_Where):
    number = StringField(
        _l("RIO"),
        [Optional(), Length(max=40)],
        [_stripped],
        render_kw={**_QUIET, "inputmode": "text", "class": "digits", "placeholder": "12?45?7"},
    )
    purpose = StringField(
        _l("What for"),
        [
            DataRequired(_l("Please say what the look-up is for.")),
            Length(min=8, max=300, message=_l("A few words more, please.")),
        ],
        [_stripped],
        render_kw=_QUIET,
    )

    @property
    def first(self) -> str:
        """Where the cursor stands: a number that came from the find box lacks only its purpose."""
        return "purpose" if self.number.data else "number"


class UnidentifiedForm(_Where):
    look = StringField(_l("How they looked"), [Optional(), Length(max=80)], [_stripped], render_kw=_QUIET)


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """A decision. `tier` isn't asked of the browser; `what` names the button."""

    what = HiddenField()
    reason = TextAreaField(
        _l("Why"),
        [
            DataRequired(_l("Please say why.")),
            Length(min=8, max=1000, message=_l("A few words more, please.")),
        ],
        [_stripped],
        render_kw={"rows": 2, "autocomplete": "off", "spellcheck": "false"},
    )


class BesideForm(FlaskForm):  # type: ignore[misc]
    """Another sighting, as people name it: by the reference of its observation and the observer's count."""

    reference = StringField(
        _l("Observation"), [DataRequired(_l("Please fill this in.")), Length(max=20)], [_stripped],
        render_kw={**_QUIET, "placeholder": "K7Q-2M4"},
    )  # fmt: skip
    officer = StringField(
        _l("Officer"), [Optional(), Length(max=4)], [_stripped], render_kw={**_QUIET, "inputmode": "numeric"}
    )


class AgainForm(FlaskForm):  # type: ignore[misc]
    """A reading without a picture: told to somebody at the desk, or remembered."""

    number = StringField(
        _l("RIO"), [Optional(), Length(max=80)], [_stripped],
        render_kw={**_QUIET, "inputmode": "text", "class": "digits", "placeholder": "12?45?7, *345"},
    )  # fmt: skip
    another = BooleanField(_l("It is another number: keep it as written"))
    unsure = StringField(
        _l("Unsure places, from 1"),
        [Optional(), Length(max=30)],
        [_stripped],
        render_kw={**_QUIET, "placeholder": "2, 5"},
    )
    status = SelectField(_l("What was visible"))
    asked = SelectField(_l("What asking brought"))
    how = SelectField(_l("How it was read"))
    checked = BooleanField(_l("Chest, shoulders and armband were seen"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.status.choices = [(code, label("rio_status", code)) for code in STATUSES]
        self.asked.choices = [pair for pair in options("rio_asked") if pair[0] != "NOT_STATED"]
        self.how.choices = [(code, label("rio_how", code)) for code in HOW]
