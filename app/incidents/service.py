"""The only writer of incidents. Every act is in the log; texts that people type are not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.accounts.models import User
from app.clock import now_ms
from app.custody import log
from app.db import db, unit_of_work
from app.errors import Problem
from app.ids import new_id
from app.incidents.models import Act, Incident, Member, Refusal, SheetVersion, Shift, Verdict
from app.incidents.queries import find, members, of_observation, sheet_of, shifts, verdicts
from app.journal.models import Entry, Observation
from app.journal.reference import reference

VERDICTS = ("confirmed", "refused", "open")
FARTHEST_SHIFT = 30 * 60_000  # ms; beyond that two lanes are two events


class Conflict(Exception):
    """Somebody saved the sheet meanwhile: `newest` is theirs, `base` the one that was being edited. Nothing was stored."""

    def __init__(self, newest: SheetVersion, base: SheetVersion | None) -> None:
        super().__init__(f"version {newest.number}")
        self.newest, self.base = newest, base


# Grouping


def open_incident(user: User, observations: Iterable[str] = ()) -> Incident:
    """A new incident with these observations (ids), or with none: from a report or a document. Raises Problem for an
    observation that isn't there or is in another incident."""
    with unit_of_work() as work:
        id_ = _free_id()
        incident = Incident(
            id=id_, reference=reference(id_), opened_at=now_ms(), opened_by=user.id, merged_into=None
        )
        work.add(incident)
        work.flush()
        log.append(user.actor, "incident.opened", id_)
        for observation_id in dict.fromkeys(observations):
            if of_observation(observation_id):
                raise Problem("in-another", _("One of them is in another incident by now."), 409)
            put(user, incident, observation_id)
    return incident


def put(user: User, incident: Incident, observation_id: str, undoes: int | None = None) -> Act | None:
    """An observation joins an incident; from another one it moves. None where it is there already. Raises Problem."""
    with unit_of_work() as work:
        _still(incident)
        observation = work.get(Observation, observation_id)
        if observation is None:
            raise Problem("not-found", _("There is no such observation."), 404)
        if observation.trial:
            raise Problem("trial", _("A trial recording doesn’t go into an incident."), 409)
        member = work.get(Member, observation_id)
        before = member.incident_id if member else None
        if before == incident.id:
            return None
        if member:
            member.incident_id = incident.id
        else:
            work.add(Member(observation_id=observation_id, incident_id=incident.id))
        act = _act(user, incident.id, "joined", observation_id, before, undoes=undoes)
        detail = {"observation": observation_id, "from": before, "undoes": undoes}
        log.append(user.actor, "incident.joined", incident.id, detail)
    return act


def take_out(user: User, incident: Incident, observation_id: str, undoes: int | None = None) -> Act:
    """An observation leaves an incident; it can be put back. Raises Problem where it isn't in it."""
    with unit_of_work() as work:
        member = work.get(Member, observation_id)
        if member is None or member.incident_id != incident.id:
            raise Problem("not-in-it", _("This observation isn’t in the incident any more."), 409)
        work.delete(member)
        act = _act(user, incident.id, "left", observation_id, undoes=undoes)
        log.append(
            user.actor, "incident.left", incident.id, {"observation": observation_id, "undoes": undoes}
        )
    return act


def merge(user: User, incident: Incident, into: Incident) -> Act:
    """Everything observed in `incident` goes into another. Its sheet stays with it, to be read. Raises Problem."""
    with unit_of_work():
        _still(incident)
        _still(into)
        if incident.id == into.id:
            raise Problem("same-incident", _("An incident can’t be merged into itself."), 409)
        moved = [member.observation_id for member in members(incident.id)]
        for member in members(incident.id):
            member.incident_id = into.id
        incident.merged_into = into.id
        act = _act(user, into.id, "merged", came_from=incident.id, moved=moved)
        log.append(user.actor, "incident.merged", into.id, {"from": incident.id, "observations": moved})
    return act


def undo(user: User, act: Act) -> None:
    """Take back a joining, a leaving or a merging, as long as nothing has happened to it since. Raises Problem."""
    with unit_of_work() as work:
        if not can_undo(act):
            raise Problem("too-late", _("This can’t be undone any more: something has changed since."), 409)
        here = work.get_one(Incident, act.incident_id)
        if act.kind == "left":
            put(user, here, str(act.observation_id), undoes=act.id)
        elif act.kind == "joined" and act.came_from:
            put(user, work.get_one(Incident, act.came_from), str(act.observation_id), undoes=act.id)
        elif act.kind == "joined":
            take_out(user, here, str(act.observation_id), undoes=act.id)
        else:
            _unmerge(user, act, here)


