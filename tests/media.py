"""Small media made at test time, full of things that must not survive. Nothing binary is kept.

Every function takes a canary, a text that is written wherever the format has room for one: owner,
serial number, place, maker's notes, previews, trailers. `CANARY` is the one that tests look for.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from fractions import Fraction
from typing import Any

import av
import pillow_heif
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

CANARY = "WITNESS-9f3c71"
VideoFrame: Any = av.VideoFrame


def picture(width: int = 96, height: int = 64) -> Image.Image:
    """A picture with a gradient and a corner, so that turning it shows."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    image.paste((200, 30, 30), (0, 0, width // 4, height // 4))
    return image


def exif(canary: str, orientation: int = 6) -> Image.Exif:
    """EXIF with device, owner, serial, time, place, maker's note and user comment."""
    block = Image.Exif()
    block[0x010F], block[0x0110], block[0x0112] = f"{canary} Make", f"{canary} Model", orientation
    block[0x013B], block[0x0131], block[0x0132] = (
        f"{canary} Artist",
        f"{canary} Software",
        "2017:07:01 12:34:56",
    )
    inner = block.get_ifd(0x8769)
    inner[0x9003], inner[0x9011] = "2017:07:01 12:34:56", "+02:00"
    inner[0xA431], inner[0xA430] = f"{canary} serial", f"{canary} owner"
    inner[0x927C] = b"Maker\0\1" + f"{canary} maker note".encode()
    inner[0x9286] = b"ASCII\0\0\0" + f"{canary} comment".encode()
    place = block.get_ifd(0x8825)
    place[1], place[2] = "N", (52.0, 31.0, 12.0)
    place[3], place[4] = "E", (13.0, 24.0, 36.0)
    place[6] = 34.5
    return block


