"""The second factor: six digits from an app, each code once."""

from __future__ import annotations

from typing import Any, cast

import segno
from flask import current_app
from flask_security import Totp, UserMixin
from markupsafe import Markup
from werkzeug.local import LocalProxy

from app.accounts import recovery
from app.accounts.models import DeskSession, User
from app.clock import now_ms
from app.db import unit_of_work

WINDOW = 30  # seconds that a phone's clock may be off, either way
MOST_WRONG = 5
WAIT_MS = 15 * 60_000


class OnceTotp(Totp):
    """Refuses a code whose time step was used before (RFC 6238, 5.2)."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        return cast(User, user).totp_counter

    def set_last_counter(self, user: UserMixin, tmatch: Any) -> None:
        cast(User, user).totp_counter = tmatch.counter


_totp: OnceTotp = LocalProxy(lambda: current_app.extensions["security"]._totp_factory)  # type: ignore[assignment]


def must_wait(user: User) -> bool:
    """After MOST_WRONG wrong codes in a row none is looked at for WAIT_MS. Only somebody who has the password
    gets here, so a stranger can't keep anybody out with it."""
    return user.codes_again_at is not None and user.codes_again_at > now_ms()


def check(user: User, code: str) -> str:
    """Take six digits or a recovery code, once: `totp`, `recovery`, or empty. Counts wrong ones."""
    with unit_of_work():
        if must_wait(user):
            return ""
        by = ""
        if recovery.looks_like(code):
            by = "recovery" if recovery.use(user, code) else ""
        elif user.tf_totp_secret and _totp.verify_totp(
            _digits(code), user.tf_totp_secret, user, window=WINDOW
        ):
            by = "totp"
        if by:
            user.wrong_codes, user.codes_again_at = 0, None
            return by
        user.wrong_codes += 1
        if user.wrong_codes >= MOST_WRONG:
            user.wrong_codes, user.codes_again_at = 0, now_ms() + WAIT_MS
        return ""


def propose(row: DeskSession) -> str:
    """The secret offered to this session, the same until it is proven. Encrypted."""
    if row.pending_totp is None:
        with unit_of_work() as work:
            row = work.merge(row)
            row.pending_totp = _totp.generate_totp_secret()
    assert row.pending_totp is not None
    return row.pending_totp


def adopt(user: User, row: DeskSession, code: str) -> bool:
    """Make the proposed secret the second factor, proven by a first code; that code can't be used again."""
    secret = propose(row)
    with unit_of_work():
        user.totp_counter = None
        if not _totp.verify_totp(_digits(code), secret, user, window=WINDOW):
            return False
        user.tf_totp_secret, user.wrong_codes, user.codes_again_at = secret, 0, None
        return True


def picture(user: User, secret: str) -> Markup:
    """The QR code that an authenticator app reads, as SVG."""
    code = segno.make(_totp.get_totp_uri(user.username, secret), error="m", micro=False)
    return Markup(code.svg_inline(scale=5, border=2, dark="#000", light="#fff", omitsize=True))  # noqa: S704 (segno's own SVG)


def typed(secret: str) -> str:
    """The same secret to type by hand, in groups of four."""
    return str(_totp.get_totp_pretty_key(secret)).replace("-", " ")


def _digits(code: str) -> str:
    return "".join(c for c in code if c.isdigit())[:12]
