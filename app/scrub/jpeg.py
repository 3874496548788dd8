"""JPEG (ITU-T T.81 annex B) by segments: nothing is decoded, pictures stay bit for bit.

| kept | why |
|---|---|
| SOFn, DHT, DAC, DQT, DRI, DNL, SOS and the scans | the picture |
| APP0 JFIF, rebuilt: version, density | aspect ratio; tells readers that colours are YCbCr |
| APP14 Adobe, rebuilt: colour transform | colours |
| APP2 ICC profile, made neutral (`icc.py`) | colours |
| APP1 EXIF, rebuilt: orientation alone, where it is not 1 | which way is up |

Everything else goes: other APPn (EXIF, XMP, IPTC, MPF, C2PA, gain maps), comments, thumbnails,
and every byte after the end of the first picture (second pictures, films, archives, HTML).
"""

import re
import string

from app.scrub import exif, icc, limits, texts
from app.scrub.errors import Refused
from app.scrub.plan import Builder, Plan
from app.scrub.report import Notes
from app.scrub.source import Source

FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDC, 0xDD})
MOST_SEGMENTS = 20_000
MOST_SCANS = 100
"""Progressive pictures have about ten; a decoder goes through the whole picture for each, however little is in it."""
MOST_PASSED = 1_500_000_000
"""Pixels times scans."""
MOST_READ = 64
"""Segments of metadata whose tags are named one by one; of what comes after only the kind is. XMP of 4 MB has as many."""
STRAY = "stray bytes between segments"

_END_OF_SCAN = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
_UNUSED, _RESTART = re.compile(rb"\xff[\x01-\xbf]"), re.compile(rb"\xff[\xd0-\xd7]")
"""Marks that nobody uses are damage: they don't end a scan, but decoders read on at the next restart only."""
_TEXT = re.compile(rb"[\t\n\r -~]{40}")
_LETTERS = (string.ascii_letters + string.digits + " :./+-_<>=\"',?();").encode()
_WORDY = bytes(byte in _LETTERS for byte in range(256))
_SEVEN = b"\1" * 7
_MARKER = re.compile(rb"\xff+[^\x00\xff]")

FOREIGN_DATA = "other data lie inside the picture data of the JPEG"
FOREIGN = (b"http://ns.adobe.com/", b"Exif\0\0")
"""Signs that segments were swallowed by a scan: a damaged header made them look like picture data."""

APPS = (
    (0xE0, b"JFXX\0", "JFXX thumbnail"),
    (0xE0, b"AVI1", "AVI1 header"),
    (0xE1, b"Exif\0", "EXIF"),
    (0xE1, b"http://ns.adobe.com/xap/1.0/\0", "XMP"),
    (0xE1, b"http://ns.adobe.com/xmp/extension/\0", "extended XMP"),
    (0xE2, b"MPF\0", "index of further pictures (MPF)"),
    (0xE2, b"FPXR\0", "FlashPix"),
    (0xE2, b"urn:iso:std:iso:ts:21496:-1\0", "gain map description (HDR)"),
    (0xE4, b"QVCI", "QVCI maker data"),
    (0xEB, b"JP", "C2PA manifest (JUMBF)"),
    (0xEB, b"HDR_RI", "HDR side image"),
    (0xEC, b"Ducky", "Ducky"),
    (0xEC, b"PictureInfo", "picture information"),
    (0xED, b"Photoshop 3.0\0", "Photoshop resources and IPTC"),
    (0xEE, b"Adobe", "Adobe"),
)

READ = frozenset(("EXIF", "XMP", "extended XMP", "Photoshop resources and IPTC"))
JOINED = frozenset(("EXIF", "Photoshop resources and IPTC"))
"""Readers join all segments of these, or go through each anew: the more there are, the slower."""


class _Picture:
    """What the walk over one file collects before the plan can be laid out."""

    def __init__(self) -> None:
        self.jfif: bytes | None = None
        self.adobe: int | None = None
        self.profile: dict[int, bytes] = {}
        self.orientation = 0
        self.hinted = 0
        self.read = 0
        self.frame = False
        self.scans: list[tuple[int, int]] = []
        self.body = Builder()


def plan(source: Source, notes: Notes) -> Plan:
    """The clean copy. Raises Refused where no whole frame and scan is found."""
    data = source.at(0, source.size)
    picture = _Picture()
    end = _walk(data, picture, notes)
    if not picture.frame or not picture.scans:
        raise Refused("the JPEG holds no whole picture")
    if end is None:
        notes.remark("the file ends before the end of the picture: what arrived of it is shown")
    elif end < len(data):
        _trailer(data, end, notes)
    _nothing_written(data, picture, len(data) if end is None else end)
    copy = Builder()
    copy.literal(b"\xff\xd8" + _head(picture, notes))
    copy.parts += picture.body.parts
    copy.literal(b"\xff\xd9")
    return copy.plan()


