"""Ogg, MP3, AAC, WAV: the same packets without tags, whole pages and frames only."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import pytest

from app.scrub import Refused, ogg, same
from app.scrub.source import Source
from tests import media
from tests.media import CANARY
from tests.scrub.helpers import cleaned, holds, parts, planned

MAKERS: dict[str, Callable[[], bytes]] = {
    "ogg": media.ogg, "mp3": media.mp3, "aac": media.aac, "wav": media.wav,
}  # fmt: skip


@pytest.mark.parametrize("name", MAKERS)
def test_tags_go_and_the_sound_stays(name: str) -> None:
    data = MAKERS[name]()
    copy, report = cleaned(data)
    assert not holds(copy, "WITNESS")
    assert report.facts.duration == pytest.approx(2 if name != "wav" else 1, abs=0.1)
    before, after = same.packets(io.BytesIO(data))[0], same.packets(io.BytesIO(copy))[0]
    assert [item.digest.hexdigest() for item in before.values()] == [
        item.digest.hexdigest() for item in after.values()
    ]


@pytest.mark.parametrize("name", MAKERS)
def test_cut_recordings_are_kept(name: str) -> None:
    data = MAKERS[name]()
    for cut in range(len(data) * 2 // 3, len(data) * 2 // 3 + 4):  # in the middle of a sample too
        copy, _ = cleaned(data[:cut])
        assert len(copy) > len(data) // 3


def test_a_large_cover_in_the_comments_goes_with_its_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    data = media.ogg()
    monkeypatch.setattr(ogg, "SERIAL", struct.unpack_from("<I", data, 14)[0])
    second = data.index(b"OggS", 4)
    third = data.index(b"OggS", second + 4)
    comment = b"OpusTags" + struct.pack("<I", 6) + b"vendor" + struct.pack("<II", 1, 200_000)
    comment += b"METADATA_BLOCK_PICTURE=" + CANARY.encode().ljust(199_977, b"x")
    writer = ogg.Writer(Source(io.BytesIO(data)))
    writer.packets([comment], 0)
    pages = writer.copy.plan().open(io.BytesIO(data)).read()
    copy, report = cleaned(data[:second] + pages + data[third:])
    assert not holds(copy, CANARY) and len(copy) < len(data)
    assert any(item.tag == "METADATA_BLOCK_PICTURE" for item in report.found)


def test_the_checksum_of_a_page() -> None:
    data = media.ogg()
    size = data.index(b"OggS", 4)
    page = data[:22] + bytes(4) + data[26:size]
    assert ogg.checksum(page) == struct.unpack_from("<I", data, 22)[0]


def test_wav_without_sizes_is_kept_to_its_end() -> None:
    data = bytearray(media.film("wav", CANARY, 1, None, "pcm_s16le"))
    at = data.index(b"data")
    struct.pack_into("<I", data, at + 4, 0xFFFFFFFF)
    copy, report = cleaned(bytes(data))
    assert len(copy) == 44 + 96_000
    assert "information list" in parts(report)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 96_100])
def test_a_tag_behind_sound_without_a_true_size_does_not_pass_for_sound(size: int) -> None:
    data = bytearray(media.wav())
    struct.pack_into("<I", data, data.index(b"data") + 4, size)
    copy, _ = planned(bytes(data))
    assert not holds(copy, CANARY)
    assert len(copy) == 44 + 96_000


def test_a_format_with_room_for_a_message_is_refused() -> None:
    data = media.wav()
    at = data.index(b"fmt ")
    longer = (
        data[:at] + b"fmt " + struct.pack("<I", 16 + 60) + data[at + 8 : at + 24] + CANARY.encode().ljust(60)
    )
    with pytest.raises(Refused, match="no sound"):
        planned(longer + data[at + 24 :])


def test_comments_among_the_sound_are_refused() -> None:
    data = media.ogg()
    second = data.index(b"OggS", 4)
    third = data.index(b"OggS", second + 4)
    with pytest.raises(Refused, match="among the sound"):
        planned(data + data[second:third])


def test_aac_behind_an_id3_tag_is_aac() -> None:
    words = b"TIT2" + struct.pack(">IH", 1 + len(CANARY), 0) + b"\3" + CANARY.encode()
    tag = b"ID3\4\0\0\0\0\0" + bytes([len(words)]) + words
    copy, report = cleaned(tag + media.aac())
    assert copy == media.aac() and report.type == "audio/aac"
