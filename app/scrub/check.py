"""The second reader: a copy that it does not pass is shown to nobody.

Written independently of the strippers. It opens the result with ExifRead, Pillow and PyAV and with
its own walk of the container, looks for every literal value of the original's metadata in the bytes
of the result, and compares decoded pixels or coded packets with the original.

Importing this module loads all of them and what they would load late, so a confined process must
import it before it gives up the right to open files.
"""

import encodings.idna
import encodings.utf_16_be
import encodings.utf_16_le
import encodings.utf_32
import importlib
import pkgutil
import warnings
from dataclasses import replace
from typing import BinaryIO

import av
import exifread
from PIL import Image

from app.scrub import film_walks, raw_walk, same, values, walks
from app.scrub.errors import BROKEN, CheckFailed
from app.scrub.report import Found, Notes, Report, tool_versions
from app.scrub.sniff import FAMILIES, sniff_bytes
from app.scrub.window import window

SMALL = 64 << 20
"""Bytes of a picture that is read into memory once, instead of seeking in the original for each reader."""

PILLOW_KEYS = frozenset(
    [
        "adobe",
        "adobe_transform",
        "aspect",
        "aux",
        "background",
        "bbox",
        "bit_depth",
        "blend",
        "chroma",
        "chromaticity",
        "compression",
        "default_image",
        "depth_images",
        "disposal",
        "dpi",
        "duration",
        "exif",
        "extension",
        "gamma",
        "icc_profile",
        "icc_profile_type",
        "interlace",
        "jfif",
        "jfif_density",
        "jfif_unit",
        "jfif_version",
        "loop",
        "metadata",
        "nclx_profile",
        "primary",
        "progression",
        "progressive",
        "resolution",
        "srgb",
        "thumbnails",
        "tiling",
        "timestamp",
        "transparency",
        "version",
    ]
)
"""What Pillow tells of any picture: how it is coded and shown. Anything else was written by someone."""

EXIF_STRUCTURE = frozenset((0x0112,))


LARGE_PICTURE = 50_000_000
"""Pixels from which equal coded data are taken for equal pixels (JPEG, PNG): decoding takes seconds."""


def preload() -> None:
    """Load everything that cleaning or checking could want to load later.

    PyAV loads its kinds of streams when a file first has one, ExifRead its tables of makers.
    """
    for family in sorted(set(FAMILIES.values())):
        importlib.import_module("app.scrub." + family)
    for package in (av, exifread):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not module.name.endswith(("__main__", ".cli")):
                importlib.import_module(module.name)
    Image.init()
    assert encodings.idna and encodings.utf_16_be and encodings.utf_16_le and encodings.utf_32


preload()


def check(source: BinaryIO, result: BinaryIO, report: Report) -> Report:
    """The report with ExifRead's findings and tool versions added.

    Raises CheckFailed with one line: something unexpected is left, or the picture is not the same.
    Moves both files; keeps at most one decoded picture in memory.
    """
    try:
        return _checked(source, result, report)
    except BROKEN as error:
        raise CheckFailed("the second reader stumbles over the cleaned copy") from error


def _checked(source: BinaryIO, result: BinaryIO, report: Report) -> Report:
    if sniff_bytes(_head(result)) != report.type:
        raise CheckFailed("the cleaned copy is of another type than the original")
    walks.walk(report.type, result)
    if report.type.startswith("image/"):
        source = values.in_memory(source) if _size(source) <= SMALL else source
        result = values.in_memory(result) if _size(result) <= SMALL else result
        telling = values.telling(values.of_picture(source))
        if report.type == "image/x-adobe-dng":
            raw_walk.same(source, result)
        else:
            _nothing_in_picture(result, report.type == "image/tiff")
            _same_picture(source, result, report)
    else:
        source = _openable(source, report)
        telling = values.telling(values.of_film(source))
        _nothing_in_film(result)
        _same_film(source, result, report)
    if values.left(result, telling):
        raise CheckFailed("a value of the original's metadata is still in the cleaned copy")
    return _united(source, report)


def _size(file: BinaryIO) -> int:
    return file.seek(0, 2)


def _united(source: BinaryIO, report: Report) -> Report:
    """Names that only ExifRead saw join the report; the tools that looked are named with versions."""
    extra = Notes(report.type)
    values.unite(source, report.type, extra)
    known = {(item.family, item.tag) for item in report.found} | {("exif", item.tag) for item in report.found}
    more = tuple(
        Found(item.family, item.tag, 1)
        for item in extra.report().found
        if (item.family, item.tag) not in known
    )
    return replace(report, found=report.found + more, tools=tool_versions(), checked=True)


