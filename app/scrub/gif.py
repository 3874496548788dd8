"""GIF (87a, 89a) by blocks: the compressed pictures are copied as they are.

| kept | why |
|---|---|
| header, screen, colour tables, pictures | the picture |
| graphic control extensions | timing, transparency |
| NETSCAPE2.0 / ANIMEXTS1.0 with a loop count, rebuilt | how often it plays |

Everything else goes: comments, plain text, XMP, ICC and every other application block, and every
byte after the end.
"""

from app.scrub import limits, texts
from app.scrub.errors import Refused
from app.scrub.plan import Builder, Plan
from app.scrub.report import Notes
from app.scrub.source import Source

MOST_BLOCKS = 200_000
LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def plan(source: Source, notes: Notes) -> Plan:
    """The clean copy. Raises Refused where no whole picture is found."""
    data = source.at(0, source.size)
    copy = Builder()
    limits.picture(int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little"), notes)
    at = 13 + _table(data[10])
    copy.copy(0, at)
    pictures, loops = 0, False
    pending: tuple[int, int] | None = None
    for _ in range(MOST_BLOCKS):
        mark = data[at] if at < len(data) else 0x3B
        if mark == 0x3B:
            break
        if mark == 0x2C:
            start = at + 10 + _table(data[at + 9]) + 1
            end = _blocks(data, start)
            if texts.written(data, start, end):
                raise Refused("a text lies inside the picture data of the GIF")
            if pending:
                copy.copy(*pending)
                pending = None
            copy.copy(at, end - at)
            pictures += 1
            at = end
        elif mark == 0x21:
            kind = data[at + 1]
            end = _blocks(data, at + 2)
            if kind == 0xF9 and data[at + 2] == 4 and end - at == 8:
                pending = (at, 8)
            elif (
                not loops
                and kind == 0xFF
                and data[at + 2] == 11
                and data[at + 3 : at + 14] in LOOPS
                and data[at + 14 : at + 16] == b"\3\1"
            ):
                copy.literal(data[at : at + 18] + b"\0")
                loops = True
            else:
                _gone(kind, data[at:end], notes)
            at = end
        elif mark == 0:
            at += 1
        else:
            if pictures:
                break
            raise Refused("the GIF is not built as it should be")
    if not pictures:
        raise Refused("the GIF holds no picture")
    rest = len(data) - at - 1
    if rest > 0:
        notes.found("trailer", "bytes after the end of the picture")
        notes.removed("bytes after the end of the picture", rest)
    copy.literal(b";")
    notes.kept("pictures, colours, timing, loop count", "the picture, bit for bit")
    return copy.plan()


def _table(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks(data: bytes, at: int) -> int:
    """The place after a run of sub-blocks."""
    while data[at]:
        at += data[at] + 1
    return at + 1


def _gone(kind: int, block: bytes, notes: Notes) -> None:
    name = {0xFE: "comment", 0x01: "plain text", 0xF9: "odd graphic control"}.get(kind, "application block")
    if kind == 0xFF and block[3:14] == b"XMP DataXMP":
        name = "XMP"
        texts.xmp(block[14:], notes)
    notes.found("gif", name)
    notes.removed(name, len(block))
