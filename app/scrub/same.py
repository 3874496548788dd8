"""Is it the same picture, the same film? Decoded pixels and coded packets, compared by hash.

One picture is in memory at a time; films are read packet by packet.
"""

import hashlib
import re
import struct
import warnings
import zlib
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import av
import pillow_heif
from PIL import Image, ImageCms

from app.scrub.errors import CheckFailed
from app.scrub.limits import MOST_PIXELS
from app.scrub.sniff import sniff_bytes

pillow_heif.register_heif_opener()
Image.init()

MOST_FRAMES = 2000
MOST_DECODED = 48_000_000
"""Pixels decoded over all frames of one animation; what comes after is compared as coded data, where the format is PNG."""

STRIP = 1_000_000
"""Pixels that are taken out of a picture at a time: some are one pixel wide and millions high."""

LARGE_HEIF = 32_000_000
"""Pixels from which 10 or 12 bits are looked at as 8: they would take ten bytes a pixel."""


@dataclass(slots=True)
class Picture:
    """What a viewer would be shown."""

    frames: list[str] = field(default_factory=list)
    orientation: int = 1
    profile: bytes = b""
    mode: str = ""


def decode(source: BinaryIO, pixels: bool = True) -> Picture | None:
    """Every frame's hash (unless `pixels` is false), orientation, profile; None where it can't be decoded."""
    out = Picture()
    if _is_heif(source):
        return _decode_heif(source, out)
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    source.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source) as image:
                _frames(image, out, pixels)
    except (MemoryError, RecursionError):
        raise CheckFailed("the picture needs more memory than allowed to be checked") from None
    except Exception:  # Pillow raises whatever a broken file makes it stumble over
        return None
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    return out


def _is_heif(source: BinaryIO) -> bool:
    return sniff_bytes(_rewound(source).read(4096)) == "image/heic"


def _rewound(source: BinaryIO) -> BinaryIO:
    source.seek(0)
    return source


def _decode_heif(source: BinaryIO, out: Picture) -> Picture | None:
    """HEIC without Pillow's own copy of the picture: 200 megapixels would not fit twice, nor large ones of 10 bits."""
    try:
        pictures = pillow_heif.open_heif(_rewound(source), convert_hdr_to_8bit=False)
        if any(picture.size[0] * picture.size[1] > LARGE_HEIF for picture in pictures):
            pictures = pillow_heif.open_heif(_rewound(source), convert_hdr_to_8bit=True)
        for picture in pictures:
            digest = hashlib.sha256(f"{picture.mode} {picture.size} {picture.stride}".encode())
            digest.update(picture.data)
            out.frames.append(digest.hexdigest())
        out.mode = pictures.mode.split(";")[0]
        out.profile = pictures.info.get("icc_profile") or b""
    except MemoryError:
        raise CheckFailed("the picture needs more memory than allowed to be checked") from None
    except Exception:  # libheif's errors come as whatever fits best
        return None
    return out


