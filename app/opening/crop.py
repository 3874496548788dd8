"""The process that looks into a working copy for somebody who reads a number: lists a film's frames, cuts a region.

Confined like the one that opens: the clean copy still holds coded pictures that a stranger may have made.
Standard input: one JSON line, the order (`app.opening.cutting.Cut`). Standard output: one JSON line, the answer.
Two more descriptors, named in the order: the sealed working copy (read) and the sealed crop (write). Pixels leave
only sealed, as a PNG without metadata, at full resolution.
"""

from __future__ import annotations

import io
import json
import os
import sys
import warnings
from itertools import pairwise
from typing import Any, BinaryIO, cast

import av
import pillow_heif
from av.video.reformatter import Colorspace
from PIL import Image, ImageOps

from app.opening.child import base64url, place, seal_through
from app.opening.convert import upright_srgb
from app.opening.source import After
from app.sandbox import confine
from app.scrub import check as checking
from app.scrub import limits
from app.scrub.errors import Refused
from app.seal import SealedReader

MOST_FRAMES = 500_000  # four hours at 30 a second
MOST_FILM_PIXELS = 40_000_000  # of one frame: 8K has 33
MOST_REGION = 24_000_000  # pixels of one crop
LEAST_SIDE = 4  # pixels: less is a slip of the hand
FILM_MEMORY = 1 << 30  # bytes of address space: decoders keep a few frames, each 1.5 to 3 bytes a pixel
SECONDS = 60  # of processor time, and one more for each 20 MB of the film
HD = 720  # lines from which a film that names no colour matrix is taken for BT.709, as browsers do
MATRICES = {
    1: Colorspace.ITU709, 4: Colorspace.FCC, 5: Colorspace.ITU601, 6: Colorspace.ITU601, 7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020, 10: Colorspace.BT2020,
}  # fmt: skip
"""Of luma and chroma, by their numbers in ITU-T H.273, table 4."""

Box = tuple[int, int, int, int]  # left, top, width, height, in pixels of the upright picture


def frames(copy: BinaryIO) -> dict[str, Any]:
    """Size of the upright picture, and the time stamps of every frame that is shown: `first`, then the `steps` between
    them, in units of `base` seconds. Raises Refused and what demuxers raise."""
    turned = _turned(copy)
    with _film(copy) as film:
        stream = film.streams.video[0]
        ticks = sorted({_tick(packet, stream) for packet in film.demux(stream) if _shown(packet, stream)})
        if not ticks:
            raise Refused("the film has no pictures")
        if len(ticks) > MOST_FRAMES:
            raise Refused("the film has too many frames")
        return {
            **_sized(stream.width, stream.height, turned), "turned": turned,
            "base": [stream.time_base.numerator, stream.time_base.denominator],
            "first": ticks[0], "steps": [b - a for a, b in pairwise(ticks)],
        }  # fmt: skip


def _film(copy: BinaryIO) -> Any:
    copy.seek(0)
    film: Any = av.open(copy, metadata_errors="replace")
    if not film.streams.video or film.streams.video[0].codec_context is None:
        film.close()
        raise Refused("the film has no pictures")
    stream = film.streams.video[0]
    if not 0 < stream.width * stream.height <= MOST_FILM_PIXELS:
        film.close()
        raise Refused("its pictures are too large to be cut")
    stream.thread_count = 2
    return film


def _tick(packet: Any, stream: Any) -> int:
    return int(packet.pts * packet.time_base / stream.time_base)


def _shown(packet: Any, stream: Any) -> bool:
    """Not what an edit list hides, nor VP8's frames that serve others only: their first byte says so."""
    if packet.pts is None or packet.size == 0 or packet.is_discard:
        return False
    return stream.codec_context.name not in ("vp8", "libvpx") or bool(bytes(packet)[0] & 0x10)


def _turned(copy: BinaryIO) -> int:
    """Degrees counter-clockwise, a multiple of 90, by which the first frame has to be turned to stand upright."""
    with _film(copy) as film:
        frame = next(_decoded(film), None)
        return 0 if frame is None else int(frame.rotation) % 360 // 90 * 90


def _sized(width: int, height: int, turned: int) -> dict[str, int]:
    return {"width": height, "height": width} if turned % 180 else {"width": width, "height": height}


def _decoded(film: Any) -> Any:
    """Frames from where the film stands; a damaged packet loses its own."""
    for packet in film.demux(film.streams.video[0]):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def frame_at(copy: BinaryIO, tick: int) -> tuple[Image.Image, int, tuple[int, int]]:
    """The frame that is on the screen at a time stamp, upright; its own time stamp, and the unit of both in seconds.
    Raises Refused."""
    for near in (True, False):  # a seek that lands behind the frame is made good from the beginning
        with _film(copy) as film:
            if near:
                film.seek(tick, stream=film.streams.video[0], any_frame=False, backward=True)
            found = _last_until(film, tick)
            if found is not None:
                base = film.streams.video[0].time_base
                return _upright(found), found.pts, (base.numerator, base.denominator)
    raise Refused("there is no frame at this time")


def _last_until(film: Any, tick: int) -> Any:
    found = None
    for frame in _decoded(film):
        if frame.pts is None:
            continue
        if frame.pts > tick:
            break
        found = frame
        if frame.pts == tick:
            break
    return found


