"""Every main page of the desk with the longest texts that its forms and phones let in: nothing is wider than the screen,
and no text is cut off without a way to read it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.accounts import service as accounts
from app.db import db
from app.incidents import service as incidents
from app.register import officers, vocabulary
from app.review import hold, work
from app.review import service as review
from app.sites import service as sites
from app.sites.facts import MOST_ALIASES, Facts, Position
from config import Config
from tests.desk import PASSWORD
from tests.journeys.browser import Browser, playing
from tests.journeys.live import LiveServer
from tests.material import Observed, film, photo
from tests.phone import make_phone

pytestmark = pytest.mark.journey
WORD = "Anticonstitutionnellementinsurpassablementincommensurablement"[:60]  # no place to break it
SENTENCE = "Une phrase tout à fait ordinaire, qui dit longuement peu de chose. "
NAME = f"{WORD[:24]} {SENTENCE}"[:60].strip()
READING = {"asked": "REFUSED", "unsure": [1], "how": "eye", "checked": True, "other": WORD}
FRAGMENTS = [{"digits": "12", "anchor": "start"}, {"digits": "57", "anchor": "end"}]
UNIT = {"force": "CRS", "company": WORD[:40], "vehicle": WORD[:40], "town": WORD, "other": SENTENCE}
# Obviously invented: each says one digit more or less than its neighbour.
PATTERNS = ["0000012", "00000?2", "0?00012", "000?0??", "0000?12", "00?0012", "0000011", "?000012"] * 2


def words(letters: int) -> str:
    """A long text with a word in it that can't be broken at a space."""
    return f"{WORD} {SENTENCE * (letters // len(SENTENCE) + 1)}"[:letters].strip()


def record(seen: Observed, codes: list[str], shift: float) -> None:
    """What one observer notes: much of everything."""
    place = {"source": "gps", "lat": 50.9513 + shift, "lon": 1.8621, "accuracy": 12, "at": 1}
    seen.say(0, "open", place=place)
    seen.say(1, "place", place={"source": "site", "site": WORD[:40]})
    seen.record(2, "photo", photo(), mime="image/jpeg")
    seen.record(5, "film", film(2), until=7, mime="video/webm;codecs=vp8")
    for n, pattern in enumerate(PATTERNS):
        officer = 1 + n % 2
        seen.say(8 + n, "rio", {**READING, "officer": officer, "status": "READ_PART", "pattern": pattern,
                                "fragments": FRAGMENTS})  # fmt: skip
    for officer in (1, 2):
        seen.say(6, "officer", {"officer": officer, "force": "CRS", "look": words(400)})
        seen.say(6, "unit", {**UNIT, "officer": officer})
    seen.say(6, "unit", {**UNIT, "officer": None})
    seen.say(7, "rio", {**READING, "officer": 3, "status": "NOT_WORN", "pattern": None, "fragments": []})
    for n, code in enumerate(codes):
        seen.say(30 + n, "code", {"code": code, "officer": 1, "basis": "SAW"})
    seen.say(80, "count", {"what": "tents", "n": 9_999_999, "qualifier": "MIN"})
    seen.say(81, "quote", {"officer": 1, "text": words(400), "exact": True, "lang": "fr"})
    seen.say(82, "note", {"text": words(2000), "later": False})
    seen.say(90, "finish", {"by": "person"})


def sheet() -> dict[str, object]:
    row = {"id": "0" * 8}
    return {
        "event": {
            "date_words": words(200),
            "town": WORD,
            "site": WORD,
            "place": words(200),
            "number": 123456,
        },
        "codes": [{**row, "code": "FOR-GAS", "basis": "SAW", "note": words(200)}],
        "figures": [{**row, "what": "tents", "qualifier": "MIN", "n": 9_999_999, "note": words(200)}],
        "units": [
            {**row, "force": "CRS", "unit": words(200), "qualifier": "MIN", "n": 120, "role": words(200)}
        ],
        "vehicles": [{**row, "marking": words(200), "n": 12}],
        "legal": {"asked": "yes", "words": words(2000)},
        "quotes": [{**row, "words": words(400), "who": words(200), "lang": "fr"}],
        "said": {"facts": words(2000), "heard": words(2000), "opinion": words(2000)},
        "custody": [
            {**row, "person": WORD, "station": words(200), "ground": words(200), "conditions": words(200)}
        ],
        "report": {"document": words(200), "summary": words(2000), "notes": words(2000)},
    }


