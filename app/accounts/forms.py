"""Forms of the way in and of one's own account."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, Optional

_needed = InputRequired(_l("Please fill this in."))


class LoginForm(FlaskForm):  # type: ignore[misc]
    username = StringField(
        _l("Name"), [_needed, Length(max=64)], render_kw={"autocomplete": "username", "autofocus": True}
    )
    password = PasswordField(
        _l("Password"), [_needed, Length(max=512)], render_kw={"autocomplete": "current-password"}
    )


class EnterForm(FlaskForm):  # type: ignore[misc]
    """The login link: its secret comes from the fragment by script, or is pasted."""

    secret = StringField(
        _l("Login link"), [_needed, Length(max=512)], render_kw={"autocomplete": "off", "spellcheck": "false"}
    )


class PasswordForm(FlaskForm):  # type: ignore[misc]
    password = PasswordField(
        _l("New password"),
        [_needed, Length(max=512)],
        render_kw={"autocomplete": "new-password", "autofocus": True},
    )
    again = PasswordField(
        _l("The same again"),
        [EqualTo("password", _l("The two passwords differ."))],
        render_kw={"autocomplete": "new-password"},
    )
    forget_factor = BooleanField(_l("I have lost what proves me: app, passkeys and recovery codes"))


class CodeForm(FlaskForm):  # type: ignore[misc]
    """Six digits. On the way in also a recovery code: who has lost the phone has lost patience too."""

    code = StringField(
        _l("Six digits"),
        [_needed, Length(max=40)],
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "autofocus": True,
            "class": "digits",
        },
    )


class PasskeyForm(FlaskForm):  # type: ignore[misc]
    """What the browser's own dialogue gave, as JSON."""

    answer = HiddenField(validators=[_needed, Length(max=16_384)])
    name = StringField(
        _l("Name of the passkey"), [Optional(), Length(max=64)], render_kw={"autocomplete": "off"}
    )


class OwnPasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password or second factor from within: asks for the present password."""

    present = PasswordField(
        _l("Present password"), [_needed, Length(max=512)], render_kw={"autocomplete": "current-password"}
    )
    password = PasswordField(
        _l("New password (empty: stays)"),
        [Optional(), Length(max=512)],
        render_kw={"autocomplete": "new-password"},
    )
    new_factor = BooleanField(_l("Set up a second factor: an app with six digits, or a passkey"))


class LanguageForm(FlaskForm):  # type: ignore[misc]
    language = HiddenField(validators=[_needed])


class EmptyForm(FlaskForm):  # type: ignore[misc]
    """A button: nothing but the token against forged requests."""
