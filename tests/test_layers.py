"""Imports run downwards only, in the server and in the client."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import ROOT
from tests.source import below, client_imports, imports, module

# From the lowest up. Domains in one line don't know each other.
RANKS = (
    ("shared",),
    ("custody", "scrub"),
    ("accounts",),
    ("sites",),
    ("enrol",),
    ("intake",),
    ("journal",),
    ("register",),
    ("opening",),
    ("review",),
    ("incidents", "map"),
    ("stats",),
    ("phone", "worker"),
    ("admin", "imports"),
    ("doctor", "verify"),
    ("cli",),
    ("demo",),
    ("factory",),
)
RANK = {domain: rank for rank, domains in enumerate(RANKS) for domain in domains}

APP = below("app", suffixes=(".py",))
CLIENT = below("client", suffixes=(".ts",))


def domain(name: str) -> str:
    """The domain of a dotted name below `app`. Files directly in app/ are shared, but for the highest."""
    parts = name.split(".")
    if len(parts) == 1:
        return "factory"
    if (ROOT / "app" / parts[1]).is_dir() or parts[1] in RANK:
        return parts[1]
    return "shared"


def ours(path: Path) -> list[tuple[str, int]]:
    return [(name, line) for name, line in imports(path) if name.split(".")[0] == "app"]


def test_every_domain_has_a_rank() -> None:
    assert {domain(module(path)) for path in APP} <= set(RANK)


@pytest.mark.parametrize("path", APP, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_downwards(path: Path) -> None:
    here = domain(module(path))
    upwards = [
        f"line {line}: {here} imports {name}"
        for name, line in ours(path)
        if domain(name) != here and RANK[domain(name)] >= RANK[here]
    ]
    assert upwards == []


def test_shared_files_do_not_go_in_circles() -> None:
    shared = {module(path): path for path in APP if domain(module(path)) == "shared"}
    graph = {name: {target for target, _ in ours(path) if target in shared} for name, path in shared.items()}
    while leaves := [name for name, targets in graph.items() if not targets & graph.keys()]:
        for name in leaves:
            del graph[name]
    assert graph == {}


def test_the_application_knows_nothing_of_its_tools() -> None:
    outside = {"scripts", "bench", "tests"}
    found = [
        f"{module(path)}: {name}"
        for path in APP
        for name, _ in imports(path)
        if name.split(".")[0] in outside
    ]
    assert found == []


def test_scrub_is_pure() -> None:
    """It reads hostile files in a child process: no web, no database, nothing else of the application."""
    found = [
        f"{module(path)}: {name}"
        for path in APP
        if domain(module(path)) == "scrub"
        for name, _ in imports(path)
        if name.split(".")[0]
        in {"flask", "sqlalchemy", "flask_sqlalchemy", "werkzeug", "flask_babel", "requests", "urllib"}
        or (name.startswith("app.") and not name.startswith("app.scrub"))
    ]
    assert found == []


def reaches(start: Path) -> dict[Path, Path]:
    """Every client file that `start` imports, directly or not, with the file that imports it."""
    seen: dict[Path, Path] = {}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        for target in client_imports(path):
            if target not in seen:
                seen[target] = path
                waiting.append(target)
    return seen


@pytest.mark.parametrize("folder", ["outbox"])
def test_sending_never_needs_the_vault(folder: str) -> None:
    """The outbox works on a locked phone: what could open anything is out of its reach."""
    found = [
        f"{by.relative_to(ROOT)} imports {target.relative_to(ROOT)}"
        for path in CLIENT
        if path.relative_to(ROOT).parts[1] == folder
        for target, by in reaches(path).items()
        if target.relative_to(ROOT).parts[1] == "vault"
    ]
    assert found == []


def test_the_service_worker_never_reaches_the_vault() -> None:
    worker = ROOT / "client" / "sw.ts"
    assert not [t for t in reaches(worker) if t.relative_to(ROOT).parts[1] == "vault"]
