"""WebM and Matroska (RFC 9559): everything around the frames is rebuilt, the frames are copied.

| kept | why |
|---|---|
| EBML header, rebuilt: document type and versions | how to read the file |
| Info, rebuilt: time scale; duration measured by us; neutral application names | playing |
| Tracks (see `tracks.py`) | decoding |
| Cluster: time stamp, SimpleBlock, BlockGroup (Block, duration, references, padding, alpha) | the frames |
| Cues and SeekHead, written by us | seeking |

Everything else goes: Tags, Attachments, Chapters, SegmentUID and family, names, dates, Void, CRC,
old Cues, blocks of dropped tracks. Recordings without sizes, durations and cues (MediaRecorder), cut
at any byte, are kept to their last whole block.
"""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from app.scrub import blocks, ebml, limits, tracks
from app.scrub.cues import CUE_BYTES, cue, seek_head
from app.scrub.ebml import Element
from app.scrub.errors import Refused
from app.scrub.plan import Builder, Plan
from app.scrub.report import Notes
from app.scrub.source import Source

EBML, SEGMENT, SEEKHEAD, INFO, TRACKS, CUES, CLUSTER = (
    0x1A45DFA3, 0x18538067, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1F43B675,
)  # fmt: skip
CHAPTERS, ATTACHMENTS, TAGS, VOID, CRC = 0x1043A770, 0x1941A469, 0x1254C367, 0xEC, 0xBF
LEVEL_ONE = frozenset((EBML, SEGMENT, SEEKHEAD, INFO, TRACKS, CUES, CLUSTER, CHAPTERS, ATTACHMENTS, TAGS))
NAMES = {CHAPTERS: "chapters", ATTACHMENTS: "attachments", TAGS: "tags"}

IN_INFO = {
    0x4D80: "muxing application", 0x5741: "writing application", 0x7BA9: "title", 0x73A4: "segment id",
    0x4461: "date", 0x7384: "file name", 0x4444: "segment family",
}  # fmt: skip

SIMPLE, GROUP, BLOCK, TIME = 0xA3, 0xA0, 0xA1, 0xE7
REFERENCE = 0xFB
IN_GROUP = frozenset((BLOCK, 0x9B, REFERENCE, 0x75A2, 0xFA))
MOST_IN_GROUP = 16
ADDITIONS = 0x75A1
MOST_CUES = 20_000
"""One a second for five hours; of more, every second or third stands for its neighbours."""


class _Cluster:
    """A cluster as it will be written: its time (in ticks) and the parts of its blocks."""

    __slots__ = ("parts", "time")

    def __init__(self) -> None:
        self.time = 0
        self.parts = Builder()

    def head(self) -> bytes:
        stamp = ebml.write_number(TIME, self.time, 8)
        return ebml.write_wide(CLUSTER, self.parts.size + len(stamp)) + stamp


def plan(source: Source, notes: Notes) -> Plan:
    """The clean copy. Raises Refused where tracks or every whole block are missing."""
    head = ebml.element(source, 0)
    if head is None or head.id != EBML or head.end is None:
        raise Refused("the film has no header")
    segment = ebml.element(source, head.end)
    while segment is not None and segment.id in (VOID, CRC) and segment.end is not None:
        segment = ebml.element(source, segment.end)
    if segment is None or segment.id != SEGMENT:
        raise Refused("the film has no content")
    film = Film(source, notes)
    film.walk(segment.body, min(segment.end or source.size, source.size))
    return film.plan(_header(source, head, notes.kind))


def _header(source: Source, head: Element, media_type: str) -> bytes:
    fields = {item.id: item for item in ebml.children(source, head.body, head.end or head.body)}
    kind = ebml.content(source, fields[0x4282], 16).rstrip(b"\0") if 0x4282 in fields else b"matroska"
    if kind not in (b"webm", b"matroska"):
        raise Refused("the film is of a kind that we do not know")
    version = ebml.number(source, fields[0x4287]) if 0x4287 in fields else 4
    oldest = ebml.number(source, fields[0x4285]) if 0x4285 in fields else 2
    return ebml.write(
        EBML,
        b"".join(
            ebml.write_number(identity, value)
            for identity, value in ((0x4286, 1), (0x42F7, 1), (0x42F2, 4), (0x42F3, 8))
        )
        + ebml.write(0x4282, b"webm" if media_type == "video/webm" else b"matroska")
        + ebml.write_number(0x4287, min(max(version, 1), 4))
        + ebml.write_number(0x4285, min(max(oldest, 1), 4)),
    )


