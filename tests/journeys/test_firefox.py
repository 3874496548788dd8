"""The whole way of an observer in Firefox ESR: enrolled, recorded, killed, recovered, received."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.firefox_app import FirefoxPhone
from tests.journeys.live import LiveServer

pytestmark = pytest.mark.journey


def test_firefox_records_is_killed_and_loses_nothing(server: LiveServer, tmp_path: Path) -> None:
    profile = tmp_path / "firefox"
    profile.mkdir()
    phone = FirefoxPhone(profile, server.url)
    try:
        phone.do("enrol", server.invite("firefox"))
        phone.do("photo")
        phone.do("record", "Film", "0:03")
        phone.do("stop")
        phone.do("record", "Sound", "0:02")
        phone.do("stop")
        phone.do("note", "Seen from the other engine.")
        assert phone.do("media") == ["opfs"]
        server.stop()
        phone.do("record", "Film", "0:04")
        phone.kill()
        phone.open()
        phone.do("reopen")
        server.start()
        phone.do("sent")
    finally:
        phone.close()
    server.all_opened()
    media = server.rows(
        "select i.kind, i.attested, o.interrupted, o.problem, o.media_type, o.original_size from item i"
        " join opening o on o.item=i.id where not o.provisional order by i.kind, o.interrupted"
    )
    kinds = [
        (kind, attested, bool(cut), problem, found) for kind, attested, cut, problem, found, _size in media
    ]
    assert kinds == [
        ("film", "match", False, None, "video/webm"),
        ("film", "match", True, None, "video/webm"),
        ("photo", "match", False, None, "image/jpeg"),
        ("sound", "match", False, None, "video/webm"),
    ]
    assert all(size > 5000 for *_rest, size in media)
    notes = server.rows("select document from entry where type='note'")
    assert len(notes) == 1 and "other engine" in notes[0][0]
    assert "verified" in server.flask("verify")
