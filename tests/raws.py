"""A small DNG made at test time, as cameras lay them out: preview first, the raw picture in a sub-directory."""

from __future__ import annotations

import struct
from collections.abc import Callable

from tests import media

Values = dict[int, tuple[int, bytes]]
"""Tag: TIFF type, values."""
SIZE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 10: 8}
LONG, SHORT, BYTE, TEXT, RATIO, RATIO_SIGNED, BLOB = 4, 3, 1, 2, 5, 10, 7
WIDTH, HEIGHT = 64, 48
SRGB_FROM_XYZ = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)


def longs(*values: int) -> tuple[int, bytes]:
    return LONG, struct.pack(f"<{len(values)}I", *values)


def shorts(*values: int) -> tuple[int, bytes]:
    return SHORT, struct.pack(f"<{len(values)}H", *values)


def ratios(*values: float, kind: int = RATIO_SIGNED) -> tuple[int, bytes]:
    return kind, b"".join(struct.pack("<ii", round(value * 10_000), 10_000) for value in values)


def text(value: str) -> tuple[int, bytes]:
    return TEXT, value.encode() + b"\0"


class File:
    """Bytes of a little-endian TIFF, appended to; directories are written when their places are known."""

    def __init__(self) -> None:
        self.data = bytearray(b"II*\0\0\0\0\0")

    def blob(self, data: bytes) -> int:
        self.data += bytes(len(self.data) & 1)
        place = len(self.data)
        self.data += data
        return place

    def directory(self, values: Values) -> int:
        rows = b""
        for tag, (kind, data) in sorted(values.items()):
            where = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", self.blob(data))
            rows += struct.pack("<HHI", tag, kind, len(data) // SIZE[kind]) + where
        return self.blob(struct.pack("<H", len(values)) + rows + bytes(4))


def mosaic(red: int = 8000, green: int = 16000, blue: int = 12000) -> bytes:
    """16 bits a pixel, RGGB, one colour all over: grey where the white balance is 0.5, 1, 0.75; the top left is dark."""
    rows = []
    for y in range(HEIGHT):
        pair = (red, green) if y % 2 == 0 else (green, blue)
        dark = tuple(value // 4 for value in pair) if y < HEIGHT // 4 else pair
        rows.append(struct.pack(f"<{WIDTH}H", *dark * (WIDTH // 8), *pair * (WIDTH * 3 // 8)))
    return b"".join(rows)


def opcode(kind: int, data: bytes) -> bytes:
    return struct.pack(">IIII", kind, 0x01030000, 0, len(data)) + data


def dng_with_everything(
    canary: str = media.CANARY, raw: Callable[[File], Values] | None = None, orientation: int = 6
) -> bytes:
    """Preview, maker's data, serial numbers, XMP, EXIF, GPS, file name, lens, profile, bad pixels and a trailer."""
    file = File()
    preview = media.picture(24, 16).tobytes()
    sub = file.directory((raw or plain_raw)(file))
    inner = file.directory({0x9003: text("2017:07:01 12:34:56"), 0xA431: text(f"{canary} body"),
                            0xA434: text(f"{canary} lens"), 0x927C: (BLOB, f"{canary} maker".encode())})  # fmt: skip
    place = file.directory({1: text("N"), 2: ratios(52, 31, 12, kind=RATIO), 3: text("E"),
                            4: ratios(13, 24, 36, kind=RATIO)})  # fmt: skip
    first = file.directory({
        254: longs(1), 256: longs(24), 257: longs(16), 258: shorts(8, 8, 8), 259: shorts(1), 262: shorts(2),
        271: text(f"{canary} make"), 272: text(f"{canary} model"), 273: longs(file.blob(preview)),
        274: shorts(orientation), 277: shorts(3), 278: longs(16), 279: longs(len(preview)), 284: shorts(1),
        305: text(f"{canary} software"), 315: text(f"{canary} artist"), 330: longs(sub), 700: (BYTE, media.xmp(canary)),
        34665: longs(inner), 34853: longs(place), 50706: (BYTE, bytes((1, 4, 0, 0))), 50707: (BYTE, bytes((1, 1, 0, 0))),
        50708: text(f"{canary} unique model"), 50721: ratios(*SRGB_FROM_XYZ), 50723: ratios(*SRGB_FROM_XYZ),
        50728: ratios(0.5, 1, 0.75, kind=RATIO), 50735: text(f"{canary} serial"), 50740: (BYTE, canary.encode()),
        50778: shorts(21), 50781: (BYTE, canary.encode()[:16].ljust(16)), 50827: (BYTE, f"{canary}.dng".encode()),
        50936: text(f"{canary} profile"),
    })  # fmt: skip
    struct.pack_into("<I", file.data, 4, first)
    return bytes(file.data) + canary.encode()


def plain_raw(file: File) -> Values:
    """Uncompressed strips, and corrections with a list of bad pixels among them."""
    data = mosaic()
    half = len(data) // 2
    corrections = struct.pack(">I", 2) + opcode(5, bytes(8) + b"BADPIXEL") + opcode(1, bytes(68))
    return {
        254: longs(0), 256: longs(WIDTH), 257: longs(HEIGHT), 258: shorts(16), 259: shorts(1), 262: shorts(32803),
        273: longs(file.blob(data[:half]), file.blob(data[half:])), 277: shorts(1), 278: longs(HEIGHT // 2),
        279: longs(half, half), 284: shorts(1), 33421: shorts(2, 2), 33422: (BYTE, bytes((0, 1, 1, 2))),
        50714: longs(0), 50717: longs(65535), 51022: (BLOB, corrections),
    }  # fmt: skip


def tiled_raw(comment: str = "") -> Callable[[File], Values]:
    """Linear raw in tiles of JPEG, one with a comment inside if asked."""

    def values(file: File) -> Values:
        options = {"comment": comment} if comment else {}
        tiles = [media.saved(media.picture(16, 16), "JPEG", quality=90, **options)[:] for _ in range(4)]
        tiles = [tile[:2] + tile[tile.index(b"\xff\xfe" if comment else b"\xff\xdb") :] for tile in tiles]
        return {
            254: longs(0), 256: longs(32), 257: longs(32), 258: shorts(8, 8, 8), 259: shorts(34892), 262: shorts(34892),
            277: shorts(3), 284: shorts(1), 322: longs(16), 323: longs(16),
            324: longs(*(file.blob(tile) for tile in tiles)), 325: longs(*map(len, tiles)),
        }  # fmt: skip

    return values
