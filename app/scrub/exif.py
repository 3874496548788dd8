"""Reading EXIF (a TIFF structure, TIFF 6.0 section 2 and Exif 3.0 section 4.6) within bounds.

Nothing of it is copied: a clean picture carries at most an EXIF block of our own with the
orientation in it. The walk visits each directory once and believes no count.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from app.scrub.report import Notes

MOST_DIRECTORIES = 32
MOST_ENTRIES = 1024
LONGEST_VALUE = 1 << 16

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
"""Bytes of one value by field type (TIFF 6.0 section 2; 13 is the IFD pointer of the Adobe notes)."""

POINTERS = {0x8769: "exif", 0x8825: "gps", 0xA005: "interop", 0x014A: "sub"}

NAMES = {
    0x8769: "ExifOffset", 0x8825: "GPSInfo", 0xA005: "InteroperabilityOffset",
    0x010D: "DocumentName", 0x010E: "ImageDescription", 0x010F: "Make", 0x0110: "Model",
    0x0112: "Orientation", 0x011A: "XResolution", 0x011B: "YResolution", 0x0128: "ResolutionUnit",
    0x0131: "Software", 0x0132: "DateTime", 0x013B: "Artist", 0x013C: "HostComputer",
    0x0201: "ThumbnailOffset", 0x0202: "ThumbnailLength", 0x02BC: "XMP", 0x1001: "RelatedImageWidth",
    0x4746: "Rating", 0x8298: "Copyright", 0x829A: "ExposureTime", 0x829D: "FNumber", 0x83BB: "IPTC",
    0x8649: "PhotoshopSettings", 0x8822: "ExposureProgram", 0x8827: "ISO", 0x882A: "TimeZoneOffset",
    0x9000: "ExifVersion", 0x9003: "DateTimeOriginal", 0x9004: "DateTimeDigitized",
    0x9010: "OffsetTime", 0x9011: "OffsetTimeOriginal", 0x9012: "OffsetTimeDigitized",
    0x9201: "ShutterSpeedValue", 0x9202: "ApertureValue", 0x9203: "BrightnessValue",
    0x9204: "ExposureBias", 0x9205: "MaxAperture", 0x9206: "SubjectDistance", 0x9207: "MeteringMode",
    0x9208: "LightSource", 0x9209: "Flash", 0x920A: "FocalLength", 0x9214: "SubjectArea",
    0x927C: "MakerNote", 0x9286: "UserComment", 0x9290: "SubSecTime", 0x9291: "SubSecTimeOriginal",
    0x9292: "SubSecTimeDigitized", 0x9400: "Temperature", 0x9401: "Humidity", 0x9402: "Pressure",
    0x9C9B: "XPTitle", 0x9C9C: "XPComment", 0x9C9D: "XPAuthor", 0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject", 0xA001: "ColorSpace", 0xA002: "PixelXDimension", 0xA003: "PixelYDimension",
    0xA004: "RelatedSoundFile", 0xA214: "SubjectLocation", 0xA217: "SensingMethod",
    0xA302: "CFAPattern", 0xA402: "ExposureMode", 0xA403: "WhiteBalance",
    0xA405: "FocalLengthIn35mmFilm", 0xA420: "ImageUniqueID", 0xA430: "CameraOwnerName",
    0xA431: "BodySerialNumber", 0xA432: "LensSpecification", 0xA433: "LensMake",
    0xA434: "LensModel", 0xA435: "LensSerialNumber", 0xA436: "ImageTitle", 0xA437: "Photographer",
    0xA438: "ImageEditor", 0xA439: "CameraFirmware", 0xC4A5: "PrintImageMatching",
    0xC614: "UniqueCameraModel", 0xC62F: "CameraSerialNumber", 0xC634: "DNGPrivateData",
    0xC65D: "RawDataUniqueID", 0xEA1C: "Padding",
}  # fmt: skip

GPS_NAMES = [
    "VersionID",
    "LatitudeRef",
    "Latitude",
    "LongitudeRef",
    "Longitude",
    "AltitudeRef",
    "Altitude",
    "TimeStamp",
    "Satellites",
    "Status",
    "MeasureMode",
    "DOP",
    "SpeedRef",
    "Speed",
    "TrackRef",
    "Track",
    "ImgDirectionRef",
    "ImgDirection",
    "MapDatum",
    "DestLatitudeRef",
    "DestLatitude",
    "DestLongitudeRef",
    "DestLongitude",
    "DestBearingRef",
    "DestBearing",
    "DestDistanceRef",
    "DestDistance",
    "ProcessingMethod",
    "AreaInformation",
    "DateStamp",
    "Differential",
    "HPositioningError",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """One directory entry. `value` is raw bytes (empty where they lie outside the block)."""

    directory: str
    tag: int
    type: int
    count: int
    value: bytes
    order: str

    @property
    def name(self) -> str:
        if self.directory == "gps" and self.tag < len(GPS_NAMES):
            return "GPS" + GPS_NAMES[self.tag]
        return NAMES.get(self.tag, f"0x{self.tag:04x}")

    def text(self) -> str:
        return self.value.split(b"\0")[0].decode("utf-8", "replace").strip()

    def numbers(self) -> list[float]:
        """The values as numbers; rationals divided, a zero denominator gives 0."""
        codes = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I"}
        if self.type in codes:
            size = SIZES[self.type]
            usable = len(self.value) // size
            return list(struct.unpack_from(f"{self.order}{usable}{codes[self.type]}", self.value))
        if self.type in (5, 10):
            usable = len(self.value) // 8 * 2
            raw = struct.unpack_from(f"{self.order}{usable}{'I' if self.type == 5 else 'i'}", self.value)
            return [a / b if b else 0.0 for a, b in zip(raw[::2], raw[1::2], strict=True)]
        return []


def walk(data: bytes) -> Iterator[Entry]:
    """Entries of every directory reachable in the TIFF block `data`; stops quietly where it breaks."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return
    waiting = [("ifd0", struct.unpack_from(order + "I", data, 4)[0])]
    seen: set[int] = set()
    entries = 0
    while waiting and len(seen) < MOST_DIRECTORIES:
        name, offset = waiting.pop(0)
        if offset in seen or offset < 8 or offset + 2 > len(data):
            continue
        seen.add(offset)
        (count,) = struct.unpack_from(order + "H", data, offset)
        for index in range(count):
            at = offset + 2 + 12 * index
            entries += 1
            if at + 12 > len(data) or entries > MOST_ENTRIES:
                return
            tag, kind, number = struct.unpack_from(order + "HHI", data, at)
            size = SIZES.get(kind, 0) * number
            where = at + 8 if size <= 4 else struct.unpack_from(order + "I", data, at + 8)[0]
            inside = where + size <= len(data)
            value = data[where : where + min(size, LONGEST_VALUE)] if inside else b""
            yield Entry(name, tag, kind, number, value, order)
            if tag in POINTERS and kind in (4, 13) and inside:
                for (target,) in struct.iter_unpack(order + "I", value[: 4 * MOST_DIRECTORIES]):
                    waiting.append((POINTERS[tag], target))
        after = offset + 2 + 12 * count
        if after + 4 <= len(data) and name.startswith("ifd"):
            following = struct.unpack_from(order + "I", data, after)[0]
            if following:
                waiting.append(("ifd1", following))


