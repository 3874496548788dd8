"""The main job, as issue and design tell it: from the lens, through a killed browser and a stopped server, to custody."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import playing
from tests.journeys.desk_app import DeskApp
from tests.journeys.live import LiveServer
from tests.journeys.phone_app import PhoneApp, has_run
from tests.journeys.pictures import picture

pytestmark = pytest.mark.journey

MEDIA = "select item.id, item.item_id, item.kind, item.cut, item.attested from item where kind in ('photo','film','sound')"


def b64(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def original(server: LiveServer, age: Path, item: str) -> bytes:
    """What custody gets out of head and body with the stock tool."""
    blobs, custody = server.instance / "blobs", server.instance / "practice" / "custody.key"
    run = subprocess.run(
        ["sh", "-c", '("$1" -d -i "$2" "$3"; cat "$4") | "$1" -d -i "$2"', "sh", age, custody,
         blobs / "heads" / f"{item}.age", blobs / "bodies" / item],
        capture_output=True, check=False,
    )  # fmt: skip
    return run.stdout


def test_from_the_lens_through_a_crash_to_custody(server: LiveServer, tmp_path: Path, age: Path) -> None:
    secret = server.invite("phone 1")
    with playing() as play:
        phone = PhoneApp(play, tmp_path / "phone", server.url)
        phone.enrol(secret)
        phone.installed()
        phone.home()

        server.stop()
        phone.page.goto(f"{server.url}/m/")
        phone.photo()
        phone.record("Film", "0:08")
        picture(phone.page, "phone-film")
        phone.stop()
        phone.record("Sound", "0:03")
        phone.stop()
        phone.rio("12?45?7")
        phone.not_worn()
        phone.note("Tents taken at dawn, nobody hurt.")
        phone.record("Film", "0:05")
        phone.page.get_by_role("button", name=re.compile("^Gas")).first.click()
        has_run(phone.page, "0:08")
        phone.browser.kill()

        phone.reopen()
        expect(phone.page.get_by_role("heading", name="Kept from last time")).to_be_visible()
        phone.button("Go on").click()
        count = phone.counted_waiting()
        picture(phone.page, "phone-home")

        server.start()
        phone.waiting(0)
        phone.browser.close()

    server.all_opened(count)
    assert server.rows("select count(*) from item where attested='match'") == [(count,)]
    entries = [
        (kind, json.loads(document)) for kind, document in server.rows("select type, document from entry")
    ]
    told = Counter(kind for kind, _said in entries)
    assert told >= Counter({"open": 1, "begin": 4, "end": 3, "rio": 2, "note": 1, "code": 1})
    assert count == sum(told.values()) + 4
    media = server.rows(MEDIA)
    assert sorted(kind for _id, _item, kind, _cut, _attested in media) == ["film", "film", "photo", "sound"]
    openings = {
        row[0]: row[1:]
        for row in server.rows(
            "select item, interrupted, problem, original_size, original_sha256, working from opening"
        )
    }
    ends = {said["data"]["item"]: said["data"] for kind, said in entries if kind == "end"}
    for stored, item, _kind, cut, _attested in media:
        interrupted, problem, size, digest, working = openings[stored]
        assert problem is None and working is not None
        assert bool(interrupted) == bool(cut)
        if cut:
            assert item not in ends
            continue
        plain = original(server, age, stored)
        assert b64(hashlib.sha256(plain).digest()) == ends[item]["sha256"] == digest
        assert len(plain) == ends[item]["size"] == size
    assert sum(bool(cut) for *_rest, cut, _attested in media) == 1
    committed = server.rows(
        "select c.body_sha256, c.head_sha256, i.id, i.head_sha256 from item i join commitment c on c.item_id=i.item_id and not c.prefix"
    )
    for body, head, stored, kept_head in committed:
        assert (
            b64(hashlib.sha256((server.instance / "blobs" / "bodies" / stored).read_bytes()).digest()) == body
        )
        assert head == kept_head
    readings = [said["data"] for kind, said in entries if kind == "rio"]
    assert {(r["status"], r["pattern"]) for r in readings} == {("READ_PART", "12?45?7"), ("NOT_WORN", None)}
    assert len({said["observation"] for _kind, said in entries}) == 1
    assert "verified" in server.flask("verify")
    [reference] = [row[0] for row in server.rows("select reference from observation")]
    [cut_film] = [
        size for size, interrupted in ((row[2], row[0]) for row in openings.values()) if interrupted
    ]
    with playing() as play:
        seen_at_the_desk(DeskApp(play, tmp_path / "desk", server), reference)
    assert cut_film > 100_000


def seen_at_the_desk(desk: DeskApp, reference: str) -> None:
    desk.enter()
    desk.open(reference)
    page = desk.page
    expect(page.get_by_role("img", name=re.compile("Photo taken"))).to_be_visible()
    expect(page.get_by_text("Tents taken at dawn, nobody hurt.")).to_be_visible()
    film = desk.show("Film 4")
    expect(film.get_by_text("interrupted")).to_be_visible()
    assert desk.plays(film, 4.0) > 4.0
    assert desk.plays(desk.show("Film 2"), 6.0) > 6.0
    assert desk.plays(desk.show("Sound 3"), 1.0) > 1.0
    copy = desk.download(desk.show("Film 2")).path().read_bytes()
    assert copy[:4] == bytes.fromhex("1a45dfa3")
    [[working]] = desk.server.rows(
        "select o.working_sha256 from opening o join item i on i.id=o.item where i.kind='film' and not i.cut"
    )
    assert b64(hashlib.sha256(copy).digest()) == working
    assert desk.server.rows("select count(*) from log_entry where verb='copy.downloaded'") == [(1,)]
    desk.button("Mark reviewed").click()
    expect(
        page.get_by_role("button", name=re.compile("(Undo|Take back|Not reviewed)", re.IGNORECASE)).first
    ).to_be_visible()
    assert desk.browser.problems == []
    desk.browser.close()
