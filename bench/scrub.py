"""How fast, how complete: cleaning beside its peers, one JSON line a figure.

    python -m bench.scrub [FOLDER] [--quick]

FOLDER (or CORPUS) holds files to clean; without one, media are generated. Times are
processor seconds (user and system, children included), so that a busy machine changes little;
films also need the disk and are taken by the clock. Peers: exiftool (kept open), jpegtran, mat2; installed
where root may (`bench/peers.py`), each missing one is named. `--quick` takes what is there.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
from PIL import Image

from app.scrub import Refused, check, plan, sniff
from app.scrub.cleaner import Cleaner
from bench import peers
from bench.figures import figure
from tests import media

ROOT = Path(__file__).resolve().parents[1]
Files = list[tuple[Path, bytes]]


def busy() -> float:
    """Processor seconds of this process and of its ended children."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def cost(work: Callable[[], object], clock: Callable[[], float] = busy) -> float:
    start = clock()
    work()
    return clock() - start


def corpus(folder: Path | None) -> Files:
    if folder is not None:
        return [(path, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()]
    made = Path(tempfile.mkdtemp(prefix="scrub-bench-"))
    pictures = [("jpg", photo), ("png", media.png_with_everything), ("mp4", media.mp4)]
    for kind, make in pictures:
        for index in range(20):
            (made / f"{index}.{kind}").write_bytes(make(f"{media.CANARY}-{index}"))
    return corpus(made)


def photo(canary: str) -> bytes:
    """A JPEG of about 200 kB, as phones of some years ago made them, with what they write into it."""
    picture = Image.effect_noise((1024, 768), 30).convert("RGB")
    return media.saved(
        picture, "JPEG", quality=80, exif=media.exif(canary), xmp=media.xmp(canary), comment=canary
    )


def strip(data: bytes) -> None:
    source = io.BytesIO(data)
    plan(source)[0].write(source, io.BytesIO())


def pictures(files: Files, work: Path, install: bool) -> None:
    """JPEG in process beside tools that leave nothing: files for each processor second."""
    ours = [
        (path, data) for path, data in files if sniff(io.BytesIO(data)) == "image/jpeg" and _cleanable(data)
    ]
    if not ours:
        return
    for _, data in ours[:20]:
        strip(data)
    speed = len(ours) / cost(lambda: _strip_all(ours))
    paths = [path for path, _ in ours]
    running = {}
    for name, run in peers.present(install).items():
        running[name] = len(ours) / cost(partial(run, paths, work))
    for name, value in running.items():
        figure(f"jpeg: {name}", value, "files/s")
    figure(
        "jpeg: in process, report and two hashes included",
        speed,
        "files/s",
        max(running.values(), default=0) or None,
    )
    megabytes = sum(len(data) for _, data in ours) / 1e6
    figure("jpeg: bytes", megabytes * speed / len(ours), "MB/s")


def _strip_all(files: Files) -> None:
    for _, data in files:
        strip(data)


def _cleanable(data: bytes) -> bool:
    try:
        plan(io.BytesIO(data))
    except Refused:
        return False
    return True


def batch(files: Files) -> None:
    """The confined process: files a second by the clock, without and with the second reading."""
    small = [path for path, data in files if _cleanable(data) and len(data) < 1 << 20]
    for checked in (False, True):
        with Cleaner(check=checked) as cleaner, tempfile.TemporaryFile() as target:
            _confined(cleaner, small[:5], target)
            seconds = cost(lambda: _confined(cleaner, small, target), time.perf_counter)
        figure(
            f"confined batch, {'checked' if checked else 'check left out'}",
            len(small) / seconds,
            "files/s",
            100,
        )


def _confined(cleaner: Cleaner, paths: Iterable[Path], target: Any) -> None:
    for path in paths:
        with path.open("rb") as source:
            try:
                cleaner.clean(source, target)
            except Refused:
                continue


def outcome(files: Files) -> None:
    """What becomes of every file; a refusal of something that opens whole is told apart."""
    counts: Counter[str] = Counter()
    for _, data in files:
        source = io.BytesIO(data)
        kind = sniff(source)
        if kind is None:
            continue
        counts[f"{kind}: files"] += 1
        try:
            edits, report = plan(source)
            check.check(source, edits.open(source), report)
            counts[f"{kind}: clean, {report.pixels}"] += 1
        except Refused as reason:
            failed = type(reason).__name__ == "CheckFailed"
            counts[f"{kind}: {'not passed by the check' if failed else 'refused'}"] += 1
    for name, count in sorted(counts.items()):
        figure(name, count, "files")


def long_film(path: Path, container: str, size: int) -> None:
    """A film of `size` bytes: a few coded seconds over and over, with time going on.

    Ten pictures a second are filled up to 48 kB, about 4 Mbit/s (H.264: with a filler unit).
    """
    clip = media.film("mp4" if container == "mp4" else "webm", "x", 2, *_codecs(container))
    unit = b"\x0c" + b"\xff" * 47_998 + b"\x80"
    filler = len(unit).to_bytes(4, "big") + unit if container == "mp4" else bytes(48_000)
    with av.open(io.BytesIO(clip)) as source, av.open(str(path), "w", format=container) as target:
        film: Any = source
        streams = {item.index: target.add_stream_from_template(item) for item in film.streams}
        packets = [item for item in film.demux() if item.size]
        coded = [(item, item.pts, item.dts, bytes(item)) for item in packets]
        written = turn = 0
        while written < size:
            for item, pts, dts, data in coded:
                packet = av.Packet(data + filler if item.stream.type == "video" else data)
                shift = int(Fraction(3 * turn) / item.time_base)
                packet.pts, packet.dts, packet.time_base = pts + shift, dts + shift, item.time_base
                packet.is_keyframe = item.is_keyframe
                packet.stream = streams[item.stream.index]
                target.mux(packet)
                written += packet.size
            turn += 1


def _codecs(container: str) -> tuple[str, str]:
    return ("libx264", "aac") if container == "mp4" else ("libvpx", "libopus")


def films(work: Path, size: int) -> None:
    """Cleaning (two hashes, written and synced) against copying and hashing twice by stock tools."""
    for container in ("mp4", "webm"):
        path, target = work / f"film.{container}", work / "out"
        long_film(path, container, size)
        path.read_bytes()

        def copy(path: Path = path, target: Path = target) -> None:
            subprocess.run(["cp", str(path), str(target)], check=True)
            with target.open("rb+") as file:
                os.fsync(file.fileno())
            for file_name in (path, target):
                subprocess.run(
                    ["openssl", "dgst", "-sha256", str(file_name)], capture_output=True, check=True
                )

        def clean(path: Path = path, target: Path = target) -> None:
            with path.open("rb") as source, target.open("wb") as out:
                plan(source)[0].write(source, out)
                out.flush()
                os.fsync(out.fileno())

        baseline = min(cost(copy, time.perf_counter) for _ in range(3))
        seconds = min(cost(clean, time.perf_counter) for _ in range(3))
        figure(f"{container} of {size // 1_000_000} MB", size / seconds / 1e6, "MB/s", size / baseline / 1e6)
        path.unlink()
        target.unlink()


MEMORY = """
import re, sys
peak = lambda: re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]
sys.path.insert(0, {root!r})
from app.scrub import plan
from app.scrub.check import check
with open({path!r}, "rb") as source, open("/dev/null", "wb") as target:
    edits, report = plan(source)
    edits.write(source, target)
    print(peak())
    check(source, edits.open(source), report)
print(peak())
"""


def memory(work: Path, size: int) -> None:
    """Largest resident memory while a large film is cleaned and checked, in a process of its own."""
    for container in ("mp4", "webm"):
        path = work / f"large.{container}"
        long_film(path, container, size)
        code = MEMORY.format(root=str(ROOT), path=str(path))
        said = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
        for name, value in zip(("cleaned and written", "checked too"), said, strict=True):
            figure(f"memory: {container} of {size // 1_000_000} MB, {name}", int(value) / 1024, "MiB", 150)
        path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=os.environ.get("CORPUS"))
    parser.add_argument("--quick", action="store_true", help="a hundredth of the sizes")
    options = parser.parse_args()
    files = corpus(Path(options.folder) if options.folder else None)
    with tempfile.TemporaryDirectory(prefix="scrub-bench-") as name:
        work = Path(name)
        pictures(files, work, install=not options.quick)
        batch(files)
        films(work, 2_000_000 if options.quick else 200_000_000)
        memory(work, 20_000_000 if options.quick else 2_000_000_000)
        outcome(files)


if __name__ == "__main__":
    main()
