"""The process that makes a copy for viewing, out of the clean copy alone: confined like the one that opens.

Standard input: one JSON line, the order, as `app.opening.child` gets it, with `kind`: `image`, `film` or `sound`.
Standard output: JSON lines, `{"done": 0.0 to 1.0}` while it works, then `{"result": ...}` or `{"failed": why}`.
The clean copy is planned anew from the sealed original, so it is the very bytes that the check has passed; what
comes out is sealed to the storage recipient. No plaintext goes to disk.
"""

from __future__ import annotations

import io
import json
import os
import sys
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any, BinaryIO, cast

import av
import pillow_heif
from PIL import Image, ImageCms, ImageOps

from app.opening.child import base64url, place, plaintext, seal_through
from app.opening.developed import develop
from app.opening.run import ChildFailed
from app.sandbox import confine
from app.scrub import check as checking
from app.scrub import limits, plan, sniff

LONGEST_PICTURE = 8000  # pixels of the longer side; larger pictures are made smaller
LONGEST_FILM = 1280
MOST_BYTES = 192 << 20  # of a film for viewing, which is held in memory until it is sealed
MOST_RATE, LEAST_RATE = 2_500_000, 120_000  # bits a second
FRAMES = 30  # a second at most
MEMORY = limits.MEMORY + MOST_BYTES
SOUND_RATE = 96_000
QUALITY = 90  # of a JPEG
MOST_EARLY = 3000  # frames of sound that wait for the first picture

Progress = Callable[[float], None]


