"""Grouping by the service: one incident at most, moves and their way back, merging, refusals, and what the log keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.custody import log
from app.custody.models import LogDetail, LogEntry
from app.db import db
from app.errors import Problem
from app.incidents import gather, queries, service
from app.incidents.models import Incident, Refusal, SheetVersion
from app.journal.models import Observation
from tests.incidents.conftest import Pair, incident, user

pytestmark = pytest.mark.usefixtures("free")


@pytest.fixture(autouse=True)
def within(pair: Pair, lead: object) -> Iterator[None]:
    with pair.app.test_request_context("/desk/"):
        yield
        db.session.remove()


def details(verb: str, object_id: str) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        db.select(LogDetail.detail)
        .join(LogEntry, LogEntry.index == LogDetail.index)
        .where(LogEntry.verb == verb, LogEntry.object == object_id)
        .order_by(LogEntry.index)
    )
    return [json.loads(said or b"{}") for said in rows]


def inside(reference: str) -> set[str]:
    return {observation.id for observation in queries.observations_of(incident(reference))}


def test_an_observation_is_in_one_incident_at_most(pair: Pair) -> None:
    one, two = pair.opened(pair.first, pair.second), pair.opened(pair.other)
    with pytest.raises(Problem, match="in-another"):
        pair.opened(pair.first)
    before = db.session.query(Incident).count()
    service.put(user("first lead"), incident(two), pair.first.id)
    assert inside(one) == {pair.second.id} and inside(two) == {pair.other.id, pair.first.id}
    assert db.session.query(Incident).count() == before
    assert service.put(user("first lead"), incident(two), pair.first.id) is None


def test_references_are_spoken_and_mean_one_thing(pair: Pair) -> None:
    ref = pair.opened()
    assert queries.find(ref.lower().replace("-", " ")) is not None
    assert db.session.query(Observation).filter_by(reference=ref).count() == 0


def test_every_step_has_a_way_back_until_something_else_happened(pair: Pair) -> None:
    who = user("first lead")
    one, two = pair.opened(pair.first, pair.second), pair.opened(pair.other)
    moved = service.put(who, incident(two), pair.first.id)
    assert moved is not None and service.can_undo(moved)
    service.undo(who, moved)
    assert inside(one) == {pair.first.id, pair.second.id}
    assert not service.can_undo(moved)
    left = service.take_out(who, incident(one), pair.second.id)
    assert inside(one) == {pair.first.id}
    service.undo(who, left)
    assert inside(one) == {pair.first.id, pair.second.id}
    again = service.take_out(who, incident(one), pair.second.id)
    service.put(who, incident(two), pair.second.id)
    with pytest.raises(Problem, match="too-late"):
        service.undo(who, again)
    assert details("incident.left", incident(one).id)[-1] == {"observation": pair.second.id, "undoes": None}


def test_merging_moves_all_leaves_the_sheet_and_can_be_undone(pair: Pair) -> None:
    who = user("first lead")
    one, two = pair.opened(pair.first), pair.opened(pair.second, pair.other)
    service.save_sheet(who, incident(two), 0, {"event": {"town": "Calais"}})
    act = service.merge(who, incident(two), incident(one))
    assert inside(one) == {pair.first.id, pair.second.id, pair.other.id} and inside(two) == set()
    assert incident(two).merged_into == incident(one).id
    kept = queries.sheet_of(incident(two))
    assert kept is not None and kept.document == {"event": {"town": "Calais"}}
    for refused in (
        lambda: service.put(who, incident(two), pair.first.id),
        lambda: service.save_sheet(who, incident(two), 1, {}),
        lambda: service.merge(who, incident(two), incident(one)),
        lambda: service.merge(who, incident(one), incident(one)),
    ):
        with pytest.raises(Problem):
            refused()
    service.undo(who, act)
    assert inside(one) == {pair.first.id} and inside(two) == {pair.second.id, pair.other.id}
    assert incident(two).merged_into is None and not service.can_undo(act)


def test_a_merge_of_which_something_was_moved_on_is_not_undone_halfway(pair: Pair) -> None:
    who = user("first lead")
    one, two = pair.opened(pair.first), pair.opened(pair.second, pair.other)
    act = service.merge(who, incident(two), incident(one))
    service.take_out(who, incident(one), pair.other.id)
    with pytest.raises(Problem, match="too-late"):
        service.undo(who, act)
    assert inside(one) == {pair.first.id, pair.second.id}


def test_suggestions_are_never_acted_upon_and_a_refusal_is_kept_and_can_be_taken_back(pair: Pair) -> None:
    who = user("first lead")
    (group,) = gather.suggested_groups(who)
    assert {o.id for o in group.observations} == {pair.first.id, pair.second.id}
    why = group.links[0].why
    assert why.forces == ("CRS",) and why.minutes is None and 100 < (why.metres or 0) < 120
    assert queries.of_observation(pair.first.id) is None
    ref = pair.opened(pair.first)
    (candidate,) = gather.suggested_for(who, incident(ref))
    assert candidate.observation.id == pair.second.id and candidate.there is None
    refusal = service.refuse(who, pair.second.id, incident(ref).id, "another street")
    assert gather.suggested_for(who, incident(ref)) == []
    ((kept, seen, name),) = gather.refusals(who, incident(ref))
    assert (kept.reason, seen.id, name) == ("another street", pair.second.id, "first lead")
    assert details("incident.suggestion-refused", incident(ref).id) == [{"observation": pair.second.id}]
    service.take_refusal_back(who, refusal)
    assert len(gather.suggested_for(who, incident(ref))) == 1
    assert db.session.get(Refusal, refusal.id) is not None


def test_two_observations_refused_as_one_event_are_not_suggested_again(pair: Pair) -> None:
    who = user("first lead")
    refusal = service.refuse(who, pair.second.id, pair.first.id)
    assert gather.suggested_groups(who) == []
    assert gather.suggested_for(who, incident(pair.opened(pair.first))) == []
    service.take_refusal_back(who, refusal)
    for one, other in ((pair.first.id, pair.first.id), ("0" * 32, pair.first.id), (pair.first.id, "0" * 32)):
        with pytest.raises(Problem):
            service.refuse(who, one, other)


def test_a_sheet_saved_meanwhile_is_a_conflict_and_nothing_is_overwritten(
    pair: Pair, second_lead: object
) -> None:
    ref = pair.opened()
    first = service.save_sheet(user("first lead"), incident(ref), 0, {"event": {"town": "Calais"}})
    assert first.number == 1
    same = service.save_sheet(user("second lead"), incident(ref), 1, {"event": {"town": "Calais"}})
    assert same.number == 1
    service.save_sheet(user("second lead"), incident(ref), 1, {"event": {"town": "Marck"}})
    with pytest.raises(service.Conflict) as conflict:
        service.save_sheet(user("first lead"), incident(ref), 1, {"event": {"town": "Sangatte"}})
    assert (conflict.value.newest.number, conflict.value.base.number if conflict.value.base else 0) == (2, 1)
    assert [(v.number, name) for v, name in queries.versions(incident(ref))] == [
        (2, "second lead"),
        (1, "first lead"),
    ]
    assert details("incident.sheet-saved", incident(ref).id)[-1] == {"version": 2, "parts": ["event"]}


def test_words_of_an_older_version_can_be_erased_and_nothing_of_them_is_anywhere(pair: Pair) -> None:
    who, name = user("first lead"), "Amina Canari"
    ref = pair.opened()
    service.save_sheet(who, incident(ref), 0, {"said": {"facts": f"{name} fell"}})
    with pytest.raises(Problem, match="newest"):
        service.erase_version(who, incident(ref), 1)
    service.save_sheet(who, incident(ref), 1, {"said": {"facts": "person A fell"}})
    service.erase_version(who, incident(ref), 1)
    erased = queries.sheet_of(incident(ref), 1)
    assert erased is not None and erased.document is None and erased.user_id == who.id
    assert log.verify() > 0
    rows = [*db.session.scalars(db.select(LogDetail.detail)), *db.session.scalars(db.select(LogEntry.line))]
    assert not [said for said in rows if said and name.encode() in said]
    texts = db.session.scalars(db.select(db.cast(SheetVersion.document, db.Text)))
    assert not [said for said in texts if said and name in said]


def test_lanes_move_by_eye_are_logged_and_come_back(pair: Pair) -> None:
    who, ref = user("first lead"), pair.opened(pair.first, pair.second)
    service.shift_lane(who, incident(ref), pair.second.id, 350)
    service.shift_lane(who, incident(ref), pair.second.id, 350)
    assert queries.shifts(incident(ref)) == {pair.second.id: 350}
    service.shift_lane(who, incident(ref), pair.second.id, 0)
    assert queries.shifts(incident(ref)) == {pair.second.id: 0}
    assert [d["ms"] for d in details("incident.lane-shifted", incident(ref).id)] == [350, 0]
    for seen, ms in ((pair.other.id, 100), (pair.first.id, 10**8)):
        with pytest.raises(Problem):
            service.shift_lane(who, incident(ref), seen, ms)


def test_only_people_judge_and_only_two_observers_of_one_incident(pair: Pair) -> None:
    from app.incidents import lanes

    who, ref = user("first lead"), pair.opened(pair.first, pair.second)
    view = lanes.together(incident(ref), queries.observations_of(incident(ref)))
    assert {(m.kind, m.agrees) for m in view.meetings} == {
        ("code", True), ("figure", True), ("figure", False), ("number", True),
    }  # fmt: skip
    assert queries.verdicts(incident(ref)) == {}
    one, other = view.meetings[0].ids
    service.judge(who, incident(ref), other, one, "confirmed", "both stood at the gate")
    verdict = queries.verdicts(incident(ref))[one, other]
    assert (verdict.verdict, verdict.note) == ("confirmed", "both stood at the gate")
    service.judge(who, incident(ref), one, other, "open")
    assert queries.verdicts(incident(ref))[one, other].verdict == "open"
    logged = details("incident.judged", incident(ref).id)
    assert [said["verdict"] for said in logged] == ["confirmed", "open"] and "gate" not in json.dumps(logged)
    same_lane = [m.id for m in view.lanes[0].moments[:2]]
    for a, b, said in ((one, other, "proven"), (*same_lane, "confirmed"), (one, "0" * 32, "confirmed")):
        with pytest.raises(Problem):
            service.judge(who, incident(ref), a, b, said)
    service.take_out(who, incident(ref), pair.second.id)
    with pytest.raises(Problem):
        service.judge(who, incident(ref), one, other, "confirmed")
