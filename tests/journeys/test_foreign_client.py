"""Anyone with a tus client and stock age can send: what arrives is kept, opened, and marked as not attested."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
from tusclient.client import TusClient

from tests.journeys.live import LiveServer, until
from tests.opening.test_whole_way import jpeg

pytestmark = pytest.mark.journey


def test_tuspy_sends_a_file_sealed_with_stock_age(server: LiveServer, age: Path, tmp_path: Path) -> None:
    given = server.foreign("foreign client")
    photo, sealed = tmp_path / "photo.jpg", tmp_path / "photo.age"
    photo.write_bytes(jpeg())
    recipients = [word for recipient in given["recipients"] for word in ("-r", recipient)]
    subprocess.run([age, *recipients, "-o", sealed, photo], check=True)

    client = TusClient(given["upload_url"], headers={"Authorization": f"Bearer {given['token']}"})
    with sealed.open("rb") as file:
        sender = client.uploader(file_stream=file, chunk_size=100, upload_checksum=True)
        cast(Any, sender).upload_chunk()
    # A second sender goes on where the first stopped.
    with sealed.open("rb") as file:
        again = client.uploader(file_stream=file, url=sender.url, chunk_size=64 * 1024)
        assert again.offset == 100
        again.upload()

    until("the file was opened", lambda: server.rows("select 1 from item where state='opened'"))
    assert server.rows("select attested, kind from item") == [("none", None)]
    [(media, problem, size)] = server.rows("select media_type, problem, original_size from opening")
    assert (media, problem, size) == ("image/jpeg", None, photo.stat().st_size)
    assert "verified" in server.flask("verify")
