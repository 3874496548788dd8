"""Roles in words."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from app.accounts.models import ROLES


def role(name: str) -> str:
    words: dict[str, str] = {
        "admin": _("admin"),
        "lead": _("lead"),
        "reviewer": _("reviewer"),
        "coordinator": _("coordinator"),
    }
    return words.get(name, name)


def roles(names: Iterable[str]) -> str:
    held = set(names)
    return ", ".join(role(name) for name in ROLES if name in held)


def choices() -> list[tuple[str, str]]:
    """(role, what it may do) for forms."""
    return [
        ("admin", _("admin: phones, people, the server; sees no content")),
        ("lead", _("lead: everything that was recorded, and the custody keys")),
        ("reviewer", _("reviewer: what was recorded, as they claim it")),
        ("coordinator", _("coordinator: phones and what they still hold; sees no content")),
    ]
