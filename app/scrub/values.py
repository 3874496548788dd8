"""The literal values that an original's metadata hold, and the search for them in the copy.

Read with other eyes than the strippers': Pillow and ExifRead for pictures, PyAV for films and
sound, and patterns for XMP and IPTC. The values never leave this module but as "one of them is
still there".
"""

import io
import logging
import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, cast

import av
import exifread
from PIL import Image, ImageFile, IptcImagePlugin

from app.scrub import exif
from app.scrub.report import Notes

logging.getLogger("exifread").setLevel(logging.CRITICAL)

SHORTEST = 6
MOST_VALUES = 400
MOST_IN_FILM = 64
MOST_BLOCKS = 64
LONGEST_BLOCK = 1 << 20
LONGEST_PACKET = 1 << 19
"""How many blocks of EXIF or packets of XMP are read in one file, and how many bytes of each: real files have few."""

LARGE = 64 << 20

GENERIC = (
    "http://", "https://", "x-default", "unknown", "normal", "standard", "photoshop", "neutral", "profile", "adobe rgb (1998)",
    "srgb iec61966-2.1",    "adobe rgb", "srgb built-in", "dot gain 20%", "gray gamma 2.2", "prophoto rgb",
    "u.s. web coated (swop) v2",    "jpeg baseline", "matroska", "ascii\0\0\0", "netscape2.0",
)  # fmt: skip
"""Words that kept parts hold in every copy: formats, and profiles that everybody has."""

HUFFMAN = b"%&'()*456789:CDEFGHIJSTUVWXYZcdefghijstuvwxyz"
"""The readable part of the Huffman tables of every JPEG: found in thumbnails, no identity."""

_XMP_VALUE = re.compile(rb"=\s*\"([^\"<>]{6,200})\"|=\s*'([^'<>]{6,200})'|>([^<>]{6,200})<")
_PACKET = re.compile(rb"<x:xmpmeta|<rdf:RDF")
_RUN = re.compile(rb"[A-Za-z0-9][A-Za-z0-9 ._:/+-]{6,78}[A-Za-z0-9]")
_FORMAT_KEYS = frozenset(
    ("major_brand", "minor_version", "compatible_brands", "vendor_id", "language", "duration")
)


def exifread_tags(source: BinaryIO) -> dict[str, Any]:
    """ExifRead's reading; {} where the block was not walked to its end or ExifRead fails.

    It believes counts and hangs on crafted ones, so it only gets files whose every EXIF block our
    own bounded walk has gone through and found small.
    """
    source.seek(0)
    head = source.read(1 << 20)
    blocks = [match.start() for match in re.finditer(rb"II\*\0|MM\0\*", head)]
    if len(blocks) > MOST_BLOCKS:
        return {}
    for start in blocks:
        entries = list(exif.walk(head[start : start + LONGEST_BLOCK]))
        if len(entries) > 600 or any(entry.count > 1 << 16 for entry in entries if entry.tag != 0x927C):
            return {}
        if any(len(entry.value) == 0 and entry.count for entry in entries if entry.count > 1024):
            return {}
    source.seek(0)
    try:
        tags = exifread.process_file(source, details=False)
    except Exception:
        return {}  # it raises whatever a broken file makes it stumble over; our own walk stands
    return {name: value for name, value in tags.items() if isinstance(name, str)}


def of_picture(source: BinaryIO) -> set[str]:
    """Values in a picture's EXIF, XMP, IPTC, texts and comments."""
    out: set[str] = set()
    for value in exifread_tags(source).values():
        if not isinstance(value, bytes):
            out.add(str(getattr(value, "printable", "")))
    source.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(source) as image:
                _from_pillow(image, out)
    except Exception:  # noqa: S110 - Pillow raises what it likes on broken files; the patterns below remain
        pass
    source.seek(0)
    head = source.read(4 << 20)
    for packet in _packets(head):
        _from_xmp(packet, out)
    return out


def _packets(head: bytes) -> Iterator[bytes]:
    """XMP packets, one after the other: what one holds isn't read again as the beginning of another."""
    at = 0
    for _ in range(MOST_BLOCKS):
        match = _PACKET.search(head, at)
        if match is None:
            return
        end = head.find(b"</rdf:RDF>", match.start(), match.start() + LONGEST_PACKET)
        at = end if end >= 0 else match.start() + LONGEST_PACKET
        yield head[match.start() : at]


def exif_of(image: Image.Image) -> Image.Exif:
    """The EXIF that Pillow sees. Pillow decodes a whole PNG to look behind its picture: not the large ones."""
    large = image.width * image.height > 50_000_000
    return Image.Image.getexif(image) if large else image.getexif()


