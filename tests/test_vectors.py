"""What the client made once (`npm run vectors`), read by the server: both sides mean the same bytes."""

from __future__ import annotations

import base64
import io
import json
from typing import Any, cast

import pyrage
import pytest
from flask import Flask

from app import jws
from app.db import db, unit_of_work
from app.enrol.models import Device
from app.errors import Problem
from app.intake import statements
from app.intake.models import Commitment, Deletion
from app.journal import service as journal
from app.journal.reference import normalise, reference
from app.keys import Keys, keys
from app.opening.source import read_tail
from app.register import rio
from app.seal import Identity, SealedReader, head_length
from config import ROOT


def read(name: str) -> Any:
    return json.loads((ROOT / "tests" / "vectors" / f"{name}.json").read_text())


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def ruled(size: int) -> bytes:
    """The plaintext of the age vectors, by the rule that they name."""
    return bytes((7 * i + (i >> 8)) & 255 for i in range(size))


AGE = read("age")
FILES = AGE["files"]
SAID = read("statements")
ENTRIES = read("entries")
DEVICE, SERVER = SAID["good"][1]["payload"]["dev"], SAID["good"][1]["payload"]["aud"]
named = pytest.mark.parametrize


def opened(file: bytes) -> SealedReader:
    length = head_length(file)
    assert length is not None
    body = file[length:]
    return SealedReader(Identity(AGE["identity"]).file_key(file[:length]), io.BytesIO(body), len(body))


def everything(reader: SealedReader) -> bytes:
    return io.BufferedReader(cast(Any, reader)).read()


@named("file", FILES, ids=lambda file: file["name"])
def test_a_sealed_file_splits_and_opens_as_the_client_says(file: dict[str, Any]) -> None:
    sealed, size = raw(file["file"]), file["plain"]["size"]
    length = head_length(sealed)
    assert (
        length is not None and length == file["head"]["size"] and len(sealed) - length == file["body"]["size"]
    )
    assert jws.sha256(sealed[:length]) == file["head"]["sha256"]
    assert jws.sha256(sealed[length:]) == file["body"]["sha256"]
    plain = everything(opened(sealed))
    assert plain == ruled(size) and jws.sha256(plain) == file["plain"]["sha256"]
    assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(AGE["identity"])]) == plain


@named(
    ("file", "cut", "readable"),
    [(file, at["cut"], at["readable"]) for file in FILES for at in file["cuts"]],
    ids=lambda part: part["name"] if isinstance(part, dict) else str(part),
)
def test_a_cut_file_opens_as_far_as_its_whole_chunks(file: dict[str, Any], cut: int, readable: int) -> None:
    reader = opened(raw(file["file"])[:cut])
    assert reader.interrupted and reader.size == readable
    assert everything(reader) == ruled(file["plain"]["size"])[:readable]


def test_there_are_files_of_no_one_and_more_chunks_and_cuts_of_each() -> None:
    assert [file["plain"]["size"] for file in FILES] == [0, 1, 64 * 1024 + 1]
    assert all(file["cuts"] for file in FILES) and any(at["readable"] for at in FILES[2]["cuts"])


def test_a_tail_names_its_item_and_place() -> None:
    tail = AGE["tail"]
    plain = everything(opened(raw(tail["file"])))
    assert read_tail(plain, tail["item"]) == (tail["offset"], ruled(tail["size"]))
    assert read_tail(plain, "b" * 32) is None


# Statements


@pytest.fixture
def ready(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The server that the vectors speak to, with their device enrolled."""
    with app.app_context():
        keys().make("Practice")
        with unit_of_work() as session:
            session.add(Device(
                id=DEVICE, label="vectors", token_hash="0", practice=True, enrolled_at=0, quota=1 << 30,
                public_key=json.dumps(SAID["keys"]["device"]["jwk"]),
            ))  # fmt: skip
    monkeypatch.setattr(Keys, "server_id", SERVER)
    return app


@named("said", SAID["good"], ids=lambda said: said["typ"])
def test_every_good_statement_is_read_as_it_was_meant(said: dict[str, Any]) -> None:
    key = jws.load_key(SAID["keys"][said["signer"]]["jwk"])
    assert jws.header(said["jws"]) == {"alg": "Ed25519", "typ": said["typ"], "kid": said["kid"]}
    assert jws.verify(said["jws"], key, said["typ"]) == said["payload"]
    assert jws.sha256(said["jws"].encode()) == said["hash"]


def test_what_a_phone_says_is_received_whole(ready: Flask) -> None:
    """The whole chain of the vectors' phone, in order; each again gets the same answer again."""
    with ready.test_request_context():
        device = db.session.get_one(Device, DEVICE)
        mine = [one for one in SAID["good"] if one["kid"] == DEVICE]
        assert {one["typ"] for one in mine} == set(statements.SHAPES)
        for said in mine:
            answer = statements.receive(device, said["jws"])
            assert statements.receive(device, said["jws"]) == answer
            if "receipt" in answer:
                receipt = jws.verify(answer["receipt"], keys().server_key, "temoin-commitment-receipt")
                assert receipt["statement"] == said["hash"]
            else:
                assert answer == {"accepted": said["hash"]}
        committed = db.session.scalars(db.select(Commitment)).all()
        assert [(one.kind, one.prefix) for one in committed] == [("film", False), ("film", True)]
        assert len(db.session.scalars(db.select(Deletion)).all()) == 1


@named("said", SAID["bad"], ids=lambda said: said["why"])
def test_every_bad_statement_is_refused_and_leaves_nothing(ready: Flask, said: dict[str, Any]) -> None:
    with ready.test_request_context():
        device = db.session.get_one(Device, DEVICE)
        with pytest.raises(Problem) as refused:
            statements.receive(device, said["jws"])
        assert refused.value.code in {"bad-statement", "bad-signature", "wrong-audience"}
        assert refused.value.status == 422
        assert db.session.scalars(db.select(Commitment)).all() == []


# Entries and references


@named("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_every_entry_is_read_as_it_was_meant(entry: dict[str, Any]) -> None:
    meant, parsed = entry["entry"], journal.parse(entry["text"])
    assert parsed.document == meant
    assert (parsed.entry_id, parsed.observation, parsed.type) == (
        meant["id"],
        meant["observation"],
        meant["type"],
    )
    assert (parsed.seq, parsed.trial, parsed.corrects) == (meant["seq"], meant["trial"], meant["corrects"])
    assert parsed.at == meant["clock"]["wall"] + meant["clock"]["offset"]
    assert parsed.place == meant["place"]
    assert parsed.about == meant["data"].get("item") and parsed.code == meant["data"].get("code")


def test_readings_of_the_vectors_are_sound_here_too() -> None:
    readings = [one["entry"]["data"] for one in ENTRIES if one["entry"]["type"] == "rio"]
    assert len(readings) == 2
    for data in readings:
        fragments = [rio.Fragment(**fragment) for fragment in data["fragments"]]
        assert rio.faults(data["status"], data["asked"], data["how"], data["pattern"], fragments, 7) == []


def test_entries_cover_every_type_of_the_format() -> None:
    table = (
        (ROOT / "docs" / "formats.md").read_text().partition("| `type` | `data` |")[2].partition("\n\n")[0]
    )
    types = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    assert types - {one["entry"]["type"] for one in ENTRIES} == {"import"}


@named("pair", read("references"), ids=lambda pair: pair["id"])
def test_references_are_the_same_on_both_sides(pair: dict[str, str]) -> None:
    assert reference(pair["id"]) == pair["reference"]
    assert normalise(pair["reference"].lower().replace("-", " ")) == pair["reference"]
