"""Forms of the incidents. The sheet's own fields are read by `sheet.read`."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, StringField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional

from app.incidents.service import VERDICTS

_QUIET = {"autocomplete": "off", "autocorrect": "off", "autocapitalize": "off", "spellcheck": "false"}


class Act(FlaskForm):  # type: ignore[misc]
    """A button alone: only the token."""


class ReferenceForm(FlaskForm):  # type: ignore[misc]
    reference = StringField(_l("Reference"), [InputRequired(), Length(max=40)], render_kw=_QUIET)


class RefusalForm(FlaskForm):  # type: ignore[misc]
    reason = StringField(
        _l("Reason, if there is one to keep"), [Optional(), Length(max=500)], render_kw=_QUIET
    )


class ShiftForm(FlaskForm):  # type: ignore[misc]
    ms = IntegerField(validators=[InputRequired(), NumberRange(-1_800_000, 1_800_000)])


class VerdictForm(FlaskForm):  # type: ignore[misc]
    one = HiddenField(validators=[InputRequired()])
    other = HiddenField(validators=[InputRequired()])
    verdict = HiddenField(validators=[InputRequired(), AnyOf(VERDICTS)])
    note = StringField(_l("Note"), [Optional(), Length(max=2_000)], render_kw={"autocomplete": "off"})


class SheetForm(FlaskForm):  # type: ignore[misc]
    base = IntegerField(validators=[InputRequired(), NumberRange(0)])
