"""Files spoilt at random, cleaned in the confined process: does anything fall over, hang or leak?

    python -m bench.fuzz_scrub [FOLDER] [--seconds 1800] [--count N] [--seed N] [--keep FOLDER]

FOLDER holds files to spoil; without one, small media are generated. Every spoilt file goes through the stripper
and the second reading. What both let through is read by exiftool too, where it is installed. It ends by itself
after so many seconds or files, with one JSON line and exit 1 if there was a finding:

    ended      the confined process fell over, or was ended by its limits
    slow       more than 5 seconds of processor time, and twice as long as the file before it was spoilt
    withheld   the stripper called a copy clean in which the second reading then found something left
    leaked     exiftool finds something in a copy that both had passed

Counted, but no finding: a damaged original that no decoder opens, or that two decoders resume at different places,
so that it can't be proven that the copy shows the same; and metadata that the spoiling itself had copied into coded
data, which no lossless stripper can tell from it and the second reading is there for. `--keep` keeps the findings.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from app.scrub import CheckFailed, Refused
from app.scrub.cleaner import Cleaner
from app.scrub.errors import Ended
from bench.third import Exiftool, NoOpinion
from tests import media, raws

LARGEST = 1 << 20
"""Bytes: larger files only cost time; what is spoilt in them is the same."""
SLOW = 5.0
NOT_PROVEN = (
    "the original can't",
    "the film can't be opened by",
    "the picture needs more memory",
    "the cleaned copy can't be opened",
    "the cleaned copy can't be decoded",
    "the cleaned copy is turned",
    "the cleaned copy does not show the same",
    "the cleaned copy does not have the same",
    "a track of the original is missing",
)
"""Beginnings of what the second reading says where it is not proven that a copy shows the same as its damaged original."""

STILL_THERE = "a value of the original's metadata is still in the cleaned copy"
EDGES = (
    b"\0" * 4,
    b"\xff" * 4,
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0\0\0\1",
    b"\1\0\0\0",
    b"\x80\0\0\0",
)
SIGNS = tuple(
    b"Exif\0\0|MM\0*|II*\0|http://ns.adobe|<x:xmpmeta|8BIM|\xff\xda|\xff\xc0|\xff\xc4|\xff\xdb|\xff\xe1|\xff\xe2|IDAT|"
    b"IHDR|iCCP|eXIf|acTL|fdAT|VP8 |VP8X|ANMF|ALPH|NETSCAPE|meta|iinf|iloc|iref|iprp|ipma|hvcC|av1C|colr|moov|trak|"
    b"mdia|stbl|stsd|stsz|stco|co64|stsc|stts|ctts|moof|traf|trun|tfhd|mdat|udta|hdlr|\x1a\x45\xdf\xa3|\x18\x53\x80\x67|"
    b"\x16\x54\xae\x6b|\x1f\x43\xb6\x75|OggS|OpusHead|vorbis|Xing|Info|fmt |data|acsp".split(b"|")
)
"""Where the structure of a file is: what is changed beside one of these matters more."""


def made() -> list[bytes]:
    canary = media.CANARY
    return [
        media.jpeg_with_everything(canary), media.png_with_everything(canary), media.webp_with_everything(canary),
        media.gif_with_everything(canary), media.tiff_with_everything(canary), raws.dng_with_everything(canary),
        media.heic_with_everything(canary), media.avif_with_everything(canary), media.mp4(seconds=1),
        media.mp4(seconds=1, fragmented=True), media.mov_with_everything(canary), media.webm(1),
        media.matroska(seconds=1), media.ogg(seconds=1), media.mp3(seconds=1), media.aac(1), media.wav(seconds=1),
    ]  # fmt: skip


def spoil(data: bytes, other: bytes, chance: random.Random) -> tuple[bytes, bool]:
    """One to eight changes, and whether one of them copied bytes: it may have planted metadata in coded data."""
    out = bytearray(data)
    ways = CHANGES if chance.random() < 0.3 else IN_PLACE
    done = set()
    for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
        if len(out) < 16:
            break
        way = chance.choice(ways)
        way(out, other, chance)
        done.add(way)
    return bytes(out), not done <= set(IN_PLACE)


def _at(out: bytearray, chance: random.Random) -> int:
    """A place: beside a sign, near the beginning, or anywhere."""
    way = chance.random()
    if way < 0.5:
        sign, start = chance.choice(SIGNS), chance.randrange(len(out))
        found = out.find(sign, start)
        found = found if found >= 0 else out.find(sign)
        if found >= 0:
            return min(max(0, found + chance.randint(-12, 24)), len(out) - 1)
    return int(chance.random() ** (3 if way < 0.8 else 1) * (len(out) - 1))


def _word(out: bytearray, _other: bytes, chance: random.Random) -> None:
    at, width = _at(out, chance), chance.choice((1, 2, 4))
    out[at : at + width] = chance.choice(EDGES)[:width]


def _bit(out: bytearray, _other: bytes, chance: random.Random) -> None:
    out[_at(out, chance)] ^= 1 << chance.randrange(8)


def _number(out: bytearray, _other: bytes, chance: random.Random) -> None:
    """A length or offset that is off by a little."""
    at, order = _at(out, chance), chance.choice(("big", "little"))
    width = chance.choice((2, 4))
    value = int.from_bytes(out[at : at + width], order) + chance.choice((-8, -4, -2, -1, 1, 2, 4, 8, 64, -64))  # type: ignore[arg-type]
    out[at : at + width] = (value % 256**width).to_bytes(width, order)


def _double(out: bytearray, _other: bytes, chance: random.Random) -> None:
    start, length, at = _at(out, chance), chance.choice((4, 32, 200, 2000)), _at(out, chance)
    out[at:at] = out[start : start + length]


def _over(out: bytearray, _other: bytes, chance: random.Random) -> None:
    start, length, at = _at(out, chance), chance.choice((4, 32, 200, 2000)), _at(out, chance)
    piece = out[start : start + length]
    out[at : at + len(piece)] = piece


def _gone(out: bytearray, _other: bytes, chance: random.Random) -> None:
    at = _at(out, chance)
    del out[at : at + chance.choice((1, 2, 4, 12, 100, 1000))]


def _foreign(out: bytearray, other: bytes, chance: random.Random) -> None:
    start, at = chance.randrange(len(other)), _at(out, chance)
    out[at:at] = other[start : start + chance.choice((8, 64, 500, 4000))]


def _cut(out: bytearray, _other: bytes, chance: random.Random) -> None:
    del out[max(16, int(len(out) * chance.random())) :]


Change = Callable[[bytearray, bytes, random.Random], None]
IN_PLACE: tuple[Change, ...] = (_word, _word, _bit, _bit, _number, _number, _gone, _cut)
CHANGES = (*IN_PLACE, _double, _over, _foreign)


@dataclass
class Tally:
    """What became of the spoilt files."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def findings(self) -> int:
        return sum(self.counts[name] for name in ("ended", "slow", "withheld", "leaked"))