def _upright(frame: Any) -> Image.Image:
    if frame.width * frame.height > MOST_FILM_PIXELS:
        raise Refused("its pictures are too large to be cut")
    unnamed = Colorspace.ITU709 if frame.height >= HD else Colorspace.ITU601
    source = MATRICES.get(int(frame.colorspace), unnamed)
    image: Image.Image = frame.reformat(format="rgb24", src_colorspace=source).to_image()
    turns = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
    turned = turns.get(int(frame.rotation) % 360 // 90 * 90)
    return image if turned is None else image.transpose(turned)


def picture(copy: BinaryIO) -> Image.Image:
    """A photo, not yet decoded. Raises Refused for more pixels than the second reader would have let through."""
    copy.seek(0)
    Image.MAX_IMAGE_PIXELS = limits.MOST_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = Image.open(copy)
    if image.width * image.height > limits.MOST_PIXELS:
        raise Refused("its pictures are too large to be cut")
    return image


def picture_size(copy: BinaryIO) -> dict[str, int]:
    """Width and height of a photo as it stands upright."""
    image = picture(copy)
    return _sized(image.width, image.height, 90 if _orientation(image) >= 5 else 0)


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        return 1  # Pillow turns a TIFF itself
    said = image.getexif().get(0x0112, 1)
    return said if isinstance(said, int) and 1 <= said <= 8 else 1


def cut_picture(copy: BinaryIO, box: Box) -> Image.Image:
    """A region of a photo, upright. The region is taken out first: turning a whole photo would hold it twice."""
    image = picture(copy)
    way = _orientation(image)
    upright = _sized(image.width, image.height, 90 if way >= 5 else 0)
    inner = _stored(_inside(box, upright["width"], upright["height"]), way, image.size)
    piece = image.crop(inner)
    piece.info = {name: image.info[name] for name in ("icc_profile",) if name in image.info}
    piece.getexif()[0x0112] = way
    return upright_srgb(piece)


def _stored(box: Box, way: int, size: tuple[int, int]) -> Box:
    """An upright region as (left, top, right, bottom) of the stored picture that has EXIF orientation `way`."""
    left, top, width, height = box
    right, bottom = left + width, top + height
    if way >= 5:
        left, top, right, bottom = top, left, bottom, right
    if way in (2, 3, 7, 8):
        left, right = size[0] - right, size[0] - left
    if way in (3, 4, 6, 7):
        top, bottom = size[1] - bottom, size[1] - top
    return left, top, right, bottom


def _inside(box: Box, width: int, height: int) -> Box:
    """The part of a region that lies on the picture. Raises Refused for one that is too small or too large."""
    left, top = max(0, box[0]), max(0, box[1])
    right, bottom = min(width, box[0] + box[2]), min(height, box[1] + box[3])
    if right - left < LEAST_SIDE or bottom - top < LEAST_SIDE:
        raise Refused("the region is too small or outside the picture")
    if (right - left) * (bottom - top) > MOST_REGION:
        raise Refused("the region is too large")
    return left, top, right - left, bottom - top


def cut(copy: BinaryIO, kind: str, box: Box | None, tick: int | None) -> tuple[bytes, dict[str, Any]]:
    """A PNG of one region, of a whole frame without `box`, and what it is of. `tick`: the time stamp in a film."""
    if kind == "film":
        whole, at, base = frame_at(copy, tick or 0)
        left, top, width, height = _inside(box, *whole.size) if box else (0, 0, *whole.size)
        piece = whole.crop((left, top, left + width, top + height))
        about: dict[str, Any] = {"tick": at, "base": list(base)}
    else:
        piece, about = cut_picture(copy, box or (0, 0, 0, 0)), {"tick": None, "base": None}
    piece.info = {}  # nothing but pixels
    out = io.BytesIO()
    piece.save(out, "PNG", compress_level=6 if box else 1)
    return out.getvalue(), {**about, "width": piece.width, "height": piece.height}


def answer(order: dict[str, Any], body: BinaryIO, target: BinaryIO) -> dict[str, Any]:
    """What was asked for. Raises Refused and what decoders raise."""
    reader = SealedReader(
        bytes.fromhex(order["file_key"]), cast(BinaryIO, After(body, order["start"])), order["size"]
    )
    copy = cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, reader), 1 << 18))
    if order["do"] == "frames":
        return frames(copy) if order["kind"] == "film" else picture_size(copy)
    box = order["box"] and cast(Box, tuple(order["box"]))
    made, about = cut(copy, order["kind"], box, order["tick"])
    size, digest = seal_through(io.BytesIO(made), target, order["recipient"])
    return {**about, "size": size, "sha256": base64url(digest)}


def preload() -> None:
    """Decode and save small pictures, so that nothing has to be loaded once no file can be opened."""
    checking.preload()
    pillow_heif.register_heif_opener()
    frame: Any = av.VideoFrame(16, 16, "yuv420p")
    image = frame.reformat(format="rgb24").to_image()
    image.save(io.BytesIO(), "PNG")
    upright_srgb(ImageOps.exif_transpose(image))


def main() -> int:
    order = json.loads(sys.stdin.readline())
    preload()
    body, target = os.fdopen(order["body"], "rb"), os.fdopen(order["target"], "wb")
    confine(
        memory=FILM_MEMORY if order["kind"] == "film" else order["memory"],
        cpu_seconds=SECONDS + order["size"] // 20_000_000,
        file_size=5 * MOST_REGION,
    )
    try:
        said = answer(order, body, target)
    except Refused as error:
        said = {"refused": str(error)}
    except MemoryError:
        said = {"failed": "it asked for more memory than allowed"}
    except Exception as error:  # the kind and the place, never the message: that could hold content
        said = {"failed": "the decoder could not read it", "place": f"{type(error).__name__} {place(error)}"}
    json.dump(said, sys.stdout)
    sys.stdout.flush()
    return 0