def _unmerge(user: User, act: Act, into: Incident) -> None:
    back = db.session.get_one(Incident, act.came_from)
    for observation_id in act.moved:
        db.session.get_one(Member, observation_id).incident_id = back.id
    back.merged_into = None
    _act(user, back.id, "joined", came_from=into.id, moved=act.moved, undoes=act.id)
    detail = {"from": into.id, "observations": act.moved, "undoes": act.id}
    log.append(user.actor, "incident.unmerged", back.id, detail)


def can_undo(act: Act) -> bool:
    """Whether what an act did still stands."""
    if act.undoes is not None or db.session.scalar(select(Act.id).where(Act.undoes == act.id)):
        return False
    if act.kind == "merged":
        there = {member.observation_id for member in members(act.incident_id)}
        back = db.session.get_one(Incident, act.came_from)
        return back.merged_into == act.incident_id and set(act.moved) <= there
    if act.observation_id is None:
        return False
    member = db.session.get(Member, act.observation_id)
    here = db.session.get_one(Incident, act.incident_id)
    if act.kind == "left":
        return member is None and here.merged_into is None
    stands = member is not None and member.incident_id == act.incident_id
    came_from = db.session.get(Incident, act.came_from) if act.came_from else None
    newer = select(Act.id).where(Act.id > act.id, Act.observation_id == act.observation_id)
    return (
        stands
        and (came_from is None or came_from.merged_into is None)
        and not db.session.scalar(newer.limit(1))
    )


# Suggestions


def refuse(user: User, one: str, other: str, reason: str = "") -> Refusal:
    """Keep that two observations, or an observation and an incident (`other`), don't belong together."""
    if db.session.get(Observation, other) is not None:
        one, other = sorted((one, other))
    elif db.session.get(Incident, other) is None:
        raise Problem("not-found", _("There is no such observation."), 404)
    if one == other or db.session.get(Observation, one) is None:
        raise Problem("not-found", _("There is no such observation."), 404)
    with unit_of_work() as work:
        refusal = Refusal(
            one=one, other=other, at=now_ms(), user_id=user.id, reason=reason.strip() or None, back_at=None
        )
        work.add(refusal)
        log.append(user.actor, "incident.suggestion-refused", other, {"observation": one})
    return refusal


def take_refusal_back(user: User, refusal: Refusal) -> None:
    with unit_of_work():
        if refusal.back_at is None:
            refusal.back_at = now_ms()
            log.append(user.actor, "incident.refusal-undone", refusal.other, {"observation": refusal.one})


# The sheet


def leave_out(user: User, incident: Incident, keys: Iterable[str]) -> None:
    """Don't offer these to the sheet any more. `keys`: of proposals (prefill.py), a part and what it came from."""
    with unit_of_work() as work:
        for key in set(keys) - left_out(incident):
            work.add(
                Refusal(one=incident.id, other=key, at=now_ms(), user_id=user.id, reason=None, back_at=None)
            )
            log.append(user.actor, "incident.suggestion-refused", incident.id, {"proposal": key})


def offer_again(user: User, incident: Incident, keys: Iterable[str]) -> None:
    with unit_of_work() as work:
        refused = select(Refusal).where(
            Refusal.one == incident.id, Refusal.other.in_(list(keys)), Refusal.back_at.is_(None)
        )
        for refusal in work.scalars(refused):
            refusal.back_at = now_ms()
            log.append(user.actor, "incident.refusal-undone", incident.id, {"proposal": refusal.other})


def left_out(incident: Incident) -> set[str]:
    """Keys of what is offered to the sheet no more."""
    return set(
        db.session.scalars(select(Refusal.other).where(Refusal.one == incident.id, Refusal.back_at.is_(None)))
    )