def read(data: bytes, notes: Notes) -> int:
    """Name every tag of the block in `notes`, take the facts.

    Gives the orientation: 1 to 8, 0 where the block says none.
    """
    orientation = 0
    gps: dict[int, Entry] = {}
    texts: dict[tuple[str, int], str] = {}
    for entry in walk(data):
        family = "thumbnail" if entry.directory == "ifd1" else "gps" if entry.directory == "gps" else "exif"
        notes.found(family, entry.name)
        if entry.directory == "gps":
            gps[entry.tag] = entry
        elif entry.tag == 0x0112 and entry.directory == "ifd0":
            numbers = entry.numbers()
            if numbers and 1 <= numbers[0] <= 8:
                orientation = int(numbers[0])
        elif entry.type in (2, 129) and entry.tag in (0x010F, 0x0110, 0x0132, 0x9003, 0x9010, 0x9011):
            texts.setdefault((entry.directory, entry.tag), entry.text())
    notes.fact("make", texts.get(("ifd0", 0x010F)))
    notes.fact("model", texts.get(("ifd0", 0x0110)))
    taken = moment(texts.get(("exif", 0x9003), ""))
    if taken:
        notes.fact("taken_at", taken)
        notes.fact("offset", texts.get(("exif", 0x9011)) or None)
    else:
        notes.fact("taken_at", moment(texts.get(("ifd0", 0x0132), "")))
        notes.fact("offset", texts.get(("exif", 0x9010)) or None)
    _position(gps, notes)
    return orientation


def moment(text: str) -> str | None:
    """EXIF "2017:07:01 12:34:56" as ISO 8601, None where it is no date."""
    digits = text.strip()
    if len(digits) < 19 or not digits[:4].isdigit() or digits.startswith("0000"):
        return None
    return f"{digits[:4]}-{digits[5:7]}-{digits[8:10]}T{digits[11:19]}"


def _position(gps: dict[int, Entry], notes: Notes) -> None:
    for name, tag, reference, negative in (("latitude", 2, 1, "S"), ("longitude", 4, 3, "W")):
        if tag not in gps:
            continue
        numbers = gps[tag].numbers()
        if not numbers:
            continue
        degrees = sum(part / 60**power for power, part in enumerate(numbers[:3]))
        if reference in gps and gps[reference].text().upper() == negative:
            degrees = -degrees
        notes.fact(name, round(degrees, 7))
    if 6 in gps and gps[6].numbers():
        below = 5 in gps and gps[5].value[:1] == b"\1"
        notes.fact("altitude", round(gps[6].numbers()[0] * (-1 if below else 1), 2))


def minimal(orientation: int) -> bytes:
    """A whole EXIF block of 26 bytes that says the orientation and nothing else."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
