"""MP4, MOV, M4A, 3GP (ISO/IEC 14496-12, QuickTime): cleaned in place, coded data untouched.

| kept | why |
|---|---|
| ftyp, styp; makers' brands replaced | how to read the file |
| moov, moof (see `moov.py`, `fragments.py`) | the index |
| sidx, mfra | seeking in fragments |
| every byte of `mdat` that a sample of a kept track points at | the pictures and the sound |

Everything else is zeroed: other boxes, telemetry, gaps, the samples of dropped tracks, and user
data inside the pictures' stream (`nal.py`, `obu.py`). An index at the end of the file is moved to
its beginning, so that the film starts at once; otherwise nothing moves.
"""

import struct
from collections.abc import Iterator, Set

from app.scrub import bmff, fragments, jpeg_units, limits, moov, nal, obu, quicktime, visual
from app.scrub.bmff import Box
from app.scrub.errors import Refused
from app.scrub.plan import Builder, Plan
from app.scrub.report import Notes
from app.scrub.samples import Track
from app.scrub.source import Source

Range = tuple[int, int]
Patch = tuple[int, bytes]

NEUTRAL = {"video/3gpp": b"3gp5", "audio/mp4": b"M4A ", "video/quicktime": b"qt  "}
"""The brand in place of a maker's or an unknown one, by type: the copy is of the type that the original is."""

LONGEST_SCANNED = 64 << 20
"""Bytes of one sample that are searched for user data; no real picture is larger."""

USED_AGAIN = 2
"""Two tracks may have the same samples; one sample used a thousand times makes a film that nobody waits for."""

JPEGS = (b"jpeg", b"mjpa")
FRAGMENT = 10
"""A fragment takes as long as so many samples."""


def plan(source: Source, notes: Notes) -> Plan:
    """The clean copy. Raises Refused for encrypted, compressed or broken indexes."""
    boxes, walked = bmff.top(source)
    index = [box for box in boxes if box.kind == b"moov"]
    if len(index) != 1 or index[0].end > source.size:
        raise Refused("the film has no whole index" if len(index) < 2 else "the film has several indexes")
    if index[0].size > bmff.LARGEST_INDEX:
        raise Refused("the film's index is larger than any real one")
    return Film(source, notes, boxes, walked, index[0]).plan()


