"""Reading from footage over the real routes: frames, crops as evidence, versions, taking back; nothing readable on disk."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from app import create_app
from app.blobs import blobs
from app.custody.models import LogDetail, LogEntry
from app.db import db
from app.intake.models import Item
from app.opening import crops, cutting
from app.opening.models import Crop
from app.register.models import Reading, Sighting
from app.review.medium import hex_hash
from config import Config
from tests.desk import Desk, person
from tests.footage import BITS, BLOCK, counter, number_in, sheet
from tests.material import Observed
from tests.phone import make_phone
from tests.review.conftest import RIO, SITE, open_all, reference_of

CORNER = {"x": 0, "y": 0, "w": BITS * BLOCK, "h": 2 * BLOCK}
NUMBER = "4711038"  # obviously invented


@dataclass
class Place:
    """An observation with a film and a photo, and a lead at the desk."""

    app: Flask
    desk: Desk
    reference: str
    film: str
    photo: str
    token: str = ""

    @property
    def page(self) -> str:
        return f"/desk/footage/{self.film}"

    def ticks(self) -> list[int]:
        said = self.desk.get(f"{self.page}/frames").get_json()
        return list(accumulate(said["steps"], initial=said["first"]))

    def cut(self, item: str = "", **said: Any) -> Any:
        body = {"region": CORNER, "tick": 0, **said}
        headers = {"X-CSRFToken": self.token, "Accept": "application/json"}
        return self.desk.http.post(f"/desk/footage/{item or self.film}/cut", json=body, headers=headers)

    def read(self, crop: str, **said: str) -> Any:
        form = {"crop": crop, "who": "officer:2", "pattern": NUMBER, "status": "READ_FULL", "asked": "NOT_ASKED",
                "how": "later_from_media", **said}  # fmt: skip
        return self.post(f"{self.page}/read", form)

    def post(self, path: str, form: Mapping[str, str] | None = None) -> Any:
        return self.desk.http.post(path, data={"csrf_token": self.token, **(form or {})})

    def readings(self) -> list[Reading]:
        with self.app.app_context():
            return list(db.session.query(Reading).order_by(Reading.id))


def filled(app: Flask, trial: bool = False) -> tuple[str, dict[str, str]]:
    seen = Observed(make_phone(app), trial=trial)
    seen.say(0, "open", **SITE)
    seen.record(2, "photo", sheet(6), mime="image/jpeg")
    seen.record(10, "film", counter(live="1"), until=13, mime="video/webm;codecs=vp8")
    seen.say(10.4, "officer", {"officer": 2, "force": "CRS", "look": "helmet"})
    seen.say(11, "rio", {**RIO, "pattern": "47?10?8", "unsure": [1]})
    seen.say(20, "finish", {"by": "person"})
    open_all(app)
    with app.app_context():
        items = {str(item.kind): item.id for item in db.session.query(Item)}
    return reference_of(app, seen.id), items


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    app = create_app(Config(instance=tmp_path_factory.mktemp("instance"), testing=True))
    with app.app_context():
        db.create_all()
    reference, items = filled(app)
    place = Place(app, person(app, "lead"), reference, items["film"], items["photo"])
    place.token = place.desk.token(place.page)
    yield place
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def evidence(place: Place) -> str:
    """A crop that many tests name."""
    return str(place.cut(tick=place.ticks()[3]).get_json()["crop"])


def details(app: Flask, verb: str) -> list[tuple[str, str]]:
    with app.app_context():
        rows = db.session.query(LogEntry, LogDetail).join(LogDetail, LogDetail.index == LogEntry.index)
        return [(e.object, (d.detail or b"").decode()) for e, d in rows if e.verb == verb]


def test_the_page_has_the_picture_the_officers_and_what_was_read(place: Place) -> None:
    text = place.desk.page(place.page)
    title = re.search(r"<title>(.*?)</title>", text)
    assert title and title[1] == place.reference
    assert 'value="officer:2"' in text and "Somebody new" in text and "the observer" in text
    assert place.desk.get(place.page).headers["Cache-Control"] == "no-store"
    assert place.desk.page(f"/desk/o/{place.reference}").count("Read a number") == 2


def test_frames_come_with_their_times_and_are_kept_nowhere(place: Place) -> None:
    answer = place.desk.get(f"{place.page}/frames")
    assert answer.headers["Cache-Control"] == "no-store" and answer.get_json()["width"] == 320
    assert len(place.ticks()) == 60
    photo = place.desk.get(f"/desk/footage/{place.photo}/frames").get_json()
    assert (photo["width"], photo["height"], photo["steps"]) == (640, 480, [])


def test_a_frame_is_decoded_for_the_eye(place: Place) -> None:
    answer = place.desk.get(f"{place.page}/frame/{place.ticks()[33]}")
    assert answer.mimetype == "image/png" and answer.headers["Cache-Control"] == "no-store"
    picture = Image.open(io.BytesIO(answer.data))
    assert (picture.size, number_in(picture)) == ((320, 180), 33)
    assert place.desk.get(f"/desk/footage/{place.photo}/frame/0").status_code == 404


def test_a_crop_is_of_that_frame_sealed_logged_and_shown(place: Place) -> None:
    tick = place.ticks()[37]
    said = place.cut(tick=tick).get_json()
    shown = place.desk.get(said["address"])
    assert shown.mimetype == "image/png" and shown.headers["Cache-Control"] == "no-store"
    assert number_in(Image.open(io.BytesIO(shown.data))) == 37 and said["tick"] == tick
    with place.app.app_context():
        crop = db.session.get_one(Crop, said["crop"])
        sealed = blobs().path(crop.blob).read_bytes()
        assert hex_hash(crop.sha256) == hashlib.sha256(shown.data).hexdigest()
        assert sealed.startswith(b"age-encryption.org/v1\n") and b"PNG" not in sealed
        assert crop in crops.of_observation(crop.observation_id) and crop.media_ms == tick
    assert any(obj == place.film and said["crop"] in text and crop.sha256 in text
               for obj, text in details(place.app, "crop.cut"))  # fmt: skip
    assert [obj for obj, _ in details(place.app, "crop.viewed")].count(said["crop"]) == 1


def test_no_plaintext_of_a_crop_or_frame_lies_on_the_disk(place: Place) -> None:
    place.cut(tick=place.ticks()[5])
    place.desk.get(f"{place.page}/frame/0")
    root = place.app.config["TEMOIN"].instance
    found = [p for p in root.rglob("*") if p.is_file() and b"\x89PNG" in p.read_bytes()]
    assert found == [] and list(root.rglob("*.partial")) == []


def test_a_photo_is_cut_upright_at_full_resolution(place: Place) -> None:
    said = place.cut(place.photo, region={"x": 0, "y": 0, "w": 40, "h": 20}, tick=None).get_json()
    red, green, _blue = Image.open(io.BytesIO(place.desk.get(said["address"]).data)).getpixel((20, 10))  # type: ignore[misc]
    assert red > 150 and green < 80 and said["ms"] is None


@pytest.mark.parametrize(
    "said",
    [
        {"region": {"x": 0, "y": 0, "w": 1, "h": 1}},
        {"region": {"x": 5000, "y": 0, "w": 50, "h": 50}},
        {"region": {"x": 0, "y": 0, "w": 10**30, "h": 50}},
        {"region": "all of it"},
        {"region": None},
        {"tick": -(10**9)},
        {"tick": "now"},
        {"tick": float("inf")},
    ],
    ids=str,
)
def test_what_cannot_be_cut_is_said_in_words_and_leaves_nothing(place: Place, said: dict[str, Any]) -> None:
    with place.app.app_context():
        before = sorted(path.name for path in (blobs().root / "working").iterdir())
    answer = place.cut(**said)
    assert answer.status_code == 422 and len(answer.get_json()["error"]) > 15
    with place.app.app_context():
        assert sorted(path.name for path in (blobs().root / "working").iterdir()) == before


def test_a_busy_server_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "PATIENCE", 0.01)
    for _ in range(cutting.AT_ONCE):
        assert cutting._places.acquire(timeout=5)
    try:
        assert place.cut().status_code == 503
    finally:
        for _ in range(cutting.AT_ONCE):
            cutting._places.release()


def test_a_reading_is_a_new_version_with_its_crop_and_can_be_taken_back(place: Place) -> None:
    crop = place.cut(tick=place.ticks()[20]).get_json()
    answer = place.read(
        crop["crop"], pattern="4711?38", status="READ_PART", unsure="2,4", alternatives='{"2": "7", "5": "8"}'
    )
    assert answer.status_code == 303 and answer.headers["Location"].endswith(f"#at={crop['ms']}")
    first, kept = place.readings()[:2]
    assert (first.pattern, first.state, first.user_id) == ("47?10?8", "stands", None)
    assert (kept.pattern, kept.unsure, kept.alternatives) == ("4711?38", [2], {"2": "7"})
    assert (kept.crop, kept.media, kept.media_ms, kept.region) == (
        crop["crop"],
        place.film,
        crop["ms"],
        crop["region"],
    )
    assert kept.sighting == first.sighting and kept.version == 2
    text = place.desk.page(place.page)
    assert "Version 2" in text and crop["address"] in text and "Take back" in text

    place.read(crop["crop"])
    assert [one.state for one in place.readings()] == ["stands", "replaced", "stands"]
    newest = place.readings()[-1]
    undone = place.post(f"/desk/footage/reading/{newest.id}/undo")
    assert undone.status_code == 303
    back = place.readings()
    assert [one.state for one in back] == ["stands", "replaced", "taken-back", "stands"]
    assert (back[-1].pattern, back[-1].version, back[-1].crop) == ("4711?38", 4, crop["crop"])
    with place.app.app_context():
        assert db.session.query(Sighting).filter_by(officer=2).one().status == "READ_PART"
    # Twice does nothing.
    place.post(f"/desk/footage/reading/{newest.id}/undo")
    assert len(place.readings()) == 4
    # In no address, no log, no title: the number.
    with place.app.app_context():
        logged = b"".join((detail.detail or b"") for detail in db.session.query(LogDetail))
        lines = b"".join(entry.line for entry in db.session.query(LogEntry))
    assert NUMBER.encode() not in logged + lines and b"4711?38" not in logged + lines


def test_somebody_whom_nobody_counted_gets_a_sighting_and_undo_leaves_nothing_standing(place: Place) -> None:
    crop = place.cut(tick=place.ticks()[50]).get_json()["crop"]
    before = len(place.readings())
    assert place.read(crop, who="new", force="CRS", look="no helmet", pattern="", **{"fragment-0": "471", "anchor-0": "start"},
                      status="READ_PART").status_code == 303  # fmt: skip
    kept = place.readings()[before]
    with place.app.app_context():
        made = db.session.get_one(Sighting, kept.sighting)
        assert (made.officer, made.force, made.look) == (None, "CRS", "no helmet")
    assert kept.fragments == [{"digits": "471", "anchor": "start"}]
    assert f'value="sighting:{kept.sighting}"' in place.desk.page(place.page)
    place.post(f"/desk/footage/reading/{kept.id}/undo")
    assert [one.state for one in place.readings()[before:]] == ["taken-back", "taken-back"]
    assert "The reading before it was taken back." in place.desk.page(place.page)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"crop": ""}, "Mark the place"),
        ({"pattern": "4711?38"}, "needs every digit"),
        ({"status": "READ_PART"}, "Every digit is there"),
        ({"status": "READ_PART", "pattern": ""}, "at least one digit"),
        ({"status": "COVERED"}, "contradict each other"),
        ({"status": "NOT_WORN", "pattern": ""}, "chest, shoulders and armband"),
        ({"pattern": "471103899"}, "another number"),
        ({"pattern": "47II038"}, "another number"),
        ({"fragment-0": "4a7"}, "digits only"),
        ({"who": "officer:x"}, "which officer"),
    ],
)
def test_a_reading_that_contradicts_itself_is_kept_by_the_form_not_by_the_register(
    place: Place, evidence: str, said: dict[str, str], words: str
) -> None:
    before = len(place.readings())
    answer = place.read(**{"crop": evidence, **said})
    assert answer.status_code == 422 and words in answer.text.replace("&#39;", "'")
    assert len(place.readings()) == before
    assert re.search(
        f'<input[^>]* name="pattern"[^>]* value="{re.escape(said.get("pattern", NUMBER))}"', answer.text
    )


def test_given_aloud_may_go_with_not_visible(place: Place, evidence: str) -> None:
    assert place.read(evidence, status="COVERED", asked="GIVEN", how="told").status_code == 303


def test_evidence_is_of_this_medium(place: Place) -> None:
    other = place.cut(place.photo, region={"x": 0, "y": 0, "w": 40, "h": 20}).get_json()["crop"]
    assert place.read(other).status_code == 404
    assert place.read("0" * 32).status_code == 404


def test_an_officer_of_another_observation_is_not_there(place: Place, evidence: str) -> None:
    assert place.read(evidence, who="officer:9").status_code == 404
    assert place.read(evidence, who=f"sighting:{'0' * 32}").status_code == 404


def test_only_who_holds_an_observation_reads_from_it(place: Place) -> None:
    crop = place.cut().get_json()
    reviewer = person(place.app, "reviewer", name="somebody else")
    for path in (place.page, f"{place.page}/frames", f"{place.page}/frame/0", crop["address"]):
        assert reviewer.get(path).status_code == 403, path
    headers = {"X-CSRFToken": reviewer.token()}
    assert reviewer.http.post(f"{place.page}/cut", json={}, headers=headers).status_code == 403
    assert reviewer.http.post(f"{place.page}/read", headers=headers).status_code == 403
    assert reviewer.http.post("/desk/footage/reading/1/undo", headers=headers).status_code == 403


def test_what_was_erased_says_so(place: Place) -> None:
    crop = place.cut().get_json()
    with place.app.app_context():
        blobs().erase(db.session.get_one(Crop, crop["crop"]).blob)
    assert place.desk.get(crop["address"]).status_code == 410


def test_a_trial_is_looked_at_and_stays_out_of_the_register(app: Flask) -> None:
    _reference, items = filled(app, trial=True)
    desk = person(app, "lead")
    page = f"/desk/footage/{items['film']}"
    assert "A trial stays out of the register." in desk.page(page)
    headers = {"X-CSRFToken": desk.token(page)}
    assert (
        desk.http.post(f"{page}/cut", json={"region": CORNER, "tick": 0}, headers=headers).status_code == 422
    )
    with app.app_context():
        assert db.session.query(Crop).count() == db.session.query(Sighting).count() == 0
