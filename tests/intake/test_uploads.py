"""tus as phones and foreign clients use it, and everything that goes wrong on the way."""

from __future__ import annotations

import os

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app import jws
from app.blobs import blobs
from app.db import db
from app.enrol import service as enrol
from app.enrol.models import Device
from app.ids import new_id
from app.intake import storing, tus, uploads
from app.intake.allowance import Meter
from app.intake.models import Item, Upload
from app.keys import keys
from config import Config
from tests.phone import TUS, Phone, make_phone, sha256_b64


@pytest.fixture
def phone(app: Flask) -> Phone:
    return make_phone(app)


def code(response: object) -> str:
    return response.get_json()["error"]["code"]  # type: ignore[attr-defined, no-any-return]


def test_receipt_names_what_arrived(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(b"x" * 200_000)
    phone.commit(sealed)
    response = phone.send(sealed)
    assert response.status_code == 204
    with app.app_context():
        said = jws.verify(response.headers["Temoin-Receipt"], keys().server_key, "temoin-storage-receipt")
    assert said["id"] == sealed.id and said["dev"] == phone.device and said["attested"] == "match"
    assert said["body"] == {"size": len(sealed.body), "sha256": jws.sha256(sealed.body)}
    assert said["head"] == {"size": len(sealed.head), "sha256": jws.sha256(sealed.head)}


def test_resumes_at_the_servers_offset_in_any_pieces(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(os.urandom(150_000))
    url = phone.create(sealed.id).headers["Location"]
    for start, end in ((0, 1), (1, 100), (100, 70_000), (70_000, len(sealed.bytes))):
        response = phone.patch(url, start, sealed.bytes[start:end])
        assert (response.status_code, response.headers["Upload-Offset"]) == (204, str(end))
        head = phone.http.head(url, headers={**phone.auth, **TUS})
        assert (head.headers["Upload-Offset"], head.headers["Upload-Defer-Length"]) == (str(end), "1")
    last = phone.patch(url, len(sealed.bytes), b"", Upload_Length=str(len(sealed.bytes)))
    assert last.status_code == 204 and "Temoin-Receipt" in last.headers
    with app.app_context():
        item = db.session.scalars(select(Item)).one()
        assert item.attested == "none"
        assert blobs().path(f"bodies/{item.id}").read_bytes() == sealed.body
        assert blobs().path(f"heads/{item.id}").read_bytes() == sealed.head


def test_a_repeated_post_gives_the_same_upload(phone: Phone) -> None:
    sealed = phone.seal(b"once")
    first, second = phone.create(sealed.id, len(sealed.bytes)), phone.create(sealed.id, len(sealed.bytes))
    assert first.headers["Location"] == second.headers["Location"]
    phone.patch(first.headers["Location"], 0, sealed.bytes)
    again = phone.create(sealed.id, len(sealed.bytes))
    assert again.headers["Upload-Offset"] == str(len(sealed.bytes)) and "Temoin-Receipt" in again.headers


def test_wrong_offset_repeated_and_out_of_order_patches(phone: Phone) -> None:
    sealed = phone.seal(b"y" * 1000)
    url = phone.create(sealed.id, len(sealed.bytes)).headers["Location"]
    assert code(phone.patch(url, 5, b"abc")) == "offset"
    assert phone.patch(url, 0, sealed.bytes[:500]).status_code == 204
    repeated = phone.patch(url, 0, sealed.bytes[:500])
    assert repeated.status_code == 409 and code(repeated) == "offset"
    assert phone.patch(url, 500, sealed.bytes[500:]).status_code == 204


def test_checksum_is_all_or_nothing(phone: Phone) -> None:
    sealed = phone.seal(b"z" * 5000)
    url = phone.create(sealed.id, len(sealed.bytes)).headers["Location"]
    bad = phone.patch(url, 0, sealed.bytes, Upload_Checksum=f"sha256 {sha256_b64(b'other')}")
    assert bad.status_code == 460 and code(bad) == "checksum"
    assert phone.http.head(url, headers={**phone.auth, **TUS}).headers["Upload-Offset"] == "0"
    good = phone.patch(url, 0, sealed.bytes, Upload_Checksum=f"sha256 {sha256_b64(sealed.bytes)}")
    assert good.status_code == 204
    assert code(phone.patch(url, 0, b"", Upload_Checksum="md5 aaaa")) in {"checksum-algorithm", "offset"}


def test_what_is_no_age_file_is_refused_at_its_first_bytes(phone: Phone) -> None:
    url = phone.create(new_id(), 100).headers["Location"]
    response = phone.patch(url, 0, b"\xff\xd8\xff\xe0 a photo in clear".ljust(100))
    assert response.status_code == 415 and code(response) == "not-age"
    endless = phone.create(new_id(), 40_000).headers["Location"]
    assert code(phone.patch(endless, 0, b"age-encryption.org/v1\n" + b"-> X " * 7000)) == "not-age"
    stub = b"age-encryption.org/v1\n-> X25519 abc"
    short = phone.create(new_id(), len(stub)).headers["Location"]
    assert code(phone.patch(short, 0, stub)) == "not-age"


def test_bytes_other_than_committed_come_once_more_then_are_kept_and_marked(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(b"committed")
    phone.commit(sealed)
    other = phone.seal(b"something else", item=sealed.id)
    url = phone.create(sealed.id).headers["Location"]
    size = str(len(other.bytes))
    first = phone.patch(url, 0, other.bytes, Upload_Length=size)
    assert first.status_code == 409 and code(first) == "differs-from-commitment"
    assert phone.http.head(url, headers={**phone.auth, **TUS}).headers["Upload-Offset"] == "0"
    second = phone.patch(url, 0, other.bytes)
    assert second.status_code == 204
    with app.app_context():
        assert jws.verify(second.headers["Temoin-Receipt"], keys().server_key)["attested"] == "differs"
        assert db.session.scalars(select(Item)).one().attested == "differs"


def test_a_token_opens_only_its_own_and_reads_nothing_back(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(b"mine")
    url = phone.create(sealed.id, len(sealed.bytes)).headers["Location"]
    phone.patch(url, 0, sealed.bytes)
    other = make_phone(app, "another")
    assert other.http.head(url, headers={**other.auth, **TUS}).status_code == 404
    assert other.patch(url, len(sealed.bytes), b"").status_code == 404
    assert other.status(sealed.id)["items"][sealed.id] == {"offset": None, "upload": None, "receipt": None}
    assert phone.http.get(url, headers=phone.auth).status_code == 405
    assert phone.http.delete(url, headers={**phone.auth, **TUS}).status_code == 403


def test_revocation_works_at_the_next_request(app: Flask, phone: Phone) -> None:
    with app.app_context():
        enrol.revoke(db.session.get_one(Device, phone.device), "user:test")
    response = phone.create(new_id(), 10)
    assert response.status_code == 401 and code(response) == "revoked"
    assert code(phone.http.post("/api/status", json={"ids": []})) == "no-token"
    bad = phone.http.post("/api/status", json={"ids": []}, headers={"Authorization": "Bearer tmn_nonsense"})
    assert bad.status_code == 401


def test_limits_are_said_before_the_upload(app: Flask, phone: Phone) -> None:
    limit = app.config["TEMOIN"].max_item
    assert code(phone.create(new_id(), limit + 1)) == "too-large"
    with app.app_context():
        device = db.session.get_one(Device, phone.device)
        device.quota = 1000
        db.session.flush()
        with app.test_request_context(), pytest.raises(Exception, match="quota"):
            Meter.of(device).begin(2000)
        db.session.rollback()
    url = phone.create(new_id(), 30).headers["Location"]
    assert code(phone.patch(url, 0, b"x" * 31)) == "too-large"


def test_a_full_disk_keeps_what_arrived_and_says_so(config: Config) -> None:
    from dataclasses import replace

    from app import create_app

    app = create_app(config)
    with app.app_context():
        db.create_all()
    phone = make_phone(app)
    sealed = phone.seal(b"w" * 3000)
    url = phone.create(sealed.id, len(sealed.bytes)).headers["Location"]
    assert phone.patch(url, 0, sealed.bytes[:1000]).status_code == 204
    app.config["TEMOIN"] = replace(config, reserve=2**62)
    response = phone.patch(url, 1000, sealed.bytes[1000:])
    assert response.status_code == 507 and code(response) == "disk-full"
    assert phone.http.head(url, headers={**phone.auth, **TUS}).headers["Upload-Offset"] == "1000"
    app.config["TEMOIN"] = config
    assert phone.patch(url, 1000, sealed.bytes[1000:]).status_code == 204
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_a_crash_between_rename_and_row_is_finished_by_the_sweep(app: Flask, phone: Phone) -> None:
    sealed = phone.seal(b"crash" * 1000)
    phone.commit(sealed)
    url = phone.create(sealed.id, len(sealed.bytes)).headers["Location"]
    phone.patch(url, 0, sealed.bytes[:-1])
    with app.app_context(), app.test_request_context():
        upload = db.session.scalars(select(Upload)).one()
        here = uploads.incoming(upload)
        here.write(sealed.bytes[-1:], len(sealed.bytes) - 1)
        here.sync()
        for step in ("nothing moved", "body moved", "both moved"):
            if step == "body moved":
                blobs().adopt(here.body, f"bodies/{upload.id}")
            if step == "both moved":
                blobs().adopt(here.head, f"heads/{upload.id}")
            assert uploads.offset_of(upload) == len(sealed.bytes), step
        assert storing.finish_begun() == 1
        assert storing.finish_begun() == 0
        item = db.session.scalars(select(Item)).one()
        assert item.attested == "match" and item.body_size == len(sealed.body)


def test_options_says_what_is_spoken(phone: Phone) -> None:
    said = phone.http.options("/api/files").headers
    assert (
        said["Tus-Version"] == "1.0.0"
        and "checksum" in said["Tus-Extension"]
        and int(said["Tus-Max-Size"]) > 2**30
    )
    wrong = phone.http.post(
        "/api/files", headers={**phone.auth, "Tus-Resumable": "0.2.2", "Upload-Length": "1"}
    )
    assert wrong.status_code == 412 and wrong.headers["Tus-Version"] == "1.0.0"


@pytest.mark.parametrize("version", ["0.2.2", None])
def test_every_request_names_the_version(phone: Phone, version: str | None) -> None:
    url = phone.create(new_id(), 100).headers["Location"]
    told = phone.auth if version is None else {**phone.auth, "Tus-Resumable": version}
    for address in (url, url[:-32] + new_id()):
        for method in ("HEAD", "PATCH", "DELETE"):
            assert phone.http.open(address, method=method, headers=told).status_code == 412
    assert phone.http.head(url, headers={**phone.auth, **TUS}).status_code == 200


HEADERS = st.dictionaries(
    st.sampled_from(["Tus-Resumable", "Upload-Offset", "Upload-Length", "Upload-Defer-Length", "Content-Type",
                     "Content-Length", "Upload-Metadata", "Upload-Checksum"]),
    st.sampled_from(["1.0.0", "0", "1", "5", "-1", "1e3", "99999999999999999999", "٣", "", "item", "item YWJj", "a b,a b",
                     "sha256 YWJj", "sha1 !", tus.OFFSET_TYPE, "text/plain"]),
)  # fmt: skip


@given(HEADERS, st.integers(0, 10), st.none() | st.integers(0, 20))
@settings(max_examples=300, deadline=None)
def test_any_headers_give_a_decision(headers: dict[str, str], offset: int, length: int | None) -> None:
    for decide in (
        lambda: tus.parse_creation(headers, 100),
        lambda: tus.parse_patch(headers, offset, length, 100),
    ):
        try:
            decision = decide()
        except tus.Refused as refused:
            assert 400 <= refused.status < 500 and refused.code
        else:
            assert isinstance(decision, tus.Creation | tus.Patch)
