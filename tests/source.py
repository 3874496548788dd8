"""The project's own files, read by the tests of the house."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from config import ROOT


@cache
def files() -> tuple[Path, ...]:
    """All files of the project, those not yet committed too, nothing that git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return tuple(path for name in sorted(set(listed.split("\0"))) if name and (path := ROOT / name).is_file())


def below(*folders: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Files of these top folders with one of these endings."""
    return [
        path for path in files() if path.relative_to(ROOT).parts[0] in folders and path.suffix in suffixes
    ]


def text(path: Path) -> str | None:
    """The text of a file, or None if it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def module(path: Path) -> str:
    """The dotted name of a Python file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """(dotted name, line) of everything a Python file imports, inside functions and for types too."""
    package = path.relative_to(ROOT).parent.parts
    known = {module(p) for p in files() if p.suffix == ".py"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*start, *(node.module or "").split("."))).strip(".")
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield (inner if inner in known else base), node.lineno


_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]+)['"]""")


def client_imports(path: Path) -> list[Path]:
    """The project's own TypeScript files that one of them imports."""
    found = []
    for name in _IMPORT.findall(path.read_text()):
        target = (path.parent / name).resolve()
        stem = target.with_suffix("") if target.suffix in {".js", ".ts"} else target
        candidates = (target, stem.with_name(stem.name + ".ts"), target / "index.ts")
        found += [one for one in candidates if one.is_file()][:1]
    return found