class Film:
    """The steps from boxes to plan; `media` also serves `heif.py` for image sequences."""

    def __init__(self, source: Source, notes: Notes, boxes: list[Box], walked: int, index: Box) -> None:
        self.source = source
        self.notes = notes
        self.boxes = boxes
        self.walked = walked
        self.starts = {box.start for box in boxes} | {walked}
        self.index = index
        self.head = bytearray(source.at(index.start, index.size))
        if index.body != index.start + 8:
            raise Refused("the film's index has an unusual header")
        self.moofs: dict[int, fragments.Fragment] = {}

    def plan(self) -> Plan:
        tracks = moov.clean(self.head, self.notes)
        self._fragments(tracks)
        ranges = list(self._ranges(tracks))
        if sum(end - start for start, end in ranges) > USED_AGAIN * self.source.size + LONGEST_SCANNED:
            raise Refused("the samples of the film lie over each other")
        kept = merge(iter(ranges))
        samples = sum(
            track.table.count for track in tracks if track.table and (track.table.sizes or scanned(track))
        )
        limits.frames(samples, sum(min(end, self.source.size) - start for start, end in kept))
        self._inside_media(kept)
        patches = sorted(self._user_data(tracks))
        parts: list[tuple[Box, Builder]] = []
        for box in self.boxes:
            part = Builder()
            self._box(box, part, kept, patches)
            parts.append((box, part))
        if self.walked < self.source.size:
            self.notes.removed("bytes after the last box", self.source.size - self.walked)
        return self._join(parts, tracks)

    def _fragments(self, tracks: list[Track]) -> None:
        numbers = {track.number: track for track in tracks}
        count = coded = 0
        for box in self.boxes:
            if box.kind != b"moof" or box.end > self.source.size:
                continue
            data = self.source.at(box.start, box.size)
            fragment = fragments.clean(data, box.start, self.source.size, numbers, self.notes)
            self.moofs[box.start] = fragment
            count += FRAGMENT + len(fragment.samples)
            coded += sum(length for _, length, _ in fragment.samples)
            limits.frames(count, coded)
            if fragment.cut:
                self.notes.remark("the recording was cut: it is kept to its last whole sample")

        ends = [track.ends / track.timescale for track in tracks if track.timescale]
        self.notes.fact("duration", round(max(ends, default=0.0), 3) or None)

    def _ranges(self, tracks: list[Track]) -> Iterator[Range]:
        for track in tracks:
            if track.table is not None:
                for offset, length in track.table.runs():
                    yield offset, offset + length
        for fragment in self.moofs.values():
            for offset, length, _ in fragment.samples:
                yield offset, offset + length

    def _inside_media(self, kept: list[Range]) -> None:
        """Coded data must lie in media boxes: elsewhere they would be mistaken for an index."""
        media = merge((box.body, box.end) for box in self.boxes if box.kind == b"mdat")
        at = 0
        for start, end in kept:
            while at < len(media) and media[at][1] <= start:
                at += 1
            if start >= self.source.size:
                continue
            if at == len(media) or start < media[at][0] or end > max(media[at][1], self.source.size):
                raise Refused("the film's index points at places that hold no coded data")
        if kept and kept[-1][1] > self.source.size:
            self.notes.remark("the film ends before its last samples: what arrived of it is shown")

    def _user_data(self, tracks: list[Track]) -> Iterator[Patch]:
        for track in tracks:
            if track.table is not None:
                for offset, length in track.table.samples() if scanned(track) else ():
                    yield from sample_patches(self.source, offset, length, track, self.notes)
        for fragment in self.moofs.values():
            for offset, length, track in fragment.samples:
                if scanned(track):
                    yield from sample_patches(self.source, offset, length, track, self.notes)

    def _box(self, box: Box, part: Builder, kept: list[Range], patches: list[Patch]) -> None:
        source, notes = self.source, self.notes
        if box.kind == b"mdat":
            media(source, box, part, kept, patches, notes)
        elif box.end > source.size:
            notes.removed(f"{box.name} box cut short", source.size - box.start)
            notes.remark("the recording was cut: it is kept to its last whole sample")
        elif box.kind in (b"ftyp", b"styp") and box.size <= bmff.LARGEST_BRANDS:
            neutral = NEUTRAL.get(notes.kind, b"isom")
            part.literal(bmff.clean_brands(source.at(box.start, box.size), notes, neutral))
        elif box is self.index:
            part.literal(self.head)
        elif box.kind == b"moof":
            part.literal(self.moofs[box.start].data)
        elif box.kind in (b"sidx", b"mfra") and box.body == box.start + 8 and self._plain(box):
            part.copy(box.start, box.size)
        else:
            if box.kind in (b"udta", b"meta") and box.size <= bmff.LARGEST_INDEX:
                quicktime.name_all(source.at(box.start, box.size), Box(box.kind, 0, 8, box.size), notes)
            if box.kind not in (b"free", b"skip", b"wide"):
                notes.found("quicktime", box.name)
                notes.removed(f"{box.name} box", box.size)
            part.literal(
                source.at(box.start, 4) + b"free" + source.at(box.start + 8, box.body - box.start - 8)
            )
            part.zeros(box.end - box.body)

    def _plain(self, box: Box) -> bool:
        """Whether a seek index is exactly as long as it says and points at fragments, so that it can hold nothing else."""
        data = self.source.at(box.start, min(box.size, bmff.LARGEST_INDEX))
        if box.kind == b"sidx":
            return _sound_sidx(data, box.end, self.starts)
        items = list(bmff.children(data, 8, len(data)))
        return (
            [item.kind for item in items] == [b"tfra"] * (len(items) - 1) + [b"mfro"]
            and items[-1].end == len(data)
            and items[-1].size == 16
            and all(_sound_tfra(data, item, self.moofs.keys()) for item in items[:-1])
        )

    def _join(self, parts: list[tuple[Box, Builder]], tracks: list[Track]) -> Plan:
        while parts and (not parts[-1][1].size or not self._needed(parts[-1][0])):
            parts.pop()
        first = next((n for n, (box, _) in enumerate(parts) if box.kind == b"mdat"), None)
        place = next((n for n, (box, _) in enumerate(parts) if box is self.index), None)
        if first is not None and place is not None and first < place and not self.moofs:
            start = parts[first][0].start
            if self._move(tracks, start, self.index.start):
                moved = Builder()
                moved.literal(self.head)
                del parts[place]
                parts.insert(first, (self.index, moved))
                self.notes.remark("the index was moved to the beginning, so that the film starts at once")
        whole = Builder()
        for _, part in parts:
            whole.parts += part.parts
        return whole.plan()

    def _needed(self, box: Box) -> bool:
        return box.kind in (b"mdat", b"moof", b"moov", b"ftyp", b"styp", b"sidx", b"mfra")

    def _move(self, tracks: list[Track], start: int, end: int) -> bool:
        """Add the size of the index to the places from `start` to `end`; False where they grow too large."""
        shift = len(self.head)
        fresh = bytearray(self.head)
        for track in tracks:
            for box in track.offsets:
                code, width = ("I", 4) if box.kind == b"stco" else ("Q", 8)
                count = bmff.number(fresh, box.body + 4, 4)
                old = struct.unpack_from(f">{count}{code}", fresh, box.body + 8)
                new = [place + shift if start <= place < end else place for place in old]
                if width == 4 and new and max(new) > 0xFFFFFFFF:
                    return False
                struct.pack_into(f">{count}{code}", fresh, box.body + 8, *new)
        self.head = fresh
        return True