def fill(server: LiveServer) -> list[str]:
    """Put long texts everywhere; the pages that show them."""
    from app import create_app

    app = create_app(Config(instance=server.instance, testing=True))
    with app.app_context():
        codes = [code for code, _words in vocabulary.options("code")][:40]
    seen = []
    for n in (1, 2):
        one = Observed(make_phone(app, f"{WORD[:58]} {n}"))
        record(one, codes if n == 1 else codes[:3], n / 1000)
        seen.append(one)
    server.all_opened()
    with server.beside():
        admin = accounts.by_name("admin")
        assert admin is not None
        other = accounts.add(f"{WORD} rev", ["lead", "reviewer"], "server")
        accounts.add(NAME.replace(",", "")[:40], ["reviewer"], "server")
        for code, lat in ((WORD[:40], 50.951), (f"B {SENTENCE[:36]}", 50.956)):
            names = tuple(f"{code[:36]} {n}" for n in range(MOST_ALIASES))
            sites.add(admin, Facts(code, names, WORD, (Position(lat, 1.86),), note=words(400)))
        first, second = (one.id for one in seen)
        work.needs_more(admin, first, words(400))
        work.claim(other, second)
        work.mark_sensitive(admin, first, True)
        review.note(admin, first, words(2000))
        hold.change(admin, first, True, words(400))
        found = server.rows(
            f"SELECT id FROM sighting WHERE observation_id IN ('{first}', '{second}') AND officer IN (1, 2)"
            " ORDER BY officer, observation_id"
        )
        a, b, c, d = (str(id_) for (id_,) in found)
        known = officers.accept(admin, a, b, words(400), "A")
        officers.refuse(admin, c, d, words(400), "B")
        incident = incidents.open_incident(admin, [first, second])
        incidents.save_sheet(admin, incident, 0, sheet())
        incidents.save_sheet(admin, incident, 1, {**sheet(), "language": {"note": words(200)}})
        case, officer, them = incident.reference, known.id, other.id
        db.session.commit()
    server.invite(words(60))
    ((reference,), (second_reference,)) = server.rows("SELECT reference FROM observation ORDER BY rowid")
    ((phone,), *_more) = server.rows("SELECT id FROM device")
    ((site,), *_more) = server.rows("SELECT id FROM site")
    media = server.rows("SELECT id FROM item WHERE kind IN ('film', 'photo')")
    return [
        "queue", "queue?show=all", f"o/{reference}", f"o/{second_reference}", "look-up", f"sightings/{a}",
        f"sightings/{a}/beside/{c}", f"officers/{officer}", "unidentified", "look-ups", "incidents/",
        f"incidents/{case}", f"incidents/{case}/together", f"incidents/{case}/sheet", f"incidents/{case}/sheet/edit",
        "sites", f"sites/{site}", "map", "people", f"people/{them}", "phones", f"phones/{phone}/revoke",
        "custody", "status", f"withdraw/{first}", f"footage/{media[0][0]}", "nothing-here",
    ]  # fmt: skip


# Text that sticks out of the block it stands in, or is cut off by a box that hides what is too much. Cut off it may be
# where a title says the whole of it; a box that scrolls hides nothing.
FAULTS = """() => {
  const SPACE = 6; // where white space is kept, one hangs over at the end of a line
  const found = new Set();
  const say = (what, node) => found.add(`${what}: ${node.parentElement.closest('[class]')?.className}: ${node.data.trim().slice(0, 40)}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const own = node.parentElement;
    if (!node.data.trim() || !own.checkVisibility() || own.closest('.unseen, .skip, script, option, svg')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const text of range.getClientRects()) {
      for (let box = own, inBlock = false; box !== document.body; box = box.parentElement) {
        const style = getComputedStyle(box);
        if (style.display.startsWith('inline') || style.display === 'contents') continue;
        const edge = box.getBoundingClientRect();
        const wide = text.right > edge.right + SPACE || text.left < edge.left - 1;
        if (style.overflowX === 'auto' || style.overflowX === 'scroll') break;
        if (style.overflowX === 'hidden' || style.overflowX === 'clip') {
          if ((wide || text.bottom > edge.bottom + 2) && !own.closest('[title]')) say('cut off', node);
          break;
        }
        if (!inBlock && wide) say('sticks out', node);
        inBlock = true;
      }
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) found.add(`wide: ${document.documentElement.scrollWidth}`);
  return [...found];
}"""


def come_in(page: Page, server: LiveServer) -> None:
    page.goto(server.login_link())
    page.keyboard.press("Enter")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.keyboard.press("Enter")
    page.locator("form[action*='later'] button").click()
    page.wait_for_url("**/desk/queue")


def look(page: Page, where: str) -> list[str]:
    """What is wrong with the page at both sizes."""
    found = []
    for width, height in ((1280, 800), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{where}, {width}: {fault}" for fault in page.evaluate(FAULTS)]
    return found


def test_long_texts_fit(server: LiveServer, tmp_path: Path) -> None:
    paths = fill(server)
    found = []
    with playing() as play:
        browser = Browser(play, tmp_path / "desk", phone=False, language="fr")
        page = browser.open()
        come_in(page, server)
        for path in paths:
            answer = page.goto(f"{server.url}/desk/{path}")
            assert answer is not None and answer.status == (404 if path == "nothing-here" else 200), path
            found += look(page, path)
        page.goto(f"{server.url}/desk/map")  # still as narrow as a phone
        expect(page.locator("[data-map]")).to_have_attribute(
            "style", re.compile("--unit")
        )  # drawn by its script
        label = page.locator(".site-mark text:visible").first.bounding_box()
        assert label is not None and label["height"] >= 12
        page.goto(f"{server.url}/desk/look-up")
        page.fill("#number", "00?00?2")
        page.fill("#purpose", words(300))
        page.locator("main form button.act").first.click()
        expect(page.locator("td .rio").first).to_be_visible()
        found += look(page, "hits")
        page.goto(f"{server.url}/desk/look-ups")
        found += look(page, "looked up")
        page.fill("#find", WORD[:40])
        page.press("#find", "Enter")
        expect(page.locator(".row").first).to_be_visible()
        found += look(page, "found")
        browser.close()
    assert found == [], "\n".join(found)
