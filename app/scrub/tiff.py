"""TIFF and DNG."""
from app.scrub.errors import Refused
from app.scrub.plan import Plan
from app.scrub.report import Notes
from app.scrub.source import Source


def plan(source: Source, notes: Notes) -> Plan:
    raise Refused("TIFF can't be cleaned yet")
