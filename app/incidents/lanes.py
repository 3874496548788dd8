"""The lanes of one incident for one person: each observation they may open, its media and entries laid on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app

from app.incidents import queries, timeline
from app.incidents.models import Incident
from app.incidents.timeline import Axis, Meeting, Moment
from app.journal.models import Observation
from app.review import observation as review
from app.review.medium import Medium

STAYS = 15_000  # ms that a photo stands on the stage, or a film of which nothing says how long it ran


@dataclass(frozen=True)
class Piece:
    """A medium on the axis: from `start` for `length`, ms."""

    medium: Medium
    start: int
    length: int


@dataclass(frozen=True)
class Lane:
    """One observation. `number` from 1; `shift`: by how much somebody moved it by eye, ms beside its clock."""

    number: int
    observation: Observation
    sheet: review.Sheet
    shift: int
    pieces: list[Piece]
    moments: list[Moment]

    @property
    def clock(self) -> review.Clock | None:
        """Its first moment by every clock that saw it."""
        return self.sheet.clocks[0] if self.sheet.clocks else None

    @property
    def spans(self) -> list[tuple[int, int]]:
        points = [(m.at, m.at) for m in self.moments]
        return points + [(p.start, p.start + p.length) for p in self.pieces]


@dataclass(frozen=True)
class Together:
    lanes: list[Lane]
    axis: Axis
    moments: list[Moment]
    meetings: list[Meeting]

    def of(self, moment: Moment) -> list[Meeting]:
        return [m for m in self.meetings if moment.id in m.ids]


def together(incident: Incident, observations: Sequence[Observation]) -> Together:
    shifts = queries.shifts(incident)
    lanes = [_lane(n, seen, shifts.get(seen.id, 0)) for n, seen in enumerate(observations, 1)]
    moments = sorted(
        (m for lane in lanes for m in lane.moments), key=lambda m: (m.at, m.lane, m.said.entry.seq)
    )
    digits = int(current_app.config["TEMOIN"].rio_digits)
    return Together(
        lanes,
        timeline.axis([span for lane in lanes for span in lane.spans]),
        moments,
        timeline.meetings(moments, digits=digits),
    )


def _lane(number: int, seen: Observation, shift: int) -> Lane:
    sheet = review.sheet(seen)
    pieces = [
        Piece(m, m.at + shift, (m.length_ms if m.shows in {"video", "audio"} else None) or STAYS)
        for m in sheet.media
    ]
    forces = {officer.number: frozenset(officer.forces) - {"UNK"} for officer in sheet.officers}
    moments = [
        Moment(
            line.at + shift, line.said, number, forces.get(line.said.data.get("officer") or 0, frozenset())
        )
        for line in sheet.lines
        if line.said is not None
    ]
    return Lane(number, seen, sheet, shift, pieces, moments)
