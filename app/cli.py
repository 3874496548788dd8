"""Commands of `flask`. Each parses, calls one verb, prints."""

from __future__ import annotations

import json
import sys
import time

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app import demonstration
from app.accounts import cli as accounts_cli
from app.accounts import service as accounts
from app.custody import log
from app.db import db
from app.enrol import service as enrol
from app.enrol.models import Device
from app.errors import Problem
from app.keys import keys
from app.scrub.cli import scrub_command

TELL = 2  # seconds between two lines about how far a long command is


def _set_up() -> None:
    """Called by commands that need keys: a clear end where `flask setup` hasn't been run."""
    if not keys().are_made:
        raise click.ClickException("nothing is set up in this data folder yet: run flask setup first")


def _real() -> None:
    """Called by commands that begin something real: a clear end in a demonstration."""
    try:
        demonstration.refuse()
    except Problem as problem:
        raise click.ClickException(problem.message) from problem


def _address() -> str:
    config = current_app.config["TEMOIN"]
    return config.url or f"http://localhost:{config.port}"


@click.command()
@with_appcontext
def setup() -> None:
    """Make keys and the first account; safe to repeat. Prints the way in on the first start."""
    config = current_app.config["TEMOIN"]
    keys().make(config.organisation)
    user = accounts.first_account()
    click.echo(f"\n  Témoin: {_address()}/desk/")
    if user is not None:
        click.echo(f"  First login, valid once: {accounts.login_link(user)}")
    else:
        click.echo("  Can't get in? flask login-link USER")
    if keys().is_practice:
        click.echo("  Practice keys: set up custody at the desk before anything real.")


@click.command("login-link")
@click.argument("user")
@with_appcontext
def login_link(user: str) -> None:
    """A one-time link for USER: the way back in after anything was forgotten."""
    found = accounts.by_name(user)
    if found is None:
        raise click.ClickException(f"there is no account {user!r}")
    click.echo(accounts.login_link(found))


@click.command("enrol")
@click.argument("label")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def enrol_device(label: str, as_json: bool) -> None:
    """A device for a foreign tus client: token, upload URL, recipients to seal to. What it sends is not attested."""
    _set_up()
    _real()
    enrolled = enrol.enrol_foreign(label)
    said = {
        "device": enrolled.device.id, "token": enrolled.token, "upload_url": f"{_address()}/api/files",
        "recipients": [keys().intake_recipient(), *keys().custody_recipients],
    }  # fmt: skip
    if as_json:
        click.echo(json.dumps(said))
    else:
        for name, value in said.items():
            click.echo(f"{name}: {value if isinstance(value, str) else ' '.join(value)}")


@click.command()
@click.argument("label")
@click.option(
    "--replaces", metavar="DEVICE", help="The ended enrolment of the same phone, which this one goes on for."
)
@with_appcontext
def invite(label: str, replaces: str | None) -> None:
    """An invitation for one phone: link and code, shown once."""
    _set_up()
    _real()
    before = db.session.get(Device, replaces) if replaces else None
    if replaces and before is None:
        raise click.ClickException("there is no such enrolment")
    try:
        invited = enrol.invite(label, replaces=before)
    except Problem as problem:
        raise click.ClickException(problem.message) from problem
    click.echo(f"{_address()}/m/#{invited.secret}")
    click.echo(f"code: {invited.code}")


@click.command()
@click.option(
    "--acknowledge", metavar="STATEMENT", help="Somebody has looked into what this statement says of the log."
)
@click.option("--reason", help="Why, for the log; with --acknowledge.")
@with_appcontext
def verify(acknowledge: str | None, reason: str | None) -> None:
    """Read the log and everything stored again, beside a running server too. Ends with 1 at the first byte that is off."""
    from app.verify import Damaged, Progress, run
    from app.verify.statements import acknowledge as note

    _set_up()
    said = [time.monotonic()]

    def tell(progress: Progress) -> None:
        if time.monotonic() - said[0] > TELL:
            said[0] = time.monotonic()
            click.echo(
                f"{progress.done} of {progress.of} log entries, {progress.items} items, {progress.size >> 20} MiB",
                err=True,
            )

    try:
        if acknowledge:
            if not reason:
                raise click.ClickException("an acknowledgement needs --reason")
            note(acknowledge, reason)
        found = run(tell)
    except (log.LogBroken, Damaged) as error:
        click.echo(f"NOT VERIFIED: {error}", err=True)
        sys.exit(1)
    for index, items in sorted(found.withdrawn.items()):
        click.echo(f"withdrawn by entry {index}: {items} items")
    for statement in found.acknowledged:
        click.echo(f"acknowledged: statement {statement} has seen another log")
    click.echo(f"verified: {found.entries} log entries, {found.items} items")


@click.command()
@with_appcontext
def worker() -> None:
    """Open what arrives, until stopped."""
    _set_up()
    from app.worker import AlreadyRunning, run

    try:
        run(current_app._get_current_object())  # type: ignore[attr-defined]
    except AlreadyRunning as error:
        raise click.ClickException("another worker serves this data folder") from error


@click.command()
@with_appcontext
def doctor() -> None:
    """Which protections hold here."""
    _set_up()
    from app.doctor import findings

    bad = 0
    for name, good, said in findings():
        click.echo(f"{'ok  ' if good else 'NOT '} {name}: {said}")
        bad += not good
    sys.exit(1 if bad else 0)


def init_app(app: Flask) -> None:
    for command in (
        setup,
        login_link,
        accounts_cli.role,
        enrol_device,
        invite,
        verify,
        worker,
        doctor,
        scrub_command,
    ):
        app.cli.add_command(command)