def _nothing_written(data: bytes, picture: _Picture, end: int) -> None:
    """Refuse where the picture data hold a long text, or fifteen letters of which thirteen also stand outside of them:
    coded pictures don't, but in a damaged file metadata may pass for them. Every second byte is looked at first: of
    fifteen in a row, seven such are letters."""
    header = picture.scans[0][0]
    for start, stop in picture.scans:
        marks = data[start:stop:2].translate(_WORDY)
        at = marks.find(_SEVEN)
        while at >= 0:
            place = start + 2 * at
            word = data[place : place + 13]
            # A plain surface codes as a few bytes over and over.
            if not word.translate(None, _LETTERS) and len(set(word)) > 3:
                if data.find(word, 0, header) >= 0 or data.find(word, end) >= 0:
                    raise Refused(FOREIGN_DATA)
                text = _TEXT.search(data, max(start, place - 40), min(stop, place + 60))
                if text and len(set(text[0])) >= 12:
                    raise Refused(FOREIGN_DATA)
            at = marks.find(_SEVEN, at + 1)


def _walk(data: bytes, picture: _Picture, notes: Notes) -> int | None:
    """Sort every segment; the offset after EOI, None where the file has none.

    Bytes between segments are skipped and so are lost to the copy: every decoder skips them too.
    """
    at = 2
    for _ in range(MOST_SEGMENTS):
        match = _MARKER.search(data, at)
        if match is None:
            return None
        if match.start() > at:
            notes.removed(STRAY, match.start() - at)
        at = match.end()
        marker = data[at - 1]
        if marker == 0xD9:
            return at
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            continue
        length = int.from_bytes(data[at : at + 2], "big") - 2
        if length < 0 or at + 2 + length > len(data):
            return None
        start, end = at - 2, at + 2 + length
        if marker == 0xDA:
            if not _scan_header(data[at + 2 : end]):
                raise Refused("a scan of the JPEG has an impossible header")
            scan = _END_OF_SCAN.search(data, end)
            end = scan.start() if scan else len(data)
            if scan is None and data[-1] == 0xFF:
                end -= 1
            picture.scans.append((start, end))
            pixels = (notes.facts.get("width") or 0) * (notes.facts.get("height") or 0)
            if len(picture.scans) > MOST_SCANS or pixels * len(picture.scans) > MOST_PASSED:
                raise Refused("the JPEG has more scans than any real one")
            if any(data.rfind(sign, start, end) >= 0 for sign in FOREIGN):  # backwards is twice as fast here
                raise Refused("other data lie inside the picture data of the JPEG")
            _copy_scan(data, start, end, picture, notes)
        elif marker in FRAMES or marker in TABLES:
            payload = data[at + 2 : end]
            if marker in FRAMES:
                _frame(payload, picture, notes)
            elif not _sound(marker, payload):
                raise Refused("a table of the JPEG has an impossible length")
            picture.body.copy(start, end - start)
        elif 0xE0 <= marker <= 0xEF or marker == 0xFE:
            _extra(marker, data[at + 2 : end], picture, notes)
        else:
            raise Refused("the JPEG has a part that no decoder knows")
        at = end
    raise Refused("the JPEG has more segments than any real one")


def _copy_scan(data: bytes, start: int, end: int, picture: _Picture, notes: Notes) -> None:
    """What decoders read of a scan."""
    while (damage := _UNUSED.search(data, start + 2, end)) is not None:
        picture.body.copy(start, damage.start() - start)
        again = _RESTART.search(data, damage.end(), end)
        start = again.start() if again else end
        notes.removed("data of damaged pictures", start - damage.start())
    picture.body.copy(start, end - start)


def _frame(payload: bytes, picture: _Picture, notes: Notes) -> None:
    if picture.frame or len(payload) < 6 or len(payload) != 6 + 3 * payload[5]:
        raise Refused("the JPEG has an impossible frame header")
    picture.frame = True
    height = int.from_bytes(payload[1:3], "big")
    limits.picture(int.from_bytes(payload[3:5], "big"), height or 1, notes)


def _scan_header(payload: bytes) -> bool:
    """Whether a scan's header (B.2.3) says what a decoder can use, coefficients to 63 and bits to 13: no room for a
    message, and nothing that a reader which only looks for marks takes for one."""
    if len(payload) < 6 or len(payload) != 4 + 2 * payload[0]:
        return False
    first, last, bits = payload[-3:]
    return max(first, last) < 64 and max(bits >> 4, bits & 15) <= 13


