"""Words of the sheet: its parts, fields and lists of codes, in the language of the request. The rest of the codes has
its words in the register's vocabulary."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.incidents.labels import FIELDS, LISTS, PARTS
from app.incidents.suggest import Reasons
from app.journal.reference import reference
from app.journal.service import NONE_COUNTED
from app.register import vocabulary

Options = list[tuple[str, str]]
_EXTENDS = {"actor": "force", "counted": "item"}  # our lists that begin with one of the vocabulary
_GIVEN = ("code", "basis", "qualifier", "rio_status", "rio_asked")


def options(name: str) -> Options:
    """(code, words) of a list, in its order."""
    own = [(code, str(words)) for code, words in LISTS.get(name, {}).items()]
    given = vocabulary.options(_EXTENDS.get(name, name)) if name in _EXTENDS or name in _GIVEN else []
    return given + own


@cache
def known() -> dict[str, frozenset[str]]:
    """The codes of every list that a sheet may name."""
    names = (*LISTS, *_EXTENDS, *_GIVEN)
    return {name: frozenset(code for code, _words in options(name)) for name in names}


def grouped_codes() -> list[tuple[str, Options]]:
    """Conduct codes under the words of their group."""
    return vocabulary.grouped_codes()


def option(name: str, code: object) -> str:
    """The words for a code of a list; the code itself where it isn't known here."""
    own = LISTS.get(name, {}).get(str(code))
    if own is None and (name in _EXTENDS or name in _GIVEN):
        return vocabulary.label(_EXTENDS.get(name, name), code)
    return str(own or code)


def part(name: str) -> str:
    return str(PARTS[name][0])


def part_hint(name: str) -> str:
    return str(PARTS[name][1])


def field(part_name: str, name: str) -> str:
    """The words of a field; the same name may mean something of its own in one part."""
    return str(FIELDS.get(f"{part_name}.{name}") or FIELDS[name])


def figure(row: dict[str, Any]) -> str:
    """A count with its qualifier: `at least 14`; nothing seen is not nothing to be seen."""
    qualifier, n = row.get("qualifier"), row.get("n")
    if qualifier in NONE_COUNTED:
        return vocabulary.label("qualifier", qualifier)
    if n is None:
        return vocabulary.label("qualifier", qualifier) if qualifier else ""
    return f"{vocabulary.label('qualifier', qualifier)} {n}" if qualifier and qualifier != "EXACT" else str(n)


def ref_of(observation_id: str) -> str:
    """The reference of an observation by its id."""
    return reference(observation_id)


def said(why: Reasons) -> str:
    """The reasons for a suggestion in a line: `11 minutes apart, 140 m, both CRS`."""
    return ", ".join(_reasons(why))


def _reasons(why: Reasons) -> Iterable[str]:
    if why.minutes is None:
        yield _("at the same time")
    else:
        yield ngettext("%(num)d minute apart", "%(num)d minutes apart", why.minutes)
    if why.site:
        yield _("both at %(site)s", site=why.site)
    if why.metres is not None:
        yield f"{why.metres} m" if why.metres < 1000 else f"{why.metres / 1000:.1f} km"
    if why.metres is None and not why.site:
        yield _("no place to compare")
    for force in why.forces:
        yield _("both %(force)s", force=force)
    if why.other_forces:
        yield _("other forces named")
    if why.one_phone:
        yield _("the same phone")


def apart(ms: int) -> str:
    """A small difference of time with its sign: `+0.35 s`, `−12.0 s`, `+2:05`."""
    sign = "−" if ms < 0 else "+"
    seconds = abs(ms) / 1000
    if seconds < 60:
        return f"{sign}{seconds:.2f} s"
    return f"{sign}{math.floor(seconds / 60)}:{round(seconds) % 60:02}"


def hours(minutes: int) -> str:
    """A length of time in words people use: `40 min`, `1 h 40`."""
    whole, rest = divmod(minutes, 60)
    return f"{whole} h {rest:02}" if whole else f"{rest} min"


NO_NAMES = _l(
    "Please write no names of victims or witnesses, nothing about papers or nationality: “person A” is enough."
)
