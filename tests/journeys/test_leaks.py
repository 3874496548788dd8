"""Attacks: the seized phone's profile, the desk's browser, the server's disk while it opens a film. And what imports carry."""

from __future__ import annotations

import io
import os
import random
import re
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import pytest
from av.container import InputContainer
from PIL import Image, ImageOps
from playwright.sync_api import expect

from tests.journeys.browser import playing
from tests.journeys.desk_app import DeskApp
from tests.journeys.live import LiveServer, until
from tests.journeys.phone_app import PhoneApp
from tests.journeys.test_phone import original
from tests.journeys.windows import canary, files_with, kept_copies, spellings, windows
from tests.media import jpeg_with_everything, mov_with_everything

pytestmark = pytest.mark.journey


def coded(data: bytes) -> list[bytes]:
    """The coded pictures and sound of an H.264 film, in order; what an encoder wrote beside them (SEI, filler) left aside."""
    found: list[bytes] = []
    with av.open(io.BytesIO(data)) as film:
        for packet in cast(InputContainer, film).demux():
            if packet.stream.type == "audio" and packet.size:
                found.append(bytes(packet))
            elif packet.stream.type == "video":
                found += [unit for unit in units(bytes(packet)) if unit[0] & 31 in range(1, 6)]
    return found


def units(packet: bytes) -> list[bytes]:
    """NAL units behind four-byte lengths (ISO/IEC 14496-15)."""
    found, at = [], 0
    while at + 4 < len(packet):
        length = int.from_bytes(packet[at : at + 4], "big")
        found.append(packet[at + 4 : at + 4 + length])
        at += 4 + length
    return found


@pytest.mark.filterwarnings(
    "ignore:Image appears to be a malformed MPO"
)  # the given photo names a second picture it hasn't
def test_nothing_readable_in_the_profiles_and_nothing_identifying_at_the_desk(
    server: LiveServer, tmp_path: Path, age: Path
) -> None:
    typed, carried = canary(), canary()
    given = tmp_path / "given"
    given.mkdir()
    (given / "photo.jpg").write_bytes(jpeg_with_everything(carried))
    (given / "film.mov").write_bytes(mov_with_everything(carried))
    secret = server.invite("phone 1")
    with playing() as play:
        phone = PhoneApp(play, tmp_path / "phone", server.url)
        phone.enrol(secret)
        phone.installed()
        phone.home()
        phone.make_vault()
        phone.import_files([given / "photo.jpg", given / "film.mov"])
        phone.note(typed)
        phone.record("Film", "0:05")
        phone.stop()
        phone.waiting(0)
        phone.play_last_film()
        phone.browser.kill()

    server.all_opened()
    stored = [row[0] for row in server.rows("select id from item where kind in ('film','import')")]
    originals = [original(server, age, item) for item in stored]
    assert len(originals) == 3 and (given / "photo.jpg").read_bytes() in originals
    needles = [w for data in originals for w in windows(data)] + spellings(typed) + spellings(carried)
    assert len(needles) > 1000
    assert files_with(needles, tmp_path / "phone", tmp_path) == []

    [reference] = [row[0] for row in server.rows("select reference from observation where not trial")]
    with playing() as play:
        desk = DeskApp(play, tmp_path / "desk", server)
        desk.enter()
        desk.open(reference)
        expect(desk.page.get_by_text(typed)).to_be_visible()
        copies = {}
        media = desk.page.get_by_role("navigation", name="Media").get_by_role("link").all_inner_texts()
        for name in [re.sub(r"\s+", " ", text).strip() for text in media]:
            section = desk.show(name)
            copies[name] = desk.download(section).path().read_bytes()
            if name.startswith("Film"):
                desk.plays(section, 1.0)
        desk.browser.kill()
    for data in copies.values():
        assert carried.encode() not in data
    photo = next(data for data in copies.values() if data[:3] == b"\xff\xd8\xff")
    source = (given / "photo.jpg").read_bytes()
    assert Image.open(io.BytesIO(photo)).tobytes() == Image.open(io.BytesIO(source)).tobytes()
    turned = ImageOps.exif_transpose(Image.open(io.BytesIO(photo)))
    assert turned.tobytes() == ImageOps.exif_transpose(Image.open(io.BytesIO(source))).tobytes()
    film = next(data for data in copies.values() if data[4:8] == b"ftyp")
    assert len(coded(film)) > 10 and coded(film) == coded((given / "film.mov").read_bytes())
    # The desk's own downloads are the person's act; nothing else of the media may be on its disk.
    left = [
        name
        for name in files_with([w for data in originals for w in windows(data)], tmp_path / "desk", tmp_path)
        if "download" not in name.lower()
    ]
    assert left == []


