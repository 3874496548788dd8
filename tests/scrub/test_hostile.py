"""Files made to harm: refused with one line or cleaned, never a crash, never long."""

from __future__ import annotations

import io
import struct
import time
import zlib
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.scrub import Refused, Unsupported, check, plan, sniff
from tests import media
from tests.media import CANARY
from tests.scrub.helpers import cleaned, planned


@cache
def seeds() -> dict[str, bytes]:
    return {
        "jpeg": media.jpeg_with_everything(CANARY), "png": media.png_with_everything(CANARY),
        "webp": media.webp_with_everything(CANARY), "gif": media.gif_with_everything(CANARY),
        "tiff": media.tiff_with_everything(CANARY), "heic": media.heic_with_everything(CANARY),
        "avif": media.avif_with_everything(CANARY), "mp4": media.mp4(seconds=1),
        "fragments": media.mp4(seconds=1, fragmented=True), "webm": media.webm(1),
        "matroska": media.matroska(seconds=1),
        "ogg": media.ogg(seconds=1), "mp3": media.mp3(seconds=1), "aac": media.aac(1),
        "wav": media.wav(seconds=1),
    }  # fmt: skip


NAMES = (
    "jpeg", "png", "webp", "gif", "tiff", "heic", "avif", "mp4", "fragments", "webm", "matroska", "ogg",
    "mp3", "aac", "wav",
)  # fmt: skip
WORDS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\1", b"\x80\0\0\0")
change = st.tuples(st.floats(0, 1), st.one_of(st.binary(min_size=1, max_size=4), st.sampled_from(WORDS)))


def spoilt(data: bytes, changes: list[tuple[float, bytes]], length: float) -> bytes:
    out = bytearray(data)
    for place, new in changes:
        at = int(place**3 * (len(out) - 1))  # more often near the beginning, where the structure is
        out[at : at + len(new)] = new
    return bytes(out[: max(1, int(len(out) * length))])


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=st.lists(change, max_size=12), length=st.one_of(st.just(1.0), st.floats(0.01, 1)))
def test_spoilt_files_are_refused_or_cleaned(
    name: str, changes: list[tuple[float, bytes]], length: float
) -> None:
    source = io.BytesIO(spoilt(seeds()[name], changes, length))
    started = time.process_time()
    try:
        edits, report = plan(source)
        check.check(source, edits.open(source), report)
    except Refused as reason:
        assert str(reason) and "\n" not in str(reason)
    assert time.process_time() - started < 5


@given(st.binary(max_size=200))
def test_rubbish_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        planned(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='x'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        b"MZ" + bytes(60),
        b"",
        b"GIF",
        b"\xff\xd8",
    ],
)
def test_other_types_are_unsupported(data: bytes) -> None:
    assert sniff(io.BytesIO(data)) is None
    with pytest.raises(Unsupported):
        planned(data)


def exif_segment(block: bytes) -> bytes:
    data = media.jpeg()
    return data[:2] + media.segment(0xE1, b"Exif\0\0" + block) + data[2:]


@pytest.mark.parametrize(
    "block",
    [
        b"MM\0*\0\0\0\x08" + struct.pack(">HHHIII", 1, 0x8769, 4, 1, 8, 8),
        b"MM\0*\0\0\0\x08"
        + struct.pack(">H", 5000)
        + struct.pack(">HHII", 0x8825, 4, 0x7FFFFFFF, 8) * 5000
        + bytes(4),
    ],
    ids=["a loop", "five thousand large counts"],
)
def test_endless_directories_end(block: bytes) -> None:
    started = time.process_time()
    copy, _ = cleaned(exif_segment(block))
    assert time.process_time() - started < 5
    assert b"Exif" not in copy


