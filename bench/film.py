"""A film of a wanted size for the figures: a real container with real coded frames, made in seconds."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame

RATE = 25
DISTINCT = 8  # frames coded; then they repeat
SIZE = (1920, 1080)


def make(path: Path, size: int) -> None:
    """Write a WebM of at least `size` bytes: VP8, every frame a key frame of noise."""
    frames = coded_frames()
    with av.open(str(path), "w", format="webm") as film:
        stream = film.add_stream("libvpx", rate=RATE, options={"g": "1"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        number = written = 0
        while written < size:
            content = frames[number % DISTINCT]
            packet = av.Packet(content)
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, RATE), True
            packet.pts = packet.dts = number
            film.mux(packet)
            number, written = number + 1, written + len(content)


def coded_frames() -> list[bytes]:
    coder = av.CodecContext.create("libvpx", "w")
    coder.width, coder.height, coder.pix_fmt = *SIZE, "yuv420p"
    coder.time_base, coder.bit_rate = Fraction(1, RATE), 200_000_000
    coder.options = {"deadline": "realtime", "cpu-used": "8", "g": "1", "qmin": "0", "qmax": "10"}
    packets = []
    for number in range(DISTINCT):
        frame = VideoFrame(*SIZE, "yuv420p")
        frame.pts = number
        for plane in frame.planes:
            plane.update(os.urandom(plane.buffer_size))
        packets += coder.encode(frame)
    packets += coder.encode(None)
    return [bytes(packet) for packet in packets]
