"""Made-up footage to read from: every frame and every place of a picture can be told from any other."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import cache
from typing import Any

import av
from PIL import Image, ImageDraw

BITS = 8
BLOCK = 20  # pixels of one bit: large enough to outlive lossy coding
WIDTH, HEIGHT = 320, 180
# Milliseconds between frames as a phone's recorder leaves them: never even.
UNEVEN = (33, 34, 66, 33, 100, 21, 45, 33, 67, 250, 33, 12)


def numbered(number: int, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """A frame with its number burned in: as blocks for a machine, as digits for a person."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    draw = ImageDraw.Draw(image)
    for bit in range(BITS):
        lit = number >> (BITS - 1 - bit) & 1
        draw.rectangle(
            (bit * BLOCK, 0, bit * BLOCK + BLOCK - 1, BLOCK - 1), fill=(255,) * 3 if lit else (0,) * 3
        )
    draw.text((width // 3, height // 3), f"{number:03}", fill=(240, 220, 40), font_size=48)
    return image


def number_in(image: Image.Image) -> int:
    """The number that `numbered` burned in, from a frame or from a crop that begins at its upper left corner."""
    grey = image.convert("L")
    lit = [int(grey.getpixel((bit * BLOCK + BLOCK // 2, BLOCK // 2))) > 127 for bit in range(BITS)]  # type: ignore[arg-type]
    return sum(on << (BITS - 1 - bit) for bit, on in enumerate(lit))


def moments(count: int) -> list[int]:
    """Time stamps in ms of `count` uneven frames."""
    at, found = 0, []
    for number in range(count):
        found.append(at)
        at += UNEVEN[number % len(UNEVEN)]
    return found


@cache
def counter(
    container: str = "webm",
    codec: str = "libvpx",
    count: int = 60,
    turned: int = 0,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    **options: str,
) -> bytes:
    """A film of `count` numbered frames at uneven times. `turned`: degrees in its display matrix (MP4 only)."""
    out = io.BytesIO()
    with av.open(out, "w", format=container, options=dict(options)) as target:
        stream: Any = target.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        stream.codec_context.gop_size = 25
        stream.bit_rate = 3_000_000
        if codec.startswith("libvpx"):
            stream.options = {"deadline": "realtime", "cpu-used": "8"}
        for number, at in enumerate(moments(count)):
            frame: Any = av.VideoFrame.from_image(numbered(number, *size))  # type: ignore[no-untyped-call]
            frame.pts, frame.time_base = at, Fraction(1, 1000)
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    made = out.getvalue()
    return _turned(made, turned) if turned else made


def _turned(mp4: bytes, degrees: int) -> bytes:
    """The same MP4 with the display matrix of a phone that was held upright."""
    one, none, w = 0x10000, 0, 0x40000000
    matrix = {90: (none, one, none, -one & 0xFFFFFFFF, none, none, none, none, w)}[degrees]
    old = b"".join(part.to_bytes(4, "big") for part in (one, none, none, none, one, none, none, none, w))
    at = mp4.index(old, mp4.index(b"tkhd"))
    return mp4[:at] + b"".join(part.to_bytes(4, "big") for part in matrix) + mp4[at + len(old) :]


@cache
def sheet(orientation: int = 1, kind: str = "JPEG", size: tuple[int, int] = (640, 480)) -> bytes:
    """A still that stands upright as a gradient with a red corner at its upper left, whatever the way it is stored."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    image.paste((200, 30, 30), (0, 0, 80, 40))
    ImageDraw.Draw(image).text((200, 200), "4711", fill=(20, 20, 20), font_size=72)
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)  # fmt: skip
    stored = image if back is None else image.transpose(back)
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    stored.save(out, kind, exif=exif, **({"quality": 95, "subsampling": 0} if kind == "JPEG" else {}))
    return out.getvalue()
