"""Recovery codes: ten ways in for the day when phone and passkey are gone. Shown once, kept as hashes, each good for one
login."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, func, select

from app.accounts import sessions
from app.accounts.models import RecoveryCode, User
from app.clock import now_ms
from app.custody import log
from app.db import db, unit_of_work
from app.ids import CROCKFORD

NUMBER = 10
LENGTH = 16  # characters of 5 bits: too many to try against a copied database, so a plain hash serves


def make(user: User) -> list[str]:
    """Ten new codes; all earlier ones end. The only moment at which they can be read."""
    codes = ["".join(secrets.choice(CROCKFORD) for _ in range(LENGTH)) for _ in range(NUMBER)]
    with unit_of_work() as work:
        work.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
        for code in codes:
            work.add(RecoveryCode(code_hash=_hashed(user, code), user_id=user.id, created_at=now_ms()))
        log.append(user.actor, "user.recovery-codes-made", user.actor, {"number": NUMBER})
    return ["-".join(code[at : at + 4] for at in range(0, LENGTH, 4)) for code in codes]


def use(user: User, typed: str) -> bool:
    """Take a code, once."""
    with unit_of_work() as work:
        code = work.get(RecoveryCode, _hashed(user, tidy(typed)))
        if code is None or code.user_id != user.id or code.used_at is not None:
            return False
        code.used_at = now_ms()
        log.append(user.actor, "user.recovery-code-used", user.actor, {"left": left(user) - 1})
        return True


def left(user: User) -> int:
    query = select(func.count()).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return int(db.session.scalar(query) or 0)


def looks_like(typed: str) -> bool:
    """Whether somebody typed such a code where six digits may stand."""
    return len(tidy(typed)) == LENGTH


def tidy(typed: str) -> str:
    """As people write it: any case, spaces or hyphens, o for 0, i and l for 1."""
    swapped = typed.upper().translate(str.maketrans("OIL", "011"))
    return "".join(c for c in swapped if c in CROCKFORD)


def _hashed(user: User, code: str) -> str:
    return sessions.hashed(f"{user.id}:{code}")
