"""The two indexes that we write into a WebM or Matroska file (RFC 9559, 5.1.1 and 5.1.5).

Every number takes eight bytes, so their sizes are known before the places are.
"""

import struct

from app.scrub import ebml

INFO, TRACKS, CUES, SEEKHEAD = 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x114D9B74
CUE_BYTES = 34
"""Bytes of one cue point."""
_CUE = struct.Struct(">HHQHHQHQ")


def seek_head(info: int, entries: int, cues: int) -> bytes:
    """A SeekHead of constant size with the places of Info, Tracks and Cues in the segment."""
    places = ((INFO, info), (TRACKS, entries), (CUES, cues))
    return ebml.write(
        SEEKHEAD,
        b"".join(
            ebml.write(0x4DBB, ebml.write_number(0x53AB, identity) + ebml.write_number(0x53AC, place, 8))
            for identity, place in places
        ),
    )


def cue(time: int, number: int, place: int) -> bytes:
    """A cue point (BB) with its time (B3) and a position (B7) of a track (F7) in a cluster (F1)."""
    return _CUE.pack(0xBBA0, 0xB388, time, 0xB794, 0xF788, number, 0xF188, place)
