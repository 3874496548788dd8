"""User data between coded pictures becomes filler of the same length; the rest stays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.scrub import nal, obu
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
        if len(data) > nal.KEPT["h264"].get(kind, -1) and data not in kept and len(data) > 12 and data.strip(b"\xff"):
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