def save_sheet(user: User, incident: Incident, base: int, document: dict[str, Any]) -> SheetVersion:
    """Keep a whole version of the sheet that was edited from number `base` (0: from none). Raises Conflict where somebody
    saved meanwhile. `document`: as `sheet.read` makes it. Saving what stands already keeps no new version."""
    with unit_of_work() as work:
        _still(incident)
        newest = sheet_of(incident)
        if newest is not None and newest.number != base:
            raise Conflict(newest, sheet_of(incident, base))
        if newest is not None and newest.document == document:
            return newest
        number = (newest.number if newest else 0) + 1
        version = SheetVersion(
            incident_id=incident.id, number=number, at=now_ms(), user_id=user.id, document=document
        )
        work.add(version)
        old = newest.document if newest and newest.document else {}
        changed = sorted(name for name in {*old, *document} if old.get(name) != document.get(name))
        log.append(user.actor, "incident.sheet-saved", incident.id, {"version": number, "parts": changed})
    return version


def erase_version(user: User, incident: Incident, number: int) -> None:
    """Erase the words of an older version: for a name that should never have been written. Who saved it and when stay.
    Raises Problem for the newest: the sheet is corrected first."""
    with unit_of_work():
        version, newest = sheet_of(incident, number), sheet_of(incident)
        if version is None or newest is None or version.number == newest.number:
            raise Problem(
                "newest", _("Only an older version can be erased: save a corrected one first."), 409
            )
        version.document = None
        log.append(user.actor, "incident.sheet-erased", incident.id, {"version": number})


# The time line


def shift_lane(user: User, incident: Incident, observation_id: str, ms: int) -> None:
    """Lay the lane of an observation `ms` later (or earlier) than its clock says, for the eye. 0: as the clock says."""
    with unit_of_work() as work:
        _member(incident, observation_id)
        if abs(ms) > FARTHEST_SHIFT:
            raise Problem("too-far", _("A lane can be moved by 30 minutes at most."))
        if shifts(incident).get(observation_id, 0) == ms:
            return
        work.add(
            Shift(incident_id=incident.id, observation_id=observation_id, ms=ms, at=now_ms(), user_id=user.id)
        )
        log.append(
            user.actor, "incident.lane-shifted", incident.id, {"observation": observation_id, "ms": ms}
        )


def judge(user: User, incident: Incident, one: str, other: str, verdict: str, note: str = "") -> None:
    """What a person thinks of two entries (`Entry.id`) of two observers: VERDICTS. Raises Problem."""
    with unit_of_work() as work:
        one, other = sorted((one, other))
        entries = [work.get(Entry, id_) for id_ in (one, other)]
        seen = {entry.observation_id for entry in entries if entry}
        if verdict not in VERDICTS or len(seen) != 2:
            raise Problem("not-found", _("There is nothing at this address."), 404)
        for observation_id in seen:
            _member(incident, observation_id)
        last = verdicts(incident).get((one, other))
        words = note.strip() or None
        if (last.verdict if last else "open", last.note if last else None) == (verdict, words):
            return
        work.add(
            Verdict(incident_id=incident.id, one=one, other=other, verdict=verdict, note=words, at=now_ms(), user_id=user.id)
        )  # fmt: skip
        log.append(
            user.actor, "incident.judged", incident.id, {"one": one, "other": other, "verdict": verdict}
        )


def _member(incident: Incident, observation_id: str) -> Member:
    member = db.session.get(Member, observation_id)
    if member is None or member.incident_id != incident.id:
        raise Problem("not-in-it", _("This observation isn’t in the incident any more."), 409)
    return member


def _still(incident: Incident) -> None:
    db.session.refresh(incident, with_for_update=True)  # where several write at once, one after the other
    if incident.merged_into is not None:
        raise Problem("merged", _("This incident was merged into another."), 409)


def _act(
    user: User,
    incident_id: str,
    kind: str,
    observation_id: str | None = None,
    came_from: str | None = None,
    moved: list[str] | None = None,
    undoes: int | None = None,
) -> Act:
    act = Act(
        incident_id=incident_id, kind=kind, at=now_ms(), user_id=user.id, observation_id=observation_id,
        came_from=came_from, moved=moved or [], undoes=undoes,
    )  # fmt: skip
    db.session.add(act)
    db.session.flush()
    return act


def _free_id() -> str:
    """An id whose reference nothing else has: said aloud, it must mean one thing."""
    while True:
        id_ = new_id()
        taken = select(func.count()).select_from(Observation).where(Observation.reference == reference(id_))
        if not db.session.scalar(taken) and not find(reference(id_)):
            return id_
