"""Files as a phone's camera and microphone give them, made from drawn pictures and tones."""

from __future__ import annotations

import io
import math
import struct
from datetime import datetime
from typing import Any

import av
from PIL import Image, ImageDraw

from app.demo import drawn

RATE = 15  # frames a second
SAMPLES = 48_000
SIGNS = {"photo": "image/jpeg", "film": "video/mp4;codecs=avc1", "sound": "audio/webm;codecs=opus"}
VideoFrame: Any = av.VideoFrame
AudioFrame: Any = av.AudioFrame


def photo(look: drawn.Look, taken: datetime, lat: float, lon: float, size: tuple[int, int]) -> bytes:
    """A JPEG that says where and with what it was taken, so that there is something to strip."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Demonstration", "Drawn 1"
    exif[0x9003] = taken.strftime("%Y:%m:%d %H:%M:%S")
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", _degrees(lat)
    place[3], place[4] = "E", _degrees(lon)
    out = io.BytesIO()
    drawn.still(look, 4.0, size).save(out, "JPEG", quality=88, exif=exif)
    return out.getvalue()


def _degrees(value: float) -> tuple[float, float, float]:
    minutes = (value % 1) * 60
    return float(int(value)), float(int(minutes)), round((minutes % 1) * 60, 3)


def film(look: drawn.Look, seconds: float, begin: float, size: tuple[int, int]) -> bytes:
    """A fragmented MP4 with H.264, as browsers record it: cut anywhere, what came before still plays. `begin`: seconds
    of the scene that had passed when the camera started; a clock in the picture shows them, so that two films of one
    scene can be seen to run in step."""
    out = io.BytesIO()
    with av.open(
        out, "w", format="mp4", options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    ) as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "24"}
        stream = container.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = *size, "yuv420p", RATE
        for n in range(int(seconds * RATE)):
            at = begin + n / RATE
            picture = drawn.still(look, at)
            pen = ImageDraw.Draw(picture)
            pen.text(
                (14, 10),
                f"{at:06.2f} s",
                (235, 235, 230),
                drawn.font(24),
                stroke_width=2,
                stroke_fill=(0, 0, 0),
            )
            for packet in stream.encode(VideoFrame.from_image(picture).reformat(*size, "yuv420p")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return out.getvalue()


def sound(seconds: float) -> bytes:
    """A WebM with Opus: a tone that rises and falls, instead of voices."""
    out = io.BytesIO()
    with av.open(out, "w", format="webm") as container:
        stream: Any = container.add_stream("libopus", rate=SAMPLES)
        stream.layout, stream.bit_rate = "mono", 32_000
        at, block, phase = 0, 960, 0.0
        while at < seconds * SAMPLES:
            values = []
            for n in range(block):
                phase += 2 * math.pi * (300 + 120 * math.sin((at + n) / SAMPLES)) / SAMPLES
                values.append(int(6_000 * math.sin(phase)))
            frame = AudioFrame(format="s16", layout="mono", samples=block)
            frame.planes[0].update(struct.pack(f"<{block}h", *values))
            frame.sample_rate, frame.pts = SAMPLES, at
            for packet in stream.encode(frame):
                container.mux(packet)
            at += block
        for packet in stream.encode(None):
            container.mux(packet)
    return out.getvalue()