def noise_film(target: Path, size: int) -> None:
    """A film of about `size` bytes that no compression shortens: noise, encoded once, repeated as packets."""
    chance = random.Random(3)
    coded: list[tuple[bytes, bool]] = []
    with av.open(io.BytesIO(), "w", format="webm") as scratch:
        stream = scratch.add_stream(
            "libvpx",
            rate=30,
            options={"deadline": "realtime", "cpu-used": "16", "qmin": "0", "qmax": "4", "b": "400M"},
        )
        stream.width, stream.height, stream.pix_fmt = 960, 540, "yuv420p"
        for number in range(6):
            frame: Any = cast(Any, av.VideoFrame).from_image(
                Image.frombytes("RGB", (960, 540), chance.randbytes(960 * 540 * 3))
            )
            frame.pts, frame.time_base = number, Fraction(1, 30)
            coded += [(bytes(p), p.is_keyframe) for p in stream.encode(frame)]
        coded += [(bytes(p), p.is_keyframe) for p in stream.encode(None)]
    with av.open(str(target), "w", format="webm") as film:
        out = film.add_stream("libvpx", rate=30)
        out.width, out.height, out.pix_fmt = 960, 540, "yuv420p"
        written = number = 0
        while written < size:
            for data, key in coded:
                packet = av.Packet(data)
                packet.stream, packet.pts, packet.dts, packet.is_keyframe = out, number, number, key
                packet.time_base = Fraction(1, 30)
                film.mux(packet)
                written, number = written + len(data), number + 1


def test_the_servers_disk_holds_no_plaintext_while_a_large_film_opens(tmp_path: Path, age: Path) -> None:
    import subprocess

    from tusclient.client import TusClient

    scratch = tmp_path / "temporary"
    scratch.mkdir()
    server = LiveServer(tmp_path / "instance", TMPDIR=str(scratch))
    server.start()
    try:
        given = server.foreign("foreign client")
        film, sealed = tmp_path / "film.webm", tmp_path / "film.age"
        noise_film(film, 300_000_000)
        recipients = [word for recipient in given["recipients"] for word in ("-r", recipient)]
        subprocess.run([age, *recipients, "-o", sealed, film], check=True)
        with kept_copies([server.instance, scratch], tmp_path / "kept"):
            with sealed.open("rb") as file:
                TusClient(
                    given["upload_url"], headers={"Authorization": f"Bearer {given['token']}"}
                ).uploader(file_stream=file, chunk_size=8 << 20).upload()
            until(
                "the film is opened",
                lambda: server.rows("select 1 from item where state in ('opened','failed')"),
                120,
            )
        assert server.rows("select problem, original_size from opening") == [(None, os.path.getsize(film))]
        needles = windows(film.read_bytes())
        assert len(needles) == 1000
        assert files_with(needles, tmp_path / "kept", tmp_path) == []
        (tmp_path / "proof").mkdir()
        film.rename(tmp_path / "proof" / "film.webm")  # the search itself finds what is there
        assert files_with(needles[:1], tmp_path / "proof", tmp_path) == [
            str(tmp_path / "proof" / "film.webm")
        ]
    finally:
        server.stop()
