"""The type of a file by its magic bytes. Names and claims of a phone are never believed."""

from typing import Literal

FAMILIES = {
    "image/jpeg": "jpeg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/heic": "heif",
    "image/avif": "heif",
    "image/tiff": "tiff",
    "image/x-adobe-dng": "dng",
    "video/mp4": "mp4",
    "video/quicktime": "mp4",
    "video/3gpp": "mp4",
    "audio/mp4": "mp4",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/aac": "mp3",
}
"""The file of `app/scrub` that cleans each type."""

AVIF = (b"avif", b"avis")
HEIF = (
    b"heic",
    b"heix",
    b"hevc",
    b"hevx",
    b"heim",
    b"heis",
    b"hevm",
    b"hevs",
    b"mif1",
    b"msf1",
    b"mif2",
    b"hif1",
    b"MiHE",
)
ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"uuid")


def sniff_bytes(head: bytes) -> str | None:
    """The type of a file that begins with `head` (64 bytes will do, 4096 are better)."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head[:4] in (b"II*\0", b"MM\0*"):
        return "image/x-adobe-dng" if _is_dng(head) else "image/tiff"
    if head[4:8] == b"ftyp":
        return _brand(head)
    if head[4:8] in ATOMS:
        return "video/quicktime"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head[:4] == b"OggS":
        return "audio/ogg"
    if head[:3] == b"ID3":
        return "audio/mpeg"
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        layer = head[1] >> 1 & 3
        if layer == 0 and head[1] & 0xF0 == 0xF0:
            return "audio/aac"
        if layer and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3:
            return "audio/mpeg"
    return None


def _is_dng(head: bytes) -> bool:
    """Whether the first directory has the tag DNGVersion, as far as it lies in the head. Ours always does."""
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
    at = int.from_bytes(head[4:8], order)
    count = int.from_bytes(head[at : at + 2], order)
    ends = range(at + 2, min(at + 2 + 12 * count, len(head) - 1), 12)
    return any(int.from_bytes(head[place : place + 2], order) == 50706 for place in ends)


def _brand(head: bytes) -> str:
    size = int.from_bytes(head[:4], "big")
    brands = [head[at : at + 4] for at in (8, *range(16, min(max(size, 16), len(head)), 4))]
    major = brands[0]
    if major in AVIF or (major in HEIF and any(brand in AVIF for brand in brands) and b"heic" not in brands):
        return "image/avif"
    if major in HEIF:
        return "image/heic"
    if major == b"qt  ":
        return "video/quicktime"
    if major.startswith((b"3gp", b"3g2")):
        return "video/3gpp"
    if major in (b"M4A ", b"M4B ", b"M4P "):
        return "audio/mp4"
    return "video/mp4"
