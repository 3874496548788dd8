"""Bad input at desk and API: a clear answer in one shape, a log line without content, and nothing received is lost."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from joserfc.jws import serialize_compact
from sqlalchemy import text
from werkzeug.test import TestResponse

from app import jws
from app.clock import now_ms
from app.db import db, unit_of_work
from app.documents import DEEPEST, loads
from app.enrol import service as enrol
from app.enrol.models import Invitation
from app.ids import new_id
from app.intake.models import Item
from app.seal import make_identity
from app.worker import work_off
from config import Config
from tests.desk import Desk, person
from tests.material import Observed, photo
from tests.phone import TUS, Phone, Sealed, b64, make_phone, sha256_b64
from tests.review.conftest import reference_of

CANARY = "q7Zk2vRw9LxTn4HsBd8YcJp3"  # stands for content in every bad request; no log may hold it
DEEP = "[" * 12_000
JSON = {"Content-Type": "application/json"}


@dataclass
class Server:
    """A server that holds one received photo and half of another, before anything bad comes."""

    app: Flask
    phone: Phone
    whole: Sealed
    half: Sealed
    url: str
    offset: int

    @classmethod
    def begun(cls, app: Flask) -> Server:
        phone = make_phone(app)
        whole, half = phone.seal(photo()), phone.seal(b"h" * 50_000)
        for sealed in (whole, half):
            phone.commit(sealed)
        assert phone.send(whole).status_code == 204
        url = phone.create(half.id, len(half.bytes)).headers["Location"]
        assert phone.patch(url, 0, half.bytes[:30_000]).status_code == 204
        return cls(app, phone, whole, half, url, 30_000)

    def has_lost_nothing(self) -> None:
        """The half is there and can be completed; both receipts can be had."""
        at = self.phone.http.head(self.url, headers={**self.phone.auth, **TUS}).headers["Upload-Offset"]
        assert int(at) == self.offset
        assert self.phone.patch(self.url, self.offset, self.half.bytes[self.offset :]).status_code == 204
        said = self.phone.status(self.whole.id, self.half.id)["items"]
        for sealed in (self.whole, self.half):
            receipt = jws.unverified(said[sealed.id]["receipt"])
            assert receipt["attested"] == "match" and receipt["body"]["sha256"] == jws.sha256(sealed.body)


@pytest.fixture
def server(app: Flask, caplog: pytest.LogCaptureFixture) -> Iterator[Server]:
    """Afterwards: nothing is lost, and no log line of any logger holds the canary."""
    begun = Server.begun(app)
    caplog.set_level(logging.DEBUG)
    yield begun
    begun.has_lost_nothing()
    assert CANARY not in caplog.text


def in_one_shape(answer: TestResponse, status: int, code: str = "") -> None:
    """The one shape of /api: code for programs, a sentence for people, nothing else, nothing sent back."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"
    said = answer.get_json()
    assert set(said) == {"error"} and set(said["error"]) == {"code", "message"}
    assert re.fullmatch(r"[a-z-]+", said["error"]["code"])
    assert not code or said["error"]["code"] == code
    assert len(said["error"]["message"]) > 10
    assert CANARY not in answer.get_data(as_text=True)


