"""MP4, MOV, WebM, Matroska: same coded packets, nothing beside them, cut recordings kept."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from functools import cache
from typing import Any

import av
import pytest

from app.scrub import Refused, ebml, jpeg_units, same, sniff, tracks
from app.scrub.report import Notes
from app.scrub.source import Source
from tests import media
from tests.media import CANARY
from tests.scrub import forging
from tests.scrub.helpers import cleaned, holds, parts, planned


@cache
def sample(name: str) -> bytes:
    return {
        "mp4": lambda: media.mp4(),
        "fragments": lambda: media.mp4(fragmented=True),
        "mov": lambda: media.mov_with_everything(CANARY),
        "webm": lambda: media.webm(live=False),
        "live": lambda: media.webm(),
        "matroska": lambda: media.matroska(),
    }[name]()


NAMES = ("mp4", "fragments", "mov", "webm", "live", "matroska")


def opened(data: bytes) -> Any:
    return av.open(io.BytesIO(data))


def packets(data: bytes) -> list[tuple[str, int, str]]:
    streams, _ = same.packets(io.BytesIO(data))
    return [(item.type, item.count, item.digest.hexdigest()) for item in streams.values()]


@pytest.mark.parametrize("name", NAMES)
def test_everything_goes_and_the_film_stays(name: str) -> None:
    copy, report = cleaned(sample(name))
    assert holds(sample(name), CANARY)
    assert not holds(copy, "WITNESS") and b"x264 - core" not in copy and b"Lavf" not in copy
    assert packets(copy) == packets(sample(name))
    assert report.pixels == "identical"
    assert report.facts.width == 96 and report.facts.duration == pytest.approx(2, abs=0.15)


def test_a_number_too_long_for_one_goes() -> None:
    """Readers give such a track up, and it has room for a message."""
    sound = ebml.write(0xB5, struct.pack(">f", 48000)) + ebml.write(0x9F, CANARY[:9].encode())
    entry = (
        ebml.write_number(0xD7, 1)
        + ebml.write_number(0x83, 2)
        + ebml.write(0x86, b"A_PCM/INT/LIT")
        + ebml.write(0xE1, sound)
    )
    source = Source(io.BytesIO(ebml.write(0x1654AE6B, ebml.write(0xAE, entry))))
    element = ebml.element(source, 0)
    assert element is not None
    clean, kept = tracks.clean(source, element, Notes("video/x-matroska"))
    assert set(kept) == {1} and struct.pack(">f", 48000) in clean and CANARY[:9].encode() not in clean


@pytest.mark.parametrize("name", NAMES)
def test_decoded_pictures_are_equal_and_it_seeks(name: str) -> None:
    def pictures(data: bytes) -> list[bytes]:
        with opened(data) as film:
            return [bytes(frame.planes[0]) for frame in film.decode(video=0)]

    copy, _ = cleaned(sample(name))
    assert pictures(copy) == pictures(sample(name))
    with opened(copy) as film:
        assert film.duration and film.duration > 1_500_000
        film.seek(1_000_000)
        first = next(film.decode(video=0))
        assert first.time is not None and 0.4 < first.time <= 1.0


@pytest.mark.parametrize("name", NAMES)
def test_cleaning_twice_changes_nothing(name: str) -> None:
    once, _ = cleaned(sample(name))
    twice, _ = cleaned(once)
    assert once == twice


@pytest.mark.parametrize("name", ["live", "matroska", "fragments"])
def test_a_recording_cut_anywhere_keeps_its_whole_packets(name: str) -> None:
    data = sample(name)
    for length in range(len(data) // 4, len(data), len(data) // 19):
        before, _ = same.packets(io.BytesIO(data[:length])) if name != "fragments" else (None, None)
        copy, _ = cleaned(data[:length])
        after, _ = same.packets(io.BytesIO(copy))
        if before is not None:
            lost = sum(item.count for item in before.values()) - sum(item.count for item in after.values())
            assert 0 <= lost <= 1
        assert not holds(copy, CANARY)


def test_a_live_recording_gets_duration_and_cues() -> None:
    copy, report = cleaned(sample("live"))
    assert b"\x1c\x53\xbb\x6b" in copy[:1000]
    assert "duration and cues" in {item.part for item in report.kept}


def test_the_index_comes_first_and_places_follow() -> None:
    copy, report = cleaned(sample("mp4"))
    assert copy.index(b"moov") < copy.index(b"mdat")
    assert any("moved to the beginning" in line for line in report.remarks)
    assert cleaned(copy)[1].remarks == ()


def test_bytes_between_samples_are_zeroed_and_named() -> None:
    copy, report = cleaned(sample("mov"))
    assert "media data that no kept sample uses" in parts(report)
    assert "user data in the stream (SEI)" in parts(report)
    assert b"telemetry" not in copy


def test_place_and_time_become_facts() -> None:
    _, report = cleaned(sample("mp4"))
    assert report.facts.latitude == pytest.approx(52.52, abs=0.001)
    assert report.facts.longitude == pytest.approx(13.41, abs=0.001)


def test_subtitles_and_their_samples_go() -> None:
    out = io.BytesIO()
    with opened(sample("mp4")) as film, av.open(out, "w", format="mp4") as target:
        tracks = {stream.index: target.add_stream_from_template(stream) for stream in film.streams}
        for packet in film.demux():
            if packet.size:
                packet.stream = tracks[packet.stream.index]
                target.mux(packet)
    data = bytearray(out.getvalue())
    at = data.rindex(b"soun")
    data[at : at + 4] = b"text"  # the sound becomes a text track: its samples must not stay
    copy, report = planned(bytes(data))
    assert "text track" in parts(report)
    assert "media data that no kept sample uses" in parts(report)
    streams, _ = same.packets(io.BytesIO(copy))
    assert [stream.type for stream in streams.values()] == ["video"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"stsz" + bytes(8), b"stsz" + bytes(4) + b"\xff\xff\xff\xf0"),
        (b"stco" + bytes(4), b"stco" + b"\0\0\0\0"),
    ],
)
def test_impossible_counts_are_refused(old: bytes, new: bytes) -> None:
    data = bytearray(sample("mp4"))
    at = data.index(b"stsz" if b"stsz" in old else b"stco")
    struct.pack_into(">I", data, at + (12 if b"stsz" in old else 8), 0xFFFFFFF0)
    with pytest.raises(Refused):
        cleaned(bytes(data))


def test_encrypted_films_are_refused() -> None:
    data = bytearray(sample("mp4"))
    at = data.rindex(b"avc1")
    data[at : at + 4] = b"encv"
    with pytest.raises(Refused, match="encrypted"):
        planned(bytes(data))


def test_deeply_nested_boxes_are_refused() -> None:
    inner = b""
    for _ in range(3000):
        inner = media.box(b"moov", inner)
    with pytest.raises(Refused):
        planned(media.box(b"ftyp", b"isom\0\0\0\0isom") + inner)


@pytest.mark.parametrize(
    ("brand", "kind"), [(b"3gpz", "video/3gpp"), (b"M4P ", "audio/mp4"), (b"XAVC", "video/mp4")]
)
def test_a_copy_under_an_unknown_brand_is_of_the_same_type(brand: bytes, kind: str) -> None:
    data = media.mp4(seconds=1)
    copy, report = cleaned(data[:8] + brand + data[12:])
    assert report.type == kind and sniff(io.BytesIO(copy)) == kind and brand not in copy


def test_pictures_of_motion_jpeg_say_nothing() -> None:
    notes, data = Notes("video/quicktime"), media.jpeg(comment=CANARY, exif=media.exif(CANARY))
    fresh = bytearray(data)
    for at, patch in jpeg_units.patches(data, notes):
        fresh[at : at + len(patch)] = patch
    assert holds(data, CANARY) and not holds(bytes(fresh), CANARY) and len(fresh) == len(data)
    assert same._essence(data, "mjpeg", 0) == same._essence(bytes(fresh), "mjpeg", 0)
    assert same._essence(data, "mjpeg", 0) != same._essence(
        data.replace(b"\xff\xda", b"\xff\xda\1", 1), "mjpeg", 0
    )
    with pytest.raises(Refused, match="more than a picture"):
        jpeg_units.patches(data + b"a serial number", notes)


@pytest.mark.parametrize("audio", ["flac", "libopus", "alac", "aac", "ac3"])
def test_sound_of_every_codec_of_phones_comes_through(audio: str) -> None:
    data = media.film("mp4", CANARY, 1, None, audio, strict="-2")
    copy, report = cleaned(data)
    assert not holds(copy, CANARY) and packets(copy) == packets(data) and report.pixels == "identical"


def test_two_codings_in_one_track_are_refused() -> None:
    data = media.mp4(seconds=1)
    path = (*forging.STBL, (b"stsd", 8))
    entry = data[data.index(b"avc1", data.index(b"stsd")) - 4 :]
    entry = entry[: int.from_bytes(entry[:4], "big")]
    twice = bytearray(forging.grown(data, path, entry[:4] + b"av01" + entry[8:]))
    twice[twice.index(b"stsd") + 11] = 2
    with pytest.raises(Refused, match="changes its coding"):
        planned(bytes(twice))


@pytest.mark.parametrize("codec", [b"dvc ", b"png ", b"tx3g"])
def test_what_we_do_not_know_how_to_look_into_is_refused(codec: bytes) -> None:
    data = bytearray(media.mp4(seconds=1))
    at = data.index(b"avc1", data.index(b"stsd"))
    data[at : at + 4] = codec
    with pytest.raises(Refused, match="a way that we do not know"):
        planned(bytes(data))


def test_rotation_colours_and_aspect_stay() -> None:
    colours = media.box(b"colr", b"nclx" + struct.pack(">HHHB", 9, 18, 9, 128))
    aspect = media.box(b"pasp", struct.pack(">II", 4, 3))
    data = bytearray(forging.grown(media.mp4(seconds=1), forging.ENTRY, colours + aspect))
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 36] = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)

    def shown(film: bytes) -> tuple[Any, ...]:
        with opened(film) as opened_film:
            stream = opened_film.streams.video[0]
            context = stream.codec_context
            frame = next(opened_film.decode(video=0))
            return (
                frame.rotation, stream.sample_aspect_ratio, context.color_primaries, context.color_trc,
                context.colorspace, context.color_range,
            )  # fmt: skip

    copy, _ = cleaned(bytes(data))
    before = shown(bytes(data))
    assert abs(before[0]) == 90 and (before[1], before[2]) == (Fraction(4, 3), 9)
    assert shown(copy) == before


def test_an_edit_list_stays() -> None:
    data = media.mp4(seconds=1)
    at = data.index(b"elst")
    copy, _ = cleaned(data)
    size = int.from_bytes(data[at - 4 : at], "big")
    assert data[at - 4 : at - 4 + size] in copy
