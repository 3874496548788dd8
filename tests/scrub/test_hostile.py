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
from PIL import Image

from app.scrub import Refused, Unsupported, check, plan, sniff
from tests import media
from tests.media import CANARY
from tests.scrub import forging
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
        "fragments": _fragments(190_000),
        "blocks": _blocks(1_000_000),
        "samples of a run": _run(15_000_000),
        "samples without bytes": _sized(20_000_000, 0),
        "samples of one byte": _sized(20_000_000, 1),
        "one sample many times": _again(2_000),
        "a number of a track": _numbered(0xEF940002),
        "units of a sample": _units(b"\0\0\0\1\x41" * 1_000_000),
        "a message of a megabyte": _units(b"\0\x10\0\0\x06\x05" + bytes(0xFFFFE)),
        "messages": _units(b"\0\x10\0\0\x06" + b"\x2d\0" * 0x7FFFF + b"\x80"),
        "items": _items(20_000),
        "scans": _scans(5_000),
        "a bomb behind a small picture": _png_bomb(1 << 30),
        "a picture one pixel wide": media.saved(
            Image.new("1", (1, 16_000_000)), "TIFF", compression="group4"
        ),
        "a bomb in a strip": _tiff_bomb(1 << 30),
    }


def _fragments(count: int) -> bytes:
    """Fragments of a film in which nothing is."""
    film = media.mp4(seconds=1, fragmented=True)
    at = film.index(b"moof") - 4
    run = media.box(b"tfhd", b"\0\2\0\0\0\0\0\1") + media.box(b"trun", bytes(8))
    return (
        film[:at]
        + media.box(b"moof", media.box(b"mfhd", bytes(8)) + media.box(b"traf", run)) * count
        + film[at:]
    )


def _blocks(count: int) -> bytes:
    """Blocks of a film without a picture in them, each a key frame."""
    film = media.webm(1)
    at = film.index(b"\x1f\x43\xb6\x75")
    cluster = b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7 + b"\xe7\x81\0"
    return film[:at] + cluster + b"\xa3\x84\x81\0\0\x80" * count + film[at:]


def _run(count: int) -> bytes:
    """A fragment that says it has so many samples, each of no bytes."""
    film = media.mp4(seconds=1, fragmented=True)
    at = film.index(b"moof") - 4
    run = media.box(b"tfhd", b"\0\2\0\x10\0\0\0\1" + bytes(4)) + media.box(
        b"trun", bytes(4) + struct.pack(">I", count)
    )
    return film[:at] + media.box(b"moof", media.box(b"mfhd", bytes(8)) + media.box(b"traf", run)) + film[at:]


def _sized(count: int, size: int) -> bytes:
    """A film whose pictures all have the same size and lie in one chunk."""
    film = bytearray(media.mp4(seconds=1))
    at, chunks = film.index(b"stsz") + 8, film.index(b"stsc") + 4
    struct.pack_into(">II", film, at, size, count)
    struct.pack_into(">I", film, chunks + 12, count)
    return bytes(film)


def _again(count: int) -> bytes:
    """A film whose sound is one sample of a megabyte, again and again."""
    film = media.mp4(seconds=1)
    number = struct.pack(">I", count)
    place = len(film) + 8 + 16 * count  # behind whatever the index grows by
    for kind, rows in (
        (b"stsz", bytes(8) + number + struct.pack(">I", 1 << 20) * count),
        (b"stco", bytes(4) + number + struct.pack(">I", place) * count),
        (b"stsc", bytes(4) + struct.pack(">IIII", 1, 1, 1, 1)),
    ):
        at = film.rindex(kind) - 4
        size, fresh = int.from_bytes(film[at : at + 4], "big"), media.box(kind, rows)
        changed = bytearray(film[:at] + fresh + film[at + size :])
        for outer in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            head = changed.rindex(outer, 0, at) - 4
            grown = int.from_bytes(changed[head : head + 4], "big") + len(fresh) - size
            changed[head : head + 4] = grown.to_bytes(4, "big")
        film = bytes(changed)
    return film + media.box(b"mdat", bytes(place - len(film) + (1 << 20)))


def _numbered(number: int) -> bytes:
    film = bytearray(media.mp4(seconds=1, fragmented=True))
    struct.pack_into(">I", film, film.index(b"tkhd") + 16, number)
    return bytes(film)


def _units(sample: bytes) -> bytes:
    """A film whose first picture is this sample."""
    film = bytearray(media.mp4(seconds=1))
    places, sizes = film.index(b"stco") + 12, film.index(b"stsz") + 16
    struct.pack_into(">I", film, places, len(film) + 8)
    struct.pack_into(">I", film, sizes, len(sample))
    return bytes(film) + media.box(b"mdat", sample + bytes(1 << 20))


def _items(count: int) -> bytes:
    """A HEIC of many pictures, all of them the same bytes."""
    whole = media.heic_with_everything("")
    picture = whole[: whole.index(b"uuid") - 4]
    offset, length = forging._extents(picture)[0]
    record = forging._content(picture, (*forging.IPCO, b"hvcC"))
    coded = picture[offset : offset + length]
    return forging._made(record, coded, [(b"hvc1", 0, coded), *[(b"hvc1", 1, b"")] * count])


def _scans(count: int) -> bytes:
    photo = media.saved(media.picture(4000, 3000), "JPEG", progressive=True)
    at = photo.rindex(b"\xff\xda")
    scan = b"\xff\xda\0\x08\1\1\0\1\x3f\0" + bytes(8)
    return photo[:at] + scan * count + photo[at:]


def _png_bomb(size: int) -> bytes:
    engine = zlib.compressobj(9)
    packed = b"".join(engine.compress(bytes(1 << 20)) for _ in range(size >> 20)) + engine.flush()
    drawing = media.saved(media.picture(), "PNG")
    return drawing[:33] + media.chunk(b"IDAT", packed) + drawing[-12:]


def _tiff_bomb(size: int) -> bytes:
    engine = zlib.compressobj(9)
    packed = b"".join(engine.compress(bytes(1 << 20)) for _ in range(size >> 20)) + engine.flush()
    return forging.strip({}, packed, 8)


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
        assert len(copy) < max(500_000, len(data) + 1_000)
    except Refused as reason:
        assert str(reason) and "\n" not in str(reason)
    assert time.process_time() - started < 5


def test_one_sample_used_a_thousand_times_is_refused() -> None:
    with pytest.raises(Refused, match="over each other"):
        planned(_again(1_000))


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


@pytest.mark.parametrize("kind", [b"mvhd", b"tkhd", b"mdhd"])
def test_a_header_that_claims_more_fields_than_it_has_does_not_reach_into_the_next(kind: bytes) -> None:
    film = bytearray(media.mp4(seconds=1))
    film[film.index(kind) + 4] = 1  # wide times, which need 12 bytes more
    with pytest.raises(Refused, match="shorter than its fields"):
        planned(bytes(film))