def files(server: Server, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.phone.http.post("/api/files", headers={**server.phone.auth, **TUS, **named})


def status(server: Server, body: str, **headers: str) -> TestResponse:
    return server.phone.http.post("/api/status", data=body, headers={**server.phone.auth, **JSON, **headers})


def half(server: Server, offset: int, data: bytes, **headers: str) -> TestResponse:
    return server.phone.patch(server.url, offset, data, **headers)


def fresh(server: Server, data: bytes) -> TestResponse:
    """A new upload whose first bytes are these."""
    url = server.phone.create(new_id(), len(data)).headers["Location"]
    return server.phone.patch(url, 0, data)


def statements(server: Server, said: object) -> TestResponse:
    return server.phone.http.post("/api/statements", json={"statements": said}, headers=server.phone.auth)


BAD: dict[str, tuple[int, str, Callable[[Server], TestResponse]]] = {
    # Wrong types and shapes
    "no JSON": (400, "bad-json", lambda s: status(s, CANARY)),
    "another content type": (400, "bad-json", lambda s: status(s, "{}", **{"Content-Type": "text/plain"})),
    "a list": (400, "bad-json", lambda s: status(s, f'["{CANARY}"]')),
    "ids that are no list": (400, "", lambda s: status(s, f'{{"ids":"{CANARY}"}}')),
    "ids that are no ids": (400, "", lambda s: status(s, f'{{"ids":["{CANARY}"]}}')),
    "statements that are no list": (400, "bad-json", lambda s: statements(s, CANARY)),
    "statements that are no text": (400, "bad-json", lambda s: statements(s, [{"a": CANARY}])),
    "seventeen statements": (400, "bad-json", lambda s: statements(s, [CANARY] * 17)),
    "a number for a secret": (400, "bad-json", lambda s: s.phone.http.post("/api/enrol", json={"secret": 7})),
    # Hostile
    "nested without end": (400, "bad-json", lambda s: status(s, '{"ids":' + DEEP)),
    "half a character": (400, "bad-json", lambda s: status(s, '{"ids":[],"x":"\\ud800"}')),
    "a number without end": (400, "bad-json", lambda s: status(s, '{"ids":[' + "9" * 9000 + "]}")),
    "no age file": (415, "not-age", lambda s: fresh(s, CANARY.encode() * 4)),
    "a head without end": (415, "not-age", lambda s: fresh(s, b"age-encryption.org/v1\n" + b"-> X a\n" * 3000)),
    "an id that is a path": (400, "", lambda s: files(s, Upload_Length="9", Upload_Metadata=f"item {b64('../' + CANARY)}")),
    "metadata that is no base64": (400, "bad-metadata", lambda s: files(s, Upload_Length="9", Upload_Metadata=f"item ={CANARY}")),
    "a length that is no number": (400, "bad-header", lambda s: files(s, Upload_Length=CANARY)),
    "a length below nothing": (400, "bad-header", lambda s: files(s, Upload_Length="-1")),
    "two lengths": (400, "bad-header", lambda s: files(s, Upload_Length="9", Upload_Defer_Length="1")),
    "another version of tus": (412, "tus-version", lambda s: files(s, Upload_Length="9", Tus_Resumable="9.9.9")),
    "an unknown checksum": (400, "checksum-algorithm", lambda s: half(s, s.offset, b"x", Upload_Checksum=f"md5 {CANARY}")),
    # Truncated, repeated, out of order
    "bytes that the checksum doesn't fit": (460, "checksum", lambda s: half(s, s.offset, CANARY.encode(), Upload_Checksum=f"sha256 {sha256_b64(b'else')}")),
    "the same bytes again": (409, "offset", lambda s: half(s, 0, s.half.bytes[: s.offset])),
    "bytes from further on": (409, "offset", lambda s: half(s, s.offset + 5, CANARY.encode())),
    "no offset": (400, "bad-header", lambda s: s.phone.http.patch(s.url, data=b"x", headers={**s.phone.auth, **TUS, "Content-Type": "application/offset+octet-stream"})),
    "another length later": (400, "", lambda s: half(s, s.offset, b"", Upload_Length="5")),
    # Larger than the limit
    "a body larger than the limit": (413, "too-large", lambda s: status(s, " " * 40_000)),
    "an item larger than the limit": (413, "too-large", lambda s: files(s, Upload_Length=str(1 << 50))),
    "more than was announced": (413, "", lambda s: half(s, s.offset, s.half.bytes[s.offset :] + CANARY.encode())),
    # Nobody, nowhere
    "no token": (401, "no-token", lambda s: s.phone.http.get("/api/pins")),
    "a token of nobody": (401, "no-token", lambda s: s.phone.http.get("/api/pins", headers={"Authorization": f"Bearer {CANARY}"})),
    "an upload of nobody": (404, "", lambda s: s.phone.http.patch(f"/api/files/{'0' * 32}", data=b"x", headers={**s.phone.auth, **TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"})),
    "an address that isn't there": (404, "", lambda s: s.phone.http.get(f"/api/{CANARY}")),
    "another verb": (405, "", lambda s: s.phone.http.put("/api/status", headers=s.phone.auth)),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_every_bad_request_gets_one_shape_and_costs_nothing(
    server: Server, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    status_, code, ask = BAD[name]
    caplog.clear()
    answer = ask(server)
    if name == "more than was announced" and answer.status_code == 204:
        pytest.fail("bytes beyond the announced length were taken")
    in_one_shape(answer, status_, code)
    assert f"refused {status_}" in caplog.text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_sentence_is_in_the_language_of_the_request(server: Server, language: str) -> None:
    said = status(server, CANARY, **{"Accept-Language": language}).get_json()["error"]["message"]
    assert said == {"en": "The request can't be read.", "fr": "La demande ne peut pas être lue."}[language]


def test_bad_statements_are_answered_one_by_one_and_logged(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    phone = server.phone
    deep = serialize_compact(
        {"alg": "Ed25519", "typ": "temoin-prefix", "kid": phone.device},
        b'{"a":' + b"[" * 12_000, phone.key, algorithms=["Ed25519"],
    )  # fmt: skip
    sealed = phone.seal(b"said among the bad ones")
    good = phone.sign("temoin-commitment", {"items": [sealed.named("photo")]})
    forged = jws.sign(
        {"aud": phone.server, "dev": phone.device}, "temoin-commitment", phone.device, jws.make_key()
    )
    strange = phone.sign("temoin-commitment", {"items": [{"id": CANARY}]})
    said = phone.say(deep, forged, CANARY, good, strange)
    assert ["error" in one for one in said] == [True, True, True, False, True]
    assert [one["error"]["code"] for one in said if "error" in one] == [
        "bad-statement", "bad-signature", "bad-statement", "bad-statement",
    ]  # fmt: skip
    assert caplog.text.count("refused a statement: bad-") == 4


def test_used_expired_and_unknown_invitations(server: Server, app: Flask) -> None:
    with app.app_context():
        used, late = enrol.invite("used"), enrol.invite("late")
        with unit_of_work() as session:
            session.get_one(Invitation, late.invitation.id).expires_at = now_ms() - 1
    assert Phone(app, app.test_client()).enrol(used.secret).status_code == 201
    for secret, status_, code in (
        (used.secret, 410, "invitation-used"),
        (late.secret, 410, "invitation-expired"),
        (CANARY, 404, "invitation-unknown"),
    ):
        in_one_shape(Phone(app, app.test_client()).enrol(secret), status_, code)


def test_bytes_other_than_committed_are_asked_for_once_more_and_never_dropped(server: Server) -> None:
    phone = server.phone
    sealed, other = phone.seal(b"meant"), phone.seal(CANARY.encode() * 3)
    phone.commit(sealed)
    other.id = sealed.id
    in_one_shape(phone.send(other), 409, "differs-from-commitment")
    assert phone.send(other).status_code == 204
    receipt = jws.unverified(phone.status(sealed.id)["items"][sealed.id]["receipt"])
    assert receipt["attested"] == "differs" and receipt["body"]["sha256"] == jws.sha256(other.body)


def test_a_full_disk_is_said_and_keeps_what_it_has(
    config: Config, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import create_app
    from app.blobs import Blobs

    app = create_app(replace(config, reserve=1 << 20))
    with app.app_context():
        db.create_all()
    server = Server.begun(app)
    caplog.set_level(logging.DEBUG)
    with monkeypatch.context() as full:
        full.setattr(Blobs, "free", lambda _self: 1000)
        in_one_shape(server.phone.create(new_id(), 5000), 507, "disk-full")
        in_one_shape(half(server, server.offset, server.half.bytes[server.offset :]), 507, "disk-full")
        assert "refused 507: disk-full" in caplog.text
    server.has_lost_nothing()


def allow_pages(app: Flask, pages: int) -> None:
    """So many pages for the database, as a full disk would have it, on every connection that is kept."""
    with app.app_context():
        connections = [db.engine.raw_connection() for _ in range(db.engine.pool.size())]  # type: ignore[attr-defined]
        for connection in connections:
            connection.cursor().execute(f"PRAGMA max_page_count = {pages}")
            connection.close()


def test_a_database_that_finds_no_room_says_so_too(server: Server) -> None:
    with server.app.app_context():
        pages = db.session.scalar(text("PRAGMA page_count"))
        db.session.remove()
    allow_pages(server.app, pages)
    for number in range(64):
        sealed = server.phone.seal(b"%d" % number)
        statement = server.phone.sign("temoin-commitment", {"items": [sealed.named("photo")] * 16})
        answer = statements(server, [statement])
        if answer.status_code != 200:
            break
    in_one_shape(answer, 507, "disk-full")
    allow_pages(server.app, 2**30)  # there is room again, and nothing was lost


ENTRIES = {
    "no JSON": CANARY.encode(),
    "no text": b"\xff\xfe" + CANARY.encode(),
    "nested without end": b'{"v":1,"data":' + DEEP.encode(),
    "half a character": b'{"v":1,"id":"%s","observation":"%s","type":"note","seq":0,"data":{"text":"\\ud800"},'
    b'"clock":{"wall":1}}' % (b"a" * 32, b"b" * 32),
    "another version": b'{"v":2,"note":"%s"}' % CANARY.encode(),
    "nothing": b"",
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRIES)
def test_a_bad_entry_stays_sealed_and_holds_nobody_up(server: Server, name: str) -> None:
    phone = server.phone
    bad = phone.seal(ENTRIES[name], item="a" * 32)
    phone.commit(bad, "entry")
    assert phone.send(bad).status_code == 204
    seen = Observed(phone)
    seen.say(0, "note", {"text": "behind the bad one", "later": False})
    with server.app.app_context():
        work_off()
        item = db.session.scalars(db.select(Item).where(Item.item_id == bad.id)).one()
        assert item.state == "failed" and CANARY not in str(item.problem)
        db.session.remove()
    desk = person(server.app, "lead", name="reader")
    assert "behind the bad one" in desk.page(f"/desk/o/{reference_of(server.app, seen.id)}")
    assert desk.get("/desk/queue?show=all").status_code == 200


MEDIA: dict[str, Callable[[Phone], Sealed]] = {
    "for another key": lambda phone: phone.seal(photo(), recipients=[make_identity().recipient]),
    "cut inside its only chunk": lambda phone: Sealed(new_id(), *_cut(phone.seal(photo()))),
    "with a changed byte": lambda phone: Sealed(new_id(), *_changed(phone.seal(photo()))),
    "of no known type": lambda phone: phone.seal(CANARY.encode() * 100),
    "that only begins as a picture": lambda phone: phone.seal(b"\xff\xd8\xff\xe1" + CANARY.encode() * 100),
}


def _cut(sealed: Sealed) -> tuple[bytes, bytes]:
    return sealed.head, sealed.body[:200]


def _changed(sealed: Sealed) -> tuple[bytes, bytes]:
    return sealed.head, sealed.body[:100] + bytes([sealed.body[100] ^ 1]) + sealed.body[101:]


@pytest.mark.parametrize("name", MEDIA)
def test_a_file_that_can_not_be_opened_is_kept_and_named(server: Server, name: str) -> None:
    phone = server.phone
    bad = MEDIA[name](phone)
    phone.commit(bad, "photo")
    assert phone.send(bad).status_code == 204
    with server.app.app_context():
        work_off()
        item = db.session.scalars(db.select(Item).where(Item.item_id == bad.id)).one()
        assert item.state in {"failed", "opened"} and CANARY not in str(item.problem)
        id_ = item.id
        db.session.remove()
    page = person(server.app, "lead", name="reader").page(f"/desk/i/{id_}")
    assert "data-zoom" not in page and CANARY not in page
    receipt = jws.unverified(phone.status(bad.id)["items"][bad.id]["receipt"])
    assert receipt["body"]["sha256"] == jws.sha256(bad.body)


# People get a page


@pytest.mark.parametrize("language", ["en", "fr"])
def test_people_get_a_page_in_their_language(server: Server, language: str) -> None:
    desk = person(server.app, "lead", "admin", name="both")
    desk.post("/desk/language", {"language": language})
    for path, status_ in ((f"/desk/{CANARY}", 404), ("/desk/o/ZZZ-ZZZ", 404), (f"/desk/media/{CANARY}", 404)):
        answer = desk.get(path)
        assert answer.status_code == status_ and answer.mimetype == "text/html"
        assert f'lang="{language}"' in answer.text and "<main" in answer.text
        assert CANARY not in re.sub(r'name="(back|next)" value="[^"]*"', "", answer.text)


@pytest.mark.parametrize(
    ("path", "data", "status_"),
    [
        ("/desk/note/{o}", {"text": ""}, 303),
        ("/desk/note/{o}", {"text": CANARY * 500}, 303),
        ("/desk/look-up", {"number": CANARY, "purpose": "for the file of today"}, 422),
        ("/desk/look-up", {"number": "12?45?7", "purpose": "x"}, 422),
        ("/desk/search", {"text": CANARY * 20}, 303),
        ("/desk/reviewed/" + "0" * 32, {"reviewed": "yes"}, 404),
        ("/desk/phones", {"label": CANARY * 10}, 422),
        ("/desk/people", {"username": "x", "roles": "king"}, 422),
        ("/desk/custody/start", {"words": CANARY}, 400),
    ],
)
def test_a_bad_form_is_answered_with_a_page_and_changes_nothing(
    server: Server, path: str, data: dict[str, str], status_: int
) -> None:
    seen = Observed(server.phone)
    seen.say(0, "open")
    with server.app.app_context():
        work_off()
        db.session.remove()
    desk = person(server.app, "lead", "admin", name="both")
    before = counts(server.app)
    answer = desk.post(path.format(o=seen.id), data, page="/desk/phones")
    assert answer.status_code == status_, answer.text
    assert counts(server.app) == before


def test_a_form_without_its_token_is_refused(server: Server) -> None:
    desk: Desk = person(server.app, "admin")
    answer = desk.http.post("/desk/phones", data={"label": CANARY}, headers={"Accept": "text/html"})
    assert answer.status_code == 400 and "<main" in answer.text
    assert desk.http.post("/desk/phones", data={"label": "x" * (1 << 21)}).status_code in {400, 413}


def counts(app: Flask) -> dict[str, int]:
    """Rows of every table but the log, which may name the attempt, and the sessions."""
    with app.app_context():
        return {
            name: db.session.scalar(db.select(db.func.count()).select_from(table)) or 0
            for name, table in db.metadata.tables.items()
            if not name.startswith(("log", "session"))
        }


@pytest.mark.parametrize(
    "said", ["", "{", '"\\ud800"', '{"\\udfff":1}', "[" * 50_000, "[" * 40 + "]" * 40, b"\xff"]
)
def test_documents_of_strangers_end_in_one_kind_of_error(said: str | bytes) -> None:
    with pytest.raises(ValueError):
        loads(said)


def test_documents_as_deep_as_any_of_ours_are_read() -> None:
    deepest = "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1)
    assert loads(deepest) is not None
    assert loads('{"text":"é 🏕 \\ud83c\\udfd5"}') == {"text": "é 🏕 🏕"}


def test_what_tus_refuses_is_said_in_the_phones_language(server: Server) -> None:
    at = {**server.phone.auth, **TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "7"}
    said = {
        language: server.phone.http.patch(server.url, data=b"x", headers={**at, "Accept-Language": language})
        for language in ("en", "fr")
    }
    in_one_shape(said["en"], 409, "offset")
    in_one_shape(said["fr"], 409, "offset")
    english, french = (said[language].get_json()["error"]["message"] for language in ("en", "fr"))
    assert "Redemandez" in french and "Redemandez" not in english