class Fuzz:
    """One confined process, one exiftool, and the files that were findings."""

    def __init__(self, cleaner: Cleaner, third: Exiftool | None, work: Path, keep: Path | None) -> None:
        self._cleaner, self._third, self._work, self._keep = cleaner, third, work, keep
        self.tally = Tally()

    def try_one(self, data: bytes, seed: bytes, planted: bool) -> None:
        outcome, reason, spent = self._timed(data)
        if outcome in ("refused", "clean") and spent > max(
            SLOW, 2 * self._timed(seed)[2] if spent > SLOW else 0
        ):
            outcome, reason = "slow", f"{spent:.1f} s"
        if outcome == "withheld" and planted and reason == STILL_THERE:
            outcome = "planted"
        self.tally.counts[outcome] += 1
        if outcome in ("ended", "slow", "withheld", "leaked"):
            self.tally.reasons[f"{outcome}: {reason}"] += 1
            if self._keep is not None:
                name = f"{outcome}-{self.tally.findings}"
                (self._keep / name).write_bytes(data)
                (self._keep / f"{name}.txt").write_text(reason + "\n")

    def _timed(self, data: bytes) -> tuple[str, str, float]:
        source, target = self._work / "source", self._work / "target"
        source.write_bytes(data)
        before = self._cleaner.cpu
        outcome, reason = self._outcome(source, target)
        return outcome, reason, self._cleaner.cpu - before

    def _outcome(self, source: Path, target: Path) -> tuple[str, str]:
        try:
            with source.open("rb") as file, target.open("w+b") as copy:
                self._cleaner.clean(file, copy)
        except Ended as error:
            return "ended", str(error)
        except CheckFailed as error:
            return ("not proven the same" if str(error).startswith(NOT_PROVEN) else "withheld"), str(error)
        except Refused as error:
            return "refused", str(error)
        if self._third is None:
            return "clean", ""
        try:
            left = self._third.left(target)
        except NoOpinion:
            self.tally.counts["exiftool gave up"] += 1
            return "clean", ""
        return ("leaked", " ".join(left)) if left else ("clean", "")


def files(folder: Path | None) -> list[bytes]:
    if folder is None:
        return made()
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path.read_bytes() for path in paths if 16 < path.stat().st_size <= LARGEST] + made()


def spoilt(seeds: list[bytes], number: int) -> Iterator[tuple[bytes, bytes, bool]]:
    """A spoilt file, the file it was made of, and whether bytes were copied within; the same for the same number."""
    chance = random.Random(number)
    while True:
        seed = chance.choice(seeds)
        data, planted = spoil(seed, chance.choice(seeds), chance)
        yield data, seed, planted


def run(folder: Path | None, seconds: float, count: int, seed: int, keep: Path | None) -> Tally:
    """Spoil and clean until `seconds` have passed or `count` files are through."""
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fuzz-")))
        try:
            third = stack.enter_context(Exiftool())
        except FileNotFoundError:
            third = None
            print("without a third opinion: exiftool is not installed", file=sys.stderr)
        fuzz = Fuzz(stack.enter_context(Cleaner()), third, work, keep)
        end = time.monotonic() + seconds
        for tried, (data, whole, planted) in enumerate(spoilt(files(folder), seed)):
            if tried >= count or time.monotonic() > end:
                break
            fuzz.try_one(data, whole, planted)
    return fuzz.tally


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--count", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="an existing folder for the files that were findings")
    options = parser.parse_args()
    began = time.monotonic()
    tally = run(options.folder, options.seconds, options.count, options.seed, options.keep)
    said = {
        "name": "fuzz: findings", "value": tally.findings, "unit": "files", "seconds": round(time.monotonic() - began),
        "seed": options.seed, "files": sum(tally.counts.values()) - tally.counts["exiftool gave up"],
        **dict(sorted(tally.counts.items())), "reasons": dict(tally.reasons.most_common(20)),
    }  # fmt: skip
    print(json.dumps(said, ensure_ascii=False), flush=True)
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