def test_entities_in_xmp_are_not_followed() -> None:
    bomb = (
        b"<!DOCTYPE l ["
        + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(10))
        + b"]>"
    )
    data = media.jpeg()
    packet = b"http://ns.adobe.com/xap/1.0/\0" + bomb + b'<x:xmpmeta><rdf:RDF dc:title="&l9;"/></x:xmpmeta>'
    copy, _ = cleaned(data[:2] + media.segment(0xE1, packet) + data[2:])
    assert b"ENTITY" not in copy


@cache
def flood() -> dict[str, bytes]:
    """Small files that were made to keep a reader busy for minutes."""
    photo, drawing = media.jpeg(), media.saved(media.picture(), "PNG")
    signs = {"directories": b"MM\0*" * 16_000, "packets": b"<rdf:RDF" * 8_000}
    exif_block = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHII", 1, 0x10F, 2, 4, 0) + bytes(4)
    resources = b"Photoshop 3.0\0" + (b"8BIM\x04\x04" + bytes(6)) * 5_000
    return {
        **{name: photo[:2] + media.segment(0xE9, sign) * 16 + photo[2:] for name, sign in signs.items()},
        "EXIF": photo[:2] + media.segment(0xE1, exif_block) * 5_000 + photo[2:],
        "resources": photo[:2] + media.segment(0xED, resources) * 200 + photo[2:],
        "chunks": drawing[:33] + media.chunk(b"prVt", b"") * 200_000 + drawing[33:],
        "packed": drawing[:33] + _packed_xmp() * 200 + drawing[33:],
        "frames": b"\xff\xf1\x50\x80\x01\x1f\xfc\0" * 200_000,
        "marks": b"ID3\4\0\0\0\0\0\0" + b"\xff\xf1\x50" * 400_000,
        "tags": b"ID3\4\0\0\0\0\0\0" * 200_000 + media.mp3(),
        "lists": _nested(3_000),
        "tracks": _many_tracks(2_000),
        "clusters": _clusters(50_000),
    }


def _packed_xmp() -> bytes:
    packet = zlib.compress(b"<rdf:RDF " + b'a="b" ' * 170_000)
    return media.chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packet)


def _nested(depth: int) -> bytes:
    sound, inner = media.wav(), b""
    for _ in range(depth):
        inner = b"LIST" + struct.pack("<I", len(inner) + 4) + b"INFO" + inner
    return sound[:12] + inner + sound[12:]


def _many_tracks(count: int) -> bytes:
    film = media.mp4(seconds=1)
    start = film.index(b"moov") + 4
    end = start - 8 + int.from_bytes(film[start - 8 : start - 4], "big")
    track = film.index(b"trak") - 4
    stop = track + int.from_bytes(film[track : track + 4], "big")
    index = film[start:track] + film[track:stop] * count + film[stop:end]
    return film[: start - 8] + media.box(b"moov", index) + film[end:]


def _clusters(count: int) -> bytes:
    film = media.webm(1)
    at = film.index(b"\x1f\x43\xb6\x75")
    return film[:at] + (b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7) * count + film[at:]


@pytest.mark.parametrize("data", flood().values(), ids=flood())
def test_a_flood_takes_no_longer_than_a_film(data: bytes) -> None:
    started = time.process_time()
    try:
        copy, _ = cleaned(data)
        assert len(copy) < 500_000
    except Refused as reason:
        assert str(reason) and "\n" not in str(reason)
    assert time.process_time() - started < 5


def test_one_strip_used_a_thousand_times_does_not_become_a_thousand() -> None:
    width, count = 30_000, 1_000
    places = 8 + width + 2 + 12 * 9 + 4
    tags = (
        (256, 4, 1, width), (257, 4, 1, count), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
        (273, 4, count, places), (277, 3, 1, 1), (278, 4, 1, 1), (279, 4, count, places + 4 * count),
    )  # fmt: skip
    data = b"II*\0" + struct.pack("<I", 8 + width) + bytes(width) + struct.pack("<H", len(tags))
    data += b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    data += struct.pack("<I", 8) * count + struct.pack("<I", width) * count
    with pytest.raises(Refused, match="over each other"):
        planned(data)
