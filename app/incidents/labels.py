"""Tables of words: parts and fields of the sheet, and the lists of codes that only the sheet has.

Codes are stored; words are only shown. A code never changes its meaning; a new meaning is a new code.
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

Words = Any  # a lazy text of the request's language

# Part -> its words, and a hint where one helps.
PARTS: dict[str, tuple[Words, Words]] = {
    "event": (_l("What, when, where"), ""),
    "codes": (_l("What happened"), _l("Each code has its own basis. A code names what was perceived, never guilt.")),
    "figures": (_l("Figures"), _l("“None seen” needs a view; “could not observe” says there was none.")),
    "units": (_l("Forces and others present"), _l("A unit is valid for this date and this place only.")),
    "vehicles": (_l("Vehicles"), _l("Valid for this date and this place only.")),
    "means": (_l("Weapons and means"), ""),
    "identification": (_l("Identification of officers"), _l("Numbers stay in the register; here only how it was overall.")),
    "legal": (_l("Legal basis"), _l("What was asked, and the words of the answer.")),
    "language": (_l("Interpreters and language"), ""),
    "observing": (_l("Perimeter and observation"), ""),
    "quotes": (_l("Words that were said"), ""),
    "said": (_l("Facts, heard, opinion"), _l("Three places, so that nobody takes one for another.")),
    "people": (_l("People concerned"), _l("By group and role, never by name.")),
    "injuries": (_l("Injuries"), _l("What was seen or said to hurt, and where; no diagnosis.")),
    "custody": (_l("Arrest and custody"), _l("One row a person: “person A”. The same word links the times below.")),
    "custody_events": (_l("Times in custody"), _l("A time may be unknown, or about; “did not happen” is an answer too.")),
    "outcome": (_l("What came of it"), ""),
    "report": (_l("Report it is taken from"), _l("For incidents known from a document.")),
}  # fmt: skip

# Field -> its words; `part.field` where it means something else there.
FIELDS: dict[str, Words] = {
    "kind": _l("Kind"), "number": _l("Own number"), "day": _l("Day"), "time": _l("Time"), "time_is": _l("This time is"),
    "end_day": _l("Last day"), "end_time": _l("End"), "end_is": _l("This end is"), "precision": _l("Known to the"),
    "part_of_day": _l("Part of the day"), "date_words": _l("Date in words"), "town": _l("Town"),
    "site": _l("Coded site"), "place": _l("Place in words"),
    "code": _l("Code"), "basis": _l("Basis"), "note": _l("Note"), "what": _l("What"), "qualifier": _l("How sure"),
    "n": _l("Number"), "force": _l("Force or body"), "unit": _l("Unit"), "role": _l("Role"),
    "marking": _l("Marking or plate"), "seen": _l("Seen when"), "state": _l("State"),
    "status": _l("What was visible"), "asked": _l("What asking brought"),
    "legal.asked": _l("Basis asked for"), "ground": _l("Basis given"), "words": _l("Words"),
    "legal.words": _l("Words of the answer"), "observing.words": _l("In words"),
    "exact": _l("Exact words"), "order_shown": _l("Order shown"), "warning": _l("Warning heard"),
    "interpreter": _l("Interpreter present"), "french_only": _l("Orders in French only"), "languages": _l("Languages spoken"),
    "perimeter": _l("Perimeter"), "metres": _l("Distance in metres"), "escort": _l("Escort of observers"),
    "masked": _l("View blocked"), "checked": _l("Identity check of observers"),
    "filmed_phone": _l("Filmed with a personal phone"), "filmed_bodycam": _l("Filmed with a body camera"),
    "stop_filming": _l("Told to stop filming"),
    "who": _l("Who said it"), "lang": _l("Language"), "facts": _l("Facts"), "heard": _l("Heard from others"),
    "opinion": _l("Opinion"), "group": _l("Group"), "minor": _l("Minor"), "person": _l("Person"),
    "where": _l("Where on the body"), "injuries.seen": _l("What was seen"), "doctor": _l("Seen by a doctor"),
    "photo": _l("Photographed"), "station": _l("Where held"), "custody.ground": _l("Reason given"),
    "conditions": _l("Conditions"), "event": _l("Event"), "outcome.code": _l("Outcome"),
    "document": _l("Document"), "section": _l("Section"), "line": _l("Line"), "record": _l("Record"),
    "summary": _l("Summary in own words"), "notes": _l("Remarks"),
}  # fmt: skip

LISTS: dict[str, dict[str, Words]] = {
    "kind": {"incident": _l("One incident"), "pattern": _l("A pattern over time")},
    "yes": {"yes": _l("Yes"), "no": _l("No"), "unseen": _l("Not seen, not known")},
    "time_is": {"EXACT": _l("exact"), "ABOUT": _l("about"), "UNKNOWN": _l("unknown")},
    "custody_time": {
        "EXACT": _l("exact"), "ABOUT": _l("about"), "UNKNOWN": _l("unknown"), "DID_NOT": _l("did not happen"),
    },
    "precision": {
        "minute": _l("minute"), "day": _l("day"), "month": _l("month"), "year": _l("year"),
        "approx": _l("nearest week or so"), "range": _l("stretch of time given"), "reported": _l("date of the report only"),
    },
    "part_of_day": {
        "night": _l("Night"), "dawn": _l("Dawn"), "morning": _l("Morning"), "afternoon": _l("Afternoon"),
        "evening": _l("Evening"),
    },
    "actor": {
        "POLICE": _l("Police, force not stated"), "GENDARMERIE": _l("Gendarmerie, kind not stated"),
        "FORENSIC": _l("Forensic police"), "MUNICIPALITY": _l("Town hall"), "PREFECTURE": _l("Prefecture"),
        "GOVERNMENT": _l("Government"), "PROSECUTION": _l("Prosecution"), "STATE-OUTREACH": _l("State outreach team"),
        "CLEANERS": _l("Cleaning firm"), "INTERPRETERS": _l("Interpreters"), "POLITICAL-PARTY": _l("Political party"),
        "PRIVATE": _l("Private persons"), "OTHER": _l("Others"),
    },
    "counted": {
        "people_evicted": _l("People evicted"), "minors_alone": _l("Unaccompanied minors met"),
        "tents_full": _l("Tents full of belongings"), "mattresses": _l("Mattresses"), "batteries": _l("Batteries"),
        "pallets": _l("Pallets"), "wood": _l("Wood"), "chairs": _l("Chairs"), "seizures": _l("Seizures, of any kind"),
        "arrests_force": _l("Arrests with physical violence"), "left_behind": _l("People left behind"),
        "fines": _l("Fines"), "fines_eur": _l("Fines, euros"), "suspended_fine_eur": _l("Suspended fine, euros"),
        "costs_damages_eur": _l("Costs and damages, euros"), "held_minutes": _l("Held, minutes"),
        "papers_held_minutes": _l("Papers withheld, minutes"), "interpreter_wait_minutes": _l("Wait for an interpreter, minutes"),
        "station_hours": _l("At the station, hours"), "custody_hours": _l("In custody, hours"),
        "walk_back_hours": _l("Walk back, hours"), "detained_days": _l("Detained, days"),
        "duration_days": _l("Length, days"), "proceedings_months": _l("Proceedings, months"),
        "visits_per_week": _l("Visits a week"),
    },
    "vehicle": {
        "van": _l("Van"), "car": _l("Car"), "unmarked": _l("Unmarked car"), "bus": _l("Bus or coach"),
        "truck_open": _l("Open truck or cleaning van"), "truck_closed": _l("Closed truck or cleaning van"),
        "motorbike": _l("Motorbike"), "other": _l("Other"),
    },
    "seen_when": {"arrival": _l("at arrival"), "there": _l("while there"), "departure": _l("at departure")},
    "means": {
        "baton": _l("Baton"), "gas": _l("Teargas"), "firearm": _l("Firearm"), "lbd": _l("LBD launcher"),
        "grenade": _l("Grenade"), "taser": _l("Electric pistol"), "shield": _l("Shield"), "dog": _l("Dog"),
        "bodycam": _l("Body camera"), "drone": _l("Drone"), "knife": _l("Knife or cutter"), "other": _l("Other"),
    },
    "means_state": {
        "carried": _l("carried"), "shown": _l("held ready or shown"), "used": _l("used"),
        "none": _l("none seen (had a view)"), "no_view": _l("could not observe"),
    },
    "ground": {
        "flagrance": _l("Flagrance"), "shelter": _l("Sheltering (mise à l’abri)"), "court": _l("Court order"),
        "prefect": _l("Order of the prefect"), "town": _l("Order of the town"),
        "prosecutor": _l("Request of the prosecutor"), "none": _l("None given"), "other": _l("Other"),
    },
    "group": {
        "person_on_the_move": _l("Person on the move"), "defender": _l("Defender or volunteer"),
        "journalist": _l("Journalist"), "resident": _l("Resident"), "other": _l("Other"),
    },
    "custody_event": {
        "ARREST": _l("Arrest"), "STATION": _l("Arrival at the station"), "CUSTODY": _l("Custody notified"),
        "RIGHTS": _l("Rights told"), "INTERPRETER": _l("Interpreter"), "LAWYER": _l("Lawyer"), "DOCTOR": _l("Doctor"),
        "CALL": _l("Call to somebody close"), "HEARING": _l("Questioning"), "COURT": _l("Brought before a judge"),
        "RELEASE": _l("Release"), "OTHER": _l("Other"),
    },
    "outcome": {
        "REL_NOCHG": _l("Released without charge"), "CHARGED": _l("Charged"), "CONVICTED": _l("Convicted"),
        "ACQUITTED": _l("Acquitted"), "APPEAL": _l("Appeal pending"), "TRIAL_PEND": _l("Trial pending"),
        "C_IGPN": _l("Complaint to IGPN"), "C_IGGN": _l("Complaint to IGGN"), "C_DDD": _l("Referred to the Défenseur des droits"),
        "C_PROC": _l("Complaint to the prosecutor"), "C_UNSPEC": _l("Complaint filed, channel not stated"),
        "COURT_WIN": _l("Court ruled for the complainants"), "REJECTED": _l("Complaint rejected"),
        "UNKNOWN": _l("Outcome unknown"), "NONE": _l("No action reported"),
    },
}  # fmt: skip
