"""What the team of the story does at its desk, through the same services as the desk's pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from app import language
from app.accounts import service as accounts
from app.accounts.models import User
from app.db import db
from app.demo import drawn, media
from app.demo.story import Scene, Story
from app.incidents import lanes, prefill, published, queries
from app.incidents import service as incidents
from app.incidents import sheet as sheets
from app.incidents.models import Incident
from app.intake.models import Item
from app.journal.models import Entry, Observation
from app.opening import crops, cutting
from app.opening.service import newest_of
from app.register import officers
from app.register import service as register
from app.register.seen import Wanted
from app.review import readings, work
from app.review import service as desk
from app.review.observation import standing
from app.sites import service as sites
from app.sites.facts import Facts, Position

ROWS = frozenset(part.name for part in sheets.PARTS if part.rows)


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


def file_reports(user: User, story: Story) -> None:
    """One incident for each published record: a sheet, and no observation."""
    for record in story.reported:
        incident = incidents.open_incident(user)
        incidents.save_sheet(user, incident, 0, published.to_sheet(record))


@dataclass
class Team:
    """`told`: key of a scene -> id of its observation, once all is opened."""

    story: Story
    people: Mapping[str, User]
    told: Mapping[str, str]
    _incidents: dict[tuple[str, ...], Incident] = field(default_factory=dict)

    def work(self) -> None:
        """Every act of the story's desk, in its order, but for those about a scene that wasn't told."""
        acts: dict[str, Callable[..., object]] = {
            "claim": lambda user, key: work.claim(user, self.told[key]),
            "review": lambda user, key: work.review(user, self.told[key], True),
            "more": lambda user, key, why: work.needs_more(user, self.told[key], why),
            "note": lambda user, key, text: desk.note(user, self.told[key], text),
            "choose": lambda user, key, who: work.choose(user, self.told[key], self.people[who].id, True),
            "look-up": lambda user, number, why: readings.looked_up(user, Wanted(number), why),
            "accept": self._accept,
            "refuse": self._refuse,
            "read": self._read,
            "incident": self._incident,
            "agree": self._agree,
        }
        known = {scene.key for scene in self.story.scenes}
        for name, act, *rest in self.story.desk:
            about = rest[0] if isinstance(rest[0], list) else [rest[0]]
            if all(key in self.told for key in about if key in known):
                acts[act](self.people[name], *rest)

    def _pair(self, key: str, said: Mapping[str, Any]) -> tuple[str, str]:
        one = register.sighting_of(self.told[key], said["officer"])
        return one.id, register.sighting_of(self.told[said["other"]], said["other_officer"]).id

    def _accept(self, user: User, key: str, said: Mapping[str, Any]) -> None:
        """Hold two sightings to be of one officer."""
        if said["other"] in self.told:
            officers.accept(user, *self._pair(key, said), said["reason"], "A")

    def _refuse(self, user: User, key: str, said: Mapping[str, Any]) -> None:
        if said["other"] in self.told:
            officers.refuse(user, *self._pair(key, said), said["reason"], "D")

    def _scene(self, key: str) -> Scene:
        return next(scene for scene in self.story.scenes if scene.key == key)

    def _read(self, user: User, key: str, said: Mapping[str, Any]) -> None:
        """A number read from the film of a scene: the frame `at` seconds of the scene, the strip of the officer cut out."""
        scene = self._scene(key)
        film = next(one for one in scene.says if one.what == "film")
        opening = newest_of(self._film(self.told[key]))
        if opening is None:
            raise LookupError(f"{key} has no film")
        frames = cutting.frames(opening, "film")
        number = round((said["at"] - film.data["begin"]) * media.RATE)
        tick = frames.first + sum(frames.steps[:number])
        scale = frames.width / drawn.SIZE[0]
        box = drawn.strip(scene.look, said["officer"] - 1, film.data["begin"] + number / media.RATE)
        left, top, right, bottom = (round(side * scale) for side in box)
        crop = crops.make(user, opening, "film", (left, top, right - left, bottom - top), tick)
        evidence = register.Evidence(
            media=crop.item, media_ms=crop.media_ms, region=register.Region(**crop.region), crop=crop.id,
            crop_sha256=crop.sha256,
        )  # fmt: skip
        sighting = register.sighting_of(self.told[key], said["officer"])
        words = register.Said("READ_FULL", pattern=said["pattern"], unsure=frozenset(said["unsure"]))
        register.read_again(user, sighting.id, words, evidence)

    @staticmethod
    def _film(observation_id: str) -> str:
        """The upload that holds the film of an observation."""
        begun = select(Entry.about_item).where(
            Entry.observation_id == observation_id,
            Entry.type == "begin",
            Entry.document["data"]["kind"].as_string() == "film",
        )
        return db.session.scalars(select(Item.id).where(Item.item_id.in_(begun))).one()

    def _incident(self, user: User, keys: Sequence[str], said: Mapping[str, Any]) -> None:
        """Open one, take over what its observers kept, and add what the story says."""
        incident = incidents.open_incident(user, [self.told[key] for key in keys])
        self._incidents[tuple(keys)] = incident
        offered = prefill.open_ones(_proposals(incident), {}, ROWS)
        first: dict[
            str, prefill.Proposal
        ] = {}  # one answer for each part that isn't rows: the first observer's
        for one in offered:
            if one.part not in ROWS:
                first.setdefault(one.part, one)
        chosen = [one for one in offered if one.part in ROWS or first[one.part] is one]
        document = prefill.take({}, chosen, ROWS)
        for part, values in said["sheet"].items():
            if part in ROWS:
                rows = [{**row, "id": sheets.row_id()} for row in values]
                document[part] = [*document.get(part, []), *rows]
            else:
                document[part] = {**document.get(part, {}), **values}
        incidents.save_sheet(user, incident, 0, document)

    def _agree(self, user: User, keys: Sequence[str], said: Mapping[str, Any]) -> None:
        """Confirm where two observers say the same code."""
        incident = self._incidents[tuple(keys)]
        together = lanes.together(incident, queries.observations_of(incident))
        for meeting in together.meetings:
            if (
                meeting.agrees
                and meeting.kind == said["kind"]
                and meeting.one.said.data.get("code") == said["code"]
            ):
                incidents.judge(user, incident, *meeting.ids, "confirmed", said["note"])


def _proposals(incident: Incident) -> list[prefill.Proposal]:
    speech = prefill.Speech(
        moment=lambda ms: (language.local(ms).strftime("%Y-%m-%d"), language.time(ms)),
        officer=lambda n: f"officer {n}",
    )
    return prefill.proposals([(o, _standing(o)) for o in queries.observations_of(incident)], speech)


def _standing(observation: Observation) -> Sequence[Any]:
    query = select(Entry).where(Entry.observation_id == observation.id).order_by(Entry.at, Entry.seq)
    return standing(list(db.session.scalars(query)))
