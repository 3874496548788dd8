"""Made-up media and observations, sent by a test phone through the real routes."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import av
from PIL import Image

from app import jws
from app.clock import now_ms
from app.ids import new_id
from tests.phone import Phone, Sealed


@cache
def photo(shade: int = 90) -> bytes:
    """A small JPEG that says where and with what it was taken."""
    picture = Image.new("RGB", (320, 240), (shade, 120, 60))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Model 5"
    exif[0x9003] = "2026:11:21 06:40:00"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (50.0, 57.0, 12.5), "E", (1.0, 51.0, 3.2)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80, exif=exif)
    return out.getvalue()


@cache
def film(seconds: int = 2) -> bytes:
    """A WebM with VP8, 25 frames a second; each frame is noise of its own."""
    out = io.BytesIO()
    with av.open(out, "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=25, options={"deadline": "realtime", "cpu-used": "8"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for n in range(seconds * 25):
            noise = Image.effect_noise((160, 90), 60 + n % 30).convert("RGB")  # can't be compressed away
            frame = av.VideoFrame.from_image(noise)  # type: ignore[no-untyped-call]
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return out.getvalue()


@dataclass
class Observed:
    """One observation being recorded. `at` counts seconds from its beginning by the phone's own clock."""

    phone: Phone
    start: int = field(default_factory=lambda: now_ms() - 3_600_000)
    offset: int = -3120  # ms: server minus phone
    trial: bool = False
    id: str = field(default_factory=new_id)
    seq: int = 0

    def say(self, at: float, type_: str, data: dict[str, Any] | None = None, **more: Any) -> str:
        """One entry; its id."""
        wall = self.start - self.offset + int(at * 1000)
        clock = {"wall": wall, "mono": int(at * 1000), "offset": self.offset, "error": 45, "measured": wall}
        sealed = self.phone.entry(
            self.id, type_, data or {}, seq=self.seq, clock=clock, trial=self.trial, **more
        )
        self.seq += 1
        return sealed.id

    def record(
        self,
        at: float,
        kind: str,
        data: bytes,
        until: float | None = None,
        cut: int | None = None,
        mime: str = "",
    ) -> Sealed:
        """A photo, film or sound: begin entry, commitment, bytes, and the end entry unless it was cut."""
        sealed = self.phone.seal(data)
        if cut is not None:
            sealed.body = sealed.body[:cut]
        self.say(at, "begin", {"item": sealed.id, "kind": kind, "mime": mime, "camera": "environment"})
        self.phone.commit(sealed, kind, cut=cut is not None)
        assert self.phone.send(sealed).status_code == 204
        if cut is None:
            end = {
                "item": sealed.id,
                "size": len(data),
                "sha256": jws.sha256(data),
                "gaps": [],
                "reason": "stop",
            }
            self.say(until if until is not None else at, "end", end)
        return sealed