def picture(copy: BinaryIO, _progress: Progress) -> tuple[bytes, dict[str, Any]]:
    """A JPEG in sRGB, upright, of the first picture."""
    Image.MAX_IMAGE_PIXELS = limits.MOST_PIXELS
    copy.seek(0)
    if sniff(copy) == "image/x-adobe-dng":
        return _jpeg(develop(copy), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = Image.open(copy)
        count = getattr(image, "n_frames", 1)
        image.load()
    image.thumbnail((LONGEST_PICTURE, LONGEST_PICTURE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return _jpeg(upright_srgb(image), count)


def _jpeg(shown: Image.Image, count: int) -> tuple[bytes, dict[str, Any]]:
    out = io.BytesIO()
    shown.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue(), {
        "media_type": "image/jpeg", "pictures": count, "width": shown.width, "height": shown.height,
    }  # fmt: skip


def upright_srgb(image: Image.Image) -> Image.Image:
    """As the eye sees it: turned upright, 8 bits a channel, sRGB, on white where it is see-through."""
    profile = image.info.get("icc_profile")
    return _in_srgb(ImageOps.exif_transpose(_eight_bits(image)), profile)


def _eight_bits(image: Image.Image) -> Image.Image:
    """TIFF and HEIC may have 16 bits or floats, which JPEG hasn't: brought to what the eye sees, by their range."""
    if image.mode.startswith(("I", "F")):
        low, high = cast(tuple[float, float], image.getextrema())
        scale = 255 / (high - low) if high > low else 1.0
        return image.convert("F").point(lambda value: value * scale - low * scale).convert("L")
    return image


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if "A" in image.getbands():
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image.convert("RGBA"))
        image = ground.convert("RGB")
    if profile and image.mode in ("RGB", "L", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            made = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            return made or image.convert("RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            return image.convert("RGB")
    return image.convert("RGB")


def film(copy: BinaryIO, progress: Progress) -> tuple[bytes, dict[str, Any]]:
    """A WebM of VP9 and Opus, at most LONGEST_FILM wide or high; of Opus alone where no picture can be decoded."""
    return _film(copy, progress, pictures=True) or sound(copy, progress)


def sound(copy: BinaryIO, progress: Progress) -> tuple[bytes, dict[str, Any]]:
    """A WebM of Opus."""
    if made := _film(copy, progress, pictures=False):
        return made
    raise ChildFailed("no part of it could be decoded")


def _film(copy: BinaryIO, progress: Progress, pictures: bool) -> tuple[bytes, dict[str, Any]] | None:
    out = io.BytesIO()
    copy.seek(0)
    source: Any = av.open(copy, metadata_errors="replace")
    with source, av.open(out, "w", format="webm") as target:
        length = float(source.duration or 0) / av.time_base
        seen = next(iter(source.streams.video), None) if pictures else None
        heard = next(iter(source.streams.audio), None)
        image = _Pictures(seen, target, length) if seen and seen.codec_context else None
        voice = _Sound(target) if heard and heard.codec_context else None
        early: list[
            Any
        ] = []  # sound before the first picture: it alone tells the size that the file begins with
        told = 0.0
        for packet in source.demux([stream for stream, way in ((seen, image), (heard, voice)) if way]):
            for frame in _frames(packet):
                if packet.stream is seen and image:
                    image.take(frame)
                elif image and not image.written:
                    early.append(frame)
                    if len(early) > MOST_EARLY:
                        return None
                elif voice:
                    voice.take(*early, frame)
                    early = []
                if out.tell() > MOST_BYTES:
                    raise ChildFailed("the film is too long for a copy for viewing")
                if length and frame.time and frame.time / length > told + 0.01:
                    told = min(1.0, frame.time / length)
                    progress(told)
        if (image and not image.written) or not (image or voice):
            return None
        if voice:
            voice.take(*early)
            voice.finish()
        if image:
            image.finish()
    if not image and voice and not voice.written:
        return None
    return out.getvalue(), {"media_type": "video/webm" if image else "audio/webm", "pictures": 1}


def _frames(packet: Any) -> list[Any]:
    """A damaged packet loses its own pictures, not the film."""
    try:
        return list(packet.decode())
    except av.error.InvalidDataError:
        return []


class _Pictures:
    """The way of a film's pictures: turned upright, made smaller, coded as VP9."""

    def __init__(self, stream: Any, target: Any, length: float) -> None:
        self._target, self._last, self._like = target, -FRAMES * 1000, (0, 0, "")
        self._graph: Any = None
        self._size: tuple[int, int] | None = None
        # Coders overshoot, and the sound needs its part.
        rate = min(MOST_RATE, int(MOST_BYTES * 8 * 0.8 / length) - SOUND_RATE) if length else MOST_RATE
        if rate < LEAST_RATE:
            raise ChildFailed("the film is too long for a copy for viewing")
        self._stream = target.add_stream(
            "libvpx-vp9", rate=FRAMES,
            options={"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "tile-columns": "1"},
        )  # fmt: skip
        self._stream.bit_rate, self._stream.pix_fmt = rate, "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, 1000)
        self._stream.codec_context.thread_count = 2
        self._stream.codec_context.gop_size = 5 * FRAMES
        stream.thread_type = "AUTO"
        self.written = 0

    def take(self, frame: Any) -> None:
        at = int((frame.time or 0) * 1000)
        if at < self._last + 1000 // FRAMES - 2:
            return  # more pictures a second than are wanted, or a clock that runs back
        if self._graph is None or self._like != (frame.width, frame.height, frame.format.name):
            self._graph, self._like = self._built(frame), (frame.width, frame.height, frame.format.name)
        self._graph.push(frame)
        made = self._graph.pull()
        made.pts, made.time_base, self._last = at, Fraction(1, 1000), at
        if not self.written:  # before anything is written: the file begins with it
            self._stream.width, self._stream.height = made.width, made.height
        self.written += 1
        self._target.mux(self._stream.encode(made))

    def _built(self, frame: Any) -> Any:
        """Filters for frames like this one."""
        graph: Any = av.filter.Graph()
        width, height = self._size = self._size or _fitting(frame.width, frame.height)
        steps = [graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000)
        )]  # fmt: skip
        steps.append(graph.add("scale", f"{width}:{height}"))
        turned = frame.rotation % 360
        for _ in range({90: 1, 180: 2, 270: 3}.get(turned, 0)):
            steps.append(graph.add("transpose", "cclock"))
        steps += [graph.add("format", "yuv420p"), graph.add("buffersink")]
        graph.link_nodes(*steps).configure()
        return graph

    def finish(self) -> None:
        if self.written:
            self._target.mux(self._stream.encode())


def _fitting(width: int, height: int) -> tuple[int, int]:
    """Even sides, the longer at most LONGEST_FILM."""
    scale = min(1.0, LONGEST_FILM / max(width, height))
    return max(2, int(width * scale) & ~1), max(2, int(height * scale) & ~1)


class _Sound:
    """The way of the sound: coded as Opus."""

    def __init__(self, target: Any) -> None:
        self._target = target
        self._stream = target.add_stream("libopus", rate=48_000)
        self._stream.bit_rate, self._stream.layout = SOUND_RATE, "stereo"
        self._resampler = av.AudioResampler(format="flt", layout="stereo", rate=48_000, frame_size=960)
        self.written = 0

    def take(self, *frames: Any) -> None:
        for frame in frames:
            for part in self._resampler.resample(frame):
                self.written += 1
                self._target.mux(self._stream.encode(part))

    def finish(self) -> None:
        for part in self._resampler.resample(None):
            self._target.mux(self._stream.encode(part))
        self._target.mux(self._stream.encode())


MAKERS = {"image": picture, "film": film, "sound": sound}


def convert(order: dict[str, Any], body: BinaryIO, target: BinaryIO, progress: Progress) -> dict[str, Any]:
    """The result of one conversion, as `app.opening.models.Viewing` stores it. Raises Failed and what decoders raise."""
    source, _cut = plaintext(order, body)
    edits, _report = plan(source)
    made, about = MAKERS[order["kind"]](edits.open(source), progress)
    size, digest = seal_through(io.BytesIO(made), target, order["recipient"])
    return {**about, "size": size, "sha256": base64url(digest)}


def _tell(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def main() -> int:
    order = json.loads(sys.stdin.readline())
    checking.preload()
    _load_coders()
    os.nice(10)  # opening what arrives comes first
    body, target = os.fdopen(order["body"], "rb"), os.fdopen(order["target"], "wb")
    confine(
        memory=min(MEMORY, order["memory"] + MOST_BYTES),
        cpu_seconds=order["seconds"],
        file_size=2 * MOST_BYTES,
    )
    try:
        _tell({"result": convert(order, body, target, lambda done: _tell({"done": round(done, 2)}))})
    except ChildFailed as error:
        _tell({"failed": str(error)})
    except MemoryError:
        _tell({"failed": "it asked for more memory than allowed"})
    except (av.error.FFmpegError, OSError, ValueError, SyntaxError) as error:
        _tell({"failed": "the decoder could not read it", "place": f"{type(error).__name__} {place(error)}"})
    except Exception as error:  # the kind and the place, never the message: that could hold content
        _tell({"failed": "the decoder could not read it", "place": f"{type(error).__name__} {place(error)}"})
    return 0


def _load_coders() -> None:
    """Code one small film, so that nothing has to be loaded once no file can be opened."""
    pillow_heif.register_heif_opener()
    Image.init()
    Image.new("RGB", (8, 8)).save(io.BytesIO(), "JPEG")
    ImageCms.createProfile("sRGB")
    with av.open(io.BytesIO(), "w", format="webm") as target:
        way, frame = _Pictures(type("", (), {})(), target, 1.0), av.VideoFrame(16, 16, "yuv420p")
        frame.pts, frame.time_base = 0, Fraction(1, 1000)
        way.take(frame)
        way.finish()
