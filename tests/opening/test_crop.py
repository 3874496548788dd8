"""What the child that cuts makes of made-up films and photos: the frame that was on the screen, upright, pixel by pixel."""

from __future__ import annotations

import io
from itertools import accumulate
from typing import Any

import av
import pytest
from PIL import Image, ImageChops, ImageOps

from app.opening import crop
from app.scrub.errors import Refused
from tests import media
from tests.footage import BITS, BLOCK, HEIGHT, WIDTH, counter, moments, number_in, sheet

FILMS = {
    "webm, vp8": ("webm", "libvpx", {}),
    "webm as it is recorded": ("webm", "libvpx", {"live": "1"}),
    "webm, vp9": ("webm", "libvpx-vp9", {}),
    "mp4, h264 with frames out of order": ("mp4", "libx264", {}),
    "mp4 in fragments": ("mp4", "libx264", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
}
CORNER = (0, 0, BITS * BLOCK, BLOCK * 2)


def film(name: str, **more: Any) -> bytes:
    container, codec, options = FILMS[name]
    return counter(container, codec, **more, **options)


def opened(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG" and not image.info
    return image


def ticks(said: dict[str, Any]) -> list[int]:
    return list(accumulate(said["steps"], initial=said["first"]))


@pytest.mark.parametrize("name", FILMS)
def test_the_frames_of_a_film_have_the_times_they_were_given(name: str) -> None:
    said = crop.frames(io.BytesIO(film(name)))
    over, under = said["base"]
    seconds = [tick * over / under for tick in ticks(said)]
    assert (said["width"], said["height"], said["turned"]) == (WIDTH, HEIGHT, 0)
    assert [round((at - seconds[0]) * 1000) for at in seconds] == moments(60)


@pytest.mark.parametrize("name", FILMS)
def test_a_crop_is_of_the_frame_at_that_time_stamp(name: str) -> None:
    data = film(name)
    all_ticks = ticks(crop.frames(io.BytesIO(data)))
    for number in (0, 1, 24, 25, 26, 37, 59):
        png, about = crop.cut(io.BytesIO(data), "film", CORNER, all_ticks[number])
        assert (number_in(opened(png)), about["tick"]) == (number, all_ticks[number])


def test_a_time_between_two_frames_is_the_earlier_one() -> None:
    data = film("webm, vp8")
    all_ticks = ticks(crop.frames(io.BytesIO(data)))
    png, about = crop.cut(io.BytesIO(data), "film", CORNER, all_ticks[11] - 1)
    assert (number_in(opened(png)), about["tick"]) == (10, all_ticks[10])
    with pytest.raises(Refused):
        crop.cut(io.BytesIO(data), "film", CORNER, all_ticks[0] - 1000)


def test_a_crop_of_a_film_is_the_decoded_frame_pixel_by_pixel() -> None:
    data, box = film("mp4, h264 with frames out of order"), (100, 50, 61, 43)
    all_ticks = ticks(crop.frames(io.BytesIO(data)))
    png, _about = crop.cut(io.BytesIO(data), "film", box, all_ticks[33])
    with av.open(io.BytesIO(data), "r") as source:
        frame: Any = list(source.decode(video=0))[33]
    whole = frame.reformat(format="rgb24", src_colorspace="ITU601").to_image()
    piece = whole.crop((100, 50, 161, 93))
    assert opened(png).size == (61, 43) and ImageChops.difference(opened(png), piece).getbbox() is None


def test_a_film_that_was_held_upright_is_cut_upright() -> None:
    data = counter("mp4", "libx264", turned=90)
    said = crop.frames(io.BytesIO(data))
    assert (said["width"], said["height"], said["turned"]) == (HEIGHT, WIDTH, 270)
    png, _about = crop.cut(io.BytesIO(data), "film", (0, 0, HEIGHT, WIDTH), ticks(said)[21])
    assert number_in(opened(png).transpose(Image.Transpose.ROTATE_90)) == 21


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_cut_upright_whatever_way_it_is_stored(orientation: int) -> None:
    data, box = sheet(orientation), (60, 20, 71, 33)
    assert crop.picture_size(io.BytesIO(data)) == {"width": 640, "height": 480}
    png, about = crop.cut(io.BytesIO(data), "picture", box, None)
    whole = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert whole is not None and about["tick"] is None
    assert ImageChops.difference(opened(png), whole.crop((60, 20, 131, 53))).getbbox() is None


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_other_stills_are_cut_too(kind: str) -> None:
    png, _about = crop.cut(io.BytesIO(sheet(6, kind)), "picture", (0, 0, 40, 20), None)
    red, green, _blue = opened(png).getpixel((5, 5))  # type: ignore[misc]
    assert red > 150 and green < 80


def test_a_heic_is_cut_at_its_full_size() -> None:
    crop.preload()
    data = io.BytesIO(media.heic_with_everything("x"))
    assert crop.picture_size(data) == {"width": 64, "height": 128}  # stored lying, turned by its own box
    png, _about = crop.cut(data, "picture", (0, 0, 64, 128), None)
    assert opened(png).size == (64, 128)


@pytest.mark.parametrize("box", [(0, 0, 3, 50), (640, 0, 50, 50), (-90, 0, 60, 60), (0, 0, 0, 0)])
def test_a_region_that_is_none_is_refused_in_words(box: crop.Box) -> None:
    with pytest.raises(Refused, match="too small or outside"):
        crop.cut(io.BytesIO(sheet()), "picture", box, None)


def test_a_region_over_the_edge_ends_there() -> None:
    png, about = crop.cut(io.BytesIO(sheet()), "picture", (600, 470, 500, 500), None)
    assert opened(png).size == (about["width"], about["height"]) == (40, 10)


def test_a_sound_has_no_pictures() -> None:
    with pytest.raises(Refused, match="no pictures"):
        crop.frames(io.BytesIO(media.ogg(seconds=1)))