def xmp(canary: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:dc="d" dc:creator="{canary} creator"><dc:title>{canary} title</dc:title>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def profile(canary: str) -> bytes:
    """A working sRGB profile whose description names a device."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", data, 128)
    for index in range(count):
        (tag,) = struct.unpack_from(">4s", data, 132 + 12 * index)
        if tag == b"desc":
            text = canary.encode("utf-16-be")
            body = struct.pack(">4s4xII2s2sII", b"mluc", 1, 12, b"en", b"US", len(text), 28) + text
            struct.pack_into(">4sII", data, 132 + 12 * index, tag, len(data), len(body))
            data += body + b"\0" * (-len(body) % 4)
    struct.pack_into(">I", data, 0, len(data))
    struct.pack_into(">6H", data, 24, 2017, 7, 1, 12, 34, 56)  # else the hour it was made: no two files alike
    return bytes(data)


def archive(canary: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(zipfile.ZipInfo("evil.txt", (2017, 7, 1, 12, 34, 56)), canary)
    return out.getvalue()


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def jpeg(**options: Any) -> bytes:
    return saved(picture(), "JPEG", quality=90, **options)


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg_with_everything(canary: str, orientation: int = 6) -> bytes:
    """EXIF, XMP, IPTC, ICC, MPF, comment, JFXX thumbnail, C2PA, and a picture and a ZIP behind the end."""
    data = jpeg(exif=exif(canary, orientation), icc_profile=profile(canary))
    iptc = b"\x1c\x02\x50" + struct.pack(">H", len(canary)) + canary.encode()
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0" * (len(iptc) & 1)
    extra = (
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(canary))
        + segment(0xED, b"Photoshop 3.0\0" + resource)
        + segment(0xE2, b"MPF\0MM\0*\0\0\0\x08\0\0" + canary.encode())
        + segment(0xE0, b"JFXX\0\x10" + saved(picture(16, 16), "JPEG") + canary.encode())
        + segment(0xEB, b"JP\0\1\0\0\0\1" + canary.encode())
        + segment(0xE7, canary.encode())
        + segment(0xFE, f"{canary} <script>alert(1)</script>".encode())
    )
    at = data.index(b"\xff\xdb")
    return data[:at] + extra + data[at:] + jpeg(comment=canary) + archive(canary)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with_everything(canary: str) -> bytes:
    info = PngInfo()
    info.add_text("Author", f"{canary} author")
    info.add_text("Comment", f"{canary} packed", zip=True)
    info.add_itxt("XML:com.adobe.xmp", xmp(canary).decode())
    data = saved(picture(), "PNG", pnginfo=info, exif=exif(canary), icc_profile=profile(canary), dpi=(72, 72))
    extra = (
        chunk(b"tIME", b"\x07\xe1\7\1\x0c\x22\x38")
        + chunk(b"caBX", canary.encode())
        + chunk(b"prVt", canary.encode())
    )
    return data[:33] + extra + data[33:] + canary.encode() + archive(canary)


def webp_with_everything(canary: str) -> bytes:
    data = saved(picture(), "WEBP", exif=exif(canary), xmp=xmp(canary), icc_profile=profile(canary))
    data += b"ODD " + struct.pack("<I", len(canary) & ~1) + canary.encode()[: len(canary) & ~1]
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:] + canary.encode()


def gif_with_everything(canary: str) -> bytes:
    frames = [picture().rotate(90 * turn).convert("P") for turn in range(3)]
    data = saved(
        frames[0], "GIF", save_all=True, append_images=frames[1:], duration=40, loop=0, comment=f"{canary} c"
    )
    return data + f"<?php {canary} ?>".encode()


def tiff_with_everything(canary: str, compression: str = "tiff_lzw") -> bytes:
    info = {
        0x010E: canary,
        0x010F: canary,
        0x0110: canary,
        0x0131: canary,
        0x013B: canary,
        700: xmp(canary),
        0x0112: 6,
    }
    return (
        saved(picture(), "TIFF", compression=compression, tiffinfo=info, icc_profile=profile(canary))
        + canary.encode()
    )


def heic_with_everything(canary: str) -> bytes:
    file = pillow_heif.from_pillow(picture(128, 64))
    out = io.BytesIO()
    file.save(out, exif=exif(canary).tobytes(), xmp=xmp(canary), quality=60)
    return out.getvalue() + box(b"uuid", bytes(16) + canary.encode()) + box(b"mpvd", mp4(canary, 1))


def avif_with_everything(canary: str) -> bytes:
    data = saved(picture(), "AVIF", exif=exif(canary), xmp=xmp(canary), icc_profile=profile(canary), speed=10)
    return data + box(b"uuid", bytes(16) + canary.encode())


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def film(
    container: str, canary: str, seconds: float, video: str | None, audio: str | None, **options: str
) -> bytes:
    """A film by PyAV with titles, places and comments of the canary. Moving picture, humming sound."""
    out = io.BytesIO()
    # Bit-exact: without random names of files and tracks, so that a film is the same each time.
    with av.open(out, "w", format=container, options={"fflags": "bitexact", **options}) as target:
        for key in ("title", "artist", "comment", "encoder_name", "location"):
            target.metadata[key] = "+52.5200+013.4100/" if key == "location" else f"{canary} {key}"
        pictures: Any = target.add_stream(video, rate=10) if video else None
        if pictures is not None:
            pictures.width, pictures.height, pictures.pix_fmt = 96, 64, "yuv420p"
            pictures.codec_context.gop_size = 5
            pictures.codec_context.max_b_frames = 0
            pictures.metadata["title"] = f"{canary} track"
        sound: Any = target.add_stream(audio, rate=48000) if audio else None
        if sound is not None:
            sound.layout = "mono"
        for index in range(int(seconds * 10)) if pictures is not None else ():
            frame = VideoFrame.from_image(picture().rotate(9 * index))
            frame.pts, frame.time_base = index, Fraction(1, 10)
            target.mux(pictures.encode(frame))
        if pictures is not None:
            target.mux(pictures.encode())
        for index in range(int(seconds * 50)) if sound is not None else ():
            wave = struct.pack("<960h", *((step * 37 % 4000) - 2000 for step in range(960)))
            tone = av.AudioFrame(format="s16", layout="mono", samples=960)
            tone.planes[0].update(wave)
            tone.sample_rate, tone.pts, tone.time_base = 48000, index * 960, Fraction(1, 48000)
            target.mux(sound.encode(tone))
        if sound is not None:
            target.mux(sound.encode())
    return out.getvalue()


def mp4(canary: str = CANARY, seconds: float = 2, fragmented: bool = False) -> bytes:
    """H.264 (with the encoder's user data) and AAC, as one piece or in fragments."""
    flags = "use_metadata_tags"
    if fragmented:
        flags += "+frag_keyframe+empty_moov+default_base_moof"
    return film("mp4", canary, seconds, "libx264", "aac", movflags=flags)


def mov_with_everything(canary: str) -> bytes:
    """A QuickTime film with user data, a maker's box, old `free` bytes and bytes between the samples."""
    data = film("mov", canary, 2, "libx264", "pcm_s16le", movflags="use_metadata_tags")
    at = data.index(b"mdat") - 4
    gap = f"{canary} telemetry".encode()
    size = struct.unpack_from(">I", data, at)[0]
    end = at + size
    media = struct.pack(">I", size + len(gap)) + data[at + 4 : end] + gap
    return (
        data[:at]
        + media
        + data[end:]
        + box(b"uuid", bytes(16) + canary.encode())
        + box(b"free", canary.encode())
    )


def webm(seconds: float = 2, canary: str = CANARY, live: bool = True) -> bytes:
    """VP8 and Opus; `live`: without sizes, duration and cues, as MediaRecorder writes it."""
    return film("webm", canary, seconds, "libvpx", "libopus", **({"live": "1"} if live else {}))


def matroska(canary: str = CANARY, seconds: float = 2) -> bytes:
    """H.264 and FLAC with everything that Matroska has room for."""
    return film("matroska", canary, seconds, "libx264", "flac")


def ogg(canary: str = CANARY, seconds: float = 2) -> bytes:
    return film("ogg", canary, seconds, None, "libopus")


def mp3(canary: str = CANARY, seconds: float = 2) -> bytes:
    tail = b"TAG" + canary.encode().ljust(125, b"\0")
    return film("mp3", canary, seconds, None, "libmp3lame", write_id3v1="1") + tail


def aac(seconds: float = 2) -> bytes:
    return film("adts", CANARY, seconds, None, "aac")


def wav(canary: str = CANARY, seconds: float = 1) -> bytes:
    return (
        film("wav", canary, seconds, None, "pcm_s16le")
        + b"id3 "
        + struct.pack("<I", len(canary))
        + canary.encode()
    )
