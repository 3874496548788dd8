"""PNG, WebP, GIF, TIFF, HEIF and AVIF: full of canaries before, without one after, shown the same."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import pillow_heif
import pytest
from PIL import Image, ImageOps

from app.scrub import Refused, png
from tests import media
from tests.media import CANARY
from tests.scrub import forging
from tests.scrub.helpers import cleaned, holds, parts, planned

FULL = {
    "png": media.png_with_everything,
    "webp": media.webp_with_everything,
    "gif": media.gif_with_everything,
    "tiff": media.tiff_with_everything,
    "heic": media.heic_with_everything,
    "avif": media.avif_with_everything,
}


def shown(data: bytes) -> list[bytes]:
    pillow_heif.register_heif_opener()
    with Image.open(io.BytesIO(data)) as image:
        out = []
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            out.append(ImageOps.exif_transpose(image).convert("RGBA").tobytes())
        return out


@pytest.mark.parametrize("make", FULL.values(), ids=FULL)
def test_everything_goes_and_the_picture_stays(make: Callable[[str], bytes]) -> None:
    data = make(CANARY)
    copy, report = cleaned(data)
    assert holds(data, CANARY)
    assert not holds(copy, "WITNESS") and b"evil.txt" not in copy and b"<?php" not in copy
    assert shown(copy) == shown(data)
    assert report.pixels == "identical" and parts(report) and report.found


@pytest.mark.parametrize("make", FULL.values(), ids=FULL)
def test_cleaning_twice_changes_nothing(make: Callable[[str], bytes]) -> None:
    once, _ = cleaned(make(CANARY))
    twice, _ = cleaned(once)
    assert once == twice


@pytest.mark.parametrize("make", FULL.values(), ids=FULL)
def test_cut_files_are_refused_or_clean(make: Callable[[str], bytes]) -> None:
    data = make(CANARY)
    for length in range(16, len(data), max(1, len(data) // 23)):
        try:
            copy, _ = cleaned(data[:length])
        except Refused as reason:
            assert "\n" not in str(reason)
        else:
            assert not holds(copy, CANARY)


def test_a_bomb_in_a_text_is_not_unpacked() -> None:
    engine = zlib.compressobj(9)
    packed = b"".join(engine.compress(bytes(1 << 20)) for _ in range(64)) + engine.flush()
    data = media.saved(media.picture(), "PNG")
    text = media.chunk(b"zTXt", b"Comment\0\0" + packed) + media.chunk(b"iCCP", b"x\0\0" + packed)
    copy, report = cleaned(data[:33] + text + data[33:])
    assert len(copy) < len(data) + 200
    assert "colour profile that no reader could use" in parts(report)


def test_bytes_behind_the_picture_data_of_a_png_are_noticed() -> None:
    data = media.saved(media.picture(), "PNG")
    hidden = media.chunk(b"IDAT", CANARY.encode())
    with pytest.raises(Refused, match="hidden"):
        planned(data[:-12] + hidden + data[-12:])


def test_an_animation_that_unpacks_to_hours_of_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [media.picture().rotate(30 * turn) for turn in range(4)]
    data = media.saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    monkeypatch.setattr(png, "MOST_ANIMATION", 20_000)
    with pytest.raises(Refused, match="more pictures than"):
        planned(data)


def test_animations_keep_their_frames() -> None:
    frames = [media.picture().rotate(30 * turn) for turn in range(4)]
    for kind in ("PNG", "WEBP", "GIF"):
        data = media.saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, loop=0)
        copy, _ = cleaned(data)
        assert len(shown(copy)) == 4 and shown(copy) == shown(data)


def test_a_tiff_of_many_pages_keeps_them() -> None:
    pages = [media.picture().rotate(90 * turn) for turn in range(3)]
    data = media.saved(
        pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_adobe_deflate"
    )
    copy, _ = cleaned(data)
    assert shown(copy) == shown(data) and len(shown(copy)) == 3


def test_a_heic_loses_its_thumbnail_and_keeps_further_pictures() -> None:
    file = pillow_heif.from_pillow(media.picture(128, 64))
    file.add_from_pillow(media.picture(64, 64))
    out = io.BytesIO()
    file.save(out, thumbnails=[32], quality=50)
    copy, report = cleaned(out.getvalue())
    assert "side picture or thumbnail" in parts(report)
    assert len(pillow_heif.open_heif(io.BytesIO(copy))) == 2
    assert all(not picture.info["thumbnails"] for picture in pillow_heif.open_heif(io.BytesIO(copy)))


@pytest.mark.parametrize("make", [media.heic_with_everything, media.avif_with_everything])
def test_bytes_lost_before_a_picture_do_not_pull_its_neighbour_in(make: Callable[[str], bytes]) -> None:
    """Its place in the index stays, so what follows it in the file would pass for its last bytes."""
    data = make(CANARY)
    at = data.index(b"mdat") + 4
    with pytest.raises(Refused, match=r"a coded picture is damaged|can't be decoded"):
        cleaned(data[:at] + data[at + 40 :])


def test_bytes_lost_within_a_picture_do_not_pull_its_neighbour_in() -> None:
    """The lengths of its units stay right; that EXIF lies in the last of them shows by zeros that no unit may hold."""
    data = media.heic_with_everything(CANARY)
    at = data.index(b"mdat") + 24
    with pytest.raises(Refused, match="a coded picture is damaged"):
        planned(data[:at] + data[at + 30 :])


def test_a_picture_that_unpacks_to_more_than_it_is_is_refused() -> None:
    rows = b"".join(b"\0" + bytes(96 * 3) for _ in range(64))
    data = media.saved(media.picture(), "PNG")
    hidden = media.chunk(b"IDAT", zlib.compress(rows + CANARY.encode()))
    with pytest.raises(Refused, match="hidden"):
        planned(data[:33] + hidden + data[-12:])


def test_interlaced_pictures_unpack_to_what_they_are() -> None:
    for width, height in ((1, 1), (3, 2), (5, 9), (96, 64)):
        for interlaced in (0, 1):
            size = png._unpacked(width, height, [8, 2, 0, 0, interlaced])
            assert size >= 3 * width * height + height
    assert png._unpacked(8, 8, [1, 0, 0, 0, 1]) == 2 + 2 + 2 + 4 + 4 + 8 + 8
    assert png._unpacked(9, 2, [1, 3, 0, 0, 0]) == 6


@pytest.mark.parametrize("name", ["a longer strip", "behind the end of zlib"])
def test_a_tiff_that_can_not_be_copied_is_coded_anew_and_says_so(name: str) -> None:
    data = forging.tiffs()[name]
    copy, report = cleaned(data)
    assert report.pixels == "re-encoded" and shown(copy) == shown(data)
    assert not holds(copy, "WITNESS")


def test_a_count_of_loops_under_a_shorter_name_is_none() -> None:
    data = media.saved(media.picture().convert("P"), "GIF")
    block = b"!\xff\x09NETSCAPE2.0\3\1\0\0" + CANARY.encode().ljust(41) + b"\0"
    copy, report = cleaned(data[:-1] + block + b";")
    assert b"NETSCAPE" not in copy and "application block" in parts(report)