def _from_pillow(image: Image.Image, out: set[str]) -> None:
    block = exif_of(image)
    for directory in (block, block.get_ifd(0x8769), block.get_ifd(0x8825)):
        for tag, value in directory.items():
            if isinstance(value, str):
                out.add(value)
            elif isinstance(value, bytes) and tag in (0x927C, 0x9286):
                _from_runs(value, out)
            elif isinstance(value, bytes) and 0x9C9B <= tag <= 0x9C9F:
                out.add(value.decode("utf-16-le", "ignore"))
    for key, value in image.info.items():
        if key in ("xmp", "XML:com.adobe.xmp"):
            _from_xmp(value if isinstance(value, bytes) else str(value).encode(), out)
        elif key == "comment" or (isinstance(value, str) and key not in ("icc_profile", "default_image")):
            text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
            out.update(re.split(r"[\r\n]+", text[:20_000]))
    records = (
        IptcImagePlugin.getiptcinfo(cast(ImageFile.ImageFile, image))
        if image.format in ("JPEG", "TIFF", "MPO")
        else None
    )
    for value in (records or {}).values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, bytes):
                out.add(item.decode("utf-8", "ignore"))


def _from_xmp(packet: bytes, out: set[str]) -> None:
    for match in _XMP_VALUE.finditer(packet[: 1 << 19]):
        value = (match[1] or match[2] or match[3]).decode("utf-8", "ignore")
        if not value.startswith(("http://", "https://", "adobe:ns", "adobe:docid")):
            out.add(value)


def _from_runs(data: bytes, out: set[str]) -> None:
    for match in _RUN.finditer(data[: 1 << 16]):
        if match[0] not in HUFFMAN and HUFFMAN[6:20] not in match[0]:
            out.add(match[0].decode("ascii"))


def of_film(source: BinaryIO) -> set[str]:
    """Values in the metadata of a film or a recording, its tracks and chapters."""
    source.seek(0)
    out: set[str] = set()
    try:
        with av.open(source, metadata_errors="replace") as film:
            dictionaries = [film.metadata, *(stream.metadata for stream in film.streams)]
            dictionaries += [chapter.get("metadata", {}) for chapter in film.chapters()]
    except (av.error.FFmpegError, ValueError, OverflowError):
        return out
    for dictionary in dictionaries:
        for key, value in dictionary.items():
            if key.lower() not in _FORMAT_KEYS:
                out.update(re.split(r"[\r\n]+", str(value)[:2000]))
    return out


def telling(values: Iterable[str]) -> list[str]:
    """Values long and special enough that finding them again means something, longest first."""
    out = set()
    for value in values:
        text = value.strip().strip("\0").strip()
        if (
            SHORTEST <= len(text) <= 200
            and len(set(text)) > 3
            and text.isprintable()
            and text.lower() not in GENERIC
        ):
            if text.startswith(("0000", "(Binary", "1904", "[0, ", "[255")) or "\ufffd" in text:
                continue
            out.add(text)
    return sorted(out, key=lambda text: (-len(text), text))[:MOST_VALUES]


def left(result: BinaryIO, values: list[str]) -> bool:
    """Whether any value occurs in the result, as UTF-8 or (results to 64 MiB) UTF-16."""
    size = result.seek(0, 2)
    needles = [
        value.encode("utf-8", "ignore") for value in (values[:MOST_IN_FILM] if size > LARGE else values)
    ]
    if size <= LARGE:
        needles += [value.encode(code, "ignore") for value in values for code in ("utf-16-le", "utf-16-be")]
    needles = [needle for needle in needles if len(needle) >= SHORTEST]
    overlap = max(map(len, needles), default=1) - 1
    result.seek(0)
    tail = b""
    while piece := result.read(4 << 20):
        window = tail + piece
        if any(needle in window for needle in needles):
            return True
        tail = window[len(window) - overlap :] if overlap else b""
    return False


def unite(source: BinaryIO, kind: str, notes: Notes) -> None:
    """Add ExifRead's names of tags to the report's; our own walk has named its parts already."""
    for name in exifread_tags(source) if kind.startswith("image/") else ():
        directory, _, tag = name.partition(" ")
        if tag and directory in ("Image", "EXIF", "GPS", "Interoperability", "Thumbnail", "MakerNote"):
            family = {"Image": "exif", "Interoperability": "exif"}.get(directory, directory.lower())
            notes.found(family, tag, 0)


def in_memory(source: BinaryIO) -> BinaryIO:
    """A copy of a small source, for readers that seek a lot."""
    source.seek(0)
    return io.BytesIO(source.read())
