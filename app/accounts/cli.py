"""Commands for people at the server: what no role at the desk may do alone."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.accounts import service
from app.accounts.models import ROLES
from app.errors import Problem


@click.command("role")
@click.argument("user")
@click.argument("roles", nargs=-1, required=True, type=click.Choice(ROLES))
@with_appcontext
def role(user: str, roles: tuple[str, ...]) -> None:
    """Give USER exactly these ROLES. Who sees content from now on begins anew, with the login link that is printed."""
    found = service.by_name(user)
    if found is None:
        raise click.ClickException(f"there is no account {user!r}")
    try:
        anew = service.set_roles(found, roles, True, "server")
    except Problem as problem:
        raise click.ClickException(problem.message) from problem
    click.echo(f"{found.username}: {', '.join(sorted(roles))}; logged out everywhere")
    if anew:
        click.echo(service.login_link(found))
