"""The second reader finds what a careless stripper would leave, and another picture."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from app.scrub import CheckFailed, Report, plan, values
from app.scrub.check import check
from tests import media
from tests.media import CANARY
from tests.scrub.helpers import planned


def judged(original: bytes, copy: bytes, report: Report | None = None) -> Report:
    source = io.BytesIO(original)
    return check(source, io.BytesIO(copy), report or plan(source)[1])


@pytest.mark.parametrize(
    "data",
    [
        media.jpeg_with_everything(CANARY),
        media.png_with_everything(CANARY),
        media.webp_with_everything(CANARY),
        media.gif_with_everything(CANARY),
        media.tiff_with_everything(CANARY),
        media.heic_with_everything(CANARY),
        media.mp4(),
        media.webm(),
        media.ogg(),
        media.mp3(),
        media.wav(),
    ],
    ids=["jpeg", "png", "webp", "gif", "tiff", "heic", "mp4", "webm", "ogg", "mp3", "wav"],
)
def test_the_original_itself_does_not_pass(data: bytes) -> None:
    with pytest.raises(CheckFailed):
        judged(data, data)


def test_a_value_of_the_metadata_is_found_anywhere() -> None:
    data = media.jpeg_with_everything(CANARY)
    copy, report = planned(data)
    at = copy.index(b"\xff\xda") + 40
    hidden = copy[:at] + f"{CANARY} serial".encode() + copy[at:]
    with pytest.raises(CheckFailed):
        judged(data, hidden, report)


def test_other_pixels_are_found() -> None:
    data = media.jpeg_with_everything(CANARY)
    other, _ = planned(media.saved(media.picture().rotate(180), "JPEG", quality=90, exif=media.exif(CANARY)))
    with pytest.raises(CheckFailed, match="same picture"):
        judged(data, other)


def test_another_orientation_is_found() -> None:
    data = media.jpeg_with_everything(CANARY, 6)
    other, _ = planned(media.jpeg_with_everything(CANARY, 3))
    with pytest.raises(CheckFailed, match="turned"):
        judged(data, other)


def test_lost_colours_are_found() -> None:
    profile = media.profile("x").replace(b"rXYZ", b"tmpX").replace(b"gXYZ", b"rXYZ").replace(b"tmpX", b"gXYZ")
    data = media.jpeg(icc_profile=profile)
    with pytest.raises(CheckFailed, match="colours"):
        judged(data, media.jpeg())


def test_a_lost_packet_is_found() -> None:
    data = media.webm(live=False)
    shorter, _ = planned(data[: len(data) * 9 // 10])
    with pytest.raises(CheckFailed, match="same"):
        judged(data, shorter)


def test_another_type_is_found() -> None:
    with pytest.raises(CheckFailed, match="type"):
        judged(media.jpeg(), media.saved(media.picture(), "PNG"))


def test_the_report_gains_what_exifread_saw() -> None:
    data = media.jpeg_with_everything(CANARY)
    copy, report = planned(data)
    seen = judged(data, copy, report)
    assert seen.checked and set(report.found) <= set(seen.found)
    assert {"pillow", "av", "exifread", "python"} <= set(seen.tools)
    assert Report.from_json(seen.to_json()) == replace(seen, facts=type(seen.facts)())


def test_values_that_tell_something() -> None:
    said = values.telling(
        ["short", "000000", "aaaaaaaa", "sRGB IEC61966-2.1", "0000:00:00", " a serial 123\0", "a\x01bcdefgh"]
    )
    assert said == ["a serial 123"]
