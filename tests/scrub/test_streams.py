"""User data between coded pictures becomes filler of the same length; the rest stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scrub import Refused, entries, nal, obu, same, visual
from app.scrub.report import Notes


def escaped(rbsp: bytes) -> bytes:
    out = b""
    for byte in rbsp:
        out += b"\3" if out.endswith(b"\0\0") and byte < 4 else b""
        out += bytes([byte])
    return out


def message(kind: int, data: bytes) -> bytes:
    return (
        b"\xff" * (kind // 255)
        + bytes([kind % 255])
        + b"\xff" * (len(data) // 255)
        + bytes([len(data) % 255])
        + data
    )


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1, 4, 5, 6, 45, 136, 137, 300]), st.binary(max_size=400)), max_size=4
    )
)
def test_an_sei_keeps_its_length_and_loses_what_is_not_allowed(messages: list[tuple[int, bytes]]) -> None:
    unit = b"\x06" + escaped(b"".join(message(*item) for item in messages) + b"\x80")
    clean = nal.clean_sei("h264", unit, Notes("video/mp4"))
    assert len(clean) == len(unit)
    kept = b"".join(data for kind, data in messages if len(data) <= nal.KEPT["h264"].get(kind, -1))
    for kind, data in messages:
        if (
            len(data) > nal.KEPT["h264"].get(kind, -1)
            and data not in kept
            and len(data) > 12
            and data.strip(b"\xff")
        ):
            assert escaped(data) not in clean
    assert nal.clean_sei("h264", clean, Notes("video/mp4")) == clean


def test_allowed_messages_stay() -> None:
    unit = b"\x4e\x01" + message(137, bytes(range(24))) + message(5, b"serial 12345678") + b"\x80"
    clean = nal.clean_sei("hevc", unit, Notes("video/mp4"))
    assert message(137, bytes(range(24))) in clean and b"serial" not in clean and len(clean) == len(unit)


def test_only_sei_units_are_touched() -> None:
    picture, text = b"\x65" + bytes(40), b"\x06" + message(5, b"x" * 30) + b"\x80"
    sample = b"".join(len(unit).to_bytes(4, "big") + unit for unit in (text, picture))
    ((place, data),) = nal.patches("h264", sample, 4, Notes("video/mp4"))
    assert place == 4 and len(data) == len(text)


def test_metadata_of_av1_becomes_padding() -> None:
    metadata = b"\x2a\x05\x04abcd"
    picture = b"\x32\x04wxyz"
    brightness = b"\x2a\x03\x01ab"
    ((place, data),) = obu.patches(metadata + picture + brightness, Notes("video/mp4"))
    assert place == 0 and len(data) == len(metadata)
    assert data[0] >> 3 & 15 == obu.PADDING and b"abcd" not in data


@given(st.binary(max_size=300))
def test_rubbish_never_changes_its_length(data: bytes) -> None:
    for codec in ("h264", "hevc"):
        assert all(
            place + len(patch) <= len(data) for place, patch in nal.patches(codec, data, 4, Notes("x"))
        )
    assert all(place + len(patch) <= len(data) for place, patch in obu.patches(data, Notes("x")))
    assert len(nal.clean_hvcc(data, Notes("x"))) == len(data)


def test_units_that_do_not_add_up_are_noticed() -> None:
    units = b"\0\0\0\5\x65abcd" + b"\0\0\0\0" + b"\0\0\0\3\x41ab"
    assert nal.broken(units, 4) is None and nal.broken(b"", 4) is None
    assert nal.broken(units[:-1], 4) == 17  # behind the length that reaches too far
    assert nal.broken(units + b"\0", 4) == len(units)
    assert not nal.drawn_in(units, 4) and not nal.drawn_in(b"\0\0\0\5\x65a\0\0\0", 4)
    assert nal.drawn_in(b"\0\0\0\5\x65a\0\0\1", 4) and nal.drawn_in(b"\0\0\0\5\x65\0\0\0a", 4)
    parts = b"\x12\0" + b"\x32\4wxyz"
    assert obu.broken(parts) is None and obu.broken(b"\x30" + bytes(9)) is None
    assert obu.broken(parts[:-1]) == 2 and obu.broken(b"\xb2\1a") == 0


def test_what_stands_behind_a_unit_that_is_too_long_goes() -> None:
    notes = Notes("video/mp4")
    unit = b"\0\0\0\5\x65abcd"
    assert nal.patches("h264", unit + b"\0\0\1\0a serial number", 4, notes) == [(13, bytes(15))]
    assert nal.patches("h264", unit + b"xyz", 4, notes) == [(9, bytes(3))]
    assert obu.patches(b"\x12\0" + b"\x32\x40" + b"a serial number", notes) == [(4, bytes(15))]
    assert {item.part for item in notes.report().removed} == {"data of damaged pictures"}


def units(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_units_that_no_decoder_reads_become_filler() -> None:
    text, picture = b"\x18" + b"a serial number" * 9, b"\x65" + bytes(40)
    sample = units(text, picture, text)
    (first, early), (second, late) = nal.patches("h264", sample, 4, Notes("video/mp4"))
    assert (first, second) == (4, len(sample) - len(text)) and len(early) == len(late) == len(text)
    assert early[:2] == b"\x06\x03"  # a message: units of filler may not stand before a picture
    assert late == b"\x0c" + b"\xff" * (len(text) - 2) + b"\x80"


def test_filler_delimiters_and_ends_hold_nothing() -> None:
    notes, text = Notes("video/mp4"), b"a serial number"
    for unit in (b"\x0c" + text, b"\x09\xf0" + text, b"\x0a" + text, b"\x0b" + text):
        ((_, clean),) = nal.patches("h264", units(unit), 4, notes)
        assert len(clean) == len(unit) and text not in clean
    for unit in (
        b"\x4c\1" + text,
        b"\x46\1\x50" + text,
        b"\x48\1" + text,
        b"\x62\1" + text,
        b"\x50\1\5\x0f" + text + b"\x80",
    ):
        ((_, clean),) = nal.patches("hevc", units(unit), 4, notes)
        assert len(clean) == len(unit) and text not in clean
    plain = units(b"\x09\xf0", b"\x0c\xff\xff\x80", b"\x65abc", b"\x0a", b"\x0b")
    assert nal.patches("h264", plain, 4, notes) == []
    assert (
        nal.patches(
            "hevc", units(b"\x46\1\x50", b"\x4c\1\xff\x80", b"\x26\1abc", b"\x48\1", b"\x4a\1"), 4, notes
        )
        == []
    )


def test_dolby_vision_stays_only_where_the_film_says_that_it_has_it() -> None:
    sample, notes = units(b"\x26\1abc", b"\x7c\1" + bytes(range(60))), Notes("video/mp4")
    assert nal.patches("hevc", sample, 4, notes, dolby=True) == []
    assert len(nal.patches("hevc", sample, 4, notes)) == 1


def test_the_clock_in_the_picture_timing_of_h264_goes() -> None:
    timing = b"\x06" + message(1, bytes(range(1, 9))) + b"\x80"
    assert bytes(range(1, 9)) not in nal.clean_sei("h264", timing, Notes("video/mp4"))
    same = b"\x4e\1" + message(1, b"\1\2\3") + b"\x80"
    assert nal.clean_sei("hevc", same, Notes("video/mp4")) == same


def test_messages_longer_than_they_can_be_go() -> None:
    long = b"\x4e\1" + message(144, b"abcd" + b"a serial number") + b"\x80"
    assert b"serial" not in nal.clean_sei("hevc", long, Notes("video/mp4"))


def test_av1_units_of_unknown_kinds_become_padding() -> None:
    notes = Notes("video/mp4")
    picture, text = b"\x32\4wxyz", b"a serial number"
    for head in (b"\x4a", b"\x12", b"\x72", b"\x2a\x0f\1"[:1], b"\x7a"):
        unit = head + bytes([len(text)]) + text
        ((place, data),) = obu.patches(picture + unit + picture, notes)
        fresh = bytearray(picture + unit + picture)
        fresh[place : place + len(data)] = data
        assert (
            text not in fresh
            and len(fresh) == len(unit) + 2 * len(picture)
            and obu.broken(bytes(fresh)) is None
        )
    long = b"\x2a\x10\1" + text
    assert text not in obu.patches(long, notes)[0][1]
    assert obu.patches(b"\x12\0" + picture + b"\x2a\5\1\0\1\0\2", notes) == []


def test_user_data_of_mpeg4_goes_but_names_of_encoders_stay() -> None:
    start, notes = b"\0\0\1\xb6" + b"\x55" * 20, Notes("video/mp4")
    text = b"\0\0\1\xb2a serial number"
    assert visual.patches(text + start, notes) == [(4, bytes(15))]
    assert visual.patches(b"\0\0\1\xb2XviD0064" + start, notes) == []
    assert visual.patches(b"\0\0\1\xb2Lavc60.31.102" + start, notes) == []
    assert visual.patches(b"\0\0\1\xb2" + bytes(9) + start, notes) == []


def test_sets_of_parameters_end_where_they_say() -> None:
    record = b"\1\x64\0\x1f\xff\xe1\0\4\x67abc\1\0\3\x68de\xfd\xf8\xf8\0"
    assert nal.avcc_end(record) == len(record) == nal.avcc_end(record + b"a serial number")
    assert nal.avcc_end(b"\1\x42\0\x1f\xff\xe1\0\4\x67abc\1\0\3\x68de" + b"a serial number") == 18
    assert nal.avcc_end(b"\1\x42\0\x1f") == 4


def test_units_between_start_codes() -> None:
    notes = Notes("video/webm")
    text, picture = b"\x06" + message(5, b"serial" * 5) + b"\x80", b"\x65" + bytes(range(1, 40))
    sample = b"\0\0\0\1\x67abc" + b"\0\0\0\1" + text + b"\0\0\1" + picture + b"\0\0\1\x18a serial number"
    (first, clean), (second, filler) = nal.patches("h264", sample, 0, notes)
    fresh = bytearray(sample)
    for at, patch in ((first, clean), (second, filler)):
        fresh[at : at + len(patch)] = patch
    assert len(fresh) == len(sample) and b"serial" not in fresh and picture in fresh
    assert same._essence(sample, "h264", same.MARKED) == same._essence(bytes(fresh), "h264", same.MARKED)
    assert nal.patches("h264", bytes(fresh), 0, notes) == []
    for rubbish in (b"a serial number", b"text\0\0\1\x65abc"):
        with pytest.raises(Refused, match="more than a picture"):
            nal.patches("h264", rubbish, 0, notes)


def test_a_parameter_set_that_is_a_text_is_refused() -> None:
    """One changed bit makes a parameter set of what an encoder writes about itself."""
    unit = b"\x42\1" + b"x265 (build 199) - H.265/HEVC codec"
    record = bytes(22) + b"\1" + b"\x21\0\1" + len(unit).to_bytes(2, "big") + unit
    with pytest.raises(Refused, match="holds a text"):
        entries.clean(b"hvcC", record, Notes("video/mp4"))