def _frames(image: Image.Image, out: Picture, pixels: bool) -> None:
    count = 1 if image.format in ("MPO", "JPEG") else getattr(image, "n_frames", 1)
    out.mode = image.mode
    out.profile = image.info.get("icc_profile") or b""
    turn = (image.getexif() if pixels else Image.Image.getexif(image)).get(0x0112, 1)
    out.orientation = turn if isinstance(turn, int) and 1 <= turn <= 8 else 1
    seen = 0
    for index in range(min(count, MOST_FRAMES)) if pixels else ():
        if index:
            image.seek(index)
            if image.format == "TIFF" and image.getexif().get(254, 0) & 1:
                continue  # a reduced picture: it goes
        image.load()
        seen += image.width * image.height
        digest = hashlib.sha256(f"{image.mode} {image.size} ".encode())
        if image.mode == "P":
            digest.update(repr(image.getpalette()).encode())
        rows = max(256, STRIP // image.width)
        for top in range(0, image.height, rows):
            digest.update(image.crop((0, top, image.width, min(top + rows, image.height))).tobytes())
        out.frames.append(digest.hexdigest())
        if seen > MOST_DECODED:
            break


def same_colours(before: Picture, after: Picture) -> bool:
    """Whether both profiles turn the same numbers into the same colours (sRGB, all intents the same)."""
    if before.profile == after.profile:
        return True
    mode = before.mode if before.mode in ("RGB", "L", "CMYK") else "RGB"
    outcomes = []
    for profile in (before.profile, after.profile):
        try:
            outcomes.append(_colours(profile, mode))
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            outcomes.append(b"")
    return outcomes[0] == outcomes[1]


def _colours(profile: bytes, mode: str) -> bytes:
    if not profile:
        return b""
    import io

    engine = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), mode, "RGB"
    )
    steps = bytes(range(0, 256, 17))
    if mode == "L":
        sample = Image.frombytes("L", (256, 1), bytes(range(256)))
    elif mode == "RGB":
        cube = b"".join(bytes((r, g, b)) for r in steps for g in steps for b in steps)
        sample = Image.frombytes("RGB", (len(cube) // 3, 1), cube)
    else:
        some = steps[::3]
        cube = b"".join(bytes((c, m, y, k)) for c in some for m in some for y in some for k in some)
        sample = Image.frombytes("CMYK", (len(cube) // 4, 1), cube)
    out = ImageCms.applyTransform(sample, engine)
    return out.tobytes() if out is not None else b""


def coded(kind: str, source: BinaryIO) -> str | None:
    """A hash of the coded picture alone, for pictures that no decoder finishes; None for other types."""
    source.seek(0)
    if kind == "image/jpeg":
        return _coded_jpeg(source.read())
    if kind == "image/png":
        return _coded_png(source.read())
    return None


_UNREAD = re.compile(rb"\xff[\x01-\xbf].*?(?=\xff[\xd0-\xd7]|\Z)", re.DOTALL)
"""From a mark that nobody uses to the next restart: no decoder reads it."""


def _coded_jpeg(data: bytes) -> str:
    digest = hashlib.sha256()
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF or data[at + 1] in (0, 0xFF):
            at += 1
            continue
        marker = data[at + 1]
        if marker == 0xD9:
            break
        if marker == 1 or 0xD0 <= marker <= 0xD8:
            at += 2
            continue
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        start = at
        if marker == 0xDA:
            while end < len(data):
                end = data.find(b"\xff", end)
                if end < 0 or end + 1 >= len(data):
                    end = len(data) - (data[-1] == 0xFF)
                    break
                if data[end + 1] >= 0xC0 and data[end + 1] not in (0xFF, *range(0xD0, 0xD8)):
                    break  # damage looks like marks that nobody uses
                end += 1
            digest.update(_UNREAD.sub(b"", data[start:end]))
        elif 0xC0 <= marker <= 0xCF or 0xDA <= marker <= 0xDD:
            digest.update(data[start:end])
        at = end
    return digest.hexdigest()


def _coded_png(data: bytes) -> str:
    digest = hashlib.sha256()
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"fcTL", b"fdAT", b"acTL"):
            digest.update(zlib.crc32(kind).to_bytes(4, "big") + data[at + 8 : at + 8 + length])
        at += 12 + length
    return digest.hexdigest()


@dataclass(slots=True)
class Stream:
    """The packets of one track: how many, and a running hash."""

    type: str
    codec: str
    shape: tuple[Any, ...]
    count: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    at: dict[int, str] = field(default_factory=dict)
    """Hash after so many packets, noted for the numbers that the caller marked."""


def packets(source: BinaryIO, marks: frozenset[int] = frozenset()) -> tuple[dict[int, Stream], bool]:
    """The picture and sound tracks of a film by index, and whether it was read to its end.

    User data (SEI, metadata OBU, filler, padding) are left out of the hash: they may go. Raises
    CheckFailed where PyAV can't open the film.
    """
    source.seek(0)
    streams: dict[int, Stream] = {}
    whole = True
    film: Any
    try:
        film = av.open(source, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        raise CheckFailed("the film can't be opened by a second reader") from error
    with film:
        formats: dict[int, tuple[str, int]] = {}
        for item in film.streams:
            picture = item.type == "video" and item.disposition & av.stream.Disposition.attached_pic
            if item.type in ("video", "audio") and not picture:
                context: Any = item.codec_context
                if context is None:
                    continue
                shape = (context.width, context.height) if item.type == "video" else (context.sample_rate,)
                streams[item.index] = Stream(item.type, context.name, (*shape, str(item.time_base)))
                formats[item.index] = _nal_format(context.name, context.extradata or b"")
        try:
            for packet in film.demux([film.streams[index] for index in streams]):
                stream = streams.get(
                    packet.stream.index
                )  # a fragment may bring tracks that weren't announced
                if packet.size and stream is not None:
                    codec, width = formats[packet.stream.index]
                    stream.digest.update(f"{packet.pts} {packet.dts} {packet.is_keyframe} ".encode())
                    stream.digest.update(_essence(bytes(packet), codec, width))
                    stream.count += 1
                    if stream.count in marks:
                        stream.at[stream.count] = stream.digest.hexdigest()
        except (av.error.FFmpegError, ValueError):
            whole = False
    return streams, whole


def _nal_format(name: str, extradata: bytes) -> tuple[str, int]:
    if name == "h264" and len(extradata) > 4 and extradata[0] == 1:
        return "h264", (extradata[4] & 3) + 1
    if name == "hevc" and len(extradata) > 21 and extradata[0] == 1:
        return "hevc", (extradata[21] & 3) + 1
    if name in ("h264", "hevc"):
        return name, MARKED
    return ("av1", 0) if "av1" in name else (name, 0) if name in ("mpeg4", "mjpeg") else ("", 0)


PICTURES = {
    "h264": frozenset((1, 2, 3, 4, 5, 7, 8, 13, 14, 15, 19, 20, 21)),
    "hevc": frozenset((*range(10), *range(16, 22), 32, 33, 34)),
    "av1": frozenset((1, 3, 4, 6, 7, 8)),
}
"""Units that a picture is decoded from: slices, parameter sets; sequence, frames, tiles."""


MARKED = -1
"""In place of the bytes of a length: start codes stand between the units."""


def _kind(unit: bytes, codec: str) -> int:
    return unit[0] & 31 if codec == "h264" else unit[0] >> 1 & 63


def _essence(data: bytes, codec: str, width: int) -> bytes:
    """A packet without its user data."""
    if codec == "av1":
        return _essence_av1(data)
    if codec == "mpeg4":
        return b"".join(part for part in data.split(b"\0\0\1") if part[:1] != b"\xb2")
    if codec == "mjpeg":
        return _essence_jpeg(data)
    if not width:
        return data
    if width == MARKED:
        units = (unit.rstrip(b"\0") for unit in data.split(b"\0\0\1")[1:])
        return b"\0\0\1".join(unit for unit in units if unit and _kind(unit, codec) in PICTURES[codec])
    out = []
    at = 0
    while at + width <= len(data):
        size = int.from_bytes(data[at : at + width], "big")
        unit = data[at + width : at + width + size]
        at += width + size
        if at > len(data):
            break  # no decoder takes a unit that is longer than its sample
        if unit and _kind(unit, codec) in PICTURES[codec]:
            out.append(unit)
    return b"".join(out)


def _essence_jpeg(data: bytes) -> bytes:
    """A JPEG without what its application segments and comments hold, up to its first scan."""
    out, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        told = 0xE0 <= data[at + 1] <= 0xEF or data[at + 1] == 0xFE
        out.append(data[at : at + 4] if told else data[at:end])
        at = end
    return b"".join([*out, data[at:]])


def _essence_av1(data: bytes) -> bytes:
    out = []
    at = 0
    while at < len(data):
        head = data[at]
        start = at + 1 + (head >> 2 & 1)
        size = shift = 0
        while head & 2 and start < len(data):
            byte = data[start]
            size |= (byte & 0x7F) << shift
            shift += 7
            start += 1
            if byte < 0x80:
                break
        end = start + size if head & 2 else len(data)
        if head >> 3 & 15 in PICTURES["av1"] and end <= len(data):
            out.append(data[at:end])
        at = max(end, at + 1)
    return b"".join(out)