def _sound(marker: int, payload: bytes) -> bool:
    """Whether a table is exactly as long as it says: no room for anything else."""
    at = 0
    if marker == 0xDB:
        while at < len(payload):
            at += 65 if payload[at] < 16 else 129
    elif marker == 0xC4:
        while at + 17 <= len(payload):
            at += 17 + sum(payload[at + 1 : at + 17])
    else:
        return len(payload) == 2 or (marker == 0xCC and len(payload) % 2 == 0)
    return at == len(payload)


def _extra(marker: int, payload: bytes, picture: _Picture, notes: Notes) -> None:
    """Everything that is not the picture: read what we rebuild, name what goes."""
    size = len(payload) + 4
    if marker == 0xE0 and payload.startswith(b"JFIF\0") and len(payload) >= 12:
        picture.jfif = picture.jfif or payload
        if len(payload) > 14:
            notes.found("thumbnail", "JFIF thumbnail")
            notes.removed("JFIF thumbnail", len(payload) - 14)
        return
    if marker == 0xEE and payload.startswith(b"Adobe") and len(payload) >= 12:
        picture.adobe = payload[11]
        if len(payload) > 12:
            notes.removed("Adobe segment, further bytes", len(payload) - 12)
        return
    if marker == 0xE2 and payload.startswith(b"ICC_PROFILE\0") and len(payload) > 14:
        picture.profile.setdefault(payload[12], payload[14:])
        return
    name = _name(marker, payload)
    picture.read += name in READ
    if name in READ and picture.read > MOST_READ:
        if name in JOINED:
            raise Refused("the JPEG has more metadata than any real one")
        notes.found("jpeg", name)
    elif name == "EXIF":
        picture.orientation = exif.read(payload[6:], notes) or picture.orientation
    elif name in ("XMP", "extended XMP"):
        picture.hinted = texts.xmp(payload[29 if name == "XMP" else 75 :], notes) or picture.hinted
    elif marker == 0xED:
        texts.photoshop(payload, notes)
    elif marker == 0xFE:
        notes.found("comment", "JPEG comment")
    else:
        notes.found("jpeg", name)
    notes.removed(name, size)


def _name(marker: int, payload: bytes) -> str:
    for code, start, name in APPS:
        if code == marker and payload.startswith(start):
            return name
    if marker == 0xFE:
        return "comment"
    return f"APP{marker - 0xE0}"


def _head(picture: _Picture, notes: Notes) -> bytes:
    """The segments that we write ourselves, in the order that readers expect."""
    out = b""
    if picture.jfif is not None:
        density = picture.jfif[7:12] if picture.jfif[7] <= 2 else b"\0\0\1\0\1"
        out += _segment(0xE0, b"JFIF\0\1\1" + density + b"\0\0")
        notes.kept("JFIF header", "colours and aspect ratio; rebuilt without thumbnail")
    turn = picture.orientation or picture.hinted
    if turn > 1:
        out += _segment(0xE1, b"Exif\0\0" + exif.minimal(turn))
        notes.kept("orientation", "which way is up; in an EXIF block of our own")
    out += _colours(picture, notes)
    if picture.adobe is not None:
        out += _segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([picture.adobe]))
        notes.kept("Adobe colour transform", "colours; rebuilt")
    notes.kept("frame, tables and scans", "the picture, bit for bit")
    return out


def _colours(picture: _Picture, notes: Notes) -> bytes:
    if not picture.profile:
        return b""
    whole = b"".join(picture.profile[number] for number in sorted(picture.profile))
    clean = icc.neutral(whole, notes.words())
    if clean is None:
        notes.removed("colour profile that no reader could use", len(whole))
        return b""
    if clean != whole:
        notes.found("icc", "description, maker, dates")
        notes.removed("identity of the colour profile", 0)
    notes.kept("colour profile", "colours" if clean == whole else "colours; made neutral")
    pieces = [clean[start : start + 65519] for start in range(0, len(clean), 65519)]
    return b"".join(
        _segment(0xE2, b"ICC_PROFILE\0" + bytes([number + 1, len(pieces)]) + piece)
        for number, piece in enumerate(pieces)
    )


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


TRAILERS = (
    (b"\xff\xd8\xff", "second picture after the end (JPEG)"),
    (b"PK\x03\x04", "archive after the end (ZIP)"),
    (b"ftyp", "film after the end (motion photo)"),
    (b"SEFT", "Samsung trailer"),
    (b"<", "text after the end"),
)


def _trailer(data: bytes, end: int, notes: Notes) -> None:
    head = data[end : end + 4096].lstrip(b"\0")
    name = "bytes after the end of the picture"
    for sign, title in TRAILERS:
        if (
            head.startswith(sign)
            or (sign == b"ftyp" and head[4:8] == sign)
            or (sign == b"SEFT" and data.endswith(sign))
        ):
            name = title
            break
    notes.found("trailer", name)
    notes.removed(name, len(data) - end)
