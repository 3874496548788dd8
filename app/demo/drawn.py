"""Pictures of the story, drawn: a flat ground, tents, a van, officers with strips. Nothing is a photograph.

Every picture says in itself that it is made up, so that none can be taken for evidence once it has left the desk.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFont

SIZE = (960, 540)
LABEL = "MADE UP · FICTIF"
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """What is to be seen: time of day, what stands on the ground, a van's text, officers' strips. `side` mirrors the
    scene: the second observer stands across from the first."""

    light: str = "dawn"  # dawn, day, night
    tents: int = 6
    van: str = ""
    strips: tuple[str, ...] = ()
    pond: bool = False
    side: int = 1


@dataclass(frozen=True)
class Light:
    sky: Colour
    far: Colour
    ground: Colour
    thing: Colour


LIGHTS = {
    "dawn": Light((96, 106, 128), (78, 84, 96), (66, 70, 62), (150, 156, 160)),
    "day": Light((176, 192, 204), (142, 154, 150), (122, 128, 104), (206, 208, 204)),
    "night": Light((16, 18, 26), (22, 25, 32), (26, 28, 28), (66, 70, 76)),
}
CANVAS = ((164, 92, 70), (82, 112, 128), (124, 128, 88), (150, 128, 84))


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def still(look: Look, at: float = 0.0, size: tuple[int, int] = SIZE) -> Image.Image:
    """The scene `at` seconds after it began."""
    picture = _ground(look).copy()
    pen = ImageDraw.Draw(picture)
    if look.van:
        _van(pen, look, at)
    for number, strip in enumerate(look.strips):
        _officer(pen, look, number, strip, at)
    pen.text((SIZE[0] - 12, SIZE[1] - 10), LABEL, (235, 235, 230), font(22), anchor="rb", stroke_width=2, stroke_fill=(0, 0, 0))  # fmt: skip
    return picture if size == SIZE else picture.resize(size, Image.Resampling.LANCZOS)


@cache
def _ground(look: Look) -> Image.Image:
    light = LIGHTS[look.light]
    picture = Image.new("RGB", SIZE, light.sky)
    pen = ImageDraw.Draw(picture)
    for n in range(7):  # trees far away
        x = (n * 173 + 40) % (SIZE[0] + 120) - 60
        pen.ellipse((x, 150 + 9 * (n % 3), x + 190, 330), light.far)
    pen.rectangle((0, 250, *SIZE), light.ground)
    if look.pond:
        pen.ellipse((300, 330, 760, 430), tuple(int(c * 0.7) for c in light.sky))
        for n, cloth in enumerate(CANVAS):
            pen.ellipse(
                (360 + 90 * n, 356 + 12 * (n % 2), 424 + 90 * n, 376 + 12 * (n % 2)), _dim(cloth, light)
            )
    for n in range(look.tents):
        x, y = (90 + 137 * n) % 900, 280 + 34 * (n % 3)
        pen.polygon([(x, y + 70), (x + 55, y), (x + 110, y + 70)], _dim(CANVAS[n % 4], light))
        pen.polygon([(x + 44, y + 70), (x + 55, y + 22), (x + 66, y + 70)], _dim((40, 40, 40), light))
    return picture if look.side > 0 else picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _dim(colour: Colour, light: Light) -> Colour:
    part = 0.45 + 0.55 * light.thing[0] / 206
    return (int(colour[0] * part), int(colour[1] * part), int(colour[2] * part))


def _van(pen: ImageDraw.ImageDraw, look: Look, at: float) -> None:
    """It drives in from one side and stops."""
    light = LIGHTS[look.light]
    x = int(SIZE[0] / 2 - 150 + look.side * (110 - 520 * math.exp(-at / 1.6)))
    pen.rounded_rectangle((x, 218, x + 300, 350), 14, light.thing)
    pen.rectangle((x + 18, 234, x + 282, 278), _dim((40, 52, 70), light))
    pen.rectangle((x, 300, x + 300, 312), _dim((40, 70, 140), light))
    for wheel in (x + 48, x + 226):
        pen.ellipse((wheel, 330, wheel + 44, 374), (24, 24, 24))
    pen.text((x + 150, 330), look.van, (20, 24, 30), font(28), anchor="mm")


def _officer(pen: ImageDraw.ImageDraw, look: Look, number: int, strip: str, at: float) -> None:
    """Walks along slowly; the strip on the chest is the text given, a bar where there is none."""
    light = LIGHTS[look.light]
    x, y = _where(look, number, at)
    dark = _dim((38, 46, 62), light)
    pen.ellipse((x - 26, y - 58, x + 26, y), _dim((52, 60, 74), light))
    pen.rectangle((x - 24, y - 34, x + 24, y - 22), _dim((216, 190, 60), light))  # the band of a helmet
    pen.rounded_rectangle((x - 58, y, x + 58, y + 168), 18, dark)
    for leg in (-40, 12):
        pen.rectangle((x + leg, y + 160, x + leg + 28, min(SIZE[1], y + 250)), dark)
    if strip:
        pen.rectangle((x - 52, y + 34, x + 52, y + 62), (226, 226, 218))
        pen.text((x, y + 48), strip, (16, 16, 16), font(24), anchor="mm")


def _where(look: Look, number: int, at: float) -> tuple[int, int]:
    """The middle of an officer's collar."""
    start = 190 + 250 * number if look.side > 0 else SIZE[0] - 190 - 250 * number
    return int(start + look.side * 46 * math.sin(at / 3 + number)), 262 + 6 * number


def strip(look: Look, number: int, at: float) -> tuple[int, int, int, int]:
    """Where an officer's strip is, with a little around it: left, top, right, bottom in units of SIZE."""
    x, y = _where(look, number, at)
    return x - 64, y + 24, x + 64, y + 72