def _nothing_in_picture(result: BinaryIO, tiff: bool) -> None:
    """`tiff`: the file is itself a directory of tags, which `walks.tiff` has gone through."""
    for name in values.exifread_tags(result) if not tiff else ():
        if name != "Image Orientation":
            raise CheckFailed(f"a second reader still finds {name!r}")
    result.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(result) as image:
                left = set(values.exif_of(image)) - (walks.TIFF_TAGS if tiff else EXIF_STRUCTURE)
                if left:
                    raise CheckFailed(f"a second reader still finds EXIF tag 0x{min(left):04x}")
                odd = sorted(
                    str(key) for key, value in image.info.items() if value and key not in PILLOW_KEYS
                )
                if odd:
                    raise CheckFailed(f"a second reader still finds {odd[0]!r}")
    except CheckFailed:
        raise
    except Exception:  # noqa: S110 - whether it can be decoded is judged beside the original
        pass


def _same_picture(source: BinaryIO, result: BinaryIO, report: Report) -> None:
    large = (report.facts.width or 0) * (report.facts.height or 0) > LARGE_PICTURE
    pixels = not (large and _same_coded(source, result, report))
    before, after = same.decode(source, pixels), same.decode(result, pixels)
    if before is None:
        if not _same_coded(source, result, report):
            raise CheckFailed("the original can't be decoded, so the copy can't be compared with it")
        return
    if after is None:
        raise CheckFailed("the cleaned copy can't be decoded")
    animated = report.type == "image/png" and len(before.frames) > 1
    if before.frames != after.frames or (animated and not _same_coded(source, result, report)):
        raise CheckFailed("the cleaned copy does not show the same picture")
    if before.orientation != after.orientation:
        raise CheckFailed("the cleaned copy is turned another way")
    if not same.same_colours(before, after):
        raise CheckFailed("the cleaned copy does not show the same colours")


def _same_coded(source: BinaryIO, result: BinaryIO, report: Report) -> bool:
    coded = same.coded(report.type, source)
    return coded is not None and coded == same.coded(report.type, result)


def _nothing_in_film(result: BinaryIO) -> None:
    result.seek(0)
    try:
        film = av.open(result, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        raise CheckFailed("the cleaned copy can't be opened by a second reader") from error
    with film:
        allowed = {
            "major_brand",
            "minor_version",
            "compatible_brands",
            "duration",
            "language",
            "vendor_id",
            "handler_name",
        }
        for dictionary in (film.metadata, *(stream.metadata for stream in film.streams)):
            for key, value in dictionary.items():
                named = value.strip("\0 []0") not in ("", "und", "neutral")
                structural = key.lower() in (
                    "major_brand",
                    "minor_version",
                    "compatible_brands",
                    "duration",
                    "alpha_mode",
                )
                if named and not (structural or (key.lower() in allowed and not value.strip())):
                    raise CheckFailed(f"a second reader still finds {key!r}")
        if any(stream.type not in ("video", "audio") for stream in film.streams):
            raise CheckFailed("a track that is neither pictures nor sound is left")


def _openable(source: BinaryIO, report: Report) -> BinaryIO:
    """The original; where it was cut inside an index and PyAV gives up, its part up to there."""
    if any("cut" in line for line in report.remarks) and sniff_bytes(_head(source)[:64]) in walks.BOXED:
        source.seek(0)
        try:
            av.open(source, metadata_errors="replace").close()
        except (av.error.FFmpegError, ValueError):
            return window(source, film_walks.whole_boxes(source))
    return source


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(4096)


def _same_film(source: BinaryIO, result: BinaryIO, report: Report) -> None:
    """Every packet of the copy is the original's; the original has no other, unless it was cut."""
    after, _ = same.packets(result)
    cut = any("cut" in line or "ends before" in line for line in report.remarks)
    before, whole = same.packets(source, frozenset(stream.count for stream in after.values()))
    rest = list(before.values())
    for stream in after.values():
        match = next(
            (
                item
                for item in rest
                if (item.type, item.codec, item.shape) == (stream.type, stream.codec, stream.shape)
                and (stream.count == 0 or item.at.get(stream.count) == stream.digest.hexdigest())
                and (item.count == stream.count or cut or not whole)
            ),
            None,
        )
        if match is None:
            raise CheckFailed(f"the cleaned copy does not have the same {stream.type} data")
        rest.remove(match)
    gone = any("track" in item.part or "cover" in item.part for item in report.removed)
    if any(stream.count for stream in rest) and not gone:
        raise CheckFailed("a track of the original is missing from the cleaned copy")
