"""A raw picture made visible: decoded by FFmpeg, white balance and colours by the file's own matrices.

For copies for viewing alone. A raw file says no colour of its own, so every program develops it a little
differently; this one does what dcraw made common: camera values divided by the neutral, through the inverse of the
colour matrix (DNG, chapter 6) to sRGB.
"""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

import av
from PIL import Image, ImageMath

LONGEST = 4000
"""Pixels of the longer side."""

ORIENTATION, MATRIX, MATRIX_2, NEUTRAL, EXPOSURE, LIGHT_2 = 274, 50721, 50722, 50728, 50730, 50779
DAYLIGHT = 21
XYZ_FROM_SRGB = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
UPRIGHT = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,), 3: (Image.Transpose.ROTATE_180,), 4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,), 6: (Image.Transpose.ROTATE_270,), 7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}  # fmt: skip

Matrix = tuple[tuple[float, ...], ...]


def develop(copy: BinaryIO) -> Image.Image:
    """The picture in sRGB, upright. Raises what FFmpeg raises where it can't decode it, ValueError for odd tags."""
    tags = _tags(copy)
    copy.seek(0)
    source: Any = av.open(copy, format="tiff_pipe")
    with source as file:
        frame: Any = next(file.decode(video=0))
    scale = min(1.0, LONGEST / max(frame.width, frame.height))
    size = max(2, int(frame.width * scale) & ~1), max(2, int(frame.height * scale) & ~1)
    channels = _channels(frame, size)
    image = Image.merge("RGB", [_coded(channel) for channel in _coloured(channels, tags)])
    for turn in UPRIGHT.get(int(tags.get(ORIENTATION, (1.0,))[0]), ()):
        image = image.transpose(turn)
    return image


def _tags(copy: BinaryIO) -> dict[int, tuple[float, ...]]:
    """Numbers in the one directory of a clean copy."""
    copy.seek(0)
    order = "<" if copy.read(2) == b"II" else ">"
    copy.seek(8)
    (count,) = struct.unpack(order + "H", copy.read(2))
    table = copy.read(12 * count)
    out: dict[int, tuple[float, ...]] = {}
    for index in range(count):
        tag, kind, number, value = struct.unpack_from(order + "HHII", table, 12 * index)
        if kind in (5, 10) and number <= 12:
            copy.seek(value)
            raw = struct.unpack(f"{order}{2 * number}{'i' if kind == 10 else 'I'}", copy.read(8 * number))
            out[tag] = tuple(a / b if b else 0.0 for a, b in zip(raw[::2], raw[1::2], strict=True))
        elif kind == 3 and number == 1:
            out[tag] = struct.unpack_from(order + "H", table, 12 * index + 8)
    return out


def _channels(frame: Any, size: tuple[int, int]) -> list[Image.Image]:
    """Red, green and blue in linear light, 0 to 1."""
    made = frame.reformat(format="rgb48le")
    words = memoryview(bytes(made.planes[0])).cast("H")
    line = made.planes[0].line_size // 2
    out = []
    for channel in range(3):
        plane = Image.frombytes("I;16", (line // 3, made.height), words[channel::3].tobytes())
        whole = plane.crop((0, 0, made.width, made.height)).convert("I").convert("F")
        out.append(whole.resize(size, Image.Resampling.BOX).point(lambda value: value * (1 / 65535) + 0))
    return out


def _coloured(channels: list[Image.Image], tags: dict[int, tuple[float, ...]]) -> list[Image.Image]:
    """Linear sRGB, for pictures of three colours; others, and those without a matrix, only white-balanced."""
    neutral = tags.get(NEUTRAL, (1.0, 1.0, 1.0))
    if len(neutral) != 3 or min(neutral) <= 0:
        raise ValueError("no neutral colour")
    gain = 2 ** min(4.0, max(-4.0, tags.get(EXPOSURE, (0.0,))[0]))
    rows = _srgb_from_camera(tags)
    weights = [[value * gain / neutral[index] for index, value in enumerate(row)] for row in rows]
    red, green, blue = channels
    out = []
    for a, b, c in weights:

        def mixed(args: dict[str, Any], a: float = a, b: float = b, c: float = c) -> Any:
            return args["r"] * a + args["g"] * b + args["b"] * c

        out.append(ImageMath.lambda_eval(mixed, r=red, g=green, b=blue))
    return out


def _srgb_from_camera(tags: dict[int, tuple[float, ...]]) -> Matrix:
    """From white-balanced camera values; each row sums to 1, so that neutral stays neutral."""
    second = tags.get(LIGHT_2, (0,))[0] == DAYLIGHT
    given = tags.get(MATRIX_2 if second and MATRIX_2 in tags else MATRIX, ())
    if len(given) != 9:
        return ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    camera = [
        [sum(given[3 * i + k] * XYZ_FROM_SRGB[k][j] for k in range(3)) for j in range(3)] for i in range(3)
    ]
    return _inverse([[value / (sum(row) or 1) for value in row] for row in camera])


def _inverse(m: list[list[float]]) -> Matrix:
    """Of three by three, by cofactors."""
    (a, b, c), (d, e, f), (g, h, i) = m
    det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    if abs(det) < 1e-9:
        raise ValueError("the colours can't be told apart")
    return (
        ((e * i - f * h) / det, (c * h - b * i) / det, (b * f - c * e) / det),
        ((f * g - d * i) / det, (a * i - c * g) / det, (c * d - a * f) / det),
        ((d * h - e * g) / det, (b * g - a * h) / det, (a * e - b * d) / det),
    )


def _coded(linear: Image.Image) -> Image.Image:
    """sRGB's curve (IEC 61966-2-1), 8 bits."""
    return linear.point(lambda value: value * 65535 + 0).convert("I").point(_CURVE, "L")  # which clips


def _curve(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


_CURVE = [round(255 * _curve(step / 65535)) for step in range(65536)]
