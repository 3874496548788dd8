"""What the team of the story does at its desk: sites, claims, notes, a reading again, an incident, a look-up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from app.accounts import service as accounts
from app.accounts.models import User
from app.demo.story import Story
from app.sites import service as sites
from app.sites.facts import Facts, Position


def come(story: Story) -> dict[str, User]:
    """The people of the story, by name; made where they aren't yet."""
    return {
        name: accounts.by_name(name) or accounts.add(name, roles, "server") for name, roles in story.people
    }


def list_sites(user: User, story: Story, today: date) -> None:
    for said in story.sites:
        ends = today - timedelta(days=said["to"]) if "to" in said else None
        facts = Facts(
            code=said["code"], aliases=tuple(said["aliases"]), town=said["town"],
            positions=tuple(Position(*one) for one in said["positions"]),
            valid_from=today - timedelta(days=said["from"]), note=said["note"],
        )  # fmt: skip
        known = sites.add(user, facts)
        if ends is not None:
            sites.retire(user, known.id, ends, known.number)


def work(people: Mapping[str, User], told: Mapping[str, str]) -> None:
    """`told`: key of a scene -> id of its observation, once all is opened."""