class Film:
    """One walk over the segment, then the layout of the copy."""

    def __init__(self, source: Source, notes: Notes) -> None:
        self.source = source
        self.notes = notes
        self.scale = 1_000_000
        self.tracks: dict[int, tracks.Track] = {}
        self.tracks_data = b""
        self.pictures = False
        self.plain: frozenset[int] = frozenset()
        self.clusters: list[_Cluster] = []
        self.cues: list[tuple[int, int, int]] = []
        """(time in ticks, track, index of the cluster)"""
        self.last: dict[int, tuple[int, int]] = {}
        """Track: (time of its last block, time from the one before), in ticks."""
        self.ends = 0
        self.frames = 0

    def walk(self, at: int, end: int) -> None:
        while at < end:
            item = ebml.element(self.source, at)
            if item is None or (item.end is not None and item.end > end and item.id != CLUSTER):
                self._cut(end - at)
                return
            if item.id == CLUSTER:
                at = self._cluster(item, end)
                continue
            if item.id in (EBML, SEGMENT) and self.clusters:
                self._cut(end - at)
                return
            if item.end is None:
                raise Refused("a part of the film has no size")
            if item.id == INFO:
                self._info(item)
            elif item.id == TRACKS and not self.tracks:
                self.tracks_data, self.tracks = tracks.clean(self.source, item, self.notes)
                self.pictures = any(track.type == 1 for track in self.tracks.values())
                self.plain = frozenset(n for n, track in self.tracks.items() if not track.scanned and n < 127)
            elif item.id not in (SEEKHEAD, CUES, VOID, CRC, TRACKS):
                self._gone(item)
            at = item.end

    def _cut(self, size: int) -> None:
        self.notes.remark("the recording was cut: it is kept to its last whole block")
        self.notes.removed("bytes after the last whole block", size)

    def _gone(self, item: Element) -> None:
        name = NAMES.get(item.id, f"element 0x{item.id:x}")
        self.notes.found("matroska", name)
        self.notes.removed(name, (item.end or item.body) - item.start)
        if item.id == TAGS:
            for tag in _inside(self.source, item, (0x7373, 0x67C8, 0x45A3)):
                self.notes.found(
                    "matroska tag", ebml.content(self.source, tag, 64).decode("utf-8", "replace")
                )

    def _info(self, info: Element) -> None:
        for item in ebml.children(self.source, info.body, info.end or info.body):
            if item.id == 0x2AD7B1:
                self.scale = ebml.number(self.source, item) or self.scale
            elif item.id not in (0x4489, VOID, CRC):
                name = IN_INFO.get(item.id, f"0x{item.id:x}")
                self.notes.found("matroska", name)
                self.notes.removed(name, (item.end or 0) - item.start)
            if item.id == 0x4461:
                ticks = int.from_bytes(ebml.content(self.source, item, 8), "big", signed=True)
                when = datetime(2001, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 1000)
                self.notes.fact("taken_at", when.strftime("%Y-%m-%dT%H:%M:%S"))
                self.notes.fact("offset", "+00:00")

    def _cluster(self, cluster: Element, end: int) -> int:
        """Sort the blocks of one cluster; the place where it ends."""
        if not self.tracks:
            raise Refused("the film has frames before its tracks")
        known = min(cluster.end, end) if cluster.end is not None else None
        limit = known if known is not None else end
        out = _Cluster()
        at = cluster.body
        while at < limit:
            start = at
            at, seen = blocks.run(self.source, at, limit, self.plain)
            out.parts.copy(start, at - start)
            for block in seen:
                self._note(self.tracks[block.track], out.time + block.time, block.key, block.length)
            limits.frames(self.frames, at)
            if at >= limit:
                break
            item = ebml.element(self.source, at)
            if item is not None and known is None and item.id in LEVEL_ONE:
                break
            if item is None or item.end is None or item.end > limit:
                self._cut(limit - at)
                at = limit
                break
            if item.id == SIMPLE:
                self._simple(item, item.end, out)
            elif item.id == TIME:
                out.time = ebml.number(self.source, item)
            elif item.id == GROUP:
                self._group(item, item.end, out)
            elif item.id not in (VOID, CRC, 0xA7, 0xAB):
                self.notes.removed("unknown parts between frames", item.end - item.start)
            at = item.end
        if out.parts.size:
            self.clusters.append(out)
        return at

    def _block(
        self, body: int, end: int, out: _Cluster, key: bool | None, length: int = 0
    ) -> tracks.Track | None:
        """Time and cue of a block; its track, None where the track goes."""
        head = self.source.at(body, min(end - body, 12))
        number, width = ebml.vint(head, 0)
        track = self.tracks.get(number)
        if track is None:
            return None
        time = out.time + int.from_bytes(head[width : width + 2], "big", signed=True)
        self._note(track, time, bool(head[width + 2] & 0x80) if key is None else key, length)
        return track

    def _note(self, track: tracks.Track, time: int, key: bool, length: int) -> None:
        self.frames += 1
        number = track.number
        before = self.last.get(number, (time, 0))
        step = time - before[0] if time > before[0] else before[1]
        self.last[number] = (max(time, before[0]), step)
        self.ends = max(self.ends, time + (length or track.duration // self.scale or step))
        if key and (track.type == 1 or not self.pictures):
            self.cues.append((time, number, len(self.clusters)))

    def _simple(self, item: Element, end: int, out: _Cluster) -> None:
        track = self._block(item.body, end, out, None)
        if track is None:
            self.notes.removed("frames of dropped tracks", end - item.start)
            return
        self._copy(item.start, item.body, end, track, out.parts)

    def _copy(self, start: int, body: int, end: int, track: tracks.Track, parts: Builder) -> None:
        """Copy a block, with user data inside its frame blanked."""
        if track.scanned:
            head = self.source.at(body, min(end - body, 12))
            width = ebml.vint(head, 0)[1]
            if head[width + 2] & 0x06:
                raise Refused("the frames of the film are packed in a way that can't be looked into")
            frame = body + width + 3
            data = track.prefix + self.source.at(frame, end - frame)
            for place, patch in track.user_data(data, self.notes):
                inside = patch[max(0, len(track.prefix) - place) :]
                where = frame + max(0, place - len(track.prefix))
                if where >= start:
                    parts.copy(start, where - start)
                    parts.literal(inside)
                    start = where + len(inside)
        parts.copy(start, end - start)

    def _group(self, group: Element, end: int, out: _Cluster) -> None:
        items = list(ebml.children(self.source, group.body, end))
        block = next((item for item in items if item.id == BLOCK), None)
        if block is None or block.end is None:
            return
        key = not any(item.id == REFERENCE for item in items)
        length = next((ebml.number(self.source, item) for item in items if item.id == 0x9B), 0)
        track = self._block(block.body, block.end, out, key, length)
        if track is None:
            self.notes.removed("frames of dropped tracks", end - group.start)
            return
        inner = Builder()
        seen: set[int] = set()
        for item in items:
            if item.end is None:
                continue
            again = item.id in seen and item.id != REFERENCE
            seen.add(item.id)
            if again:
                self.notes.removed("data beside frames", item.end - item.start)
            elif item.id == BLOCK:
                self._copy(item.start, item.body, item.end, track, inner)
            elif (item.id in IN_GROUP and item.end - item.body <= 8 and len(items) <= MOST_IN_GROUP) or (
                item.id == ADDITIONS and track.alpha and self._only_alpha(item)
            ):
                inner.copy(item.start, item.end - item.start)
            elif item.id not in (VOID, CRC):
                self.notes.removed("data beside frames", item.end - item.start)
        head = ebml.write_wide(GROUP, inner.size)
        out.parts.literal(head)
        for part in inner.parts:
            out.parts.parts.append(part)
            out.parts.size += part.length

    def _only_alpha(self, additions: Element) -> bool:
        mores = list(ebml.children(self.source, additions.body, additions.end or additions.body))
        if len(mores) != 1 or mores[0].id != 0xA6:
            return False
        parts = list(ebml.children(self.source, mores[0].body, mores[0].end or mores[0].body))
        numbers = [ebml.content(self.source, item) for item in parts if item.id == 0xEE]
        return numbers in ([], [b"\1"]) and sorted(item.id for item in parts if item.id != 0xEE) == [0xA5]

    def plan(self, header: bytes) -> Plan:
        if not self.clusters:
            raise Refused("the film holds no whole frame")
        cues = self._chosen()
        duration = float(self.ends)
        self.notes.fact("duration", round(duration * self.scale / 1e9, 3))
        info = ebml.write(
            INFO,
            ebml.write_number(0x2AD7B1, self.scale)
            + ebml.write(0x4489, struct.pack(">d", duration))
            + ebml.write(0x4D80, b"neutral")
            + ebml.write(0x5741, b"neutral"),
        )
        cue_size = 12 + CUE_BYTES * len(cues)
        seek_size = len(seek_head(0, 0, 0))
        places = (seek_size, seek_size + len(info), seek_size + len(info) + len(self.tracks_data))
        front = seek_head(*places) + info + self.tracks_data
        starts = []
        at = len(front) + cue_size
        heads = [cluster.head() for cluster in self.clusters]
        for head, cluster in zip(heads, self.clusters, strict=True):
            starts.append(at)
            at += len(head) + cluster.parts.size
        out = Builder()
        out.literal(
            header + ebml.write_wide(SEGMENT, at) + front + ebml.write_wide(CUES, CUE_BYTES * len(cues))
        )
        out.literal(b"".join(cue(time, number, starts[index]) for time, number, index in cues))
        for head, cluster in zip(heads, self.clusters, strict=True):
            out.literal(head)
            out.parts += cluster.parts.parts
        self.notes.kept("duration and cues", "playing and seeking; written by us")
        return out.plan()

    def _chosen(self) -> list[tuple[int, int, int]]:
        """Cues at the key frames of the first picture track, else at each cluster of sound."""
        pictures = next((number for number, track in self.tracks.items() if track.type == 1), None)
        out: list[tuple[int, int, int]] = []
        for time, number, index in self.cues:
            if number == pictures or (pictures is None and (not out or out[-1][2] != index)):
                out.append((max(time, 0), number, index))
        return out[:: -(-len(out) // MOST_CUES) or 1]


def _inside(source: Source, parent: Element, path: tuple[int, ...]) -> Iterator[Element]:
    """Elements reached from `parent` by a path of identifiers."""
    for item in ebml.children(source, parent.body, min(parent.end or parent.body, source.size)):
        if item.id == path[0]:
            if len(path) == 1:
                yield item
            else:
                yield from _inside(source, item, path[1:])
