"""JPEG: nothing left but the picture, its colours and which way is up."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageOps

from app.scrub import Refused
from tests import media
from tests.media import CANARY
from tests.scrub.helpers import cleaned, holds, parts, planned


def test_everything_goes_and_is_named() -> None:
    copy, report = cleaned(media.jpeg_with_everything(CANARY))
    assert not holds(copy, CANARY)
    assert b"<script" not in copy and b"evil.txt" not in copy and not holds(copy, "WITNESS")
    assert parts(report) >= {
        "EXIF", "XMP", "Photoshop resources and IPTC", "index of further pictures (MPF)", "JFXX thumbnail",
        "C2PA manifest (JUMBF)", "APP7", "comment", "second picture after the end (JPEG)",
    }  # fmt: skip
    tags = {item.tag for item in report.found}
    assert not any(tag.startswith("0x") for tag in tags)
    assert tags >= {"Artist", "BodySerialNumber", "GPSLatitude", "dc:creator", "By-line", "MakerNote"}
    assert report.pixels == "identical" and report.checked


@pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_shown_the_same(orientation: int) -> None:
    data = media.jpeg_with_everything(CANARY, orientation)
    copy, _ = cleaned(data)
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(copy)) as after:
        assert ImageOps.exif_transpose(before).tobytes() == ImageOps.exif_transpose(after).tobytes()
        assert dict(after.getexif()) == ({0x0112: orientation} if orientation > 1 else {})


def test_facts_are_apart() -> None:
    _, report = cleaned(media.jpeg_with_everything(CANARY))
    facts = report.facts
    assert (facts.taken_at, facts.offset) == ("2017-07-01T12:34:56", "+02:00")
    assert (facts.latitude, facts.longitude, facts.altitude) == (52.52, 13.41, 34.5)
    assert (facts.width, facts.height) == (96, 64)
    assert CANARY not in report.dumps() and "2017" not in report.dumps() and "52.52" not in report.dumps()


def test_orientation_that_only_xmp_knows_is_kept() -> None:
    packet = b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf:RDF tiff:Orientation="6"/></x:xmpmeta>'
    data = media.jpeg()
    copy, _ = cleaned(data[:2] + media.segment(0xE1, packet) + data[2:])
    with Image.open(io.BytesIO(copy)) as image:
        assert image.getexif()[0x0112] == 6


def test_stray_bytes_between_segments_go() -> None:
    data = media.jpeg()
    at = data.index(b"\xff\xdb")
    copy, report = cleaned(data[:at] + CANARY.encode() + data[at:])
    assert not holds(copy, CANARY)
    assert "stray bytes between segments" in parts(report)


def test_a_picture_without_end_is_kept_as_far_as_it_came() -> None:
    data = media.jpeg()
    copy, report = cleaned(data[: len(data) * 2 // 3])
    assert copy.endswith(b"\xff\xd9") and report.remarks


@pytest.mark.parametrize(
    "data", [b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xe0\0\x04ab", b"\xff\xd8\xff" + bytes(300)]
)
def test_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        planned(data)


def test_too_many_pixels_are_refused() -> None:
    data = bytearray(media.jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff\xdc\xff\xdc"
    with pytest.raises(Refused, match="megapixels"):
        planned(bytes(data))


def test_a_table_with_room_for_a_message_is_refused() -> None:
    data = media.jpeg()
    at = data.index(b"\xff\xdb")
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    longer = data[:at] + b"\xff\xdb" + (length + 6).to_bytes(2, "big") + data[at + 4 : at + 2 + length]
    with pytest.raises(Refused, match="impossible length"):
        planned(longer + b"secret" + data[at + 2 + length :])


def test_a_long_text_inside_the_coded_picture_is_refused() -> None:
    """A damaged header can make segments pass for picture data; coded pictures hold no sentences."""
    data = media.saved(Image.effect_noise((320, 240), 60).convert("RGB"), "JPEG", quality=80)
    at = data.index(b"\xff\xda") + 600
    assert planned(data)
    with pytest.raises(Refused, match="other data lie inside"):
        planned(data[:at] + b"The owner of this phone lives at 12 Long Street." + data[at:])


@pytest.mark.parametrize("colour", ["black", "white", "gray", "teal"])
def test_a_plain_surface_is_no_text(colour: str) -> None:
    for quality in (10, 50, 90):
        assert planned(media.saved(Image.new("RGB", (2000, 1000), colour), "JPEG", quality=quality))


@pytest.mark.parametrize("last", [b"\x00\x3e\xff", b"\x40\x3f\x00", b"\x00\x7f\x00", b"\x00\x3f\xe0"])
def test_a_scan_header_with_room_for_a_message_is_refused(last: bytes) -> None:
    """One that ends in 0xff also makes readers that look for marks take the scan for a comment."""
    data = media.jpeg()
    at = data.index(b"\xff\xda") + 2 + int.from_bytes(data[data.index(b"\xff\xda") + 2 :][:2], "big")
    with pytest.raises(Refused, match="impossible header"):
        planned(data[: at - 3] + last + data[at:])


def test_damage_that_looks_like_a_mark_does_not_end_a_picture() -> None:
    data = bytearray(media.jpeg())
    data[-60:-58] = b"\xff\x9f"  # a bit fell over: no decoder knows this mark
    copy, report = cleaned(bytes(data))
    assert bytes(data[-200:-60]) + b"\xff\xd9" in copy and report.pixels == "identical"


def test_behind_a_mark_that_nobody_uses_nothing_of_a_scan_stays() -> None:
    """Decoders stop there, or go on at the next restart; exiftool reads FF 64 as a comment."""
    data = media.saved(media.picture(), "JPEG")
    hidden = b"\xff\x64\0\x0fwho filmed\x01it"
    copy, _ = planned(data[:-2] + hidden + data[-2:])
    assert b"who" not in copy and copy[-2:] == b"\xff\xd9"
    copy, _ = planned(data[:-2] + hidden + b"\xff\xd0the next interval" + data[-2:])
    assert b"who" not in copy and copy.endswith(b"\xff\xd0the next interval\xff\xd9")