def _sound_sidx(data: bytes, end: int, starts: Set[int]) -> bool:
    """Whether every part that a `sidx` (8.16.3) ending at `end` lists begins where a box does."""
    wide = data[8] == 1
    head = 40 if wide else 32
    count = bmff.number(data, head - 2, 2)
    if len(data) != head + 12 * count:
        return False
    at = end + bmff.number(data, 28 if wide else 24, 8 if wide else 4)
    for row in range(count):
        if at not in starts:
            return False
        at += bmff.number(data, head + 12 * row, 4) & 0x7FFFFFFF
    return at in starts


def _sound_tfra(data: bytes, box: Box, starts: Set[int]) -> bool:
    """Whether every row of a `tfra` (8.8.10) points at a fragment, and nothing stands behind them."""
    wide = data[box.body] == 1
    sizes = bmff.number(data, box.body + 8, 4)
    row = (16 if wide else 8) + 3 + (sizes >> 4 & 3) + (sizes >> 2 & 3) + (sizes & 3)
    count = bmff.number(data, box.body + 12, 4)
    if box.body + 16 + row * count != box.end:
        return False
    width = 8 if wide else 4
    first = box.body + 16 + width
    return all(bmff.number(data, first + row * index, width) in starts for index in range(count))


def merge(ranges: Iterator[Range]) -> list[Range]:
    """Sorted ranges without overlap, neighbours joined."""
    out: list[list[int]] = []
    for start, end in sorted(item for item in ranges if item[1] > item[0]):
        if out and start <= out[-1][1]:
            out[-1][1] = max(out[-1][1], end)
        else:
            out.append([start, end])
    return [(start, end) for start, end in out]


def scanned(track: Track) -> bool:
    """Whether user data can hide between the pictures of this track's codec."""
    return bool(track.length_size) or track.codec in (b"av01", b"mp4v", *JPEGS)


def sample_patches(source: Source, offset: int, length: int, track: Track, notes: Notes) -> Iterator[Patch]:
    """New bytes, by place in the file, for the user data of one sample."""
    if length > LONGEST_SCANNED:
        raise Refused("a picture of the film is larger than any real one")
    if offset < source.size:
        for place, data in user_data(source.upto(offset, length), track, notes):
            yield offset + place, data


def user_data(sample: bytes, track: Track, notes: Notes) -> list[Patch]:
    """New bytes, by place in the sample, for its user data."""
    if track.codec == b"av01":
        return obu.patches(sample, notes)
    if track.codec == b"mp4v":
        return visual.patches(sample, notes)
    if track.codec in JPEGS:
        return jpeg_units.patches(sample, notes)
    codec = "h264" if track.codec in moov.H264 else "hevc"
    return nal.patches(codec, sample, track.length_size, notes, track.dolby)


def media(
    source: Source, box: Box, part: Builder, kept: list[Range], patches: list[Patch], notes: Notes
) -> None:
    """A media box: kept ranges copied with their patches, everything between them zeroed."""
    end = min(box.end, source.size)
    part.copy(box.start, box.body - box.start)
    at = box.body
    gone = 0
    turn = _first(kept, at)
    fix = _first_patch(patches, at)
    while at < end:
        start, stop = kept[turn] if turn < len(kept) else (end, end)
        start, stop = min(max(start, at), end), min(stop, end)
        part.zeros(start - at)
        gone += start - at
        at = start
        while fix < len(patches) and patches[fix][0] < stop:
            place, data = patches[fix]
            if place >= at and place + len(data) <= stop:
                part.copy(at, place - at)
                part.literal(data)
                at = place + len(data)
            fix += 1
        part.copy(at, stop - at)
        at = max(at, stop)
        turn += 1
    if gone:
        notes.removed("media data that no kept sample uses", gone)


def _first(kept: list[Range], at: int) -> int:
    from bisect import bisect_left

    turn = bisect_left(kept, (at, at))
    return turn - 1 if turn and kept[turn - 1][1] > at else turn


def _first_patch(patches: list[Patch], at: int) -> int:
    from bisect import bisect_left

    return bisect_left(patches, (at, b""))
