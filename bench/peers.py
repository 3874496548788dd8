"""Other cleaners of pictures, to be measured beside ours: installed where that can be done, named where not.

mat2 lives in an environment of its own below `.build`, over the system's Python, whose GObject bindings it needs;
nothing else ever uses it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from scripts.ground import STAMPS, apt, succeeds

MAT2 = STAMPS / "mat2" / "bin" / "python"
SYSTEM_PYTHON = "/usr/bin/python3"
PACKAGES = {
    "jpegtran": ["libjpeg-turbo-progs"],
    "exiftool": ["libimage-exiftool-perl"],
    "mat2": ["python3-venv", "python3-gi", "python3-gi-cairo", "gir1.2-rsvg-2.0", "gir1.2-gdkpixbuf-2.0",
             "gir1.2-poppler-0.18"],
}  # fmt: skip
CLEAN_ALL = """import sys
from libmat2 import parser_factory
for index, path in enumerate(sys.stdin.read().splitlines()):
    try:
        parser, _ = parser_factory.get_parser(path)
        parser.output_filename = f"{sys.argv[1]}/mat2-{index}.jpg"
        parser.remove_all()
    except Exception:
        continue
"""
Work = Callable[[Iterable[Path], Path], None]


def present(install: bool) -> dict[str, Work]:
    """The peers that run here, by name; on the error stream those that don't."""
    found: dict[str, Work] = {}
    ways: dict[str, tuple[str, Callable[[], bool], Work]] = {
        "jpegtran": ("jpegtran -copy none", lambda: shutil.which("jpegtran") is not None, jpegtran),
        "exiftool": ("exiftool -all= (kept open)", lambda: shutil.which("exiftool") is not None, exiftool),
        "mat2": ("mat2 (one process)", _has_mat2, mat2),
    }
    for name, (title, here, work) in ways.items():
        if not here() and install:
            apt(PACKAGES[name])
            if name == "mat2":
                _make_mat2()
        if here():
            found[title] = work
        else:
            print(
                f"not measured, because it isn't here: {name} ({' '.join(PACKAGES[name])})", file=sys.stderr
            )
    return found


def _has_mat2() -> bool:
    return MAT2.exists() and succeeds([MAT2, "-c", "from libmat2 import parser_factory"])


def _make_mat2() -> None:
    folder = MAT2.parents[1]
    if succeeds([SYSTEM_PYTHON, "-m", "venv", "--system-site-packages", "--clear", folder]):
        succeeds([MAT2, "-m", "pip", "install", "-q", "--no-deps", "mat2==0.15.0", "mutagen==1.48.1"])


def jpegtran(paths: Iterable[Path], target: Path) -> None:
    """A process a file: it has no other way."""
    for path in paths:
        command = ["jpegtran", "-copy", "none", "-outfile", str(target / "out.jpg"), str(path)]
        subprocess.run(command, stderr=subprocess.DEVNULL, check=False)


def exiftool(paths: Iterable[Path], target: Path) -> None:
    """One process; colour profile and orientation kept, as ours are."""
    keep = ["-all=", "-tagsfromfile", "@", "-icc_profile", "-orientation", "-q", "-q"]
    orders = []
    for index, path in enumerate(paths):
        orders += [*keep, "-o", str(target / f"exiftool-{index}.jpg"), str(path), "-execute"]
    subprocess.run(
        ["exiftool", "-stay_open", "True", "-@", "-"],
        input="\n".join([*orders, "-stay_open", "False", ""]),
        text=True, capture_output=True, check=False,
    )  # fmt: skip


def mat2(paths: Iterable[Path], target: Path) -> None:
    """One process of its own Python; starting it counts, as it does for the others."""
    subprocess.run(
        [MAT2, "-c", CLEAN_ALL, str(target)],
        input="\n".join(map(str, paths)), text=True, capture_output=True, check=False,
    )  # fmt: skip
