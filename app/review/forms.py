"""Forms of the desk."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from app.sites import service as sites

_QUIET = {"autocomplete": "off", "autocorrect": "off", "autocapitalize": "off", "spellcheck": "false"}
_needed = DataRequired(_l("Please fill this in."))


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


class FindForm(FlaskForm):  # type: ignore[misc]
    """Sent by POST: what somebody looks for belongs in no address, no history and no log."""

    text = StringField(_l("Find"), [Length(max=120)], [_stripped], render_kw=_QUIET)
    site = SelectField(_l("Site"), validate_choice=False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.site.choices = [("", _("All sites")), *sites.pick_list()]

    @property
    def asked(self) -> bool:
        return bool(self.text.data or self.site.data)


class NoteForm(FlaskForm):  # type: ignore[misc]
    text = TextAreaField(
        _l("New note"),
        [_needed, Length(max=10_000)],
        [_stripped],
        render_kw={"rows": 3, "autocomplete": "off", "spellcheck": "false"},
    )


class MarkForm(FlaskForm):  # type: ignore[misc]
    reviewed = HiddenField(validators=[_needed])


class StepForm(FlaskForm):  # type: ignore[misc]
    """One button of the queue. `back`: `queue` where it was pressed in a list."""

    back = HiddenField()


class HandOverForm(StepForm):
    to = SelectField(_l("Hand over to"), [_needed])


class MoreForm(StepForm):
    why = TextAreaField(
        _l("What is missing"), [_needed, Length(max=2_000)], [_stripped], render_kw={**_QUIET, "rows": 2}
    )


class SensitiveForm(StepForm):
    sensitive = HiddenField(validators=[_needed])


class ChooseForm(StepForm):
    person = SelectField(_l("Reviewer"), [_needed])
    chosen = HiddenField(validators=[_needed])
