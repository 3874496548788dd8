"""People, their roles, and the links that let them in. The only writer of these tables but for sessions
and codes."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

from flask import current_app
from flask_babel import gettext as _
from flask_security import hash_password, verify_password
from sqlalchemy import delete, func, select, update

from app.accounts import grants, sessions
from app.accounts.models import ROLES, LoginLink, Passkey, RecoveryCode, Role, User
from app.clock import now_ms
from app.custody import log
from app.db import db, unit_of_work
from app.errors import Problem
from config import Config

LINK_MS = 30 * 60_000
HANDED_LINK_MS = 48 * 3_600_000  # for a new person: it has to travel
SHORTEST_PASSWORD = 12
_NAME = re.compile(r"^[\w][\w .@+-]{1,63}$")


class WeakPassword(Exception):
    """The password is too easy to guess; the message says what to change."""


def by_name(username: str) -> User | None:
    return db.session.scalars(select(User).where(User.username == _tidy(username))).first()


def people() -> list[User]:
    return list(db.session.scalars(select(User).order_by(User.active.desc(), User.username)))


def first_account(username: str = "admin") -> User | None:
    """The account that a new server starts with, admin and lead in one until there is a second lead.

    Made when there is nobody yet. Returned again for as long as nobody has logged in with it, so that a
    start can print its link; then None."""
    with unit_of_work() as work:
        if not work.scalar(select(func.count()).select_from(User)):
            return add(username, ["admin", "lead"], actor="server")
        only = work.scalars(select(User).limit(2)).all()
        return only[0] if len(only) == 1 and only[0].password is None else None


Actor = User | str
"""Somebody at the desk, or `server`: its own start and its command line, which may do everything."""


def add(username: str, roles: Iterable[str], actor: Actor) -> User:
    """A new person, who gets in by a login link. Raises Problem for a name that is taken or can't be one, and for roles
    that the actor may not give (grants.py)."""
    wanted = frozenset(roles)
    name = _tidy(username)
    if not _NAME.match(name):
        raise Problem("bad-name", _("A name has 2 to 64 letters, digits, spaces, or . @ + - _"))
    with unit_of_work() as work:
        if work.scalar(select(User.id).where(User.username == name)):
            raise Problem("name-taken", _("This name is already taken."), 409)
        user = User(
            id=secrets.token_hex(16),
            username=name,
            active=True,
            fs_uniquifier=secrets.token_hex(32),
            created_at=now_ms(),
        )
        if _given(actor) != grants.EVERYTHING:
            grants.check(_given(actor), frozenset(), wanted, other_lead=_others("lead", user))
        work.add(user)
        user.roles = _roles(wanted)
        work.flush()
        log.append(_name(actor), "user.invited", user.actor, {"name": name, "roles": sorted(user.role_names)})
    return user


def set_roles(user: User, roles: Iterable[str], active: bool, actor: Actor) -> bool:
    """Change what somebody may do. Logs them out. True if they need a new login link: who sees content from now on begins
    anew, for an admin may know the way into their account.

    Raises Problem for what the actor may not give (grants.py), and rather than leave the server without admin or lead."""
    wanted = frozenset(roles)
    with unit_of_work() as work:
        before = user.role_names if user.active else frozenset()
        for role, message in (
            ("admin", _("Somebody has to stay admin.")),
            ("lead", _("Somebody has to stay lead.")),
        ):
            loses = role in user.role_names and (role not in wanted or not active)
            if loses and not _others(role, user):
                raise Problem(f"last-{role}", message, 409)
        after = wanted if active else frozenset()
        giver, other_lead = _given(actor), _others("lead", user)
        grants.check(giver, before, after, other_lead=other_lead)
        if not active:
            grants.check(giver, user.role_names, wanted, other_lead=other_lead)
        anew = bool(after & grants.SEES_CONTENT) and not user.role_names & grants.SEES_CONTENT
        user.roles, user.active = _roles(wanted), active
        if not user.role_names & {"reviewer"}:
            user.sensitive = False
        sessions.end_all(user)
        work.execute(delete(LoginLink).where(LoginLink.user_id == user.id))
        if anew:
            user.password = None
            forget_factors(user)
        said = {"roles": sorted(wanted), "active": active, "anew": anew}
        log.append(_name(actor), "user.changed", user.actor, said)
    return anew


def set_sensitive(user: User, sensitive: bool, lead: User) -> None:
    """Choose a reviewer for whatever is sensitive, or take that back. Only a lead does."""
    if "lead" not in lead.role_names:
        raise Problem("needs-lead", _("Only a lead chooses who sees what is sensitive."), 403)
    with unit_of_work():
        if user.sensitive != sensitive:
            user.sensitive = sensitive
            verb = "user.chosen-for-sensitive" if sensitive else "user.not-chosen-for-sensitive"
            log.append(lead.actor, verb, user.actor)


def forget_factors(user: User) -> None:
    """Drop everything that proves somebody besides their password. Within the caller's unit of work."""
    user.tf_totp_secret = user.totp_counter = user.codes_again_at = None
    user.wrong_codes = 0
    for table in (Passkey, RecoveryCode):
        db.session.execute(delete(table).where(table.user_id == user.id))


