"""DNG: the raw picture bit for bit, and nothing that was written around it."""

from __future__ import annotations

import io
import struct

import pytest

from app.scrub import CheckFailed, Refused, sniff
from app.scrub.check import check
from app.scrub.jpeg_units import plain
from tests import media, raws
from tests.media import CANARY
from tests.scrub.helpers import cleaned, holds, parts, planned


def test_everything_goes_and_the_raw_picture_stays() -> None:
    data = raws.dng_with_everything()
    copy, report = cleaned(data)
    assert sniff(io.BytesIO(copy)) == report.type == "image/x-adobe-dng"
    assert not holds(copy, "WITNESS") and b"BADPIXEL" not in copy and b"2017:" not in copy
    assert raws.mosaic() in copy and struct.pack(">II", 1, 1) in copy  # one correction, of its kind
    assert report.pixels == "identical" and (report.facts.width, report.facts.height) == (64, 48)
    assert report.facts.taken_at == "2017:07:01T12:34:56".replace(":", "-", 2) and report.facts.latitude
    assert {"thumbnail or preview", "list of bad pixels", "calibration of the single camera", "XMP"} <= parts(
        report
    )
    assert {("gps", "GPSLatitude"), ("exif", "MakerNote"), ("exif", "CameraSerialNumber")} <= {
        (item.family, item.tag) for item in report.found
    }


def test_it_is_still_turned_the_right_way() -> None:
    copy, _ = cleaned(raws.dng_with_everything(orientation=8))
    assert struct.pack("<HHIH", 274, 3, 1, 8) in copy


def test_cleaning_twice_changes_nothing() -> None:
    once, _ = cleaned(raws.dng_with_everything())
    assert cleaned(once)[0] == once


def test_tiles_of_jpeg_stay_and_their_comments_do_not() -> None:
    copy, _ = cleaned(raws.dng_with_everything(raw=raws.tiled_raw()))
    assert copy.count(b"\xff\xd8\xff\xdb") == 4
    with pytest.raises(Refused, match="more than a picture"):
        planned(raws.dng_with_everything(raw=raws.tiled_raw(CANARY)))


def test_a_longer_strip_than_the_picture_is_refused() -> None:
    def longer(file: raws.File) -> raws.Values:
        values = raws.plain_raw(file)
        hidden = raws.mosaic() + CANARY.encode()
        return {
            **values,
            273: raws.longs(file.blob(hidden)),
            278: raws.longs(48),
            279: raws.longs(len(hidden)),
        }

    with pytest.raises(Refused, match="longer than its picture"):
        planned(raws.dng_with_everything(raw=longer))


def test_metadata_can_not_pass_for_picture() -> None:
    data = bytearray(raws.dng_with_everything())
    at = data.index(struct.pack("<HHI", 273, 4, 2))  # two strips: their places stand elsewhere
    places = struct.unpack_from("<I", data, at + 8)[0]
    struct.pack_into("<I", data, places, data.index(f"{CANARY} serial".encode()) - 3000)
    with pytest.raises(Refused, match="overlap"):
        planned(bytes(data))


def test_without_a_raw_picture_it_is_refused() -> None:
    def none(file: raws.File) -> raws.Values:
        return {**raws.plain_raw(file), 262: raws.shorts(2)}

    with pytest.raises(Refused, match="no picture of a sensor"):
        planned(raws.dng_with_everything(raw=none))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"neutral\0", b"a camera", "names its camera"),
        (struct.pack("<HHI", 50728, 5, 3), struct.pack("<HHI", 50735, 5, 3), "unexpected tag"),
        (raws.mosaic()[-64:], bytes(64), "same picture"),
        (struct.pack("<HHIH", 274, 3, 1, 6), struct.pack("<HHIH", 274, 3, 1, 3), "same picture"),
        (struct.pack(">II", 1, 1), struct.pack(">II", 1, 5), "bad pixels"),
    ],
)
def test_the_second_reader_finds_what_is_wrong(old: bytes, new: bytes, said: str) -> None:
    data = raws.dng_with_everything()
    copy, report = planned(data)
    assert old in copy
    with pytest.raises(CheckFailed, match=said):
        check(io.BytesIO(data), io.BytesIO(copy.replace(old, new)), report)


def test_the_original_itself_does_not_pass() -> None:
    data = raws.dng_with_everything()
    with pytest.raises(CheckFailed):
        check(io.BytesIO(data), io.BytesIO(data), planned(data)[1])


def test_cut_files_are_refused_or_clean() -> None:
    data = raws.dng_with_everything()
    for length in range(16, len(data), len(data) // 40):
        try:
            copy, _ = cleaned(data[:length])
        except Refused as reason:
            assert "\n" not in str(reason)
        else:
            assert not holds(copy, CANARY)


def test_strips_of_jpeg() -> None:
    data = media.jpeg()
    bare = data[:2] + data[data.index(b"\xff\xdb") :]
    assert plain(bare) and plain(bare + b"\0") and plain(bare[:-40])
    assert not plain(data) and not plain(bare + CANARY.encode()) and not plain(bare[2:])
