"""What today's Chromium and Firefox show by themselves, and what needs a copy converted for viewing. Pure."""

from __future__ import annotations

from typing import Any, BinaryIO

import av

PICTURES = frozenset(("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"))
CONTAINERS = frozenset(
    ("video/mp4", "video/quicktime", "video/webm", "audio/mp4", "audio/ogg", "audio/mpeg", "audio/wav", "audio/aac")
)  # fmt: skip
"""Played where the codecs inside are: QuickTime when it is served as MP4."""

VIDEO = frozenset(("h264", "vp8", "vp9", "av1"))
AUDIO = frozenset(("aac", "mp3", "opus", "vorbis", "flac", "pcm_s16le", "pcm_u8"))
PIXELS = frozenset(("yuv420p", "yuvj420p", "yuva420p"))
"""Of H.264, browsers decode 8 bits and 4:2:0 only."""


def viewing_kind(media_type: str, copy: BinaryIO) -> str | None:
    """`image`, `film` or `sound`: what kind of viewing copy this clean copy needs. None if browsers show it."""
    if media_type.startswith("image/"):
        return None if media_type in PICTURES else "image"
    copy.seek(0)
    try:
        with av.open(copy, metadata_errors="replace") as film:
            kind = "film" if film.streams.video else "sound"
            shown = media_type in CONTAINERS and all(_shown(stream) for stream in film.streams)
    except (av.error.FFmpegError, ValueError):
        return None  # nothing here can read it, so nothing can convert it
    return None if shown else kind


def _shown(stream: av.stream.Stream) -> bool:
    codec: Any = stream.codec_context
    if codec is None:
        return False
    if stream.type == "audio":
        return codec.name in AUDIO or codec.codec.canonical_name in AUDIO
    name = codec.codec.canonical_name
    return name in VIDEO and (name != "h264" or codec.pix_fmt in PIXELS or codec.pix_fmt is None)
