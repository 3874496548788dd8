"""Who may give whom which role. An admin can give no content: not by a role, not by a login link, not by switching an
account on again. Pure: names of roles in, a refusal in words out."""

from __future__ import annotations

from flask_babel import gettext as _

from app.errors import Problem

SEES_CONTENT = frozenset({"lead", "reviewer"})
RUNS_THINGS = frozenset({"admin", "coordinator"})
EVERYTHING = SEES_CONTENT | RUNS_THINGS  # the command line of the server


def may_give(roles: frozenset[str]) -> frozenset[str]:
    """The roles that somebody with `roles` may give: a lead those that see content, an admin those that run things."""
    given = SEES_CONTENT if "lead" in roles else frozenset()
    return given | (RUNS_THINGS if "admin" in roles else frozenset())


def check(giver: frozenset[str], before: frozenset[str], wanted: frozenset[str], *, other_lead: bool) -> None:
    """Raises Problem 403 or 409. `giver`: what the giver may give; `before`: roles that count now, none of an account
    that is switched off; `other_lead`: whether a lead is left besides this person."""
    if wanted & SEES_CONTENT and wanted & RUNS_THINGS:
        first_account = {"admin", "lead"} <= before and wanted <= before and not other_lead
        if not first_account:
            raise Problem(
                "both-sides",
                _(
                    "Who runs the server or the phones sees no content, so admin and coordinator don’t go with lead and "
                    "reviewer. One person is admin and lead only while there is no other lead."
                ),
                409,
            )
    gained = wanted - before
    if gained & SEES_CONTENT - giver:
        raise Problem("needs-lead", needs_lead(), 403)
    if (gained | (before - wanted)) & RUNS_THINGS - giver:
        raise Problem("needs-admin", _("Only an admin gives or takes the roles admin and coordinator."), 403)


def check_link(giver: frozenset[str], roles: frozenset[str]) -> None:
    """Raises Problem 403 for a login link into an account that can do more than the giver may give."""
    if roles & SEES_CONTENT - giver:
        raise Problem("needs-lead", link_needs_lead(), 403)
    if roles - giver:
        raise Problem(
            "needs-admin", _("A login link for an admin or a coordinator is made by an admin."), 403
        )


def needs_lead() -> str:
    return str(
        _(
            "Only a lead makes somebody lead or reviewer: an admin sees no content and can’t give any. On the server: "
            "flask role NAME reviewer"
        )
    )


def link_needs_lead() -> str:
    return str(
        _(
            "A login link for a lead or reviewer is made by a lead, because it lets somebody choose a new password and "
            "second factor. On the server: flask login-link NAME"
        )
    )
