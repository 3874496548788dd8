"""House rules that no single part can keep alone. Each test reads the code or walks the whole application."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from config import ROOT
from tests.source import below, files, module, text

APP = below("app", suffixes=(".py",))
LONGEST = 350  # lines; a file of more holds more than one idea


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_only_the_database_module_commits() -> None:
    found = [
        f"{relative(path)}:{node.lineno}"
        for path in APP
        if module(path) != "app.db"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "begin_nested"}
    ]
    assert found == []


def test_no_file_holds_more_than_one_idea() -> None:
    sources = [*APP, *below("client", "scripts", suffixes=(".py", ".ts", ".mjs", ".css"))]
    sources = [path for path in sources if path.relative_to(ROOT).parts[:2] != ("client", "tests")]
    long = {relative(p): n for p in sources if (n := len(p.read_text().splitlines())) > LONGEST}
    assert long == {}


# Written in pieces, so that this file isn't found by itself.
FOREIGN = re.compile(
    "|".join(
        (
            "/" + r"(?:work|root|home/\w+)/",
            "/" + r"tmp/\w",
            r"registry\." + "npmjs",
            r"pypi\." + "org",
            r"python" + "hosted",
            r"deb\." + "debian",
            r"\bCo-" + "authored-by",
        )
    )
)


def test_nothing_names_the_machine_it_was_made_on() -> None:
    found = [
        f"{relative(path)}: {match.group()}"
        for path in files()
        if (content := text(path)) and (match := FOREIGN.search(content))
    ]
    assert found == []


def test_nothing_large_or_built_is_kept() -> None:
    large = {relative(path): path.stat().st_size for path in files() if path.stat().st_size > 1_000_000}
    assert large == {}
    assert [path for path in files() if path.is_relative_to(ROOT / "static" / "dist")] == []


LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
MENTION = re.compile(r"\bdocs/[\w./-]+\.(?:md|png)\b")


def test_every_link_of_the_documents_leads_somewhere() -> None:
    broken = [
        f"{relative(page)}: {target}"
        for page in files()
        if page.suffix == ".md"
        for target in LINK.findall(page.read_text())
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_document_that_code_names_exists() -> None:
    broken = [
        f"{relative(path)}: {name}"
        for path in files()
        if (content := text(path))
        for name in MENTION.findall(content)
        if not (ROOT / name).exists()
    ]
    assert broken == []


def test_nothing_is_left_for_later() -> None:
    marks = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "TEMPO" + "RARY", "X" + "XX")))
    found = [
        f"{relative(path)}: {match.group()}"
        for path in below(
            "app",
            "client",
            "scripts",
            "bench",
            "tests",
            "templates",
            suffixes=(".py", ".ts", ".mjs", ".html"),
        )
        if (match := marks.search(path.read_text()))
    ]
    assert found == []


def pinned() -> list[str]:
    """Names of everything pinned for Python, at the exact version."""
    names = []
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r ")):
                match = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[\w,]+\])?==[\w.]+", line)
                assert match, f"{name}: {line!r} isn't pinned"
                names.append(match[1])
    return names


def packaged(manifest: str) -> list[str]:
    """Names of everything that a package.json asks for, at the exact version."""
    import json

    content = json.loads((ROOT / manifest).read_text())
    wanted = {**content.get("dependencies", {}), **content.get("devDependencies", {})}
    loose = {name: version for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)}
    assert loose == {}
    return list(wanted)


@pytest.mark.parametrize("name", [*pinned(), *packaged("package.json"), *packaged("bench/package.json")])
def test_every_dependency_has_its_reason(name: str) -> None:
    rows = [
        line for line in (ROOT / "docs" / "dependencies.md").read_text().splitlines() if line.startswith("|")
    ]
    assert [row for row in rows if f"`{name}`" in row.split("|")[1]], (
        f"{name} has no row in docs/dependencies.md"
    )


def test_every_reason_has_its_dependency() -> None:
    """A row that names something no longer pinned misleads."""
    known = {*pinned(), *packaged("package.json"), *packaged("bench/package.json")}
    rows = [
        line
        for line in (ROOT / "docs" / "dependencies.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert named - known == set()