def has_factor(user: User) -> bool:
    """Whether a password alone opens nothing."""
    if user.tf_totp_secret is not None:
        return True
    return (
        db.session.scalars(select(Passkey.id).where(Passkey.user_id == user.id).limit(1)).first() is not None
    )


def login_link(user: User | str, actor: Actor = "server", valid_ms: int = LINK_MS) -> str:
    """The address of a one-time login: works once, by a click, and ends every earlier link of this person.

    Raises Problem for an unknown name and for an account that the actor could not give (grants.py). The secret is in the fragment, which no server and no log sees."""
    person = by_name(user) if isinstance(user, str) else user
    if person is None:
        raise Problem("no-such-person", _("There is nobody of this name."), 404)
    grants.check_link(_given(actor), person.role_names)
    secret = secrets.token_urlsafe(24)
    with unit_of_work() as work:
        work.execute(delete(LoginLink).where(LoginLink.user_id == person.id))
        work.add(
            LoginLink(secret_hash=sessions.hashed(secret), user_id=person.id, expires_at=now_ms() + valid_ms)
        )
        log.append(_name(actor), "user.link-made", person.actor, {"minutes": valid_ms // 60_000})
    config: Config = current_app.config["TEMOIN"]
    host = "localhost" if config.host in {"127.0.0.1", "0.0.0.0", "::1", "::"} else config.host  # noqa: S104
    base = config.url.rstrip("/") or f"http://{host}:{config.port}"
    return f"{base}/desk/enter#{secret}"


def redeem(secret: str) -> User:
    """Use a login link up. Raises Problem when it was used, is too old or never was."""
    with unit_of_work() as work:
        link = work.get(LoginLink, sessions.hashed(secret.strip().rpartition("#")[2]))
        user = work.get(User, link.user_id) if link else None
        if link is None or user is None or not user.active:
            raise Problem(
                "link-unknown", _("This login link isn't known here, or a newer one has replaced it."), 404
            )
        if link.used_at is not None:
            raise Problem("link-used", _("This login link has been used. Ask for a new one."), 410)
        if link.expires_at < now_ms():
            raise Problem("link-expired", _("This login link is too old. Ask for a new one."), 410)
        link.used_at = now_ms()
        log.append(user.actor, "user.link-used", user.actor)
    return user


def check_password(username: str, password: str) -> User | None:
    """Who this is, or None. Takes as long for a name that doesn't exist."""
    user = by_name(username)
    stored = user.password if user and user.password and user.active else None
    if stored is None:
        hash_password(password)
        return None
    return user if verify_password(password, stored) else None


def choose_password(user: User, password: str, forget_factor: bool = False) -> None:
    """Set a password; logs out everywhere else. Raises WeakPassword."""
    _refuse_weak(user, password)
    hashed = hash_password(password)  # slow on purpose: before the write lock
    with unit_of_work():
        user.password = hashed
        if forget_factor:
            forget_factors(user)
        sessions.end_all(user)
        log.append(user.actor, "user.password-set", user.actor, {"factor_forgotten": forget_factor})


def came_in(user: User, by: str = "none") -> None:
    """Somebody is fully in, `by` a second factor: totp, passkey, recovery, none. The first time a second lead is, whoever is admin and lead at once stays admin
    only."""
    with unit_of_work() as work:
        log.append(user.actor, "user.logged-in", user.actor, {"second_factor": has_factor(user), "by": by})
        if "lead" not in user.role_names or "admin" in user.role_names:
            return
        for both in work.scalars(select(User).where(User.id != user.id)):
            if {"admin", "lead"} <= both.role_names:
                both.roles = [role for role in both.roles if role.name != "lead"]
                log.append(
                    "server",
                    "user.changed",
                    both.actor,
                    {"roles": sorted(both.role_names), "second_lead": user.id},
                )


def set_language(user: User, language: str) -> None:
    with unit_of_work() as work:
        work.execute(update(User).where(User.id == user.id).values(language=language))


def _given(actor: Actor) -> frozenset[str]:
    return grants.may_give(actor.role_names) if isinstance(actor, User) else grants.EVERYTHING


def _name(actor: Actor) -> str:
    return actor.actor if isinstance(actor, User) else actor


def _others(role: str, user: User) -> bool:
    holders = select(User.id).join(User.roles).where(Role.name == role, User.active, User.id != user.id)
    return db.session.scalars(holders).first() is not None


def _roles(names: Iterable[str]) -> list[Role]:
    wanted = set(names)
    if not wanted or not wanted <= set(ROLES):
        raise Problem("bad-role", _("Choose at least one role."))
    known = {role.name: role for role in db.session.scalars(select(Role))}
    for name in wanted - known.keys():
        known[name] = Role(name=name)
        db.session.add(known[name])
    return [known[name] for name in ROLES if name in wanted]


def _tidy(username: str) -> str:
    return " ".join(username.split()).casefold()


def _refuse_weak(user: User, password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPassword(
            _("At least %(n)d characters, please: four or five words do well.", n=SHORTEST_PASSWORD)
        )
    if len(set(password.casefold())) < 6:
        raise WeakPassword(_("Too few different characters: this would be guessed."))
    if user.username in password.casefold():
        raise WeakPassword(_("Leave your name out of the password."))
