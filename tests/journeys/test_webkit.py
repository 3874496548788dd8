"""The third engine: the page starts in WebKit, seals into IndexedDB, and what it sealed is opened at the desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.live import LiveServer
from tests.journeys.webkit_app import WebKitPhone
from tests.material import photo

# Not a part of `make test`: few have this engine on their machine.
pytestmark = pytest.mark.webkit

MEDIA = """
const opening = indexedDB.open('temoin');
const db = await new Promise((done, failed) => {
  opening.onsuccess = () => done(opening.result);
  opening.onerror = () => failed(opening.error);
});
const asked = db.transaction('items').objectStore('items').getAll();
const rows = await new Promise((done) => { asked.onsuccess = () => done(asked.result); });
db.close();
return [...new Set(rows.map((row) => row.medium))];
"""


def test_webkit_seals_into_indexeddb_and_everything_is_opened(server: LiveServer, tmp_path: Path) -> None:
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(photo())
    phone = WebKitPhone(tmp_path / "webkit", f"{server.url}/m/#{server.invite('webkit')}")
    try:
        phone.press("Go on in this browser")
        phone.press("Enrol this phone")
        phone.press("Done")
        phone.press("Sound")
        phone.sees("0:03")
        phone.press("Stop")
        phone.button("Film")  # home again
        phone.press("Note")
        phone.fill("dialog textarea", "Seen from the third engine.")
        phone.press("Keep")
        phone.press("Import files")
        phone.choose("input[type=file]", picture)
        phone.sees("All are sealed.")
        phone.press("Back")
        phone.sees("Waiting: 0")
        assert phone.run(MEDIA) == ["idb"]
    finally:
        phone.close()
    server.all_opened()
    media = server.rows(
        "select i.kind, i.attested, o.interrupted, o.original_size > 2000 from item i join opening o on o.item=i.id"
        " order by i.kind"
    )
    assert media == [("import", "match", 0, 1), ("sound", "match", 0, 1)]
    # This engine's recorder names the last samples twice, the first time at a place that holds none: such a film is
    # kept and shown as refused. Of the picture there is a copy.
    copies = "select count(*) from item i join opening o on o.item=i.id where i.kind='import' and o.working is not null"
    assert server.rows(copies) == [(1,)]
    assert "third engine" in server.rows("select document from entry where type='note'")[0][0]
    assert "verified" in server.flask("verify")
