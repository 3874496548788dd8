"""Files spoilt at random, cleaned in the confined process: does anything fall over, hang or leak?

    python -m bench.fuzz_scrub [FOLDER] [--seconds 1800] [--count N] [--seed N] [--keep FOLDER]

FOLDER holds files to spoil, beside small media that are generated; every type has its equal turn, however few files
there are of it. Every spoilt file goes through the stripper and the second reading. What both let through is read by
exiftool too, where it is installed, and searched for what exiftool read in the file before it was spoilt: a reader may
no longer find a text whose surroundings are broken, and yet it is there. It ends by itself after so many seconds or
files, with one JSON line and exit 1 if there was a finding:

    ended      the confined process fell over, or was ended by its limits
    slow       more than 5 seconds of processor time, and twice as long as the file before it was spoilt
    withheld   the stripper called a copy clean in which the second reading then found something left
    leaked     exiftool finds something in a copy that both had passed, or a text of the whole file's metadata is in it

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
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.scrub import CheckFailed, Refused
from app.scrub.cleaner import Cleaner
from app.scrub.errors import Ended
from app.scrub.sniff import sniff_bytes
from bench.spoil import spoil
from bench.third import Exiftool, NoOpinion
from tests import media, raws
from tests.media import CANARY

LARGEST = 1 << 20
"""Bytes: larger files only cost time; what is spoilt in them is the same."""
SLOW = 5.0
FINDINGS = ("ended", "slow", "withheld", "leaked")
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
LITERAL = "a text of the whole file's metadata is in the copy"
SHORTEST = 8
"""Letters of a text from which chance no longer explains that it is found."""


def made() -> list[bytes]:
    canary = CANARY
    return [
        media.jpeg_with_everything(canary), media.png_with_everything(canary), media.webp_with_everything(canary),
        media.gif_with_everything(canary), media.tiff_with_everything(canary), raws.dng_with_everything(canary),
        media.heic_with_everything(canary), media.avif_with_everything(canary), media.mp4(seconds=1),
        media.mp4(seconds=1, fragmented=True), media.mov_with_everything(canary), media.webm(1),
        media.matroska(seconds=1), media.ogg(seconds=1), media.mp3(seconds=1), media.aac(1), media.wav(seconds=1),
    ]  # fmt: skip


@dataclass
class Tally:
    """What became of the spoilt files."""

    counts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    """Clean copies by type: a type of which none comes through hasn't been tried."""
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def findings(self) -> int:
        return sum(self.counts[name] for name in FINDINGS)


class Fuzz:
    """One confined process, one exiftool, and the files that were findings."""

    def __init__(self, cleaner: Cleaner, third: Exiftool | None, work: Path, keep: Path | None) -> None:
        self._cleaner, self._third, self._work, self._keep = cleaner, third, work, keep
        self._texts: dict[bytes, frozenset[bytes]] = {}
        self.tally = Tally()

    def try_one(self, data: bytes, seed: Seed, planted: bool) -> None:
        outcome, reason, spent = self._timed(data)
        if outcome in ("refused", "clean") and spent > max(
            SLOW, 2 * self._timed(seed.data)[2] if spent > SLOW else 0
        ):
            outcome, reason = "slow", f"{spent:.1f} s"
        if outcome == "clean" and self._literal(seed):
            outcome, reason = "leaked", LITERAL
        if planted and reason in (STILL_THERE, LITERAL):
            outcome = "planted"
        self.tally.counts[outcome] += 1
        self.tally.kinds[seed.kind] += outcome == "clean"
        if outcome in FINDINGS:
            self.tally.reasons[f"{outcome}: {seed.kind}: {reason}"] += 1
            if self._keep is not None:
                name = f"{outcome}-{self.tally.findings}"
                (self._keep / name).write_bytes(data)
                (self._keep / f"{name}.txt").write_text(f"{seed.kind}: {reason}\n")

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

    def _literal(self, seed: Seed) -> bool:
        copy = (self._work / "target").read_bytes()
        if seed.data not in self._texts:
            self._texts[seed.data] = self._telling(seed)
        return any(text in copy for text in self._texts[seed.data])

    def _telling(self, seed: Seed) -> frozenset[bytes]:
        """Texts of a whole file's metadata that its own clean copy hasn't: names of formats stand in both."""
        source, target = self._work / "whole", self._work / "clean"
        source.write_bytes(seed.data)
        texts = {CANARY.encode()} if CANARY.encode() in seed.data else set()
        with suppress(NoOpinion, Refused):
            found = self._third.tags(source) if self._third else {}
            names = self._third.left(source) if self._third else []
            texts |= {str(found[name]).strip().encode() for name in names}
            with source.open("rb") as file, target.open("w+b") as copy:
                self._cleaner.clean(file, copy)
                copy.seek(0)
                clean = copy.read()
            texts = {text for text in texts if text not in clean}
        return frozenset(text for text in texts if len(text) >= SHORTEST and text in seed.data)


@dataclass(frozen=True, slots=True)
class Seed:
    """A file to spoil, and its type."""

    kind: str
    data: bytes


def files(folder: Path | None) -> dict[str, list[Seed]]:
    """Files to spoil by type, those of a folder and small ones made here."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file()) if folder else []
    found = [path.read_bytes() for path in paths if 16 < path.stat().st_size <= LARGEST] + made()
    kinds: dict[str, list[Seed]] = {}
    for data in found:
        kind = sniff_bytes(data[:4096]) or "unknown"
        kinds.setdefault(kind, []).append(Seed(kind, data))
    kinds.pop("unknown", None)
    return kinds


def spoilt(kinds: dict[str, list[Seed]], number: int) -> Iterator[tuple[bytes, Seed, bool]]:
    """A spoilt file, the file it was made of, and whether bytes were copied within; the same for the same number."""
    chance = random.Random(number)
    names = sorted(kinds)
    while True:
        seed, other = (chance.choice(kinds[chance.choice(names)]) for _ in range(2))
        data, planted = spoil(seed.data, other.data, chance)
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
        **dict(sorted(tally.counts.items())), "clean by type": dict(sorted(tally.kinds.items())), "reasons": dict(tally.reasons.most_common(20)),
    }  # fmt: skip
    print(json.dumps(said, ensure_ascii=False), flush=True)
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
